"""The pen of one run: durable before seen, effects done once, and closed with the truth."""

from typing import TYPE_CHECKING, Any

import pytest

from scoping.refusal import Refusal
from validators.encoding import encode
from validators.verdict import Verdict
from workflows.ports import JournalRefusal, StaleFence
from workflows.recorder import Recorder, recording
from workflows.run import Effect, Entry, summarise
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
            studio.journal.lease("r1", owner="r1")
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
