"""What of a run a person may search for, step by step: words of issues, files, findings, reviews.

Prompts, replies and outputs are not among it: they are long, and `changewright show --search` looks
through those of one run. Each step is told as a person reads it, since that is what is shown where
it was found.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from workflows.run import Entry, state_in_words

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
    task, key = data["task"], str(data.get("task_key", ""))
    number = str(task.get("number") or "")
    told = {
        "": key,
        "#": number if number not in key else "",
        "by ": task.get("author"),
        "of campaign ": task.get("campaign"),
        "about ": task.get("shard"),
    }
    about = ", ".join(f"{before}{value}" for before, value in told.items() if value)
    head = f"{task.get('title') or 'a task'} ({about}):"
    tail = f"· in {task.get('repository') or 'no repository'}"
    # Behind the text, since it is long on one's own machine; and found however long that is.
    room = max(0, MOST_LETTERS - len(head) - len(tail) - 2)
    yield head
    yield " ".join(str(task.get("body") or "").split())[:room]
    yield tail


def _files(data: Mapping[str, Any]) -> Iterator[str]:
    yield ", ".join(sorted({str(one["path"]) for one in data["edits"]})[:_MOST_FILES])


def _findings(data: Mapping[str, Any]) -> Iterator[str]:
    attempt = data["attempt"]
    yield f"attempt {attempt['number']}: {attempt['verdict']['word']}"
    for one in attempt["verdict"].get("findings", ()):
        where = f" in {one['path']}" if one.get("path") else ""
        yield f"· {one['gate']}/{one['code']}{where}: {one['message']}"


def _opinion(data: Mapping[str, Any]) -> Iterator[str]:
    opinion = data["opinion"]
    yield f"{opinion['decision']} from {opinion.get('model') or 'a model'}"
    yield from (f"· {one['path']}: {one['why']}" for one in opinion.get("reasons", ()))


def _proposal(data: Mapping[str, Any]) -> Iterator[str]:
    what = "unfinished work" if data.get("partial") else "a proposal"
    yield f"{what} in {data['path']}, sha256 {data['sha256']}"


def _review(data: Mapping[str, Any]) -> Iterator[str]:
    review = data["review"]
    kind = f" as {review['kind']}" if review["verdict"] == "rejected" else ""
    done = _DONE.get(review["verdict"], review["verdict"])
    yield f"{review['reviewer']} {done} pull request {review['pull_request']}{kind}:"
    yield str(review["words"])
    for one in review.get("comments", ()):
        place = ":".join(str(one[name]) for name in ("path", "line") if one.get(name))
        yield f"· {place}: {one['body']}" if place else f"· {one['body']}"


def _outcome(data: Mapping[str, Any]) -> Iterator[str]:
    outcome = data["outcome"]
    reason = f" as {outcome['reason']}" if outcome.get("reason") else ""
    yield f"pull request {outcome['number']} is {outcome['state']}{reason}"
    if outcome.get("paths"):
        yield f"· {', '.join(map(str, outcome['paths']))}"


def _result(data: Mapping[str, Any]) -> Iterator[str]:
    result = data["result"]
    reason = f" ({result['reason']})" if result.get("reason") else ""
    yield f"{result['state']}{reason}: {result.get('cause', '')}"


def _published(data: Mapping[str, Any]) -> Iterator[str]:
    yield f"pull request {data['number']} from {data['branch']}: {data['url']}"


def _end(data: Mapping[str, Any]) -> Iterator[str]:
    yield f"{state_in_words(data['state'], data.get('verdict'))}: {data['why']}"


_DONE = {"changes-requested": "asked for changes of"}
_Teller = Callable[[Mapping[str, Any]], Iterable[str]]
_TELLERS: Mapping[str, tuple[WordsKind, _Teller]] = {
    "run.started": ("task", _task),
    "patch.landed": ("file", _files),
    "attempt.finished": ("finding", _findings),
    "adjudication.finished": ("opinion", _opinion),
    "bundle.written": ("proposal", _proposal),
    "review.recorded": ("review", _review),
    "outcome.collected": ("outcome", _outcome),
    "campaign.started": ("campaign", lambda data: [f"campaign {data['campaign']}"]),
    "campaign.paused": ("campaign", lambda data: [f"paused: {data.get('why') or 'no reason'}"]),
    "target.finished": ("campaign", _result),
    "target.published": ("campaign", _published),
    "run.finished": ("end", _end),
}
