"""Ctrl-C and SIGTERM: the run says that it was cancelled, keeps what had landed, and can go on."""

import json
import socket
from contextlib import closing
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGTERM, Signals
from typing import Any

import pytest

from tests.conftest import PROGRAM
from tests.e2e.following import Followed, started
from tests.e2e.kills import MIGRATE, PROPOSE, PUBLISH, REVISE
from tests.e2e.play import Story
from tests.e2e.repositories import git
from tests.e2e.stage import Stage, leftovers

pytestmark = pytest.mark.sandbox

# No more than a model or a gate may take, and what a busy machine needs.
SETTLES_S = 60.0
BRANCH = "changewright/task-ad1fd160-say-two-in-a-txt"


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path, pause=0.4, program=[str(PROGRAM)])


def interrupted(
    stage: Stage, story: Story, moment: str, signals: tuple[Signals, ...], *, whole_group: bool
) -> Followed:
    """Start a command, send it ``signals`` at a moment, and return it when it has ended."""
    argv = stage.argv(*story.words(stage))
    with started(argv, stage.environment(), stage.folder) as run:
        run.until(moment)
        run.signalled(*signals, whole_group=whole_group)
        run.ended(SETTLES_S)
    return run


def said(stage: Stage, *words: str | Path) -> Any:
    done = stage.run(*map(str, words), "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def cancelled_run(stage: Stage) -> str:
    (run,) = (run for run in said(stage, "runs")["runs"] if run["state"] == "cancelled")
    return str(run["id"])


def assert_finished(stage: Stage, run: str, text: str = "two") -> None:
    """Resume and publish a run, and see that nothing but ``text`` in a.txt came of it."""
    found = said(stage, "resume", run)
    assert (found["run"], found["state"]) == (run, "proposed")
    published = said(stage, "publish", found["bundle"])
    assert (published["number"], published["branch"]) == (1, BRANCH)
    assert git(stage.repo, "diff", "--name-status", "main", BRANCH) == "M\ta.txt"
    assert git(stage.repo, "show", f"{BRANCH}:a.txt") == text
    assert leftovers(stage.folder, stage.repo, stage.state) == []


@pytest.mark.sampled(7)
@pytest.mark.parametrize(
    ("moment", "signals", "whole_group"),
    [
        ("run started", (SIGTERM,), False),
        ("scope", (SIGINT,), True),
        ("environment", (SIGTERM, SIGTERM), True),
        ("  edits", (SIGTERM,), False),
        ("  gate", (SIGINT,), True),
        ("  gate", (SIGINT, SIGTERM), False),
        ("attempt 1: fail", (SIGINT, SIGINT), True),
        ("attempt 2: asking", (SIGTERM,), True),
    ],
)
def test_a_run_that_is_interrupted_is_cancelled_and_goes_on(
    stage: Stage,
    moment: str,
    signals: tuple[Signals, ...],
    whole_group: bool,  # noqa: FBT001 - a parameter of the table above
) -> None:
    before = stage.original()

    ended = interrupted(stage, PROPOSE, moment, signals, whole_group=whole_group)

    assert ended.process.returncode == 130, ended.err
    run = cancelled_run(stage)
    assert f"changewright resume {run}" in ended.err
    assert leftovers(stage.folder, stage.repo, stage.state) == []
    assert stage.original() == before
    landed = any(event["kind"] == "patch.landed" for _, event in stage.events())
    partial = stage.state / "bundles" / f"{run}.partial.json"
    assert partial.exists() == landed
    assert landed or moment in {"run started", "scope", "environment"}
    if landed:
        published = said(stage, "publish", partial)
        assert (published["number"], published["branch"]) == (None, BRANCH)
        assert said(stage, "review", "list")["pull_requests"] == []
    assert_finished(stage, run)


@pytest.mark.long
def test_a_run_that_is_told_to_end_and_killed_before_it_could_goes_on(stage: Stage) -> None:
    ended = interrupted(stage, PROPOSE, "  gate", (SIGTERM, SIGKILL), whole_group=True)

    assert ended.process.returncode == -SIGKILL
    assert_finished(stage, stage.events()[0][0])


def test_a_run_that_waits_for_its_model_is_cancelled_and_the_reply_booked(stage: Stage) -> None:
    key = {"ANTHROPIC_API_KEY": "canary-5d1e"}
    words = PROPOSE.words(stage)
    argv = stage.argv(*("claude" if word.startswith("scripted:") else word for word in words))
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        silent.settimeout(120)
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        more = key | {"CHANGEWRIGHT_MODEL_ENDPOINT": endpoint}
        with started(argv, stage.environment() | more, stage.folder) as run:
            asked, _ = silent.accept()
            with closing(asked):
                run.signalled(SIGINT)
                code = run.ended(SETTLES_S)

    assert code == 130, run.err
    settled = [event["data"] for _, event in stage.events() if event["kind"] == "budget.settled"]
    assert [data["lost"] for data in settled] == [True]
    assert settled[0]["usd"] > 0
    cancelled = cancelled_run(stage)
    found = said(stage, "resume", cancelled, "--model", f"scripted:{stage.play}/replies.yml")
    assert (found["run"], found["state"]) == (cancelled, "proposed")
    assert [attempt["number"] for attempt in found["attempts"]] == [1, 2]


@pytest.mark.long
def test_a_revision_that_is_interrupted_is_cancelled_in_its_own_process(stage: Stage) -> None:
    for story in (PROPOSE, PUBLISH):
        said(stage, *story.words(stage))

    ended = interrupted(stage, REVISE, "  gate", (SIGTERM,), whole_group=False)

    assert ended.process.returncode == 130, ended.err
    assert leftovers(stage.folder, stage.repo, stage.state) == []
    assert_finished(stage, cancelled_run(stage), "three")


@pytest.mark.long
def test_a_migration_that_is_interrupted_goes_on_with_every_shard(stage: Stage) -> None:
    ended = interrupted(stage, MIGRATE, "  gate", (SIGINT,), whole_group=True)

    assert ended.process.returncode == 130, ended.err
    assert leftovers(stage.folder, stage.repo, stage.state) == []
    found = said(stage, "resume", cancelled_run(stage))
    assert [target["state"] for target in found["targets"]] == ["gated"] * 3
    assert len({target["run"] for target in found["targets"]}) == 3
    assert leftovers(stage.folder, stage.repo, stage.state) == []
