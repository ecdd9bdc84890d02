"""One task to one proposal, seen through what the model was asked and what the journal keeps."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bot.adapters.recorded_model import RecordedModel
from bot.adapters.scripted_model import ScriptedCall, ScriptedModel, ScriptedReply
from bot.models import recorded_turns
from scoping.refusal import Refusal
from validators.evidence import Evidence
from validators.verdict import Finding, Verdict
from workflows import prompts
from workflows.budget import Budget, Spent, spent
from workflows.conversation import (
    Conversation,
    Message,
    Reply,
    ReplyLimits,
    StopReason,
    Usage,
)
from workflows.ports import ModelRefusal
from workflows.recorder import Recorder
from workflows.run import summarise

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

Edit = Callable[[str, str, str], str]
ASKED = ["prompt.sent", "budget.reserved", "model.replied", "budget.settled"]
UNHEARD = ["prompt.sent", "budget.reserved", "budget.settled"]
OPENING = ["run.started", "scope.selected", "environment.ready"]
COUNTS = {"files_given": 2, "files_changed": 1, "files_met": 1}


class Failing(ScriptedModel):
    """A model whose reply is an exception."""

    def __init__(self, error: BaseException) -> None:
        super().__init__([])
        self._error = error

    def reply(
        self,
        conversation: Conversation,
        limits: ReplyLimits,
        observe: Callable[[str], None] = lambda _: None,
    ) -> Reply:
        raise self._error


def last_words(conversation: Conversation) -> Message:
    assert conversation.messages[-1].role == "user"
    return conversation.messages[-1]


def test_a_right_reply_is_proposed_and_each_step_is_in_the_journal(
    studio: "Studio", right: str
) -> None:
    outcome = studio.propose([right])

    assert (outcome.state, outcome.verdict) == ("proposed", Verdict("pass"))
    assert outcome.why == "proposed after 1 attempt"
    assert studio.kinds() == [
        *OPENING,
        *ASKED,
        "patch.landed",
        "gate.finished",
        "attempt.finished",
        "bundle.written",
        "run.finished",
    ]
    assert [entry.event for entry in studio.seen] == [e.event for e in studio.journal.read("r1")]
    assert "".join(studio.heard).split() == right.split()
    finished = {"state": "proposed", "verdict": "pass", "why": "proposed after 1 attempt"}
    assert studio.data("run.finished") == [finished]
    bundle, sha256 = studio.bundle()
    assert studio.data("bundle.written") == [
        {"sha256": sha256, "path": "r1.json", "partial": False, **COUNTS}
    ]
    assert outcome.bundle == str(studio.folder / "r1.json")
    assert bundle.proposal.attempts == outcome.attempts
    assert outcome.attempts[0].summary == "Only words count."
    assert [(edit.path, edit.how) for edit in outcome.attempts[0].edits] == [("tally.py", "exact")]


def test_a_failed_gate_is_told_to_the_model(studio: "Studio", wrong: str, after_wrong: str) -> None:
    outcome = studio.propose([wrong, after_wrong])

    first, second = studio.asked()
    assert second.messages[:-1] == (*first.messages, Message("model", wrong))
    assert last_words(second) == Message(
        "user",
        "Your edits are applied, but the change may not be shown to a person yet (verdict: fail)."
        " Send further edits against the files as they now are.\n"
        "\n"
        "- tests/new-failure tests/test_tally.py:9\n"
        "<<<data DETAILS details\n"
        "test_no_words fails\n"
        "assert 1 == 0\n"
        "data>>> DETAILS\n"
        "Mend what it shows.".replace("DETAILS", mark_of(second)),
    )
    assert [one.verdict.word for one in outcome.attempts] == ["fail", "pass"]
    assert outcome.why == "proposed after 2 attempts"


def mark_of(conversation: Conversation) -> str:
    """Return the mark of the first fence of the last turn; how it is made is tested elsewhere."""
    return last_words(conversation).text.split("<<<data ", 1)[1].split(" ", 1)[0]


def test_edits_of_the_second_attempt_land_on_the_tree_of_the_first(
    studio: "Studio", wrong: str, after_wrong: str, edit: Edit
) -> None:
    more = edit("data/one.txt", "one\n", "uno\n")

    outcome = studio.propose([f"{wrong}\n{more}", after_wrong])

    tree = outcome.attempts[-1].applied_tree
    assert studio.file(tree, "data/one.txt") == "uno\n"
    assert "len(text.split())" in (studio.file(tree, "tally.py") or "")
    assert {change.path for change in studio.bundle()[0].changes} == {"tally.py", "data/one.txt"}


def test_rejected_edits_go_back_and_nothing_landed(
    studio: "Studio", right: str, edit: Edit
) -> None:
    good = edit("data/one.txt", "one\n", "uno\n")
    bad = edit("tally.py", "    return 42\n", "    return 43\n")

    outcome = studio.propose([f"{good}\n{bad}", right])

    base = studio.clone.base_tree
    assert studio.data("patch.landed")[0]["tree"] == base
    first, last = outcome.attempts
    assert (first.applied_tree, first.evidence) == (base, None)
    assert [(found.gate, found.code) for found in first.verdict.findings] == [("edits", "no-match")]
    said = last_words(studio.asked()[1]).text
    assert said.startswith("None of your edits was applied, because not all of them could be.")
    assert "- data/one.txt: would apply\n\n- tally.py: no-match\n<<<data " in said
    assert first.verdict.findings[0].message in said
    assert studio.file(last.applied_tree, "data/one.txt") == "one\n"
    assert studio.data("gate.finished") == [{"gate": "tests", "outcome": "pass"}]


def test_prose_alone_is_answered_with_what_an_edit_looks_like(studio: "Studio", right: str) -> None:
    outcome = studio.propose(["I would look at words().", right])

    assert last_words(studio.asked()[1]).text == prompts.nothing_found().text
    assert outcome.attempts[0].verdict.findings[0].code == "no-edits"
    assert outcome.state == "proposed"


def test_edits_that_change_nothing_are_not_called_unappliable(
    studio: "Studio", wrong: str, after_wrong: str
) -> None:
    outcome = studio.propose([wrong, wrong, after_wrong])

    said = last_words(studio.asked()[2]).text
    assert said == (
        "Your edits were understood, but they change nothing: the files already are as your edits"
        " leave them. Read the files before you send further edits."
    )
    assert [one.verdict.word for one in outcome.attempts] == ["fail", "fail", "pass"]
    assert outcome.attempts[1].verdict.findings[0].code == "no-edits"


@pytest.mark.parametrize("stop", ["length", "other"])
def test_nothing_of_a_reply_that_was_cut_off_is_applied(
    studio: "Studio", right: str, edit: Edit, stop: StopReason
) -> None:
    half = edit("data/one.txt", "one\n", "uno\n") + "\nAnd now the rest:\n"

    outcome = studio.propose([ScriptedReply(half, stop=stop), right])

    assert last_words(studio.asked()[1]).text == (
        "Your reply was cut off before its end, most likely at its length limit, and nothing was"
        " applied. Send fewer lines."
    )
    first, last = outcome.attempts
    assert (first.verdict.findings[0].code, first.edits) == ("cut-off", ())
    assert first.applied_tree == studio.clone.base_tree
    assert studio.file(last.applied_tree, "data/one.txt") == "one\n"


def test_a_run_without_a_passing_attempt_proposes_nothing(studio: "Studio", wrong: str) -> None:
    outcome = studio.propose([wrong, "No idea.", "None at all."], attempts=3)

    assert (outcome.state, outcome.bundle) == ("nothing", "")
    assert outcome.why == (
        "no attempt of 3 passed; the last: the reply held no edit that changes a file"
    )
    assert studio.data("run.finished") == [
        {"state": "nothing", "verdict": "fail", "why": outcome.why, "code": "no-edits"}
    ]
    assert len(outcome.attempts) == len(studio.data("attempt.finished")) == 3
    assert list(studio.folder.glob("*.json")) == []


def test_a_model_that_declines_ends_the_run(studio: "Studio") -> None:
    outcome = studio.propose([ScriptedReply("I cannot help with that.", stop="refusal")])

    assert (outcome.state, outcome.verdict.word) == ("nothing", "fail")
    assert outcome.verdict.findings[0].code == "model-declined"
    assert outcome.why == "the model declined the task: I cannot help with that."
    assert studio.kinds() == [*OPENING, *ASKED, "run.finished"]


def test_no_change_needed_is_an_answer(studio: "Studio") -> None:
    outcome = studio.propose(["\nNO CHANGE NEEDED: it was mended last week.\n"])

    assert (outcome.state, outcome.attempts) == ("nothing", ())
    assert outcome.verdict.findings[0].code == "no-change-needed"
    assert outcome.why == "the model says that no change is needed: it was mended last week."
    assert studio.data("run.finished")[0]["code"] == "no-change-needed"


def dear(text: str) -> ScriptedReply:
    return ScriptedReply(text, usd=0.4)


@pytest.mark.parametrize(
    ("budget", "why"),
    [
        (Budget(usd=0.7), "$0.4000 of $0.70 are spent and the next request may cost $0.4000"),
        (Budget(turns=1), "all 1 turns are used"),
        (Budget(minutes=1), "2 of 1 minutes are over"),
    ],
)
def test_a_spent_budget_ends_the_run_before_the_request_is_sent(
    studio: "Studio", wrong: str, after_wrong: str, budget: Budget, why: str
) -> None:
    def judge(tree: str, recorder: Recorder) -> tuple[Verdict, Evidence]:
        studio.seconds += 120
        return studio.judge_by_content(tree, recorder)

    studio.judge = judge

    outcome = studio.propose([dear(wrong), dear(after_wrong)], budget=budget)

    said = f"the budget of run r1 is used up: {why}"
    assert (outcome.state, outcome.verdict.word, outcome.why) == ("failed", "budget", said)
    assert len(outcome.attempts) == 1
    assert studio.kinds() == [
        *OPENING,
        *ASKED,
        "patch.landed",
        "gate.finished",
        "attempt.finished",
        "bundle.written",
        "run.finished",
    ]
    assert studio.data("run.finished") == [{"state": "failed", "verdict": "budget", "why": said}]
    assert outcome.bundle == str(studio.folder / "r1.partial.json")


def test_a_token_cap_smaller_than_one_request_sends_none(studio: "Studio", right: str) -> None:
    outcome = studio.propose([right], budget=Budget(tokens=16_000))

    assert outcome.verdict.word == "budget"
    assert "0 of 16000 tokens are used and the next request may need 1" in outcome.why
    assert studio.kinds() == [*OPENING, "run.finished"]


def test_a_model_that_gives_no_reply_is_paid_for_what_it_used(studio: "Studio") -> None:
    used = Usage(900, 40, usd=0.02, at_least=True)
    error = ModelRefusal("broken-stream", "the stream stopped half-way", used)

    outcome = studio.propose(Failing(error))

    assert (outcome.state, outcome.verdict.word) == ("failed", "infrastructure")
    assert outcome.verdict.findings[0].code == "model-broken-stream"
    assert outcome.why == "the model gave no reply: the stream stopped half-way"
    assert studio.kinds() == [*OPENING, *UNHEARD * 3, "run.finished"]
    settled = studio.data("budget.settled")[0]
    assert (settled["usd"], settled["tokens"], settled["at_least"]) == (0.02, 940, True)
    assert summarise(studio.journal.read("r1")).usd == 0.06


def test_a_refusal_before_anything_was_sent_costs_nothing(studio: "Studio") -> None:
    studio.propose(Failing(ModelRefusal("overloaded", "busy")))

    settled = studio.data("budget.settled")[0]
    assert (settled["usd"], settled["tokens"], settled["requests"]) == (0.0, 0, 0)


def test_an_exhausted_script_is_told_as_such(studio: "Studio", wrong: str) -> None:
    outcome = studio.propose([wrong])

    assert outcome.verdict.findings[0].code == "model-exhausted"
    assert len(outcome.attempts) == 1


@pytest.mark.parametrize(
    ("error", "finished"),
    [
        (
            KeyboardInterrupt(),
            {"state": "cancelled", "verdict": "cancelled", "why": "interrupted by a person"},
        ),
        (
            RuntimeError("no such thing"),
            {
                "state": "failed",
                "verdict": "infrastructure",
                "why": "a fault of changewright: RuntimeError: no such thing",
            },
        ),
    ],
)
def test_whatever_flies_the_journal_is_closed_with_the_truth(
    studio: "Studio", error: BaseException, finished: dict[str, str]
) -> None:
    with pytest.raises(type(error)):
        studio.propose(Failing(error))

    assert studio.data("run.finished") == [finished]
    # What an interrupted request cost nobody can tell: it is booked at the most it may be. After
    # our own bug its reservation stays open, which counts as much.
    was_booked = isinstance(error, KeyboardInterrupt)
    asked = UNHEARD if was_booked else UNHEARD[:2]
    assert studio.kinds() == [*OPENING, *asked, "run.finished"]
    assert summarise(studio.journal.read("r1")).lost_replies == was_booked
    reserved = studio.data("budget.reserved")[0]
    assert spent(studio.journal.read("r1")) == Spent(0.0, reserved["tokens"], turns=1, requests=1)
    assert list(studio.folder.glob("*.json")) == []
    studio.journal.lease("r1", "somebody else")


def test_a_refusal_of_a_gate_closes_the_run_and_flies(studio: "Studio", right: str) -> None:
    class SandboxGone(Refusal):
        pass

    def judge(tree: str, recorder: Recorder) -> tuple[Verdict, Evidence]:
        raise SandboxGone("no sandbox here; install one")

    studio.judge = judge
    with pytest.raises(SandboxGone):
        studio.propose([right])

    assert studio.data("run.finished") == [
        {"state": "failed", "verdict": "infrastructure", "why": "no sandbox here; install one"}
    ]


def test_trouble_of_the_environment_ends_the_run_before_a_prompt_is_sent(
    studio: "Studio", right: str
) -> None:
    studio.trouble = "pip install failed\nno such package"

    outcome = studio.propose([right])

    assert studio.kinds() == [*OPENING, "run.finished"]
    assert (outcome.state, outcome.verdict.word) == ("failed", "infrastructure")
    assert outcome.why == "the target's environment could not be built"
    assert outcome.verdict.findings[0].message == studio.trouble


@pytest.mark.parametrize(
    ("message", "why"),
    [("the disk is full\nreally", "the disk is full"), ("", "verdict infrastructure")],
)
def test_gates_in_trouble_end_the_run_without_another_try(
    studio: "Studio", right: str, message: str, why: str
) -> None:
    verdict = Verdict("infrastructure", (Finding("tests", "x", "block", message),))
    studio.judge = lambda tree, _: (verdict, studio.evidence(tree))

    outcome = studio.propose([right, right])

    assert (outcome.state, outcome.verdict) == ("failed", verdict)
    assert outcome.why == why
    assert len(outcome.attempts) == 1


def test_a_verdict_without_findings_is_told_by_its_word(studio: "Studio", right: str) -> None:
    studio.judge = lambda tree, _: (Verdict("no-evidence"), studio.evidence(tree))

    assert studio.propose([right], attempts=1).why == (
        "no attempt of 1 passed; the last: verdict no-evidence"
    )


def test_the_cost_of_an_attempt_is_unknown_when_one_reply_has_no_price(
    studio: "Studio", right: str
) -> None:
    class Unpriced(ScriptedModel):
        def reply(self, *asked: Any, **more: Any) -> Reply:
            reply = super().reply(*asked, **more)
            return Reply(reply.message, reply.stop, Usage(10, 5, usd=None), reply.model)

    outcome = studio.propose(Unpriced([ScriptedReply(right)]))

    assert (outcome.attempts[0].usd, outcome.attempts[0].tokens) == (None, 15)
    priced = studio.propose([dear(right)], run="r2").attempts[0]
    assert priced.usd == 0.4


def test_a_recorded_run_replays_to_the_same_tree(
    studio: "Studio", wrong: str, after_wrong: str
) -> None:
    read = ScriptedCall("read", {"path": "tally.py", "start_line": 1, "end_line": 3})
    said = [ScriptedReply("", (read,)), ScriptedReply(wrong), ScriptedReply(after_wrong)]
    first = studio.propose(said)

    recorded = RecordedModel(recorded_turns(studio.journal, "r1", ""), studio.journal.get_blob)
    again = studio.propose(recorded, run="r2")

    assert [replace(one, model=first.attempts[0].model) for one in again.attempts] == list(
        first.attempts
    )
    assert studio.kinds("r2") == studio.kinds("r1")
    assert studio.asked("r2") == studio.asked("r1")
    assert studio.bundle("r2")[0].applied_tree == studio.bundle("r1")[0].applied_tree


def test_what_the_run_began_with_is_its_first_entry(studio: "Studio", right: str) -> None:
    studio.told = {"command": "propose"}

    studio.propose([right])

    started = studio.data("run.started")[0]
    assert started["task_key"] == "issue-7"
    assert started["task"]["title"] == "words() counts spaces"
    assert started["base_commit"] == studio.clone.base_commit
    assert started["budget"] == {"usd": 2.0, "tokens": 400_000, "turns": 24, "minutes": 30.0} | {
        "requests": None
    }
    assert (started["model"], started["revises"], started["revision"]) == ("scripted", 0, "")
    assert (started["max_attempts"], started["told"]) == (3, {"command": "propose"})
    assert {len(started["rules_sha256"]), len(started["prompts_sha256"])} == {64}
    scope = studio.data("scope.selected")[0]
    assert scope["files"][0] == "tally.py"
    assert {line.path for line in studio.bundle()[0].proposal.scope} >= {"tally.py"}
