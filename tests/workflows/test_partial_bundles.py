"""A run that is stopped leaves what had landed by then; one that ends by itself leaves nothing."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from bot.adapters.scripted_model import ScriptedModel, ScriptedReply
from scoping.refusal import Refusal
from validators.checkout import write_tree
from validators.evidence import Evidence
from validators.sandbox import FileChange
from validators.verdict import Finding, Verdict
from workflows.branching import branch_of
from workflows.budget import Budget
from workflows.conversation import Conversation, Reply, ReplyLimits
from workflows.ports import ModelRefusal
from workflows.proposal import BundleRefusal
from workflows.recorder import Recorder
from workflows.run import Entry, summarise
from workflows.workshop import Revision

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

PARTIAL = "r1.partial.json"
COUNTS = {"files_given": 2, "files_changed": 1, "files_met": 1}


class Ending(ScriptedModel):
    """A model that has no reply after its script, for the reason given."""

    def __init__(self, replies: list[str], end: BaseException) -> None:
        super().__init__([ScriptedReply(text) for text in replies])
        self._left, self._end = len(replies), end

    def reply(
        self,
        conversation: Conversation,
        limits: ReplyLimits,
        observe: Callable[[str], None] = lambda _: None,
    ) -> Reply:
        if self.replied == self._left:
            raise self._end
        return super().reply(conversation, limits, observe)


def left(studio: "Studio") -> list[str]:
    return sorted(path.name for path in studio.folder.glob("*.json"))


@pytest.mark.parametrize(
    ("end", "state"),
    [
        (KeyboardInterrupt(), "cancelled"),
        (RuntimeError("a bug"), "failed"),
        (Refusal("the disk is gone"), "failed"),
    ],
)
def test_what_had_landed_is_kept_whatever_stops_the_run(
    studio: "Studio", wrong: str, end: BaseException, state: str
) -> None:
    with pytest.raises(type(end)):
        studio.propose(Ending([wrong], end))

    assert left(studio) == [PARTIAL]
    assert studio.kinds()[-2:] == ["bundle.written", "run.finished"]
    run = summarise(studio.journal.read("r1"))
    assert (run.state, run.bundle) == (state, PARTIAL)


def test_a_partial_bundle_holds_what_landed_and_says_that_it_is_unfinished(
    studio: "Studio", wrong: str
) -> None:
    with pytest.raises(KeyboardInterrupt):
        studio.propose(Ending([wrong, "No idea."], KeyboardInterrupt()))

    bundle, sha256 = studio.bundle("r1.partial")
    assert studio.data("bundle.written") == [
        {"sha256": sha256, "path": PARTIAL, "partial": True, **COUNTS}
    ]
    landed = studio.data("patch.landed")[0]["tree"]
    assert (bundle.partial, bundle.applied_tree, bundle.revises) == (True, landed, 0)
    assert [change.path for change in bundle.changes] == ["tally.py"]
    assert b"or 1" in (bundle.changes[0].content or b"")
    assert bundle.title == "Unfinished: words() counts spaces"
    assert bundle.body == (
        "Run r1 was stopped in attempt 2. This is what had landed by then; it has not passed its"
        " gates and is not proposed.\n"
    )
    assert [one.verdict.word for one in bundle.proposal.attempts] == ["fail", "fail"]
    assert bundle.branch == branch_of(studio.task)


def test_what_landed_and_was_not_judged_is_an_attempt_that_was_cancelled(
    studio: "Studio", wrong: str
) -> None:
    def judge(tree: str, recorder: Recorder) -> tuple[Verdict, Evidence]:
        raise KeyboardInterrupt

    studio.judge = judge
    with pytest.raises(KeyboardInterrupt):
        studio.propose([wrong])

    bundle, _ = studio.bundle("r1.partial")
    (attempt,) = bundle.proposal.attempts
    assert (attempt.verdict, attempt.evidence) == (Verdict("cancelled"), None)
    assert attempt.applied_tree == bundle.applied_tree == studio.data("patch.landed")[0]["tree"]
    assert studio.data("attempt.finished") == []


def test_what_has_just_been_noted_as_landed_is_kept(studio: "Studio", wrong: str) -> None:
    def stop(entry: Entry) -> None:
        if entry.event.kind == "patch.landed":
            raise KeyboardInterrupt

    studio.on_entry = stop
    with pytest.raises(KeyboardInterrupt):
        studio.propose([wrong])

    bundle, _ = studio.bundle("r1.partial")
    assert bundle.applied_tree == studio.data("patch.landed")[0]["tree"]
    assert [one.applied_tree for one in bundle.proposal.attempts] == [bundle.applied_tree]


@pytest.mark.parametrize("trouble", ["overloaded", "broken-stream", "exhausted"])
def test_a_model_that_gives_no_further_reply_leaves_what_landed(
    studio: "Studio", wrong: str, trouble: str
) -> None:
    refusal = ModelRefusal(trouble, "busy")  # type: ignore[arg-type]

    outcome = studio.propose(Ending([wrong], refusal))

    assert (outcome.state, outcome.bundle) == ("failed", str(studio.folder / PARTIAL))
    assert studio.bundle("r1.partial")[0].proposal.attempts == outcome.attempts


def test_gates_in_trouble_leave_what_landed(studio: "Studio", right: str) -> None:
    verdict = Verdict("infrastructure", (Finding("tests", "x", "block", "the disk is full"),))
    studio.judge = lambda tree, _: (verdict, studio.evidence(tree))

    outcome = studio.propose([right])

    assert (outcome.state, left(studio)) == ("failed", [PARTIAL])
    assert studio.bundle("r1.partial")[0].proposal.verdict == verdict


def test_a_run_that_ends_by_itself_leaves_nothing(studio: "Studio", wrong: str) -> None:
    for run, replies in (("r1", [wrong]), ("r2", [wrong, "NO CHANGE NEEDED: none."])):
        outcome = studio.propose(replies, run=run, attempts=len(replies))
        assert (outcome.state, outcome.bundle) == ("nothing", "")

    assert left(studio) == []


@pytest.mark.parametrize("replies", [[], ["No idea."]])
def test_where_nothing_landed_nothing_is_left(studio: "Studio", replies: list[str]) -> None:
    with pytest.raises(KeyboardInterrupt):
        studio.propose(Ending(replies, KeyboardInterrupt()))
    outcome = studio.propose([*replies, "No."], run="r2", budget=Budget(turns=len(replies)))

    assert (outcome.state, outcome.bundle, left(studio)) == ("failed", "", [])


def test_a_run_that_was_stopped_before_it_was_scoped_leaves_nothing(
    studio: "Studio", right: str
) -> None:
    def stop(entry: Entry) -> None:
        if entry.event.kind == "scope.selected":
            raise KeyboardInterrupt

    studio.on_entry = stop
    with pytest.raises(KeyboardInterrupt):
        studio.propose([right])

    assert (studio.kinds()[-1], left(studio)) == ("run.finished", [])


@pytest.mark.parametrize("replies", [[], ["No idea."]])
def test_a_revision_in_which_nothing_landed_leaves_nothing(
    studio: "Studio", replies: list[str]
) -> None:
    change = FileChange("data/two.txt", "100644", b"dos\n")
    tree = write_tree(studio.clone, studio.clone.base_tree, [change])
    revision = Revision(1, tree, "diff", "words", "r0")

    outcome = studio.propose(replies, revision=revision)

    assert (outcome.state, outcome.bundle, left(studio)) == ("failed", "", [])


def test_a_partial_bundle_of_a_revision_holds_the_earlier_change_too(
    studio: "Studio", wrong: str
) -> None:
    change = FileChange("data/two.txt", "100644", b"dos\n")
    tree = write_tree(studio.clone, studio.clone.base_tree, [change])

    studio.propose([wrong], revision=Revision(1, tree, "diff", "words", "r0"))

    paths = [one.path for one in studio.bundle("r1.partial")[0].changes]
    assert paths == ["data/two.txt", "tally.py"]


def test_a_run_that_was_stopped_while_its_verdict_is_written_has_it_when_it_goes_on(
    studio: "Studio", right: str
) -> None:
    def stop(entry: Entry) -> None:
        if entry.event.kind == "attempt.finished":
            studio.on_entry = None
            raise KeyboardInterrupt

    studio.on_entry = stop
    with pytest.raises(KeyboardInterrupt):
        studio.propose([right])

    bundle, _ = studio.bundle("r1.partial")
    assert bundle.proposal.attempts[-1].verdict == Verdict("cancelled")
    assert studio.propose([]).state == "proposed"


def test_what_passed_its_gates_is_not_said_to_have_failed(
    studio: "Studio", right: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> tuple[str, str]:
        raise KeyboardInterrupt

    monkeypatch.setattr(type(studio), "render", stopped)
    with pytest.raises(KeyboardInterrupt):
        studio.propose([right])

    assert studio.bundle("r1.partial")[0].body == (
        "Run r1 was stopped in attempt 1. This is what had landed by then; it passed its gates, but"
        " is not proposed.\n"
    )


def test_a_bundle_that_cannot_be_written_is_told_and_hides_nothing(
    studio: "Studio", right: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> str:
        raise BundleRefusal("the disk is full; free some space")

    with monkeypatch.context() as patch:
        patch.setattr(type(studio), "write_bundle", full)
        with pytest.raises(BundleRefusal, match="the disk is full"):
            studio.propose([right])

    run = summarise(studio.journal.read("r1"))
    assert (run.state, run.why) == ("failed", "the disk is full; free some space")
    assert studio.propose([]).state == "proposed"


def test_a_person_who_stops_a_run_on_a_full_disk_is_told_that_it_was_stopped(
    studio: "Studio", wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> str:
        raise BundleRefusal("the disk is full")

    monkeypatch.setattr(type(studio), "write_bundle", full)
    with pytest.raises(KeyboardInterrupt):
        studio.propose(Ending([wrong], KeyboardInterrupt()))

    assert summarise(studio.journal.read("r1")).state == "cancelled"


def test_the_same_unfinished_work_is_the_same_bundle(studio: "Studio", wrong: str) -> None:
    first = studio.propose([wrong])
    document = studio.bundle("r1.partial")
    again = studio.propose([wrong])

    assert (again.bundle, again.attempts) == (first.bundle, first.attempts)
    assert studio.bundle("r1.partial") == document
    assert len(studio.data("bundle.written")) == 1
