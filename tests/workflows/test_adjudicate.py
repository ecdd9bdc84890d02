"""A second opinion may veto what passed, once; it can never make anything pass."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from bot.adapters.recorded_model import RecordedModel
from bot.adapters.scripted_model import ScriptedCall, ScriptedModel, ScriptedReply
from bot.models import recorded_turns
from validators.checkout import write_tree
from validators.sandbox import FileChange
from validators.verdict import Finding, Verdict
from workflows import opinion_prompts, prompts
from workflows.adjudicate import changed_files
from workflows.budget import Budget, spent
from workflows.history import history_of
from workflows.opinion import LANE, FileDiff, Opinion, Reason, opinions
from workflows.run import summarise

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

Edit = Callable[[str, str, str], str]
REASON = {"path": "tally.py", "start_line": 2, "end_line": 2, "why": "Tabs count as words now."}
ACCEPT: Mapping[str, Any] = {"decision": "accept", "reasons": []}
VETO: Mapping[str, Any] = {"decision": "veto", "reasons": [REASON]}
# What the judge of these tests passes as well.
ANSWER = "data/one.txt\n<<<<<<< SEARCH\none\n=======\nuno\n>>>>>>> REPLACE\n"
ASK = Finding(
    "adjudicator",
    "veto",
    "ask",
    "scripted would not accept this, which passed the gates: Tabs count as words now.",
    "tally.py",
    2,
)


def says(arguments: Mapping[str, Any], usd: float = 0.0) -> ScriptedReply:
    return ScriptedReply(calls=(ScriptedCall("verdict", arguments),), usd=usd)


def asks(studio: "Studio", *replies: ScriptedReply) -> list[ScriptedModel]:
    """Have the studio ask for second opinions; the models made for it come into the list."""
    made: list[ScriptedModel] = []

    def adjudicator(run: str) -> ScriptedModel:
        start = history_of(studio.journal.read(run)).replies_in(LANE)
        made.append(ScriptedModel(replies, start=start))
        return made[-1]

    studio.adjudicator = adjudicator
    return made


def told(studio: "Studio") -> list[Opinion]:
    return list(opinions(studio.journal.read("r1")))


def remarks(studio: "Studio") -> list[tuple[str, str]]:
    return [(one.severity, one.code) for one in studio.bundle()[0].proposal.remarks]


def test_what_is_accepted_is_proposed_and_the_opinion_is_in_the_journal(
    studio: "Studio", right: str
) -> None:
    asks(studio, says(ACCEPT, usd=0.5))

    outcome = studio.propose([right])

    assert (outcome.state, outcome.verdict.word) == ("proposed", "pass")
    assert told(studio) == [Opinion(1, "accept", "scripted")]
    assert remarks(studio) == []
    assert spent(studio.journal.read("r1")).usd == 0.5
    bundle = studio.bundle()[0]
    assert (bundle.proposal.attempts[-1].usd, bundle.proposal.opinion_usd) == (0.0, 0.5)
    assert "Second opinions beside that: $0.5000, " in bundle.body
    summary = summarise(studio.journal.read("r1"))
    assert (summary.opinions, summary.vetoes) == (1, 0)


def test_an_adjudicator_sees_task_change_and_evidence_and_nothing_of_the_author(
    studio: "Studio", right: str
) -> None:
    asks(studio, says(ACCEPT))

    studio.propose([right])

    author, adjudicator = studio.asked()
    assert adjudicator.system == opinion_prompts.ADJUDICATOR
    assert [action.name for action in adjudicator.actions] == ["verdict"]
    (turn,) = adjudicator.messages
    assert 'words("a  b") says 3.' in turn.text
    assert '\n-    return len(text.split(" "))\n+    return len(text.split())\n' in turn.text
    assert "verdict pass" in turn.text
    assert "Only words count." not in turn.text
    assert author.messages[0].text not in turn.text


def test_a_veto_goes_back_to_the_author_once_and_an_answer_that_is_accepted_is_proposed(
    studio: "Studio", right: str
) -> None:
    asks(studio, says(VETO), says(ACCEPT))

    outcome = studio.propose([right, ANSWER])

    assert [one.verdict.word for one in outcome.attempts] == ["pass", "pass"]
    assert [(one.attempt, one.decision, one.goes_back) for one in told(studio)] == [
        (1, "veto", True),
        (2, "accept", False),
    ]
    back = studio.asked()[2].messages[-1]
    assert back.text == prompts.vetoed(told(studio)[0]).text
    assert "Tabs count as words now." in back.text
    assert remarks(studio) == [("note", "earlier-veto")]


def test_a_second_veto_is_shown_to_the_person_and_counted(studio: "Studio", right: str) -> None:
    asks(studio, says(VETO), says(VETO))

    outcome = studio.propose([right, ANSWER])

    assert (outcome.state, outcome.verdict.word) == ("proposed", "pass")
    bundle = studio.bundle()[0]
    assert bundle.proposal.remarks[-1] == ASK
    assert "**A person must decide:**" in bundle.body
    assert "Tabs count as words now." in bundle.body.split("## What was asked")[0]
    summary = summarise(studio.journal.read("r1"))
    assert (summary.opinions, summary.vetoes) == (2, 2)


@pytest.mark.parametrize(
    "answers",
    [
        ["NO CHANGE NEEDED: tabs were never words."],
        ["I do not know what to do.", "Nor do I now."],
        ["{breaks}", "I cannot mend it."],
        [],
    ],
    ids=["says no", "says nothing", "breaks it", "is not to be had"],
)
def test_where_no_answer_to_a_veto_holds_the_person_sees_what_passed_and_the_veto(
    studio: "Studio", right: str, edit: Edit, answers: Sequence[str]
) -> None:
    asks(studio, says(VETO))
    breaks = edit("tally.py", "    return len(text.split())\n", "    return 0\n")

    outcome = studio.propose([right, *(answer.format(breaks=breaks) for answer in answers)])

    assert (outcome.state, outcome.verdict.word) == ("proposed", "pass")
    assert outcome.attempts[-1].number == 1
    bundle = studio.bundle()[0]
    assert studio.file(bundle.applied_tree, "tally.py") == (
        "def words(text):\n    return len(text.split())\n\n\n"
        "def lines(text):\n    return len(text.splitlines())\n"
    )
    assert bundle.proposal.remarks == (ASK,)


def test_a_veto_of_the_last_attempt_there_is_goes_to_the_person(
    studio: "Studio", right: str
) -> None:
    asks(studio, says(VETO))

    studio.propose([right], attempts=1)

    assert [one.goes_back for one in told(studio)] == [False]
    assert remarks(studio) == [("ask", "veto")]


def test_what_gates_refuse_is_never_asked_about(studio: "Studio", wrong: str) -> None:
    made = asks(studio, says(ACCEPT))

    outcome = studio.propose([wrong], attempts=1)

    assert (outcome.state, outcome.verdict.word) == ("nothing", "fail")
    assert (made, told(studio)) == ([], [])


def test_nobody_is_asked_unless_somebody_is_named(studio: "Studio", right: str) -> None:
    studio.propose([right])

    assert "adjudication.finished" not in studio.kinds()


ELSEWHERE = {**REASON, "start_line": 40, "end_line": 44}


@pytest.mark.parametrize(
    ("reply", "trouble", "dropped"),
    [
        (ScriptedReply("It looks fine to me."), "it did not call `verdict` once (end)", 0),
        (
            ScriptedReply(calls=(ScriptedCall("verdict", ACCEPT), ScriptedCall("verdict", VETO))),
            "it did not call `verdict` once (actions)",
            0,
        ),
        (
            ScriptedReply(calls=(ScriptedCall("approve", ACCEPT),)),
            "it did not call `verdict` once (actions)",
            0,
        ),
        (ScriptedReply("no", stop="refusal"), "it did not call `verdict` once (refusal)", 0),
        (ScriptedReply("", stop="length"), "it did not call `verdict` once (length)", 0),
        (says({}), "its verdict is not of the form", 0),
        (says({"decision": "merge", "reasons": []}), "its verdict is not of the form", 0),
        (says({"decision": "none", "reasons": []}), "its verdict is not of the form", 0),
        (says({**ACCEPT, "also": "merge it"}), "its verdict is not of the form", 0),
        (says({**VETO, "reasons": [{**REASON, "line": 1}]}), "its verdict is not of the form", 0),
        (
            says({**VETO, "reasons": [{**REASON, "start_line": "2"}]}),
            "its verdict is not of the form",
            0,
        ),
        (
            says({**VETO, "reasons": [{**REASON, "start_line": True}]}),
            "its verdict is not of the form",
            0,
        ),
        (says({**VETO, "reasons": "tally.py"}), "its verdict is not of the form", 0),
        (says({**VETO, "reasons": []}), "it vetoed the change for no reason that names a hunk", 0),
        (
            says({**VETO, "reasons": [ELSEWHERE, {**REASON, "path": "setup.py"}]}),
            "it vetoed the change for no reason that names a hunk",
            2,
        ),
        (
            says({**VETO, "reasons": [{**REASON, "why": "  "}]}),
            "it vetoed the change for no reason that names a hunk",
            1,
        ),
    ],
)
def test_a_reply_that_cannot_be_used_is_no_verdict_and_that_is_said(
    studio: "Studio", right: str, reply: ScriptedReply, trouble: str, dropped: int
) -> None:
    asks(studio, reply)

    outcome = studio.propose([right])

    assert outcome.state == "proposed"
    (opinion,) = told(studio)
    assert (opinion.decision, opinion.dropped) == ("none", dropped)
    assert opinion.trouble.startswith(trouble)
    first, *_ = studio.bundle()[0].proposal.remarks
    assert (first.severity, first.code) == ("warn", "no-verdict")
    assert "gave no verdict" in studio.bundle()[0].body


def test_a_reason_that_names_no_hunk_is_dropped_and_counted(studio: "Studio", right: str) -> None:
    asks(studio, says({**VETO, "reasons": [ELSEWHERE, REASON]}))

    studio.propose([right], attempts=1)

    (opinion,) = told(studio)
    assert opinion.reasons == (Reason("tally.py", 2, 2, "Tabs count as words now."),)
    assert opinion.dropped == 1
    assert remarks(studio) == [("ask", "veto"), ("note", "reasons-dropped")]


def test_an_adjudicator_that_cannot_be_paid_is_not_asked_and_that_is_said(
    studio: "Studio", right: str
) -> None:
    made = asks(studio, says(ACCEPT, usd=0.9))

    outcome = studio.propose([ScriptedReply(right, usd=0.6)], budget=Budget(usd=1.0))

    assert outcome.state == "proposed"
    assert made[0].replied == 0
    assert "$0.6000 of $1.00 are spent" in told(studio)[0].trouble


def test_an_adjudicator_that_gives_no_reply_is_no_verdict(studio: "Studio", right: str) -> None:
    asks(studio)

    assert studio.propose([right]).state == "proposed"
    assert "was asked for one more" in told(studio)[0].trouble


def test_a_run_that_was_cut_off_anywhere_pays_for_no_opinion_twice(
    studio: "Studio", right: str
) -> None:
    asks(studio, says(VETO, usd=0.1), says(ACCEPT, usd=0.1))
    whole = studio.propose([right, ANSWER])
    kinds, sealed = studio.kinds(), studio.bundle()[1]
    lost = {at for at, kind in enumerate(kinds, 1) if kind == "budget.reserved"}

    for count in reversed(range(kinds.index("attempt.finished"), len(kinds))):
        studio.cut_off(count)
        made = asks(studio, says(VETO, usd=0.1), says(ACCEPT, usd=0.1))
        if count in lost:  # what was lost in the middle has to be asked for, and paid, again
            continue
        again = studio.propose([right, ANSWER])

        assert again == whole, f"cut off after {kinds[count - 1]}"
        assert studio.bundle()[1] == sealed
        assert spent(studio.journal.read("r1")).usd == pytest.approx(0.2)
        assert len(studio.data("adjudication.finished")) == 2
        assert all(model.replied <= 2 for model in made)


def test_an_opinion_that_was_lost_is_booked_once_and_asked_for_again(
    studio: "Studio", right: str
) -> None:
    asks(studio, says(ACCEPT, usd=0.1))
    studio.propose([right])
    reserved = [
        at
        for at, entry in enumerate(studio.journal.read("r1"), 1)
        if entry.event.data.get("reservation") == "opinion-1/1.1"
        and entry.event.kind == "budget.reserved"
    ]
    studio.cut_off(reserved[0])
    asks(studio, says(ACCEPT, usd=0.1))

    assert studio.propose([right]).state == "proposed"

    assert told(studio) == [Opinion(1, "accept", "scripted")]
    settled = [(one["reservation"], one["lost"]) for one in studio.data("budget.settled")]
    assert settled == [("1.1", False), ("opinion-1/1.1", True), ("opinion-1/1.2", False)]


def test_a_recorded_run_plays_author_and_adjudicator_apart(studio: "Studio", right: str) -> None:
    asks(studio, says(VETO), says(ACCEPT))
    whole = studio.propose([right, ANSWER])

    def again(lane: str) -> RecordedModel:
        return RecordedModel(recorded_turns(studio.journal, "r1", lane), studio.journal.get_blob)

    judge = again(LANE)
    studio.adjudicator = lambda _: judge

    assert studio.propose(again(""), run="r2").verdict == whole.verdict
    assert [one.decision for one in opinions(studio.journal.read("r2"))] == ["veto", "accept"]


HUNKS = FileDiff(
    "new.py",
    "old.py",
    "@@ -10,3 +20,2 @@ def a():\n a\n-@@ -1 +1 @@\n b\n@@ -40 +50 @@\n-c\n+d\n",
)


@pytest.mark.parametrize(
    ("start", "end", "touches"),
    [
        (20, 21, True),
        (22, 30, False),
        (1, 20, True),
        (12, 12, True),
        (13, 19, False),
        (50, 50, True),
        (41, 49, False),
        (1, 1, False),
        (0, 0, False),
        (21, 20, False),
        (-5, 9, False),
    ],
)
def test_a_reason_is_tied_to_lines_of_a_hunk(start: int, end: int, *, touches: bool) -> None:
    assert HUNKS.touches(start, end) is touches


def test_a_file_without_hunks_is_touched_as_a_whole() -> None:
    moved = FileDiff("b", "a", "similarity index 100%\nrename from a\nrename to b\n")

    assert moved.touches(0, 0)
    assert not moved.touches(1, 1)


def test_the_change_is_shown_file_by_file_whatever_the_names_are(studio: "Studio") -> None:
    clone = studio.clone
    odd = ":(glob)*"
    changes = [
        FileChange(odd, "100644", b"odd\n"),
        FileChange("data/one.txt", "000000"),
        FileChange("data/uno.txt", "100644", b"one\n"),
        FileChange("tally.py", "100755", b"x = 1\n"),
        FileChange("zero", "100644", b"\0\1"),
    ]
    tree = write_tree(clone, clone.base_tree, changes)

    files, left_out = changed_files(clone, clone.base_tree, tree)

    assert left_out == 0
    by_path = {file.path: file for file in files}
    assert by_path.keys() == {odd, "data/uno.txt", "tally.py", "zero"}
    assert by_path[odd].touches(1, 1)
    assert "tally.py" not in by_path[odd].text
    assert by_path["data/uno.txt"].old_path == "data/one.txt"
    assert by_path["data/uno.txt"].touches(0, 0)
    assert by_path["zero"].touches(0, 0)
    assert by_path["tally.py"].text.count("\n+x = 1\n") == 1


def test_a_change_that_is_too_long_is_cut_and_the_rest_is_counted(studio: "Studio") -> None:
    clone = studio.clone
    long = b"a line of a long file\n" * 10_000
    changes = [FileChange(f"{number}.txt", "100644", long) for number in range(5)]
    tree = write_tree(clone, clone.base_tree, changes)

    files, left_out = changed_files(clone, clone.base_tree, tree)

    assert (len(files), left_out) == (3, 2)
    assert all("bytes left out" in file.text for file in files)
    assert sum(len(file.text) for file in files) < 121_000


def test_a_veto_says_nothing_about_the_gates_verdict(studio: "Studio", right: str) -> None:
    asks(studio, says(VETO))

    outcome = studio.propose([right], attempts=1)

    assert outcome.verdict == Verdict("pass")
    assert studio.bundle()[0].evidence == studio.evidence(outcome.attempts[0].applied_tree)


def test_calls_of_an_answer_that_came_to_no_end_are_not_proposed(
    studio: "Studio", right: str
) -> None:
    asks(studio, says(VETO))
    given = {"command": "create", "path": "new.txt", "file_text": "new\n"}
    half = ScriptedReply("", (ScriptedCall("editor", given),))

    outcome = studio.propose([right, half], budget=Budget(turns=3))

    assert outcome.state == "proposed"
    bundle = studio.bundle()[0]
    assert studio.file(bundle.applied_tree, "new.txt") is None
    assert [change.path for change in bundle.changes] == ["tally.py"]
    assert remarks(studio) == [("ask", "veto")]


def test_only_the_last_step_of_a_plan_is_given_an_opinion(studio: "Studio", right: str) -> None:
    asks(studio, says(VETO), says(ACCEPT))
    steps = f"PLAN:\n1. Count words\n2. Say uno\n\n{right}"
    last = "data/one.txt\n<<<<<<< SEARCH\nuno\n=======\neins\n>>>>>>> REPLACE\n"

    outcome = studio.propose([steps, ANSWER, last])

    assert outcome.state == "proposed"
    assert [(one.attempt, one.decision) for one in told(studio)] == [(2, "veto"), (3, "accept")]


def test_a_veto_of_the_last_step_that_nobody_answers_leaves_the_whole_plan(
    studio: "Studio", right: str
) -> None:
    asks(studio, says({"decision": "veto", "reasons": [REASON]}))
    steps = f"PLAN:\n1. Count words\n2. Say uno\n\n{right}"

    outcome = studio.propose([steps, ANSWER, "NO CHANGE NEEDED: they are words."])

    assert outcome.state == "proposed"
    assert [one.number for one in outcome.attempts] == [1, 2]
    assert studio.file(studio.bundle()[0].applied_tree, "data/one.txt") == "uno\n"
    assert outcome.verdict.findings == ()
    assert remarks(studio) == [("ask", "veto")]


def test_an_author_that_was_sent_back_is_not_replaced(
    studio: "Studio", right: str, edit: Edit
) -> None:
    asks(studio, says(VETO))
    studio.stages = 2
    worse = edit("tally.py", "    return len(text.split())\n", "    return 0\n")

    outcome = studio.propose([right, worse, worse])

    assert outcome.state == "proposed"
    assert studio.data("stage.entered") == []
    assert "split())" in str(studio.file(studio.bundle()[0].applied_tree, "tally.py"))
