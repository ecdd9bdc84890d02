"""How one target stands, told from its events: the state machine of a campaign's targets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from validators.encoding import decode, encode
from workflows.campaign import TargetResult, TargetState
from workflows.run import Entry, EventKind

UNDER_WAY: frozenset[TargetState] = frozenset({"running", "changed"})
# What came to an end, whether or not anything is left for a person to do.
ENDED: frozenset[TargetState] = frozenset(
    {"unchanged", "failed", "gated", "published", "merged", "closed", "stale"}
)


@dataclass(frozen=True, slots=True)
class TargetStanding:
    """One target as the journal tells it.

    ``takeovers`` counts the workers that took it and were not heard of again; ``at`` is when it
    ended. ``result`` is the last one, and ``run`` what works, or worked, on it.
    """

    state: TargetState = "pending"
    run: str = ""
    worker: str = ""
    takeovers: int = 0
    result: TargetResult | None = None
    pull_request: int = 0
    url: str = ""
    at: str = ""

    @property
    def cause(self) -> str:
        """Why it failed, or what was undone."""
        return self.result.cause if self.result else ""


def advanced(standing: TargetStanding, entry: Entry) -> TargetStanding:
    """Return how a target stands after one more event of its stream."""
    change = _CHANGES.get(entry.event.kind)
    return replace(standing, **change(standing, entry)) if change else standing


def reopened(standing: TargetStanding) -> TargetStanding:
    """Return a target that is to be tried again because somebody said so."""
    return replace(standing, state="pending", worker="", takeovers=0)


def _claimed(standing: TargetStanding, entry: Entry) -> dict[str, Any]:
    lost = standing.state in UNDER_WAY
    return {
        "state": "running",
        "worker": entry.event.data["worker"],
        "takeovers": standing.takeovers + lost,
    }


def _finished(_: TargetStanding, entry: Entry) -> dict[str, Any]:
    result = decode(encode(entry.event.data["result"]), TargetResult)
    return {"state": result.state, "result": result, "run": result.run, "at": entry.at}


def _published(_: TargetStanding, entry: Entry) -> dict[str, Any]:
    data = entry.event.data
    found = {"pull_request": data["number"], "url": data["url"], "at": entry.at}
    return {"state": "published", **found}


_CHANGES: Mapping[EventKind, Callable[[TargetStanding, Entry], dict[str, Any]]] = {
    "target.claimed": _claimed,
    "target.released": lambda _, __: {"state": "pending", "worker": ""},
    "target.started": lambda _, entry: {"state": "running", "run": entry.event.data["run"]},
    "target.changed": lambda _, __: {"state": "changed"},
    "target.finished": _finished,
    "target.published": _published,
    "target.settled": lambda _, entry: {"state": entry.event.data["state"], "at": entry.at},
}
