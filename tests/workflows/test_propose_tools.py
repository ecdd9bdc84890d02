"""A task worked on by calls: from the first look to the proposal, and again from its journal."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bot.adapters.recorded_model import RecordedModel
from bot.adapters.scripted_model import ScriptedCall, ScriptedModel, ScriptedReply
from bot.adapters.sqlite_journal.blob_names import kept_by
from bot.models import recorded_turns
from validators.encoding import decode
from validators.evidence import Evidence
from validators.rules import GateKind
from validators.verdict import Finding, Verdict
from workflows.actions import ACTIONS
from workflows.budget import Budget
from workflows.conversation import ActionResult, Message
from workflows.recorder import Recorder

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

Edit = Callable[[str, str, str], str]
WRONG = '    return len(text.split(" "))'
RIGHT = "    return len(text.split())"
HALF = WRONG + " or 1"


def editor(command: str, path: str, **arguments: Any) -> ScriptedCall:
    return ScriptedCall("editor", {"command": command, "path": path, **arguments})


def mend(new: str, old: str = WRONG) -> ScriptedCall:
    return editor("str_replace", "tally.py", old_str=old, new_str=new)


FINISH = ScriptedCall("finish", {"summary": "Only words count."})
READ = ScriptedCall("read", {"path": "tally.py", "start_line": 2, "end_line": 2})
TEST = ScriptedCall("run_gate", {"kind": "test"})
NOTE = editor("create", "docs/note.txt", file_text="Words are counted.\n")


def said(*turns: tuple[ScriptedCall, ...]) -> list[ScriptedReply | str]:
    return [ScriptedReply("", calls) for calls in turns]


def answered(studio: "Studio", request: int) -> list[str]:
    """The text of each result that a request begins its last turn with, the fences taken off."""
    results = studio.asked()[request].messages[-1].results
    lines = [[line for line in one.text.split("\n") if "data" not in line] for one in results]
    return ["\n".join(kept) for kept in lines]


def test_a_change_made_by_calls_is_proposed(studio: "Studio") -> None:
    outcome = studio.propose(said((READ,), (mend(RIGHT), NOTE, READ, TEST), (FINISH,)))

    assert (outcome.state, outcome.why) == ("proposed", "proposed after 1 attempt")
    first, second, third = studio.asked()
    assert first.actions == ACTIONS
    assert answered(studio, 1) == [f"     2\t{WRONG}"]
    assert answered(studio, 2) == [
        "tally.py: applied (exact)",
        "docs/note.txt: applied (created)",
        f"     2\t{RIGHT}",
        "test: pass",
    ]
    assert third.messages[: len(second.messages)] == second.messages
    (attempt,) = outcome.attempts
    assert (attempt.summary, attempt.replies) == ("Only words count.", 3)
    assert [(one.path, one.how) for one in attempt.edits] == [
        ("tally.py", "exact"),
        ("docs/note.txt", "created"),
    ]
    assert {one.path for one in studio.bundle()[0].changes} == {"tally.py", "docs/note.txt"}
    assert studio.kinds()[11:] == [
        *("gate.finished", "gate.answered"),
        *("prompt.sent", "budget.reserved", "model.replied", "budget.settled", "patch.landed"),
        *("gate.finished", "attempt.finished", "bundle.written", "run.finished"),
    ]
    (told,) = studio.data("gate.answered")
    assert (told["gate"], told["outcome"]) == ("test", "pass")
    assert told["tree"] == attempt.applied_tree
    assert list(kept_by(told)) == [told["answer"]]  # an export takes it along
    assert decode(studio.journal.get_blob(told["answer"]), Verdict) == Verdict("pass")


def test_words_alone_end_an_attempt_too(studio: "Studio") -> None:
    outcome = studio.propose([*said((mend(RIGHT),)), "Only words count."])

    assert outcome.state == "proposed"
    assert outcome.attempts[0].summary == "Only words count."


def test_calls_and_blocks_of_one_attempt_land_together(studio: "Studio", right: str) -> None:
    outcome = studio.propose([*said((NOTE,)), right])

    assert outcome.state == "proposed"
    assert [one.path for one in outcome.attempts[0].edits] == ["docs/note.txt", "tally.py"]


def test_what_gates_found_follows_the_answers_to_the_last_calls(studio: "Studio") -> None:
    outcome = studio.propose(said((mend(HALF), FINISH), (mend(RIGHT, HALF), FINISH)))

    assert [one.verdict.word for one in outcome.attempts] == ["fail", "pass"]
    *_, calls, results, findings = studio.asked()[1].messages
    assert [call.name for call in calls.calls] == ["editor", "finish"]
    assert results == Message(
        "user",
        results=(
            ActionResult("call-1-1", "tally.py: applied (exact)"),
            ActionResult("call-1-2", "your edits are taken as complete"),
        ),
    )
    assert findings.text.startswith("Your edits are applied, but the change may not be shown")


def test_blocks_that_do_not_land_leave_the_calls_edits_and_are_not_gated(
    studio: "Studio", edit: Edit
) -> None:
    bad = edit("tally.py", "    return 42\n", "    return 43\n")

    outcome = studio.propose([*said((mend(RIGHT),)), bad, *said((FINISH,))])

    first, second = outcome.attempts
    assert [found.code for found in first.verdict.findings] == ["no-match"]
    assert first.evidence is None
    assert RIGHT in (studio.file(first.applied_tree, "tally.py") or "")
    assert studio.asked()[2].messages[-1].text.startswith("None of your edits was applied")
    assert (second.applied_tree, second.verdict.word) == (first.applied_tree, "pass")
    assert outcome.state == "proposed"


def test_an_attempt_without_an_edit_says_so(studio: "Studio") -> None:
    outcome = studio.propose(said((FINISH,), (mend(RIGHT), FINISH)))

    assert outcome.attempts[0].verdict.findings[0].code == "no-edits"
    assert studio.asked()[1].messages[-1].text.startswith("Your reply held no edit block,")
    assert outcome.state == "proposed"


def test_a_call_that_is_wrong_is_answered_and_the_run_goes_on(studio: "Studio") -> None:
    wrong = (ScriptedCall("delete", {"path": "tally.py"}), ScriptedCall("read", {"path": 7}))

    outcome = studio.propose(said(wrong, (mend(RIGHT), FINISH)))

    results = studio.asked()[1].messages[-1].results
    assert [(one.id, one.failed) for one in results] == [("call-1-1", True), ("call-1-2", True)]
    assert results[1].text == "the argument 'path' must be a text"
    assert outcome.state == "proposed"


def test_a_file_the_settings_hide_is_not_shown(studio: "Studio") -> None:
    studio.exclude = ("data/",)
    secret = editor("str_replace", "data/one.txt", old_str="on", new_str="un")
    look = ScriptedCall("search", {"text": "two", "glob": "data/**"})

    studio.propose(said((look, secret), (mend(RIGHT), FINISH)))

    texts = [one.text for one in studio.asked()[1].messages[-1].results]
    assert texts[0] == "no line that is shown to you holds 'two'"
    assert "the settings do not show data/one.txt to you" in texts[1]


def test_of_what_is_not_included_nothing_is_shown_and_new_files_may_be_made(
    studio: "Studio",
) -> None:
    studio.include = ("*.py",)
    look = editor("view", "docs/three.txt")

    studio.propose(said((look, NOTE, mend(RIGHT)), (FINISH,)))

    failed = [one.failed for one in studio.asked()[1].messages[-1].results]
    assert failed == [True, False, False]
    assert {one.path for one in studio.bundle()[0].changes} == {"tally.py", "docs/note.txt"}


def test_a_policy_holds_for_edits_by_calls_as_for_others(studio: "Studio") -> None:
    traversal = editor("create", "../outside.txt", file_text="x")
    git = editor("create", ".git/hooks/pre-commit", file_text="x")

    studio.propose(said((traversal, git), (mend(RIGHT), FINISH)))

    assert all(one.failed for one in studio.asked()[1].messages[-1].results)
    assert [one.path for one in studio.bundle()[0].changes] == ["tally.py"]


# --- stopped, and taken up again ------------------------------------------------------------------


@pytest.fixture
def turns() -> list[ScriptedReply | str]:
    """Two attempts, both by calls; the second asks a gate first."""
    return said(
        (READ, mend(HALF), FINISH),
        (mend(RIGHT, HALF), TEST, READ),
        (NOTE, FINISH),
    )


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("kind", "nth"),
    [
        ("budget.settled", 1),
        ("patch.landed", 1),
        ("attempt.finished", 1),
        ("prompt.sent", 2),
        ("model.replied", 2),
        ("gate.finished", 2),
        ("gate.answered", 1),
        ("model.replied", 3),
        ("patch.landed", 2),
        ("bundle.written", 1),
    ],
)
def test_a_run_that_was_cut_off_pays_nothing_twice_and_comes_to_the_same_end(
    studio: "Studio", turns: list[ScriptedReply | str], kind: str, nth: int
) -> None:
    undisturbed = studio.propose(turns)
    asked, (bundle, _) = studio.asked(), studio.bundle()
    places = [number for number, one in enumerate(studio.kinds(), 1) if one == kind]
    studio.cut_off(places[nth - 1])

    outcome = studio.propose(turns)

    assert outcome == undisturbed
    assert studio.bundle()[0] == bundle
    kept = {name: studio.kinds().count(name) for name in ("model.replied", "gate.answered")}
    assert kept == {"model.replied": 3, "gate.answered": 1}
    now = studio.asked()
    assert [one for number, one in enumerate(now) if one not in now[:number]] == asked


def test_a_gate_that_answered_is_not_asked_again(
    studio: "Studio", turns: list[ScriptedReply | str], monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.propose(turns)
    places = [number for number, one in enumerate(studio.kinds(), 1) if one == "gate.answered"]
    studio.cut_off(places[0])

    def gate(kind: GateKind, tree: str, recorder: Recorder) -> Verdict:
        pytest.fail("it was run again")

    monkeypatch.setattr(studio, "gate", gate)

    assert studio.propose(turns).state == "proposed"


def test_a_gate_in_trouble_is_asked_again(studio: "Studio") -> None:
    found = Finding("gates", "disk-full", "block", "no room")
    verdicts = [Verdict("infrastructure", (found,)), Verdict("pass"), Verdict("pass")]

    def judge(tree: str, recorder: Recorder) -> tuple[Verdict, Evidence]:
        return verdicts.pop(0), studio.evidence(tree)

    studio.judge = judge
    turns = said((mend(RIGHT), TEST), (FINISH,))
    studio.propose(turns[:1])
    place = studio.kinds().index("gate.answered") + 1
    studio.cut_off(place)

    outcome = studio.propose(turns)

    assert outcome.state == "proposed"
    assert [one["outcome"] for one in studio.data("gate.answered")] == ["infrastructure", "pass"]


def test_edits_of_an_attempt_that_was_stopped_are_kept(studio: "Studio") -> None:
    outcome = studio.propose(said((mend(HALF),), (FINISH,)), budget=Budget(turns=1))

    assert (outcome.state, outcome.verdict.word) == ("failed", "budget")
    partial = studio.folder / "r1.partial.json"
    assert outcome.bundle == str(partial)
    studio.cut_off(studio.kinds().index("budget.settled") + 1)
    again = studio.propose(said((mend(HALF),), (mend(RIGHT, HALF), FINISH)))
    assert (again.state, len(again.attempts)) == ("proposed", 1)


def test_a_recorded_run_of_calls_replays_to_the_same_tree(
    studio: "Studio", turns: list[ScriptedReply | str]
) -> None:
    first = studio.propose(turns)
    recorded = RecordedModel(recorded_turns(studio.journal, "r1", ""), studio.journal.get_blob)

    again = studio.propose(recorded, run="r2")

    assert [replace(one, model="scripted") for one in again.attempts] == [*first.attempts]
    assert studio.asked("r2") == studio.asked("r1")


def test_another_run_of_the_same_model_is_told_the_same(studio: "Studio") -> None:
    turns = said((mend(RIGHT), TEST, FINISH))
    first = studio.propose(turns)
    second = studio.propose(ScriptedModel([one for one in turns if not isinstance(one, str)]), "r2")

    assert replace(first, run="", bundle="") == replace(second, run="", bundle="")
    assert studio.asked("r1") == studio.asked("r2")
