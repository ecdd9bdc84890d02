"""The journal's branch grows by one commit a writer, however many write, and is read back whole."""

import multiprocessing
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.adapters.local_forge.forge import LocalForge
from tests.ending import LIMIT_S
from validators.checkout import locate
from validators.clones.own_repository import open_own
from workflows.branching import JOURNAL_BRANCH
from workflows.journal_branch import JournalBranch, StaleRun, stale_run, text_hash
from workflows.ports import ForgeRefusal
from workflows.run import Entry, Event
from workflows.run_record import MAX_RECORD_BYTES, Record, RecordRefusal, booking, record_of
from workflows.task import Task

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = "2026-11-21T08:11:00Z"
TASK = Task("t", "b", "ada/tally", number="7")
WRITERS, EACH = 4, 3


@pytest.fixture
def remote(tmp_path: Path, run_git: "Callable[..., str]") -> Path:
    place = tmp_path / "remote.git"
    run_git(tmp_path, "init", "-q", "--bare", str(place))
    return place


def branch_at(remote: Path, own: Path) -> JournalBranch:
    forge = LocalForge(remote, locate(remote), own.parent / "store", lambda: NOW)
    return JournalBranch(forge, open_own(own), lambda number: time.sleep(0.002 * number))


def one(run: str, usd: float = 1.0) -> Record:
    return booking(run, TASK, usd, 10, NOW)


def heads(run_git: "Callable[..., str]", remote: Path) -> list[str]:
    return run_git(remote, "rev-list", "--first-parent", JOURNAL_BRANCH).split()


def test_what_was_appended_is_read_back_by_another_machine(
    tmp_path: Path, remote: Path, run_git: "Callable[..., str]"
) -> None:
    branch = branch_at(remote, tmp_path / "a")

    head = branch.append([one("r1"), one("r2")], NOW)
    last = branch.append([one("r3")], NOW)

    assert heads(run_git, remote) == [last, head]
    found = branch_at(remote, tmp_path / "b").read()
    assert {record.run: record for record in found} == {r: one(r) for r in ("r1", "r2", "r3")}
    listed = run_git(remote, "ls-tree", "-r", "--name-only", JOURNAL_BRANCH).split()
    assert listed == [f"runs/2026/11/r{number}.jsonl" for number in (1, 2, 3)]
    assert run_git(remote, "log", "-1", "--format=%an", JOURNAL_BRANCH) == "changewright"


def test_the_same_again_makes_no_commit(tmp_path: Path, remote: Path) -> None:
    branch = branch_at(remote, tmp_path / "a")
    head = branch.append([one("r1")], NOW)

    assert branch.append([one("r1")], NOW) == head
    assert branch_at(remote, tmp_path / "b").append([one("r1")], NOW) == head


def test_a_run_keeps_its_file_when_its_truth_comes_in_another_month(
    tmp_path: Path, remote: Path, run_git: "Callable[..., str]"
) -> None:
    branch = branch_at(remote, tmp_path / "a")
    branch.append([one("r1")], NOW)
    started = Event("run.started", {"task": {"number": "7"}, "task_key": "issue-7"})

    branch.append([record_of([Entry(1, "r1", "2026-12-01T00:00:00Z", started)], "ada/tally")], NOW)

    listed = run_git(remote, "ls-tree", "-r", "--name-only", JOURNAL_BRANCH).split()
    assert listed == ["runs/2026/11/r1.jsonl"]
    assert [len(record.entries) for record in branch.read()] == [1]


def _write(remote: Path, own: Path, runs: list[str]) -> None:
    branch = branch_at(remote, own)
    for run in runs:
        branch.append([one(run)], NOW)


