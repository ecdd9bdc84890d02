"""One task from start to verdict, as the append-only list of what happened to it.

State is never stored: it is computed from the events, by the functions here. An `Effect` is written
down before anything outside is touched and settled after, under a key by which it can be looked up
outside, so that a run that died in between knows what to ask.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from validators.verdict import VerdictWord

EventKind = Literal[
    "run.started",  # task, base commit, command, rules, model
    "run.admitted",  # stale run answered, how often; hashes of what was asked, left; heard until
    "base.stale",  # recorded commit, present head, how many paths met
    "run.resumed",  # how much of it was done already
    "scope.selected",  # files, functions, tokens; the excerpts and the map as blobs
    "scope.asked",  # for an order outside of any run: repository, task's key, base commit, model
    "scope.reranked",  # model; files and functions as it put them, or its trouble
    "environment.ready",  # key, interpreter, cached or built
    "prompt.sent",  # attempt, reservation, conversation as a blob; how much was hidden in it
    "budget.reserved",  # reservation, at most: usd, tokens
    "model.replied",  # attempt, reservation, reply as a blob
    "budget.settled",  # reservation, really: usd, tokens by kind, requests; lost, trouble, cache
    "command.finished",  # how a migration's command ended, its changes as a blob
    "patch.landed",  # attempt, applied tree, report per edit; the diff to the base as a blob
    "gate.finished",  # attempt, gate, outcome, durations
    "gate.answered",  # the kind the model asked about, tree, outcome, the verdict as a blob
    "tools.offered",  # how many tools of others, what is missing; what they said as a blob
    "tool.answered",  # which call of which tool, request, outcome, seconds; the answer as a blob
    "snippet.finished",  # which, its hash, outcome, calls, seconds, edits; what it told as a blob
    "attempt.finished",  # the Attempt, its evidence as a blob, what each gate came to
    "stage.entered",  # which stage, counted from 1, and its model
    "adjudication.finished",  # the Opinion on an attempt that passed
    "effect.intended",  # key, kind, request
    "effect.settled",  # key, outcome
    "bundle.written",  # sha256, file name, whether it is partial
    "review.recorded",  # the Review
    "outcome.collected",  # the PullRequestOutcome, each time it is found to be another
    "campaign.started",  # the Campaign, and what the command was told
    "campaign.swept",  # which targets are to be worked on, and which of them once more
    "campaign.paused",  # campaign; why, and whether a person or the brake said so
    "campaign.resumed",  # campaign
    "campaign.cancelled",  # campaign
    "author.started",  # the run that writes the campaign's program
    "program.tried",  # attempt; what was found out about its program, as a blob
    "author.finished",  # the program as a blob and where people find it, or the cause
    "target.claimed",  # campaign, worker
    "target.released",  # campaign, worker: given back without a result
    "target.started",  # the run that works on it
    "target.changed",  # how many files its steps changed
    "target.finished",  # the TargetResult
    "target.published",  # number and address of its pull request, branch, head
    "target.settled",  # what became of that: merged, closed or stale, and why
    "run.finished",  # state, verdict, why; of one without a proposal the finding's code
]

RunState = Literal[
    "running", "proposed", "nothing", "failed", "cancelled", "published", "accepted", "rejected"
]
DONE = "done"


@dataclass(frozen=True, slots=True)
class Fence:
    """The right to write one run. ``token`` grows with each lease: an older one is stale."""

    run: str
    token: int
    owner: str


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. ``data`` holds only what JSON knows; large things are blobs."""

    kind: EventKind
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as the journal keeps it. ``position`` orders all runs, ``at`` is UTC ISO 8601."""

    position: int
    run: str
    at: str
    event: Event


@dataclass(frozen=True, slots=True)
class Effect:
    """One change to the outside world, named by a ``key`` that the outside also knows."""

    key: str
    kind: str
    request: Mapping[str, Any]
    outcome: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run as a line of a list.

    ``at_least`` says that ``usd`` and ``tokens`` may have been more: a stream broke, or a request
    is under way, perhaps in a process that died.
    ``cache_hit_rate`` is what the function of that name returns.
    """

    id: str
    task: str
    title: str
    repository: str
    state: RunState
    verdict: VerdictWord | None
    started: str
    attempts: int
    usd: float
    tokens: int
    bundle: str = ""
    why: str = ""
    lost_replies: int = 0
    opinions: int = 0
    vetoes: int = 0
    at_least: bool = False
    cache_hit_rate: float | None = None
    cache_misses: int = 0


