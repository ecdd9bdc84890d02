"""What a run asked of models, request by request: for whom, how long it took, what it cost."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from workflows.history import kind_of
from workflows.opinion import LANE
from workflows.rerank import is_about_order
from workflows.run import Entry


@dataclass(frozen=True, slots=True)
class Request:
    """One request. ``usd`` is None where no price is known; ``ended_at`` is empty while it waits.

    ``stage`` says in words what it was for. ``sent_at`` and ``ended_at`` are UTC ISO 8601. Before
    it is settled ``tokens`` and ``usd`` are the most it may come to. It ``was_lost`` where nobody
    heard its reply to the end, and is ``at_least`` what it cost where its stream broke.
    """

    reservation: str
    attempt: int
    stage: str
    sent_at: str
    ended_at: str = ""
    model: str = ""
    usd: float | None = None
    tokens: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    trouble: str = ""
    was_lost: bool = False
    at_least: bool = False
    conversation: str = ""
    reply: str = ""


@dataclass(frozen=True, slots=True)
class StageCost:
    """What the requests of one stage to one model came to."""

    stage: str
    model: str
    requests: int
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    tokens: int
    usd: float | None


_COUNTS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")


def requests_of(entries: Iterable[Entry]) -> tuple[Request, ...]:
    """Return each request of a run in the order in which they were sent."""
    found: dict[str, Request] = {}
    for entry in entries:
        data = entry.event.data
        key = str(data.get("reservation", ""))
        if entry.event.kind == "prompt.sent":
            conversation = str(data.get("conversation", ""))
            attempt = int(data.get("attempt", 0))
            stage = _stage_of(key)
            found[key] = Request(key, attempt, stage, entry.at, conversation=conversation)
        elif key in found:
            found[key] = replace(found[key], **_told(entry, data))
    return tuple(found.values())


def costs_by_stage(requests: Iterable[Request]) -> tuple[StageCost, ...]:
    """Return what each stage cost, in the order in which they were first asked."""
    groups: dict[tuple[str, str], list[Request]] = {}
    for one in requests:
        groups.setdefault((one.stage, one.model), []).append(one)
    return tuple(
        StageCost(
            stage,
            model,
            requests=len(group),
            **{name: sum(getattr(one, name) for one in group) for name in (*_COUNTS, "tokens")},
            usd=_sum(one.usd for one in group),
        )
        for (stage, model), group in groups.items()
    )


def _sum(prices: Iterable[float | None]) -> float | None:
    known = list(prices)
    return None if None in known else sum(price or 0.0 for price in known)


def _told(entry: Entry, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what one event adds to what is known of its request."""
    if entry.event.kind == "budget.reserved":
        return {"usd": data["usd"], "tokens": data["tokens"]}
    if entry.event.kind == "model.replied":
        return {"model": str(data.get("model", "")), "reply": data["reply"], "ended_at": entry.at}
    if entry.event.kind != "budget.settled":
        return {}
    counts = {name: int(data.get(name, 0)) for name in _COUNTS}
    flags = {"was_lost": bool(data.get("lost")), "at_least": bool(data.get("at_least"))}
    trouble = str(data.get("trouble", ""))
    settled = {"usd": data["usd"], "tokens": data["tokens"], "trouble": trouble}
    return {**counts, **flags, **settled, "ended_at": entry.at}


def _stage_of(reservation: str) -> str:
    """Return what a request was for, in words, by the lane that its name begins with."""
    if is_about_order(reservation):
        return "order of files"
    if kind_of(reservation) == LANE:
        return "second opinion"
    lane = reservation.rpartition("/")[0]
    kind, _, number = lane.partition("-")
    if kind == "candidate":
        return f"author, candidate {number}"
    if kind == "stage":
        return f"author, stage {number}"
    return f"{kind}" if kind else "author"