def test_of_many_publishers_at_once_none_is_lost_and_history_only_grows(
    tmp_path: Path, remote: Path, run_git: "Callable[..., str]"
) -> None:
    names = [[f"w{writer}-{number}" for number in range(EACH)] for writer in range(WRITERS)]
    context = multiprocessing.get_context("fork")
    writers = [
        context.Process(target=_write, args=(remote, tmp_path / f"own{number}", runs))
        for number, runs in enumerate(names)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(LIMIT_S)
        writer.kill()

    assert [writer.exitcode for writer in writers] == [0] * WRITERS
    found = branch_at(remote, tmp_path / "reader").read()
    assert {record.run for record in found} == {run for runs in names for run in runs}
    assert len(heads(run_git, remote)) == WRITERS * EACH


def test_a_branch_that_cannot_be_moved_is_said_at_once(tmp_path: Path, remote: Path) -> None:
    branch = branch_at(remote, tmp_path / "a")
    branch.append([one("r1")], NOW)
    (remote / "refs/heads" / f"{JOURNAL_BRANCH}.lock").touch()

    with pytest.raises(ForgeRefusal, match="another git process is writing this branch"):
        branch.append([one("r2")], NOW)


def test_who_is_never_first_gives_up_and_says_so(tmp_path: Path, remote: Path) -> None:
    others = branch_at(remote, tmp_path / "others")
    forge = LocalForge(remote, locate(remote), tmp_path / "store", lambda: NOW)
    pauses: list[int] = []

    class Late(LocalForge):
        """Somebody else is first whenever this one has looked."""

        def branch_head(self, branch: str) -> str | None:
            return forge.branch_head(branch)

        def push(self, branch: str, commit: object, expected: str | None) -> None:
            others.append([one(f"other-{len(pauses)}")], NOW)
            super().push(branch, commit, expected)  # type: ignore[arg-type] # passed on

    late = Late(remote, locate(remote), tmp_path / "store", lambda: NOW)
    branch = JournalBranch(late, open_own(tmp_path / "late"), pauses.append)

    with pytest.raises(ForgeRefusal, match="moved by somebody else 20 times"):
        branch.append([one("mine")], NOW)
    assert pauses == list(range(1, 20))


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("r1", b"{}\n", "is no record of a run"),
        ("r1", b"x" * (MAX_RECORD_BYTES + 1), "has 4194305 bytes, which no record has"),
        ("r2", b"", "is the record of another run, r1"),
    ],
    ids=["nonsense", "flood", "copy"],
)
def test_a_record_that_somebody_damaged_stops_readers_is_named_and_stops_no_writer(
    tmp_path: Path,
    remote: Path,
    run_git: "Callable[..., str]",
    *,
    name: str,
    content: bytes,
    why: str,
) -> None:
    branch_at(remote, tmp_path / "a").append([one("r1")], NOW)
    work = tmp_path / "work"
    run_git(tmp_path, "clone", "-q", "-b", JOURNAL_BRANCH, str(remote), str(work))
    folder = work / "runs/2026/11"
    (folder / f"{name}.jsonl").write_bytes(content or (folder / "r1.jsonl").read_bytes())
    run_git(work, "add", "-A")
    run_git(work, "commit", "-qm", "oops")
    run_git(work, "push", "-q", "origin", JOURNAL_BRANCH)

    branch = branch_at(remote, tmp_path / "b")
    with pytest.raises(RecordRefusal, match=rf"{name}\.jsonl on changewright/journal {why}"):
        branch.read()
    branch.append([one("r3")], NOW)
    assert len(heads(run_git, remote)) == 3


def stale(run: str, dispatched: int, answers: str = "") -> Record:
    admitted = {"answers": answers, "dispatched": dispatched, "text_sha256": text_hash("t", "b")}
    events = (
        Event("run.admitted", admitted),
        Event("base.stale", {"base_commit": "1" * 40, "head": "2" * 40, "paths": 1}),
    )
    return record_of([Entry(0, run, NOW, event) for event in events], "ada/tally")


def test_a_stale_run_may_be_answered_twice_and_each_only_once() -> None:
    first, second, third = stale("r1", 0), stale("r2", 1, "r1"), stale("r3", 2, "r2")

    assert stale_run([first], "r1") == StaleRun("r1", 0, text_hash("t", "b"))
    found = [stale_run([first, second, third], run) for run in ("r1", "r2", "r3")]

    assert [one and one.answered_by for one in found] == ["r2", "r3", ""]
    assert stale_run([first], "r1").may_be_answered  # type: ignore[union-attr] # compared above
    assert not any(one and one.may_be_answered for one in found)


def test_a_run_that_was_not_stale_is_not_answered() -> None:
    assert stale_run([one("r1")], "r1") is None
    assert stale_run([], "r1") is None


def test_a_stale_run_that_was_never_admitted_is_refused() -> None:
    event = Event("base.stale", {"base_commit": "1" * 40, "head": "2" * 40, "paths": 1})
    record = record_of([Entry(0, "r1", NOW, event)], "ada/tally")

    with pytest.raises(RecordRefusal, match="set the label again"):
        stale_run([record], "r1")
