"""Many processes on one repository and one state folder, and folders that are moved meanwhile."""

import json
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP
from typing import Any

import pytest

from tests.conftest import PROGRAM
from tests.e2e.following import Followed, started
from tests.e2e.kills import PROPOSE
from tests.e2e.repositories import git
from tests.e2e.stage import Stage, leftovers

pytestmark = pytest.mark.sandbox

COUNT = 8


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path, pause=0.1, program=[str(PROGRAM)])


def at_once(stage: Stage, commands: Sequence[Sequence[str]]) -> list[Followed]:
    """Start commands together, and return them when all have ended."""
    with ExitStack() as stack:
        running = [
            stack.enter_context(
                started(stage.argv(*words), stage.environment(), stage.folder, f"command-{number}")
            )
            for number, words in enumerate(commands)
        ]
        for one in running:
            one.ended()
    return running


def said(stage: Stage, *words: str | Path) -> Any:
    done = stage.run(*map(str, words), "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def proposal(stage: Stage, task: str) -> tuple[str, ...]:
    return ("propose", "--task", task, "--model", f"scripted:{stage.play}/replies.yml", "--json")


def branches(repo: Path) -> list[str]:
    return git(repo, "for-each-ref", "--format=%(refname)", "refs/heads/changewright").splitlines()


def assert_sound(stage: Stage, runs: int) -> None:
    """See that the journal holds ``runs`` whole runs and nothing was left about."""
    assert said(stage, "journal", "check")
    assert len({run for run, event in stage.events() if event["kind"] == "run.started"}) == runs
    with closing(sqlite3.connect(stage.state / "journal.sqlite")) as journal:
        assert journal.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert leftovers(stage.folder, stage.repo, stage.state) == []


def test_runs_of_different_issues_do_not_disturb_one_another(stage: Stage) -> None:
    before = stage.original()

    ended = at_once(stage, [proposal(stage, f"Say two, {number}") for number in range(COUNT)])

    assert [one.process.returncode for one in ended] == [0] * COUNT, [one.err for one in ended]
    assert stage.original() == before
    assert_sound(stage, COUNT)
    bundles = [json.loads(one.out)["bundle"] for one in ended]
    published = at_once(stage, [("publish", bundle, "--json") for bundle in bundles])
    assert [one.process.returncode for one in published] == [0] * COUNT
    numbers = [json.loads(one.out)["number"] for one in published]
    assert sorted(numbers) == list(range(1, COUNT + 1))
    assert len(branches(stage.repo)) == COUNT
    assert_sound(stage, COUNT)


def test_one_issue_proposed_many_times_becomes_one_pull_request(stage: Stage) -> None:
    ended = at_once(stage, [proposal(stage, "Say two in a.txt")] * COUNT)
    assert [one.process.returncode for one in ended] == [0] * COUNT, [one.err for one in ended]
    bundles = [json.loads(one.out)["bundle"] for one in ended]
    assert len(set(bundles)) == COUNT

    published = at_once(stage, [("publish", bundle) for bundle in bundles])

    codes = [one.process.returncode for one in published]
    assert sorted(codes) == [0] + [1] * (COUNT - 1), [one.err for one in published]
    for one in published:
        words = "pull request 1 is open" if one.process.returncode == 0 else "already answers"
        assert words in one.out, one.err
    assert len(said(stage, "review", "list")["pull_requests"]) == 1
    assert len(branches(stage.repo)) == 1
    assert_sound(stage, COUNT)


def test_all_processes_together_stay_within_the_cap_of_a_day(stage: Stage) -> None:
    # Each request of the script costs a cent: there is enough for three of sixteen.
    operator = stage.play / "home" / ".config" / "changewright" / "config.yml"
    operator.parent.mkdir(parents=True)
    operator.write_text("budget: {run_usd: 0.03, day_usd: 0.03}\n")

    ended = at_once(stage, [proposal(stage, f"Say two, {number}") for number in range(COUNT)])

    booked = [event["data"] for _, event in stage.events() if event["kind"] == "budget.settled"]
    assert sum(one["usd"] for one in booked) == pytest.approx(0.03)
    verdicts = [json.loads(one.out)["verdict"]["word"] for one in ended]
    assert verdicts.count("budget") >= COUNT - 1
    assert_sound(stage, COUNT)


def test_of_two_that_resume_one_run_the_second_is_told_who_works_on_it(stage: Stage) -> None:
    killed = cut_off(stage)
    argv = stage.argv("resume", killed)
    with started(argv, stage.environment(), stage.folder) as first:
        first.until("going on")
        for _ in range(5):
            first.signalled(SIGSTOP)
            second = stage.run("resume", killed)
            first.signalled(SIGCONT)
            if "is locked" not in second.stderr:  # it was stopped while it wrote
                break
        assert (second.returncode, first.ended()) == (2, 0), second.stderr + first.err
    assert f"run {killed} is being written by" in second.stderr
    assert f"process {first.process.pid}" in second.stderr
    assert_sound(stage, 1)


def cut_off(stage: Stage) -> str:
    """Kill a run after its first attempt, and return its name."""
    argv = stage.argv(*PROPOSE.words(stage))
    with started(argv, stage.environment(), stage.folder) as run:
        run.until("attempt 1: fail")
        run.signalled(SIGKILL)
        run.ended()
    return str(stage.events()[0][0])


def assert_resumed(stage: Stage, killed: str, state: Path, *words: str | Path) -> None:
    """Resume with another state folder: the bundle is there, and says the same."""
    found = said(stage, "resume", killed, "--state", state, *words)
    assert (found["run"], found["state"]) == (killed, "proposed")
    assert found["bundle"] == str(state / "bundles" / f"{killed}.json")
    assert Path(found["bundle"]).is_file()
    (run,) = said(stage, "runs", "--state", state)["runs"]
    assert (run["bundle"], run["attempts"]) == (found["bundle"], 2)


def test_a_state_folder_that_was_moved_is_gone_on_with(stage: Stage) -> None:
    killed, moved = cut_off(stage), stage.folder / "moved state"
    stage.state.rename(moved)

    assert_resumed(stage, killed, moved)

    assert not stage.state.exists()
    again = stage.folder / "moved again"
    moved.rename(again)
    (run,) = said(stage, "runs", "--state", again)["runs"]
    assert run["bundle"] == str(again / "bundles" / f"{killed}.json")


@pytest.mark.long
def test_a_copied_state_folder_is_gone_on_with_where_nobody_holds_the_run(stage: Stage) -> None:
    killed, copy = cut_off(stage), stage.folder / "copy"
    shutil.copytree(stage.state, copy)
    with closing(sqlite3.connect(copy / "journal.sqlite")) as journal, journal:
        journal.execute("UPDATE holders SET identity = 'another-boot/1/2/3'")

    refused = stage.run("resume", killed, "--state", str(copy))

    assert refused.returncode == 2
    assert "another machine" in refused.stderr
    with closing(sqlite3.connect(copy / "journal.sqlite")) as journal, journal:
        journal.execute("UPDATE runs SET expires = 1")  # its time is over
    assert_resumed(stage, killed, copy)


@pytest.mark.long
def test_a_repository_that_was_moved_too_is_named_anew(stage: Stage) -> None:
    killed, moved = cut_off(stage), stage.folder / "moved state"
    stage.state.rename(moved)
    place = stage.folder / "moved repository"
    stage.repo.rename(place)

    assert_resumed(stage, killed, moved, "--repo", place)

    bundle = moved / "bundles" / f"{killed}.json"
    said(stage, "publish", bundle, "--state", moved, "--repo", place)
    assert len(branches(place)) == 1
