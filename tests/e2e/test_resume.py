"""A run that was killed is finished to what it would have been, and nothing is paid twice."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PROGRAM
from tests.e2e.bad_input import fingerprint
from tests.e2e.conftest import ISSUE, PYPROJECT, REPLIES, SOURCE, TESTS
from tests.e2e.following import started
from tests.e2e.kills import (
    AGENT,
    MIGRATE,
    PROPOSE,
    PUBLISH,
    REPUBLISH,
    REVISE,
    at_random,
    every_point,
)
from tests.e2e.play import Play, Point, Story
from tests.e2e.repositories import git, save, write
from tests.e2e.stage import events_of, leftovers
from tests.found_out import lend

pytestmark = pytest.mark.sandbox


@dataclass(frozen=True)
class Tally:
    """The small project at the path that its environment was built for, and a warm state folder.

    ``tree`` is what an undisturbed run applied.
    """

    folder: Path
    environment: Mapping[str, str]
    tree: str = ""

    @property
    def repo(self) -> Path:
        return self.folder / "tally project"

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def argv(self) -> list[str | Path]:
        model = f"--model=scripted:{self.folder}/replies.yml"
        issue = self.folder / "issue.md"
        return [PROGRAM, "propose", "--issue-file", issue, "--repo", self.repo, model]

    def run(self, *words: str | Path) -> Any:
        done = subprocess.run(
            [str(word) for word in (PROGRAM, *words)],
            cwd=self.folder,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    def restore(self) -> None:
        for name in ("tally project", "state"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
            # Nothing of an environment is written again, so its files may be one and the same.
            copy = os.link if name == "state" else shutil.copy2
            start = self.folder / "start" / name
            shutil.copytree(start, self.folder / name, symlinks=True, copy_function=copy)
        lend(self.state, again=True)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, wheelhouse: Path) -> Tally:
    """The project before any run, with its environment built, and what a run makes of it."""
    folder = tmp_path_factory.mktemp("resumed")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder / "home"),
        "CHANGEWRIGHT_STATE": str(lend(folder / "state")),
        "UV_FIND_LINKS": str(wheelhouse),
        "UV_NO_INDEX": "1",
        "LANG": "C.UTF-8",
    }
    tally = Tally(folder, environment)
    tally.repo.mkdir()
    git(tally.repo, "init", "-q", "-b", "main")
    texts = {"pyproject.toml": PYPROJECT, "tally.py": SOURCE, "tests/test_tally.py": TESTS}
    write(tally.repo, texts)
    save(tally.repo, "tally 1.0")
    (folder / "issue.md").write_text(ISSUE)
    (folder / "replies.yml").write_text(REPLIES)
    shutil.copytree(tally.repo, folder / "start" / tally.repo.name)
    document = tally.run(*tally.argv[1:], "--json")
    shutil.copytree(tally.state / "environments", folder / "start/state/environments")
    return Tally(folder, environment, document["attempts"][-1]["applied_tree"])


@pytest.fixture
def tally(undisturbed: Tally) -> Tally:
    undisturbed.restore()
    return undisturbed


MOMENTS = ("scope", "environment", "attempt 1: asking", "  edits", "  gate", "attempt 1: fail")


@pytest.mark.sampled(9)
@pytest.mark.parametrize("moment", [*MOMENTS, "attempt 2: asking", "bundle"])
def test_a_run_that_was_killed_is_resumed_to_the_same_tree(tally: Tally, moment: str) -> None:
    before = fingerprint(tally.repo)

    with started(tally.argv, tally.environment, tally.folder) as run:
        run.until(moment)
        run.signalled(signal.SIGKILL)
        run.ended()
    killed = events_of(tally.state)[0][0]
    found = tally.run("resume", killed, "--json")

    assert (found["run"], found["state"]) == (killed, "proposed")
    after = fingerprint(tally.repo)
    assert [path for path in before | after if before.get(path) != after.get(path)] == []
    assert_as_undisturbed(tally, killed)


@pytest.mark.long
def test_the_same_issue_again_goes_on_with_the_run_that_was_killed(tally: Tally) -> None:
    with started(tally.argv, tally.environment, tally.folder) as run:
        run.until("attempt 1: fail")
        run.signalled(signal.SIGKILL)
        run.ended()

    found = tally.run(*tally.argv[1:], "--json")

    assert [found["run"]] == sorted({run for run, _ in events_of(tally.state)})
    assert_as_undisturbed(tally, found["run"])


def assert_as_undisturbed(tally: Tally, run: str) -> None:
    """Publish what a resumed run made, and compare it with what an undisturbed one makes."""
    kinds = [(event["kind"], event["data"]) for _, event in events_of(tally.state)]
    replies = [data["reply"] for kind, data in kinds if kind == "model.replied"]
    settled = [data for kind, data in kinds if kind == "budget.settled"]
    assert len(replies) == len(set(replies)) == 2
    assert len(settled) == 2 + sum(data["lost"] for data in settled)
    bundle = tally.state / "bundles" / f"{run}.json"
    attempts = json.loads(bundle.read_bytes())["bundle"]["proposal"]["attempts"]
    assert [attempt["verdict"]["word"] for attempt in attempts] == ["fail", "pass"]
    published = tally.run("publish", bundle, "--repo", tally.repo, "--json")
    branches = git(tally.repo, "for-each-ref", "--format=%(tree) %(parent)", "refs/heads/*/*")
    assert branches == f"{tally.tree} {git(tally.repo, 'rev-parse', 'main')}"
    assert git(tally.repo, "rev-parse", f"{published['head']}^{{tree}}") == tally.tree
    assert leftovers(tally.folder, tally.repo, tally.state) == []


def test_an_agent_that_dies_between_its_replies_goes_on_and_pays_each_once(tmp_path: Path) -> None:
    play = Play(AGENT, tmp_path)
    names = [name.strip() for name in play.points]

    point = play.killed_at(names.index("after SqliteJournal.append model.replied") + 1)

    assert (point.how, point.wrong, point.leftovers) == ("resume", [], [])
    assert (point.lost, point.pull_requests) == (0, 1)


# Every point is passed by tests/e2e/kills.py; here is a part of them.
@pytest.mark.long
@pytest.mark.parametrize(
    ("story", "every"),
    [(PROPOSE, 40), (REVISE, 58), (MIGRATE, 90), (AGENT, 60)],
    ids=["propose", "revise", "migrate", "agent"],
)
def test_a_death_at_any_point_changes_nothing(tmp_path: Path, story: Story, every: int) -> None:
    assert_unchanged(every_point(story, tmp_path, every, workers=1))


@pytest.mark.long
@pytest.mark.parametrize(
    ("story", "names"),
    [
        (PUBLISH, ("after LocalForge.push", "after LocalForge.open_pull_request")),
        (REPUBLISH, ("after LocalForge.push", "after LocalForge.update_pull_request")),
    ],
    ids=["first", "revised"],
)
def test_a_publisher_that_dies_between_effects_does_each_once(
    tmp_path: Path, story: Story, names: tuple[str, ...]
) -> None:
    play = Play(story, tmp_path)
    numbers = [n for n, name in enumerate(play.points, 1) if name.strip() in names]

    assert len(numbers) == len(names)
    assert_unchanged([play.killed_at(number) for number in numbers])


@pytest.mark.long
def test_deaths_at_random_moments_change_nothing(tmp_path: Path) -> None:
    assert_unchanged(at_random(tmp_path, 2, seed=20260102))


def assert_unchanged(points: Sequence[Point]) -> None:
    assert len(points) > 1
    assert [(point.name, point.how, point.wrong, point.leftovers) for point in points] == [
        (point.name, point.how, [], []) for point in points
    ]
    assert "resume" in {point.how for point in points}
    assert {point.pull_requests for point in points} <= {1, 3}
