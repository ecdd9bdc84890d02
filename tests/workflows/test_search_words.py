"""What of a run can be found by its words, and at which step."""

from typing import Any

from workflows.run import Entry, Event, EventKind
from workflows.search_words import MOST_LETTERS, StepWords, words_of

TASK = {"title": "Totals are wrong", "body": "two\n\nlines", "repository": "ada/tally"}


def told(*events: tuple[EventKind, dict[str, Any]]) -> list[Entry]:
    return [
        Entry(at + 10, "r1", "2026-01-02T03:04:05Z", Event(kind, data))
        for at, (kind, data) in enumerate(events)
    ]


def started(**task: object) -> tuple[EventKind, dict[str, Any]]:
    return "run.started", {"task": TASK | task, "task_key": "issue-7"}


def found(*events: tuple[EventKind, dict[str, Any]], after: int = 0) -> list[StepWords]:
    return list(words_of(told(*events), after))


def test_the_words_of_an_issue_stand_in_one_line() -> None:
    assert found(started()) == [
        StepWords(1, "task", "Totals are wrong (issue-7): two lines · in ada/tally")
    ]
    more = {"number": "9", "author": "eve", "campaign": "logs", "shard": "src"}
    assert found(started(**more))[0].words == (
        "Totals are wrong (issue-7, #9, by eve, of campaign logs, about src): two lines"
        " · in ada/tally"
    )


def test_files_findings_reviews_and_outcomes_are_found_at_their_step() -> None:
    finding = {"gate": "tests", "code": "E1", "path": "t.py", "message": "fails\nhere"}
    attempt = {"number": 1, "verdict": {"word": "fail", "findings": [finding]}}
    review = {"pull_request": 3, "reviewer": "ada", "words": "no", "at": "2026-01-02T03:04:05Z"}
    comments = [{"body": "why"}, {"body": "so", "path": "a.py", "line": 2}]
    asked = review | {"verdict": "changes-requested", "kind": "other", "comments": comments}
    outcome = {"number": 3, "state": "rejected", "reason": "wrong", "paths": ["a.py"]}
    assert found(
        ("patch.landed", {"edits": [{"path": "b.py"}, {"path": "a.py"}, {"path": "a.py"}]}),
        ("budget.settled", {"usd": 1}),
        ("attempt.finished", {"attempt": attempt}),
        ("review.recorded", {"review": asked}),
        ("review.recorded", {"review": review | {"verdict": "rejected", "kind": "too-large"}}),
        ("review.recorded", {"review": review | {"verdict": "accepted", "words": ""}}),
        ("outcome.collected", {"outcome": outcome}),
    ) == [
        StepWords(1, "file", "a.py, b.py"),
        StepWords(3, "finding", "attempt 1: fail · tests/E1 in t.py: fails here"),
        StepWords(4, "review", "ada asked for changes of pull request 3: no · why · a.py:2: so"),
        StepWords(5, "review", "ada rejected pull request 3 as too-large: no"),
        StepWords(6, "review", "ada accepted pull request 3:"),
        StepWords(7, "outcome", "pull request 3 is rejected as wrong · a.py"),
    ]


def test_opinions_campaigns_and_ends_are_found() -> None:
    opinion = {"decision": "veto", "reasons": [{"path": "a.py", "why": "loses a key"}]}
    result = {"state": "failed", "reason": "gates", "cause": "tests: 3 fail"}
    assert [one.words for one in found(
        ("adjudication.finished", {"opinion": opinion}),
        ("bundle.written", {"path": "r1.json", "sha256": "ab"}),
        ("campaign.started", {"campaign": "logging-1"}),
        ("campaign.paused", {"why": "flaky"}),
        ("target.finished", {"result": result}),
        ("target.published", {"url": "https://forge.example/1", "branch": "b", "number": 1}),
        ("run.finished", {"state": "failed", "why": "tests fail"}),
        ("run.finished", {"state": "nothing", "verdict": "pass", "why": "it was written"}),
    )] == [
        "veto from a model · a.py: loses a key", "a proposal in r1.json, sha256 ab",
        "campaign logging-1", "paused: flaky", "failed (gates): tests: 3 fail",
        "pull request 1 from b: https://forge.example/1", "failed: tests fail",
        "done: it was written",
    ]  # fmt: skip


def test_what_was_taken_in_before_is_left_out() -> None:
    assert found(started(), ("run.finished", {"state": "failed", "why": "x"}), after=1) == [
        StepWords(2, "end", "failed: x")
    ]


def test_a_step_that_this_version_cannot_read_hides_no_other() -> None:
    assert [one.step for one in found(("patch.landed", {}), ("run.started", {"task": 3}))] == []
    assert [one.step for one in found(("patch.landed", {}), started())] == [2]


def test_of_a_long_text_the_beginning_can_be_found() -> None:
    words = found(started(body="word " * 10_000))[0].words
    assert MOST_LETTERS - 5 < len(words) <= MOST_LETTERS
    assert words.endswith(" · in ada/tally")
