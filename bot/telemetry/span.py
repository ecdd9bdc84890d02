"""One span: a thing that took time, within another, as the journal tells it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from validators.encoding import digest
from workflows.pull_request_outcome import moment
from workflows.run import Entry

Value = str | int | float | bool
INTERNAL, CLIENT = 1, 3
NANOSECONDS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Span:
    """``key`` names it within its trace, ``parent`` the one that it is part of.

    Times are nanoseconds since 1970. ``attributes`` are by their words in `names.ATTRIBUTES`; an
    ``error`` is a code. ``links`` are runs, each of which has a trace of its own.
    """

    key: str
    parent: str
    name: str
    begun_ns: int
    ended_ns: int
    attributes: Mapping[str, Value] = field(default_factory=dict)
    error: str = ""
    kind: int = INTERNAL
    links: tuple[str, ...] = ()


def trace_id(name: str) -> str:
    """Return the id of a run's or a campaign's trace: the same wherever it is made."""
    return digest(name.encode())[:32]


def span_id(name: str, key: str) -> str:
    """Return the id of one span of that trace."""
    return digest(f"{name}\n{key}".encode())[:16]


def ns_of(entry: Entry) -> int:
    """Return when an event was written."""
    return moment_ns(entry.at)


def moment_ns(at_iso: str) -> int:
    """Return a moment of the journal; to the millisecond where it was written so."""
    return round(moment(at_iso).timestamp() * 1000) * 1_000_000


def lasting(seconds: object) -> int:
    """Return how long something took; nothing where no number says so."""
    is_number = isinstance(seconds, int | float) and seconds > 0
    return int(float(str(seconds)) * NANOSECONDS) if is_number else 0


def around(outer: Span, inner: Iterable[Span]) -> Span:
    """Return ``outer`` from the first to the last of what is within it."""
    known = [outer, *inner]
    begun, ended = min(one.begun_ns for one in known), max(one.ended_ns for one in known)
    return replace(outer, begun_ns=begun, ended_ns=ended)
