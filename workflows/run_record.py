"""What may be told of a run where anybody can read it: events, figures and hashes, never a word.

A record is made of a run's events by a list of what may stay. What a model was told or said, what
gates printed, the issue's text and everything else that is not named here is left out; where a
reason is wanted there are the codes of the findings. Hashes stay, so that whoever has the contents
can show that they are those of the run.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scoping.refusal import Refusal
from validators.encoding import EncodingRefusal, builtins, decode, digest, encode
from workflows.pull_request_outcome import PullRequestOutcome
from workflows.run import Entry, Event, EventKind
from workflows.task import Task

RECORD_FORMAT = "changewright-record/1"
MAX_RECORD_BYTES = 4 * 1024**2
_RUN = re.compile(r"[A-Za-z0-9_](?:\.?[A-Za-z0-9_-]){0,99}")
_AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|\+00:00)", re.ASCII)
# What a name of ours, of a gate, a model or a branch consists of, and a sentence seldom.
_WORD = re.compile(r"[A-Za-z0-9._:/@+#-]{0,200}")
_MOST_WORDS = 4

# What stays of an event, by dotted path; an event that is not here leaves its kind and its time.
_KEPT: Mapping[EventKind, tuple[str, ...]] = {
    "run.started": (
        *("task_key", "base_commit", "model", "rules_sha256", "prompts_sha256", "revises"),
        *("imported", "booked", "max_attempts"),
    ),
    "run.admitted": (
        *("answers", "dispatched", "text_sha256", "delivery", "journal_sha256", "heard"),
        "issue_sha256",
    ),
    "base.stale": ("base_commit", "head", "paths"),
    "run.resumed": ("replies", "attempts"),
    "scope.asked": ("task_key", "base_commit", "model"),
    "scope.reranked": ("model",),
    "scope.selected": ("tokens", "excerpts"),
    "environment.ready": ("key", "how", "seconds"),
    "prompt.sent": ("attempt", "reservation", "conversation"),
    "budget.reserved": ("reservation", "usd", "tokens", "requests"),
    "model.replied": ("attempt", "reservation", "reply", "model"),
    "budget.settled": (
        *("reservation", "usd", "tokens", "input_tokens", "output_tokens", "cache_read_tokens"),
        *("cache_write_tokens", "cache_missed", "requests", "at_least", "lost", "trouble"),
        "elapsed_s",
    ),
    "command.finished": ("changes",),
    "patch.landed": ("attempt", "tree"),
    "gate.finished": ("attempt", "gate", "side", "outcome", "seconds"),
    "gate.answered": ("gate", "tree", "outcome", "answer"),
    "tools.offered": ("tools", "answer"),
    "tool.answered": ("call", "request", "outcome", "seconds", "answer"),
    "snippet.finished": (
        *("snippet", "sha256", "outcome", "host_calls", "seconds", "edits", "answer"),
    ),
    "attempt.finished": (
        *("attempt.number", "attempt.applied_tree", "attempt.tokens", "attempt.usd"),
        *("attempt.replies", "attempt.model", "attempt.verdict.word", "evidence"),
    ),
    "stage.entered": ("stage", "model"),
    "adjudication.finished": ("opinion.decision",),
    "effect.intended": (
        *("key", "kind", "request.branch", "request.commit", "request.bundle", "request.head"),
        "request.number",
    ),
    "effect.settled": ("key", "outcome.head", "outcome.number"),
    "bundle.written": (
        *("sha256", "path", "partial", "files_given", "files_changed", "files_met"),
    ),
    "review.recorded": (
        *("review.pull_request", "review.verdict", "review.kind", "review.verified"),
        "review.merged",
    ),
    "run.finished": ("state", "verdict", "code"),
}


class RecordRefusal(Refusal):
    """A record of a run cannot be read or written: which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Record:
    """What is told of one run, oldest first; ``position`` counts within it."""

    run: str
    entries: tuple[Entry, ...]

    @property
    def started(self) -> str:
        """When its first event was written."""
        return self.entries[0].at


@dataclass(frozen=True, slots=True)
class _Header:
    format: str
    run: str


@dataclass(frozen=True, slots=True)
class _Line:
    at: str
    event: Event


def record_of(entries: Sequence[Entry], repository: str) -> Record:
    """Return what may be told of a run whose events are ``entries``.

    ``repository`` is how the forge calls it: where the author found its files is nobody's business.
    """
    if not entries:
        raise RecordRefusal("a run without events leaves no record")
    names: dict[str, str] = {}
    kept = [_kept(entry, repository, names) for entry in entries]
    codes = ""
    for number, entry in enumerate(entries):
        if entry.event.kind == "attempt.finished":
            codes = _codes(entry.event.data)
        elif entry.event.kind == "run.finished":
            data = {**kept[number], "why": codes}
            kept[number] = data
    run = require_run(entries[0].run)
    return Record(
        run,
        tuple(
            Entry(number, run, entry.at, Event(entry.event.kind, data))
            for number, (entry, data) in enumerate(zip(entries, kept, strict=True), 1)
        ),
    )


def booking(run: str, task: Task, usd: float, tokens: int, at: str, *, revises: int = 0) -> Record:
    """Return the record of a run whose job died and left nothing: it may have cost all it had.

    ``revises`` is the pull request that it was to revise, or 0.
    """
    told_task = _told_task(task.number, task.repository)
    start: dict[str, Any] = {"task": told_task, "task_key": task.key}
    start |= {"revises": revises} if revises else {}
    reserved = {"reservation": "job", "usd": usd, "tokens": tokens}
    end = {"state": "failed", "verdict": "infrastructure", "why": "job-left-no-journal"}
    events = (
        Event("run.started", {**start, "booked": True}),
        Event("budget.reserved", reserved),
        Event("run.finished", end),
    )
    name = require_run(run)
    return Record(name, tuple(Entry(n, name, at, event) for n, event in enumerate(events, 1)))