def state_in_words(state: str, verdict: str | None) -> str:
    """Return how people are told a run ended: one of RunState, or DONE.

    One that passed and had nothing to propose did what it was for. The author of a campaign's
    program is such a run: what it wrote is proposed by others.
    """
    return DONE if (state, verdict) == ("nothing", "pass") else state


def effects(entries: Iterable[Entry]) -> dict[str, Effect]:
    """Return each effect of a run by key, with its outcome where it was settled."""
    found: dict[str, Effect] = {}
    for entry in entries:
        data = entry.event.data
        if entry.event.kind == "effect.intended":
            found[data["key"]] = Effect(data["key"], data["kind"], data["request"])
        elif entry.event.kind == "effect.settled":
            known = found[data["key"]]
            found[data["key"]] = Effect(known.key, known.kind, known.request, data["outcome"])
    return found


def summarise(entries: Iterable[Entry]) -> RunSummary:
    """Return the summary of one run; raise ValueError when it never started.

    ``bundle`` is the name of its file in the state folder's ``bundles``; ``vetoes`` are those of
    the second ``opinions`` that were asked for.
    """
    state: dict[str, Any] = {"usd": 0.0, "tokens": 0, "state": "running", "lost_replies": 0}
    state |= {"opinions": 0, "vetoes": 0, "at_least": False, "cache_misses": 0}
    attempts: set[int] = set()
    known = [*entries]
    for entry in known:
        data, kind = entry.event.data, entry.event.kind
        if kind == "run.started":
            state |= {"id": entry.run, "started": entry.at, "task": data["task_key"]}
            state |= {"title": data["task"]["title"], "repository": data["task"]["repository"]}
        elif kind == "run.resumed":
            state |= {"state": "running", "verdict": None, "why": ""}
        elif kind == "budget.settled":
            _charge(state, data)
        elif kind == "attempt.finished":
            attempts.add(data["attempt"]["number"])
        elif kind == "adjudication.finished":
            state["opinions"] += 1
            state["vetoes"] += data["opinion"]["decision"] == "veto"
        elif kind == "bundle.written":
            state["bundle"] = data["path"]
        elif kind == "run.finished":
            state |= {"state": data["state"], "verdict": data["verdict"], "why": data["why"]}
    if "id" not in state:
        message = "the journal holds no start of this run"
        raise ValueError(message)
    state["at_least"] |= _is_asking(known)
    state["cache_hit_rate"] = cache_hit_rate(known)
    return RunSummary(**({"verdict": None} | state), attempts=len(attempts))


def cache_hit_rate(entries: Iterable[Entry]) -> float | None:
    """Return the share of all that was sent that was read from the vendor's cache.

    None where nothing could have been: the first request of a run has nothing before it, and who
    counts nothing as written there has no cache.
    """
    settled = [one.event.data for one in entries if one.event.kind == "budget.settled"]
    sent = [tokens for data in settled if (tokens := _sent(data))]
    read: int = sum(data.get("cache_read_tokens", 0) for data in settled)
    written = sum(data.get("cache_write_tokens", 0) for data in settled)
    return round(read / sum(sent), 4) if read or (written and len(sent) > 1) else None


def _is_asking(entries: Iterable[Entry]) -> bool:
    """Whether a request is under way, or was when the process died."""
    kinds = {"budget.reserved": set[str](), "budget.settled": set[str]()}
    for entry in entries:
        if entry.event.kind in kinds:
            kinds[entry.event.kind].add(entry.event.data.get("reservation", ""))
    return bool(kinds["budget.reserved"] - kinds["budget.settled"])


def _sent(data: Mapping[str, Any]) -> int:
    """Return how many tokens of a prompt the vendor counted; none where nobody heard of them."""
    is_counted = "output_tokens" in data and not data["lost"]
    return data["tokens"] - data["output_tokens"] if is_counted else 0


def _charge(state: dict[str, Any], data: Mapping[str, Any]) -> None:
    state["usd"] += data["usd"] or 0.0
    state["tokens"] += data["tokens"]
    state["lost_replies"] += data.get("lost", False)
    state["at_least"] |= data.get("at_least", False)
    state["cache_misses"] += bool(data.get("cache_missed"))


def is_half_published(entries: Sequence[Entry]) -> bool:
    """Whether a run was proposed, and its publishing was begun and not brought to its end."""
    was_begun = any(effect.kind == "push" for effect in effects(entries).values())
    ends = [entry.event.data["state"] for entry in entries if entry.event.kind == "run.finished"]
    return was_begun and bool(ends) and ends[-1] == "proposed"
