"""A step that the journal holds is taken from there, and one that it does not hold is done."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from scoping.scope import Scope
from validators.encoding import decode, encode
from validators.evidence import Evidence
from validators.verdict import Finding, Verdict
from workflows.edits import Landed
from workflows.ports import JournalRefusal
from workflows.proposal import Attempt, EditReport
from workflows.recorder import Recorder, ResumeRefusal
from workflows.steps import judged, note_attempt, note_landing, scoped

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

TREE = "e" * 40
FAILED = Verdict("fail", (Finding("tests", "x", "block", "no", "a.py", 3),))
LANDED = Landed(TREE, (EditReport("a.py", landed=True, how="exact"),), "prose")


def taken_up(studio: "Studio") -> Recorder:
    """Return the pen of who takes the run up: it knows what stands in the journal by now."""
    return Recorder(studio.journal, studio.journal.lease("r1", "r1"))


def test_a_scope_is_chosen_once_and_every_excerpt_of_it_is_kept(studio: "Studio") -> None:
    chosen = scoped(studio.task, studio.workshop, taken_up(studio))
    assert chosen.files
    studio.trouble = "nobody asks for it"

    kept = scoped(studio.task, studio.workshop, taken_up(studio))

    assert kept == Scope(studio.clone.base_commit, excerpts=chosen.excerpts)
    assert studio.kinds() == ["scope.selected"]
    event = studio.data("scope.selected")[0]
    assert event["files"] == [ranked.path for ranked in chosen.files]
    assert (event["tokens"], event["skipped"]) == (chosen.tokens, [*chosen.skipped])


def test_a_scope_whose_excerpts_are_gone_is_not_guessed(studio: "Studio") -> None:
    taken_up(studio).record("scope.selected", excerpts="0" * 64)

    with pytest.raises(JournalRefusal, match="no blob 0000"):
        scoped(studio.task, studio.workshop, taken_up(studio))


def test_a_landing_is_written_down_once(studio: "Studio") -> None:
    note_landing(1, LANDED, taken_up(studio))
    note_landing(1, LANDED, taken_up(studio))
    note_landing(2, LANDED, taken_up(studio))

    report = {"path": "a.py", "landed": True, "how": "exact", "message": ""}
    assert studio.data("patch.landed") == [
        {"attempt": 1, "tree": TREE, "edits": [report]},
        {"attempt": 2, "tree": TREE, "edits": [report]},
    ]


def test_another_landing_of_the_same_attempt_is_refused(studio: "Studio") -> None:
    note_landing(1, LANDED, taken_up(studio))

    with pytest.raises(
        ResumeRefusal, match="the tree eeeeeeeeeeee then and makes ffffffffffff now"
    ):
        note_landing(1, Landed("f" * 40, (), ""), taken_up(studio))

    assert len(studio.data("patch.landed")) == 1


def test_a_verdict_that_is_known_is_not_made_again(studio: "Studio") -> None:
    evidence = studio.evidence(TREE)
    studio.judge = lambda *_: (FAILED, evidence)
    first = judged(1, TREE, studio.workshop, taken_up(studio))
    attempt = Attempt(1, FAILED, LANDED.reports, TREE, evidence=evidence)
    note_attempt(attempt, taken_up(studio))

    def never(*_: object) -> tuple[Verdict, Evidence]:
        pytest.fail("it was judged again")

    studio.judge = never
    assert judged(1, TREE, studio.workshop, taken_up(studio)) == first == (FAILED, evidence)
    with pytest.raises(pytest.fail.Exception):
        judged(2, TREE, studio.workshop, taken_up(studio))


def test_a_known_verdict_without_evidence_has_none(studio: "Studio") -> None:
    note_attempt(Attempt(1, FAILED), taken_up(studio))

    assert judged(1, TREE, studio.workshop, taken_up(studio)) == (FAILED, None)
    assert studio.data("attempt.finished")[0]["evidence"] == ""


def test_an_attempt_is_written_down_once_its_evidence_apart(studio: "Studio") -> None:
    evidence = studio.evidence(TREE)
    attempt = Attempt(1, FAILED, LANDED.reports, TREE, "prose", 2, 30, 0.5, evidence)

    note_attempt(attempt, taken_up(studio))
    note_attempt(attempt, taken_up(studio))

    (written,) = studio.data("attempt.finished")
    plain = decode(encode(written["attempt"]), Attempt)
    assert plain == replace(attempt, evidence=None)
    assert decode(studio.journal.get_blob(written["evidence"]), Evidence) == evidence


def test_an_attempt_that_was_not_decided_is_written_down_again(studio: "Studio") -> None:
    note_attempt(Attempt(1, Verdict("infrastructure")), taken_up(studio))
    note_attempt(Attempt(1, Verdict("pass")), taken_up(studio))

    words = [one["attempt"]["verdict"]["word"] for one in studio.data("attempt.finished")]
    assert words == ["infrastructure", "pass"]
