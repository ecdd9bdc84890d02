"""What the journal holds of a run that was begun before, so that it goes on where it stopped.

Steps are found by what they are (a reservation, an attempt's number), never by their place in the
list: a newer program may write events in between, and a run in flight must survive that.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from workflows.run import Entry

# Events of which the last one counts, and what it tells.
_LAST = {
    "run.started": "started",
    "run.finished": "ended",
    "scope.selected": "scope",
    "tools.offered": "offered",
}
# Events that are kept by one of their fields, and where.
_BY_NAME = {
    "bundle.written": ("bundles", "sha256"),
    "snippet.finished": ("snippets", "snippet"),
    "tool.answered": ("tool_answers", "call"),
}
# The lanes of a run's authors beside the first: one a stage, one a candidate, and the one in which
# the first stage is asked for an order of files.
_AUTHORS = frozenset({"stage", "candidate", "order"})
# What was not decided is decided anew: the machine failed there, or a person stopped it.
_UNDECIDED = frozenset({"infrastructure", "cancelled", "budget"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request to a model. Hashes of blobs; ``reply`` is empty when none was kept.

    ``usd`` and ``tokens`` are what was reserved for it; it ``was_settled`` when its cost is booked.
    """

    reservation: str
    conversation: str
    usd: float | None
    tokens: int
    reply: str = ""
    was_settled: bool = False

    @property
    def lane(self) -> str:
        """Which conversation of the run it belongs to; empty for the first author's."""
        return self.reservation.rpartition("/")[0]

    @property
    def is_lost(self) -> bool:
        """Whether it was sent, and nobody knows what came back or what it cost."""
        return not self.reply and not self.was_settled


@dataclass(frozen=True, slots=True)
class History:
    """A run so far. ``attempts`` are the events of those that were judged, by number.

    ``started`` and ``ended`` are the events' data, None while there is none; a run that was taken
    up again has not ended. ``landed`` maps an attempt to its tree, ``answered`` a kind of gates and
    a tree to the blob of what the model was told, ``commands`` a try and a step of a migration to
    what that came to. ``seconds`` is how long the run worked until its last booking.
    """

    started: Mapping[str, Any] | None = None
    started_at: str = ""
    ended: Mapping[str, Any] | None = None
    resumed: int = 0
    scope: Mapping[str, Any] | None = None
    exchanges: Mapping[str, Exchange] = field(default_factory=dict)
    landed: Mapping[int, str] = field(default_factory=dict)
    attempts: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    commands: Mapping[tuple[int, int], Mapping[str, Any]] = field(default_factory=dict)
    bundles: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    answered: Mapping[tuple[str, str], str] = field(default_factory=dict)
    snippets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    offered: Mapping[str, Any] | None = None
    tool_answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def replies(self) -> int:
        """How many replies of the authors the journal kept."""
        return self.replies_in("")

    def replies_in(self, conversation: str) -> int:
        """Return how many replies the journal kept of the lanes of one kind of conversation."""
        kept = [exchange for exchange in self.exchanges.values() if exchange.reply]
        return sum(1 for exchange in kept if kind_of(exchange.reservation) == conversation)


def kind_of(reservation: str) -> str:
    """Return what kind of conversation a request belongs to; empty for any of the authors'."""
    kind = reservation.rpartition("/")[0].partition("-")[0]
    return "" if kind in _AUTHORS else kind


def history_of(entries: Iterable[Entry]) -> History:
    """Return what ``entries`` of one run, oldest first, tell about it."""
    facts: dict[str, Any] = {
        "landed": {},
        "attempts": {},
        "bundles": {},
        "exchanges": {},
        "answered": {},
        "commands": {},
        "snippets": {},
        "tool_answers": {},
    }
    asked: dict[str, str] = {}
    for entry in entries:
        kind, data = entry.event.kind, entry.event.data
        if kind in _LAST:
            facts[_LAST[kind]] = data
        if kind == "run.started":
            facts["started_at"] = _to_the_second(entry.at)
        elif kind == "run.resumed":
            facts |= {"ended": None, "resumed": facts.get("resumed", 0) + 1}
        elif kind == "prompt.sent":
            asked[data.get("reservation", "")] = data["conversation"]
        elif kind in {"patch.landed", "gate.answered"}:
            _about_tree(facts, entry)
        elif kind in {"attempt.finished", "command.finished"}:
            _worked(facts, entry)
        elif kind in _BY_NAME:
            name, key = _BY_NAME[kind]
            facts[name][data[key]] = data
        elif kind in {"budget.reserved", "model.replied", "budget.settled"}:
            _exchange(facts, asked, entry)
    return History(**facts)


def _to_the_second(at: str) -> str:
    """Return a moment as reviews are dated, which are compared with it as texts."""
    whole, is_finer, _ = at.partition(".")
    return f"{whole}Z" if is_finer else at


def _about_tree(facts: dict[str, Any], entry: Entry) -> None:
    data = entry.event.data
    if entry.event.kind == "patch.landed":
        facts["landed"][data["attempt"]] = data["tree"]
    elif data["outcome"] not in _UNDECIDED:
        facts["answered"][data["gate"], data["tree"]] = data["answer"]


def _worked(facts: dict[str, Any], entry: Entry) -> None:
    data = entry.event.data
    if entry.event.kind == "attempt.finished":
        _attempt(facts["attempts"], data)
    elif "step" in data:  # an earlier version had one step and one try, and kept it otherwise
        facts["commands"][data["attempt"], data["step"]] = data


def _attempt(attempts: dict[int, Mapping[str, Any]], data: Mapping[str, Any]) -> None:
    number = data["attempt"]["number"]
    if data["attempt"]["verdict"]["word"] in _UNDECIDED:
        attempts.pop(number, None)
    else:
        attempts[number] = data


def _exchange(facts: dict[str, Any], asked: Mapping[str, str], entry: Entry) -> None:
    """Follow one request from its reservation to its reply and its price."""
    kind, data = entry.event.kind, entry.event.data
    exchanges: dict[str, Exchange] = facts["exchanges"]
    # A run of an older program, whose replies named no reservation, can be read all the same.
    key = data.get("reservation", "")
    if kind == "budget.reserved":
        exchanges[key] = Exchange(key, asked.get(key, ""), data["usd"], data["tokens"])
    elif key not in exchanges:
        return
    elif kind == "model.replied":
        exchanges[key] = replace(exchanges[key], reply=data["reply"])
    else:
        exchanges[key] = replace(exchanges[key], was_settled=True)
        facts["seconds"] = max(facts.get("seconds", 0.0), data.get("elapsed_s", 0.0))
