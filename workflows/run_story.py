"""One run as its journal tells it, in the order in which a person asks: what, how, with what end.

Made of the events and their blobs alone. What cannot be read any more (a blob that was pruned, a
noun of an older program) is left out and counted, because a run is looked at when things went
wrong.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from scoping.excerpts import Excerpt
from scoping.refusal import Refusal
from validators.encoding import EncodingRefusal, decode, encode
from validators.evidence import Evidence
from workflows.model_requests import Request, requests_of
from workflows.opinion import Opinion
from workflows.ports import Journal, JournalRefusal
from workflows.proposal import Attempt, EditReport
from workflows.run import Effect, Entry, RunSummary, effects, summarise
from workflows.scope_map import Ranked, ScopeMap
from workflows.snippet_runs import SnippetRun, snippets_by_attempt
from workflows.task import Task

T = TypeVar("T")


class StoryRefusal(Refusal):
    """A run cannot be told: which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class GateRun:
    """One gate on one side, as it ended ``at``; ``tail`` is the end of what it printed."""

    gate: str
    side: str
    outcome: str
    seconds: float
    summary: str
    tail: str
    at: str


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt as far as it came: without an ``attempt`` no gate has judged it.

    ``diff`` is what its tree changes of the base, as git writes it.
    """

    number: int
    requests: tuple[Request, ...] = ()
    edits: tuple[EditReport, ...] = ()
    tree: str = ""
    landed_at: str = ""
    gates: tuple[GateRun, ...] = ()
    attempt: Attempt | None = None
    finished_at: str = ""
    opinion: Opinion | None = None
    diff: str = ""
    snippets: tuple[SnippetRun, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """A run. ``begun`` is the data of its start, ``unread`` counts what could not be read.

    ``requests`` are all there were, those for an order of files included. ``bundles`` are the data
    of each bundle that was written, the newest last; ``moments`` are what else happened, as (when,
    kind, data).
    """

    summary: RunSummary
    task: Task
    begun: Mapping[str, Any]
    is_held: bool
    last_at: str
    tries: tuple[Try, ...]
    requests: tuple[Request, ...]
    scope_map: ScopeMap
    given: tuple[Excerpt, ...]
    tokens_given: int
    bundles: tuple[Mapping[str, Any], ...]
    effects: tuple[Effect, ...]
    moments: tuple[tuple[str, str, Mapping[str, Any]], ...]
    unread: int

    @property
    def shown(self) -> Try | None:
        """The attempt a person looks at first: the last that changed anything."""
        changed = [one for one in self.tries if one.diff or one.tree]
        return changed[-1] if changed else None


def story_of(run: str, journal: Journal) -> Story:
    """Return what ``journal`` tells of ``run``; StoryRefusal where it knows no such run."""
    entries = tuple(journal.read(run))
    begun = [one.event.data for one in entries if one.event.kind == "run.started"]
    if not begun:
        raise StoryRefusal(f"the journal has no run {run!r}; `changewright runs` lists them")
    reader = _Reader(journal.get_blob)
    given, tokens, known_map = _scope(entries, reader)
    task = reader.noun(begun[0]["task"], Task)
    return Story(
        summary=summarise(entries),
        task=task or Task(str(begun[0]["task"].get("title", "")), "", ""),
        begun=begun[0],
        is_held=bool(journal.holder(run)),
        last_at=entries[-1].at,
        tries=_tries(entries, reader),
        requests=requests_of(entries),
        scope_map=known_map,
        given=given,
        tokens_given=tokens,
        bundles=tuple(one.event.data for one in entries if one.event.kind == "bundle.written"),
        effects=tuple(effects(entries).values()),
        moments=tuple((one.at, one.event.kind, one.event.data) for one in entries),
        unread=reader.unread,
    )


class _Reader:
    """Reads nouns out of the journal and counts those it cannot."""

    def __init__(self, get_blob: Callable[[str], bytes]) -> None:
        self._get_blob = get_blob
        self.unread = 0

    def blob(self, sha256: object, shape: type[T]) -> T | None:
        """Return the noun kept under a hash, or None where there is none to read."""
        if not sha256:
            return None
        try:
            return decode(self._get_blob(str(sha256)), shape)
        except (JournalRefusal, EncodingRefusal):
            self.unread += 1
            return None

    def noun(self, data: object, shape: type[T]) -> T | None:
        """Return the noun that an event holds as plain values."""
        try:
            return decode(encode(data), shape)
        except EncodingRefusal:
            self.unread += 1
            return None


def _scope(entries: Iterable[Entry], reader: _Reader) -> tuple[tuple[Excerpt, ...], int, ScopeMap]:
    """Return the excerpts that were given, their tokens, and how the code was ranked."""
    chosen = [one.event.data for one in entries if one.event.kind == "scope.selected"]
    if not chosen:
        return (), 0, ScopeMap()
    data = chosen[-1]
    # Earlier versions kept the names alone.
    names = [Ranked(str(name), 0.0) for name in data.get("files", ())]
    found = reader.blob(data.get("map"), ScopeMap) or ScopeMap(files=tuple(names[:40]))
    given = reader.blob(data.get("excerpts"), tuple[Excerpt, ...]) or ()
    return given, int(data.get("tokens", 0)), found


@dataclass(slots=True)
class _Draft:
    """A try while the events about it are read."""

    number: int
    facts: dict[str, Any] = field(default_factory=dict)
    gates: list[GateRun] = field(default_factory=list)


def _tries(entries: Sequence[Entry], reader: _Reader) -> tuple[Try, ...]:
    drafts: dict[int, _Draft] = {}
    number = 1
    for entry in entries:
        kind, data = entry.event.kind, entry.event.data
        if kind in {"prompt.sent", "patch.landed"}:
            number = int(data.get("attempt", number)) or number
        elif kind == "attempt.finished":
            number = int(data["attempt"]["number"])
        elif kind == "adjudication.finished":
            number = int(data["opinion"]["attempt"])
        elif kind != "gate.finished":
            continue
        draft = drafts.setdefault(number, _Draft(number))
        _note(draft, entry, reader)
        if kind == "attempt.finished":
            number += 1  # gates that follow unannounced are those of a next one
    asked, ran = requests_of(entries), snippets_by_attempt(entries, reader.blob)
    return tuple(
        Try(
            draft.number,
            snippets=ran.get(draft.number, ()),
            requests=tuple(one for one in asked if one.attempt == draft.number),
            gates=tuple(draft.gates),
            **draft.facts,
        )
        for _, draft in sorted(drafts.items())
    )


def _note(draft: _Draft, entry: Entry, reader: _Reader) -> None:
    """Take one event into the try it is about."""
    kind, data, facts = entry.event.kind, entry.event.data, draft.facts
    if diff := reader.blob(data.get("diff"), str):
        facts["diff"] = diff
    if kind == "patch.landed":
        edits = reader.noun(data["edits"], tuple[EditReport, ...]) or ()
        facts |= {"edits": edits, "tree": data["tree"], "landed_at": entry.at}
    elif kind == "gate.finished":
        draft.gates.append(_gate_run(entry))
    elif kind == "attempt.finished":
        attempt = reader.noun(data["attempt"], Attempt)
        evidence = reader.blob(data.get("evidence"), Evidence)
        if attempt is not None:
            facts["attempt"] = replace(attempt, evidence=evidence)
            facts |= {"edits": attempt.edits, "tree": attempt.applied_tree}
        facts["finished_at"] = entry.at
    elif kind == "adjudication.finished":
        facts["opinion"] = reader.noun(data["opinion"], Opinion)


def _gate_run(entry: Entry) -> GateRun:
    data = entry.event.data
    words = {name: str(data.get(name, "")) for name in ("side", "outcome", "summary", "tail")}
    seconds = float(data.get("seconds", 0.0))
    return GateRun(gate=str(data["gate"]), seconds=seconds, at=entry.at, **words)
