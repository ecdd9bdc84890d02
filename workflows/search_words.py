"""What of a run a person may search for, step by step: words of issues, files, findings, reviews.

Prompts, replies and outputs are not among it: they are long, and `changewright show --search` looks
through those of one run.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from workflows.run import Entry

WordsKind = Literal[
    "task", "file", "finding", "opinion", "proposal", "review", "outcome", "campaign", "end"
]
# Letters that are kept of one step.
MOST_LETTERS = 4_000
_MOST_FILES = 200


@dataclass(frozen=True, slots=True)
class StepWords:
    """The words of one step; ``step`` is its place among the run's events, counted from 1."""

    step: int
    kind: WordsKind
    words: str


def words_of(entries: Iterable[Entry], after: int = 0) -> Iterator[StepWords]:
    """Yield what can be found of one stream's steps behind the first ``after``, oldest first."""
    for step, entry in enumerate(entries, 1):
        if step <= after or entry.event.kind not in _TELLERS:
            continue
        kind, teller = _TELLERS[entry.event.kind]
        try:
            words = " ".join(" ".join(teller(entry.event.data)).split())[:MOST_LETTERS]
        except (AttributeError, KeyError, TypeError):
            continue  # of another version: what it says cannot be found, the rest can
        if words:
            yield StepWords(step, kind, words)


def _task(data: Mapping[str, Any]) -> Iterator[str]:
    task = data["task"]
    names = ("title", "number", "author", "repository", "campaign", "shard", "body")
    yield str(data.get("task_key", ""))
    yield from (str(task.get(name) or "") for name in names)


def _files(data: Mapping[str, Any]) -> Iterator[str]:
    yield from sorted({str(one["path"]) for one in data["edits"]})[:_MOST_FILES]


def _findings(data: Mapping[str, Any]) -> Iterator[str]:
    attempt = data["attempt"]
    yield f"attempt {attempt['number']}: {attempt['verdict']['word']}"
    for one in attempt["verdict"].get("findings", ()):
        yield f"{one['gate']}/{one['code']} {one.get('path', '')} {one['message']}"


def _opinion(data: Mapping[str, Any]) -> Iterator[str]:
    opinion = data["opinion"]
    yield f"{opinion['decision']} {opinion.get('model', '')}"
    yield from (f"{one['path']} {one['why']}" for one in opinion.get("reasons", ()))


def _review(data: Mapping[str, Any]) -> Iterator[str]:
    review = data["review"]
    yield from (str(value) for value in review.values() if isinstance(value, str))
    for one in review.get("comments", ()):
        yield " ".join(str(value) for value in one.values() if isinstance(value, str))


def _outcome(data: Mapping[str, Any]) -> Iterator[str]:
    outcome = data["outcome"]
    yield f"pull request {outcome['number']} {outcome['state']} {outcome.get('reason') or ''}"
    yield from (str(one) for one in outcome.get("paths", ()))


def _result(data: Mapping[str, Any]) -> Iterator[str]:
    result = data["result"]
    yield f"{result['state']} {result.get('reason', '')} {result.get('cause', '')}"


_Teller = Callable[[Mapping[str, Any]], Iterable[str]]
_TELLERS: Mapping[str, tuple[WordsKind, _Teller]] = {
    "run.started": ("task", _task),
    "patch.landed": ("file", _files),
    "attempt.finished": ("finding", _findings),
    "adjudication.finished": ("opinion", _opinion),
    "bundle.written": ("proposal", lambda data: [str(data["path"]), str(data["sha256"])]),
    "review.recorded": ("review", _review),
    "outcome.collected": ("outcome", _outcome),
    "campaign.started": ("campaign", lambda data: [str(data.get("campaign", ""))]),
    "campaign.paused": ("campaign", lambda data: [str(data.get("why", ""))]),
    "target.finished": ("campaign", _result),
    "target.published": ("campaign", lambda data: [str(data["url"]), str(data["branch"])]),
    "run.finished": ("end", lambda data: [str(data["state"]), str(data["why"])]),
}