def outcome_record(run: str, outcome: PullRequestOutcome, at: str) -> Record:
    """Return what is added to a run's record when its pull request was looked at.

    It holds figures, words of ours, and names of files that the repository has.
    """
    event = Event("outcome.collected", {"outcome": builtins(outcome)})
    return Record(require_run(run), (Entry(1, run, at, event),))


def joined(known: Record, more: Record) -> Record:
    """Return one record of two about the same run: what both tell, then what each adds.

    What a job that left no journal was booked with gives way to what really happened.
    """
    if _is_booking(more):
        return known
    if _is_booking(known):
        return more
    seen = {(entry.at, encode(entry.event)) for entry in known.entries}
    added = [one for one in more.entries if (one.at, encode(one.event)) not in seen]
    entries = (*known.entries, *added)
    return Record(known.run, tuple(_numbered(entries)))


def record_path(record: Record) -> str:
    """Return where on the journal's branch a run's record stands."""
    return f"runs/{record.started[:4]}/{record.started[5:7]}/{record.run}.jsonl"


def written(record: Record) -> bytes:
    """Return the file of a record: one line of JSON each event."""
    lines = [encode(_Header(RECORD_FORMAT, record.run))]
    lines += [encode(_Line(entry.at, entry.event)) for entry in record.entries]
    document = b"".join(line + b"\n" for line in lines)
    if len(document) > MAX_RECORD_BYTES:
        raise RecordRefusal(
            f"the record of run {record.run} is larger than {MAX_RECORD_BYTES} bytes"
        )
    return document


def read(document: bytes, name: str) -> Record:
    """Return the record in the file ``name``, which anybody who may push can have written."""
    try:
        run, lines = _lines(document)
    except (EncodingRefusal, RecordRefusal) as error:
        raise RecordRefusal(
            f"{name} is no record of a run ({error}). What was spent cannot be known without it:"
            " set that file back to what it was in an older commit of its branch"
        ) from error
    entries = (Entry(0, run, line.at, line.event) for line in lines)
    return Record(run, tuple(_numbered(entries)))


def _lines(document: bytes) -> tuple[str, list[_Line]]:
    if len(document) > MAX_RECORD_BYTES:
        raise RecordRefusal(f"it is larger than {MAX_RECORD_BYTES} bytes")
    first, *rest = document.splitlines() or [b""]
    header = decode(first, _Header)
    if header.format != RECORD_FORMAT:
        raise RecordRefusal(f"its format is {header.format[:60]!r}, not {RECORD_FORMAT!r}")
    lines = [decode(line, _Line) for line in rest]
    if not lines or any(_AT.fullmatch(line.at) is None for line in lines):
        raise RecordRefusal("it holds no event, or one without a time")
    return require_run(header.run), lines


def require_run(run: str) -> str:
    """Return ``run``; RecordRefusal when no run of ours has such a name."""
    if _RUN.fullmatch(run) is None:
        raise RecordRefusal(f"{run[:100]!r} is no name of a run")
    return run


def _kept(entry: Entry, repository: str, names: dict[str, str]) -> dict[str, Any]:
    kind, data = entry.event.kind, entry.event.data
    kept: dict[str, Any] = {}
    for path in _KEPT.get(kind, ()):
        _copy(path.split("."), data, kept)
    if kind == "run.started":
        task = data.get("task")
        number = task.get("number", "") if isinstance(task, Mapping) else ""
        kept["task"] = _told_task(_word(number), repository)
    if "gates" in data:
        kept["gates"] = [[_word(name), _word(outcome)] for name, outcome in data["gates"]]
    if "reservation" in kept:
        # Two jobs under one name count from the same number; each paid for its own.
        known = str(kept["reservation"])
        names.setdefault(known, f"{known}@{entry.at}")
        kept["reservation"] = names[known]
    return kept


def _told_task(number: str, repository: str) -> dict[str, Any]:
    return {"title": "", "body": "", "repository": repository, "number": number}


def _copy(path: Sequence[str], data: Mapping[str, Any], into: dict[str, Any]) -> None:
    """Copy one value, with the mappings around it; what is not there or no mapping stays away."""
    word, rest = path[0], path[1:]
    if word not in data:
        return
    value = data[word]
    if not rest:
        into[word] = _word(value)
    elif isinstance(value, Mapping):
        _copy(rest, value, into.setdefault(word, {}))


def _word(value: object) -> Any:  # noqa: ANN401 - any of JSON's plain kinds
    """Return a figure or a word as it is, and of anything else its hash."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str) and _is_told(value):
        return value
    return digest(encode(value))


def _is_told(value: str) -> bool:
    words = value.split(" ")
    return len(words) <= _MOST_WORDS and all(_WORD.fullmatch(word) for word in words)


def _codes(data: Mapping[str, Any]) -> str:
    """Return the codes of what kept an attempt from passing, which are words of ours."""
    findings = data["attempt"]["verdict"].get("findings", ())
    blocking = [one["code"] for one in findings if one["severity"] == "block"]
    return " ".join(dict.fromkeys(code for code in blocking if _WORD.fullmatch(code)))[:200]


def _is_booking(record: Record) -> bool:
    return bool(record.entries[0].event.data.get("booked"))


def _numbered(entries: Iterable[Entry]) -> Iterable[Entry]:
    for number, entry in enumerate(entries, 1):
        yield Entry(number, entry.run, entry.at, entry.event)
