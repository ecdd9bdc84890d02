"""A run that was cut off anywhere is taken to the end it would have had, and nothing is paid twice.

What a killed process leaves is a journal that ends early; what a person stops leaves one that says
so. Kills of real processes are tested elsewhere.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.adapters.scripted_model import ScriptedCall, ScriptedModel, ScriptedReply, ScriptedUsage
from validators.checkout import write_tree
from validators.evidence import Evidence
from validators.rules import Rules
from validators.sandbox import FileChange
from validators.verdict import Finding, Verdict
from workflows.budget import Budget, spent
from workflows.conversation import Conversation, Reply, ReplyLimits
from workflows.history import history_of
from workflows.ports import StaleFence
from workflows.recorder import Recorder, ResumeRefusal
from workflows.run import Entry, summarise
from workflows.workshop import Revision

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

Edit = Callable[[str, str, str], str]
LOOK = ScriptedReply("", (ScriptedCall("read", {"path": "tally.py"}),))
USED = ScriptedUsage(input_tokens=900, output_tokens=100)


class Interrupted(ScriptedModel):
    """A model during whose replies, after the first ``told``, a person stops the run."""

    def __init__(self, replies: list[ScriptedReply], told: int = 0) -> None:
        super().__init__(replies)
        self._told = told

    def reply(
        self,
        conversation: Conversation,
        limits: ReplyLimits,
        observe: Callable[[str], None] = lambda _: None,
    ) -> Reply:
        if self.replied == self._told:
            raise KeyboardInterrupt
        return super().reply(conversation, limits, observe)


@pytest.fixture
def said(wrong: str, after_wrong: str) -> list[ScriptedReply | str]:
    """Three replies: a look, edits that fail, and edits that hold."""
    return [LOOK, wrong, after_wrong]


def place_of(studio: "Studio", kind: str, nth: int = 1) -> int:
    """Return how many entries the run has up to and with the nth of a kind."""
    found = [number for number, one in enumerate(studio.kinds(), 1) if one == kind]
    return found[nth - 1]


@pytest.mark.parametrize(
    ("kind", "nth"),
    [
        ("run.started", 1),
        ("scope.selected", 1),
        ("environment.ready", 1),
        ("prompt.sent", 2),
        ("budget.reserved", 2),
        ("model.replied", 2),
        ("budget.settled", 1),
        ("patch.landed", 2),
        ("gate.finished", 1),
        ("attempt.finished", 1),
        ("bundle.written", 1),
    ],
)
def test_a_run_that_was_cut_off_comes_to_the_end_it_would_have_had(
    studio: "Studio", said: list[ScriptedReply | str], kind: str, nth: int
) -> None:
    undisturbed = studio.propose(said)
    bundle, _ = studio.bundle()
    count = place_of(studio, kind, nth)
    studio.cut_off(count)
    was_lost = kind == "budget.reserved"

    outcome = studio.propose(said)

    again, sha256 = studio.bundle()
    lost = again.proposal.lost_replies
    assert again == replace(
        bundle,
        proposal=replace(bundle.proposal, lost_replies=lost, lost_usd=again.proposal.lost_usd),
        body=again.body,
    )
    assert (again.body == bundle.body) is not was_lost
    assert (lost, outcome) == (was_lost, undisturbed)
    resumed = studio.kinds()
    assert (resumed[count], resumed[-1]) == ("run.resumed", "run.finished")
    assert (resumed.count("model.replied"), resumed.count("attempt.finished")) == (3, 2)
    assert studio.data("bundle.written")[-1]["sha256"] == sha256
    run = summarise(studio.journal.read("r1"))
    assert (run.state, run.attempts, run.lost_replies) == ("proposed", 2, was_lost)


def test_what_was_done_is_taken_from_the_journal(
    studio: "Studio", said: list[ScriptedReply | str]
) -> None:
    studio.propose(said)
    studio.cut_off(place_of(studio, "model.replied", 3))
    asked = studio.asked()
    model = ScriptedModel([])

    outcome = studio.propose(model)

    assert outcome.state == "proposed"
    assert studio.asked() == asked
    assert studio.data("run.resumed") == [{"replies": 3, "attempts": 1}]
    after = studio.kinds()[place_of(studio, "run.resumed") :]
    assert after == [
        *("budget.settled", "environment.ready", "patch.landed", "gate.finished"),
        *("attempt.finished", "bundle.written", "run.finished"),
    ]
    assert [entry.event.kind for entry in studio.seen] == ["run.resumed", *after]


def test_a_finished_run_is_finished_again_without_a_gate_or_a_reply(
    studio: "Studio", said: list[ScriptedReply | str]
) -> None:
    first = studio.propose(said)

    def judge(tree: str, recorder: Recorder) -> tuple[Verdict, Evidence]:
        pytest.fail("it was judged again")

    studio.judge = judge

    assert studio.propose(ScriptedModel([])) == first
    assert studio.kinds()[-3:] == ["run.resumed", "environment.ready", "run.finished"]


def test_the_scope_that_was_chosen_then_is_the_scope(
    studio: "Studio", said: list[ScriptedReply | str], monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.propose(said)
    scope = studio.bundle()[0].proposal.scope
    studio.cut_off(place_of(studio, "scope.selected"))

    def choose(*_: object) -> None:
        pytest.fail("it was chosen again")

    monkeypatch.setattr(type(studio), "choose", choose)
    studio.propose(said)

    assert studio.bundle()[0].proposal.scope == scope


def test_a_lost_reply_is_booked_at_the_most_it_may_have_cost(
    studio: "Studio", wrong: str, after_wrong: str
) -> None:
    said = [
        ScriptedReply(wrong, usage=USED, usd=0.1),
        ScriptedReply(after_wrong, usage=USED, usd=0.25),
    ]
    studio.propose(said)
    studio.cut_off(place_of(studio, "budget.reserved", 2))
    reserved = studio.data("budget.reserved")[1]

    outcome = studio.propose(said)

    _, lost, paid = studio.data("budget.settled")
    assert lost == {
        "reservation": "2.2",
        "usd": 0.25,
        "tokens": reserved["tokens"],
        "input_tokens": reserved["tokens"],
        "output_tokens": 0,
        "cache_read_tokens": 0,
        "cache_write_tokens": 0,
        "cache_missed": "",
        "trouble": "",
        "requests": 1,
        "at_least": False,
        "lost": True,
        "elapsed_s": 0.0,
    }
    assert (paid["reservation"], paid["usd"], paid["lost"]) == ("2.3", 0.25, False)
    run = summarise(studio.journal.read("r1"))
    assert run.lost_replies == 1
    assert run.usd == pytest.approx(0.6)
    assert run.tokens == 2_000 + reserved["tokens"]
    assert [one.usd for one in outcome.attempts] == [0.1, 0.25]
    proposal = studio.bundle()[0].proposal
    assert (proposal.lost_replies, proposal.lost_usd) == (1, 0.25)


def test_a_lost_reply_without_a_known_price_is_booked_by_its_tokens(
    studio: "Studio", right: str
) -> None:
    class Unpriced(ScriptedModel):
        def price_usd(self, *_: int) -> float | None:
            return None

    studio.propose(Unpriced([ScriptedReply(right)]))
    studio.cut_off(place_of(studio, "budget.reserved"))

    studio.propose(Unpriced([ScriptedReply(right)]))

    lost = studio.data("budget.settled")[0]
    assert (lost["usd"], lost["lost"]) == (None, True)
    assert lost["tokens"] == studio.data("budget.reserved")[0]["tokens"]


def test_a_reply_that_is_known_and_not_settled_costs_what_it_used(
    studio: "Studio", right: str
) -> None:
    said = [ScriptedReply(right, usage=USED, usd=0.1)]
    studio.propose(said)
    settled = studio.data("budget.settled")
    studio.cut_off(place_of(studio, "model.replied"))

    studio.propose(said)

    assert studio.data("budget.settled") == settled
    run = summarise(studio.journal.read("r1"))
    assert (run.lost_replies, run.usd, run.tokens) == (0, 0.1, 1_000)


def test_a_reply_that_is_lost_twice_is_booked_twice(studio: "Studio", right: str) -> None:
    said = [ScriptedReply(right, usage=USED, usd=0.1)]
    studio.propose(said)
    studio.cut_off(place_of(studio, "budget.reserved"))
    studio.propose(said)
    studio.cut_off(place_of(studio, "budget.reserved", 2))

    studio.propose(said)

    settled = studio.data("budget.settled")
    assert [one["reservation"] for one in settled] == ["1.1", "1.2", "1.3"]
    assert [one["lost"] for one in settled] == [True, True, False]
    assert summarise(studio.journal.read("r1")).lost_replies == 2
    assert history_of(studio.journal.read("r1")).resumed == 2


@pytest.mark.parametrize(
    ("budget", "why"),
    [
        (Budget(turns=2), "all 2 turns are used"),
        (Budget(usd=0.29), "$0.2000 of $0.29 are spent and the next request may cost $0.1000"),
        (Budget(minutes=1), "1 of 1 minutes are over"),
    ],
)
def test_what_was_used_before_counts_after(
    studio: "Studio", wrong: str, after_wrong: str, budget: Budget, why: str
) -> None:
    def judge(tree: str, recorder: Recorder) -> tuple[Verdict, Evidence]:
        studio.seconds += 40
        return studio.judge_by_content(tree, recorder)

    studio.judge = judge
    said = [ScriptedReply(text, usage=USED, usd=0.1) for text in (wrong, "No.", after_wrong)]
    studio.propose(said)
    studio.cut_off(place_of(studio, "attempt.finished", 2))
    # The clock of another process begins anew; what the run had worked is in its last booking.
    studio.seconds = 5_000.0 - 20.0
    assert spent(studio.journal.read("r1")).turns == 2

    class Late(ScriptedModel):
        def estimate_tokens(self, text: str) -> int:
            # A moment later, as clocks go on between the opening and the request.
            studio.seconds += 20
            return super().estimate_tokens(text)

    outcome = studio.propose(Late(said, start=2), budget=budget)

    assert (outcome.state, outcome.verdict.word) == ("failed", "budget")
    assert outcome.why == f"the budget of run r1 is used up: {why}"
    assert len(outcome.attempts) == 2
    assert len(studio.data("model.replied")) == 2


def test_tokens_of_a_lost_reply_leave_less_for_the_rest(studio: "Studio", right: str) -> None:
    said = [ScriptedReply(right, usage=USED)]
    studio.propose(said)
    studio.cut_off(place_of(studio, "budget.reserved"))
    reserved = studio.data("budget.reserved")[0]["tokens"]

    outcome = studio.propose(said, budget=Budget(tokens=2 * reserved - 1))

    assert outcome.verdict.word == "budget"
    assert f"{reserved} of {2 * reserved - 1} tokens are used" in outcome.why
    assert studio.propose(said, budget=Budget(tokens=2 * reserved)).state == "proposed"


def test_a_run_whose_budget_was_used_up_goes_on_with_a_larger_one(
    studio: "Studio", said: list[ScriptedReply | str]
) -> None:
    first = studio.propose(said, budget=Budget(turns=2))
    assert (first.state, summarise(studio.journal.read("r1")).state) == ("failed", "failed")

    outcome = studio.propose(said, budget=Budget(turns=3))

    assert (outcome.state, outcome.why) == ("proposed", "proposed after 2 attempts")
    assert outcome.attempts[:1] == first.attempts
    run = summarise(studio.journal.read("r1"))
    assert (run.state, run.verdict, run.attempts) == ("proposed", "pass", 2)
    assert (run.bundle, run.lost_replies) == ("r1.json", 0)


def test_a_run_that_ran_out_of_attempts_goes_on_with_more(
    studio: "Studio", said: list[ScriptedReply | str]
) -> None:
    assert studio.propose(said, attempts=1).state == "nothing"

    assert studio.propose(said, attempts=2).state == "proposed"


def test_a_run_that_a_person_stopped_goes_on(
    studio: "Studio", wrong: str, after_wrong: str
) -> None:
    said = [ScriptedReply(wrong), ScriptedReply(after_wrong)]
    with pytest.raises(KeyboardInterrupt):
        studio.propose(Interrupted(said, told=1))
    assert summarise(studio.journal.read("r1")).state == "cancelled"

    outcome = studio.propose(said)

    assert outcome.state == "proposed"
    assert studio.data("run.resumed") == [{"replies": 1, "attempts": 1}]
    run = summarise(studio.journal.read("r1"))
    assert (run.state, run.attempts, run.lost_replies) == ("proposed", 2, 1)


@pytest.mark.parametrize("word", ["infrastructure", "cancelled", "budget"])
def test_an_attempt_that_the_machine_failed_is_judged_again(
    studio: "Studio", right: str, word: str
) -> None:
    verdict = Verdict(word, (Finding("tests", "x", "block", "the disk is full"),))  # type: ignore[arg-type]
    studio.judge = lambda tree, _: (verdict, studio.evidence(tree))
    studio.propose([right], attempts=1)
    assert studio.data("attempt.finished")[0]["attempt"]["verdict"]["word"] == word
    studio.judge = None

    outcome = studio.propose([right], attempts=1)

    assert (outcome.state, outcome.verdict.word) == ("proposed", "pass")
    assert [one["attempt"]["verdict"]["word"] for one in studio.data("attempt.finished")] == [
        word,
        "pass",
    ]
    assert len(studio.data("patch.landed")) == len(studio.data("model.replied")) == 1
    assert summarise(studio.journal.read("r1")).attempts == 1


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda studio: replace(studio.task, number="8"), "task"),
        (lambda studio: None, "rules that judge a change"),
    ],
)
def test_another_task_or_other_rules_are_not_gone_on_with(
    studio: "Studio", right: str, change: Callable[["Studio"], object], what: str
) -> None:
    studio.propose([right])
    kinds = studio.kinds()
    task = change(studio)
    if task is None:
        studio.rules = Rules(allowed_paths=("data/",))
    else:
        studio.task = replace(studio.task, number="8")

    with pytest.raises(ResumeRefusal, match=f"run r1 cannot go on: its {what}"):
        studio.propose([right])

    assert studio.kinds() == kinds
    studio.journal.lease("r1", "somebody else")


def test_a_reply_that_lands_as_another_tree_now_is_not_gone_on_with(
    studio: "Studio", right: str
) -> None:
    studio.propose([right])
    tree = studio.data("patch.landed")[0]["tree"]
    studio.cut_off(place_of(studio, "budget.settled"))
    fence = studio.journal.lease("r1", "another program")
    other = Recorder(studio.journal, fence)
    other.record("patch.landed", attempt=1, tree="f" * 40, edits=())
    studio.journal.release(fence)

    with pytest.raises(ResumeRefusal) as refused:
        studio.propose([right])

    assert str(refused.value) == (
        f"run r1 cannot go on: the reply of attempt 1 made the tree ffffffffffff then and makes"
        f" {tree[:12]} now, so this changewright lands edits in another way than the one that began"
        " it; start anew with `changewright propose`"
    )
    assert summarise(studio.journal.read("r1")).why == str(refused.value)


@pytest.mark.parametrize(
    "kind", ["run.started", "budget.reserved", "patch.landed", "gate.finished"]
)
def test_who_loses_the_run_writes_nothing_more(
    studio: "Studio", said: list[ScriptedReply | str], kind: str
) -> None:
    taken = False

    def take_over(entry: Entry) -> None:
        nonlocal taken
        if entry.event.kind == kind and not taken:
            taken = True
            studio.journal.lease("r1", "run r1")

    studio.on_entry = take_over
    with pytest.raises(StaleFence):
        studio.propose(said)

    assert studio.kinds()[-1] == kind
    assert list(studio.folder.glob("*.json")) == []
    studio.on_entry = None
    assert studio.propose(said).state == "proposed"


def test_a_revision_that_was_cut_off_goes_on_from_its_own_tree(
    studio: "Studio", edit: Edit
) -> None:
    changes = [FileChange("data/two.txt", "100644", b"dos\n")]
    tree = write_tree(studio.clone, studio.clone.base_tree, changes)
    revision = Revision(1, tree, "the diff", "Say uno, too.", "r0")
    said = [edit("data/one.txt", "one\n", "uno\n"), edit("data/one.txt", "uno\n", "un\n")]
    studio.judge = lambda tree, _: (
        Verdict("pass" if studio.file(tree, "data/one.txt") == "un\n" else "fail"),
        studio.evidence(tree),
    )
    studio.propose(said, revision=revision)
    bundle = studio.bundle()
    assert {change.path for change in bundle[0].changes} == {"data/one.txt", "data/two.txt"}
    studio.cut_off(place_of(studio, "attempt.finished"))
    write_tree(studio.clone, studio.clone.base_tree, changes)

    assert studio.propose(said, revision=revision).state == "proposed"

    assert studio.bundle() == bundle
    assert (bundle[0].revises, bundle[0].revised_run) == (1, "r0")
