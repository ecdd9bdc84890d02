"""The pen of one run: durable before seen, effects done once, and closed with the truth."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.adapters.sqlite_journal.journal import SqliteJournal
from scoping.refusal import Refusal
from validators.encoding import encode
from validators.verdict import Verdict
from workflows.ports import JournalRefusal, StaleFence
from workflows.recorder import Recorder, ResumeRefusal, leased, recording
from workflows.run import Effect, Entry, Event, Fence, summarise
from workflows.task import Task

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

START = {"task": Task("t", "b", "/repo"), "task_key": "task-1"}
PUSH = Effect("push x", "push", {"branch": "x"})


@pytest.fixture
def recorder(studio: "Studio") -> Recorder:
    return Recorder(studio.journal, studio.journal.lease("r1", "r1"))


def test_nouns_are_kept_as_plain_json(studio: "Studio", recorder: Recorder) -> None:
    entry = recorder.record("attempt.finished", attempt=Verdict("pass"), pair=(1, 2))

    assert entry.event.data == {"attempt": {"word": "pass", "findings": []}, "pair": [1, 2]}
    assert recorder.entries() == [entry] == list(studio.journal.read("r1"))
    assert recorder.run == "r1"


def test_who_watches_sees_an_entry_after_it_is_durable(studio: "Studio") -> None:
    durable: list[list[Entry]] = []
    fence = studio.journal.lease("r1", "r1")
    recorder = Recorder(
        studio.journal, fence, lambda _: durable.append(list(studio.journal.read("r1")))
    )

    entry = recorder.record("run.started", **START)

    assert durable == [[entry]]


def test_a_large_noun_is_kept_under_its_hash(studio: "Studio", recorder: Recorder) -> None:
    assert studio.journal.get_blob(recorder.keep(Verdict("pass"))) == encode(Verdict("pass"))


def test_an_effect_is_done_once(studio: "Studio", recorder: Recorder) -> None:
    done: list[int] = []

    def act() -> dict[str, Any]:
        assert studio.kinds() == ["effect.intended"]
        done.append(1)
        return {"number": 7}

    assert recorder.perform(PUSH, act) == {"number": 7}
    assert recorder.perform(PUSH, act) == {"number": 7}
    assert done == [1]
    intended, settled = studio.journal.read("r1")
    assert intended.event.data == {"key": "push x", "kind": "push", "request": {"branch": "x"}}
    assert (settled.event.kind, settled.event.data) == (
        "effect.settled",
        {"key": "push x", "outcome": {"number": 7}},
    )


def test_an_effect_that_failed_is_tried_again_under_the_same_intention(
    studio: "Studio", recorder: Recorder
) -> None:
    def broken() -> dict[str, Any]:
        raise OSError("the network is gone")

    with pytest.raises(OSError, match="gone"):
        recorder.perform(PUSH, broken)

    assert recorder.perform(PUSH, lambda: {"number": 7}) == {"number": 7}
    assert studio.kinds() == ["effect.intended", "effect.settled"]


def test_a_run_that_ends_itself_is_not_closed_again(studio: "Studio") -> None:
    with recording(studio.journal, "r1", START) as recorder:
        recorder.record("run.finished", state="nothing", verdict="fail", why="no")

    assert studio.kinds() == ["run.started", "run.finished"]
    studio.journal.lease("r1", "somebody else")


class Wanting(Refusal):
    """A refusal of these tests."""


@pytest.mark.parametrize(
    ("error", "state", "verdict", "why"),
    [
        (KeyboardInterrupt(), "cancelled", "cancelled", "interrupted by a person"),
        (Wanting("no disk; buy one"), "failed", "infrastructure", "no disk; buy one"),
        (
            ValueError("odd"),
            "failed",
            "infrastructure",
            "a fault of changewright: ValueError: odd",
        ),
    ],
)
def test_a_run_that_breaks_off_is_closed_with_the_truth(
    studio: "Studio", error: BaseException, state: str, verdict: str, why: str
) -> None:
    with (
        pytest.raises(type(error)),
        recording(studio.journal, "r1", START, studio.seen.append),
    ):
        raise error

    run = summarise(studio.journal.read("r1"))
    assert (run.state, run.verdict, run.why) == (state, verdict, why)
    assert [entry.event.kind for entry in studio.seen] == ["run.started", "run.finished"]
    studio.journal.lease("r1", "somebody else")


def test_a_run_that_was_taken_over_writes_nothing_more(studio: "Studio") -> None:
    def lose() -> None:
        with recording(studio.journal, "r1", START) as recorder:
            studio.journal.lease("r1", owner="run r1")
            recorder.record("scope.selected")

    with pytest.raises(StaleFence):
        lose()

    assert studio.kinds() == ["run.started"]
    with pytest.raises(JournalRefusal):
        studio.journal.lease("r1", "somebody else")


def test_a_run_that_another_writes_is_not_begun(studio: "Studio") -> None:
    studio.journal.lease("r1", "somebody")

    with (
        pytest.raises(JournalRefusal, match="being written by somebody"),
        recording(studio.journal, "r1", START),
    ):
        pytest.fail("it was begun")

    assert studio.kinds() == []


def test_a_run_that_is_known_is_taken_up_again(studio: "Studio") -> None:
    with recording(studio.journal, "r1", START) as first:
        assert first.history.started is not None
        first.record("run.finished", state="failed", verdict="budget", why="used up")
    studio.seen.clear()

    with recording(studio.journal, "r1", START, studio.seen.append) as recorder:
        history = recorder.history
        running = summarise(studio.journal.read("r1"))

    assert (history.resumed, history.replies, dict(history.attempts)) == (0, 0, {})
    assert (running.state, running.verdict, running.why) == ("running", None, "")
    assert studio.kinds() == ["run.started", "run.finished", "run.resumed"]
    assert studio.data("run.resumed") == [{"replies": 0, "attempts": 0}]
    assert [entry.event.kind for entry in studio.seen] == ["run.resumed"]


def test_a_run_knows_when_it_began_from_its_first_moment(studio: "Studio") -> None:
    with recording(studio.journal, "r1", START) as recorder:
        assert recorder.history.started_at == studio.journal.read("r1")[0].at != ""


@pytest.mark.parametrize(
    ("key", "meaning"),
    [
        ("task_key", "task"),
        ("base_commit", "base commit"),
        ("rules_sha256", r"rules that judge a change \(gates, limits, protected paths, sandbox\)"),
        ("target", "target"),
    ],
)
def test_a_run_of_something_else_is_not_taken_up(studio: "Studio", key: str, meaning: str) -> None:
    whole = START | {"base_commit": "c", "rules_sha256": "r", "target": "t"}
    with recording(studio.journal, "r1", whole):
        pass

    with (
        pytest.raises(ResumeRefusal, match=f"^run r1 cannot go on: its {meaning} is no longer"),
        recording(studio.journal, "r1", whole | {key: "another"}),
    ):
        pytest.fail("it was taken up")

    assert studio.kinds() == ["run.started"]
    studio.journal.lease("r1", "somebody else")


def test_more_attempts_or_another_model_are_no_other_run(studio: "Studio") -> None:
    with recording(studio.journal, "r1", START | {"model": "a", "max_attempts": 1}):
        pass
    with recording(studio.journal, "r1", START | {"model": "b", "max_attempts": 9}):
        pass

    assert studio.kinds() == ["run.started", "run.resumed"]


def test_what_was_kept_is_given_back_and_what_is_gone_is_told(
    studio: "Studio", recorder: Recorder
) -> None:
    assert recorder.kept(recorder.keep(Verdict("pass"))) == encode(Verdict("pass"))
    with pytest.raises(JournalRefusal, match="no blob 0000"):
        recorder.kept("0" * 64)


def test_an_effect_of_an_earlier_process_is_not_done_again(
    studio: "Studio", recorder: Recorder
) -> None:
    recorder.perform(PUSH, lambda: {"number": 7})
    later = Recorder(studio.journal, studio.journal.lease("r1", "r1"))

    def never() -> dict[str, Any]:
        pytest.fail("it was done again")

    assert later.perform(PUSH, never) == {"number": 7}


def test_a_lease_is_given_back_whatever_happened_under_it(studio: "Studio") -> None:
    with pytest.raises(ZeroDivisionError), leased(studio.journal, "r1", "me"):
        raise ZeroDivisionError

    studio.journal.lease("r1", "somebody else")


class FullJournal(SqliteJournal):
    """A journal that cannot be written any more once ``is_full``."""

    is_full = False

    def append(self, fence: Fence, event: Event, unless: Callable[[], str] | None = None) -> Entry:
        self.require_room()
        return super().append(fence, event, unless)

    def release(self, fence: Fence) -> None:
        self.require_room()
        super().release(fence)

    def require_room(self) -> None:
        if self.is_full:
            raise JournalRefusal("the disk is full")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ZeroDivisionError(), Wanting("no room")])
def test_on_a_full_disk_the_first_complaint_is_told_and_the_run_stays_open(
    tmp_path: Path, error: BaseException
) -> None:
    journal = FullJournal(tmp_path / "full.sqlite", lambda: "t", lambda: 1_000.0)

    def fill() -> None:
        with recording(journal, "r1", START):
            journal.is_full = True
            raise error

    with pytest.raises(type(error)):
        fill()

    assert summarise(journal.read("r1")).state == "running"
    journal.is_full = False
    with recording(journal, "r1", START):
        pass
    assert [entry.event.kind for entry in journal.read("r1")] == ["run.started", "run.resumed"]
    journal.close()
