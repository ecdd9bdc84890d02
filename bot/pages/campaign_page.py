"""A campaign as a page shows it: outcomes by cause, what is left, cost, and each of its targets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from bot.pages.plots import Plot, steps
from workflows.board import Board
from workflows.campaign import TargetState
from workflows.progress_report import Phase, ProgressReport, general_cause
from workflows.run import Entry
from workflows.target_standing import TargetStanding

_MOODS: Mapping[TargetState, str] = {
    "merged": "good",
    "published": "good",
    "gated": "good",
    "failed": "bad",
    "closed": "bad",
    "stale": "stopped",
    "running": "running",
    "changed": "running",
}
_PHASES: Mapping[Phase, tuple[str, str]] = {
    "pending": ("none", "not begun"),
    "running": ("running", "running"),
    "paused": ("stopped", "paused"),
    "braked": ("bad", "stopped by a bound"),
    "cancelled": ("bad", "cancelled"),
    "spent": ("bad", "budget spent"),
    "done": ("good", "done"),
}
_SAID = {
    "campaign.started": "planned",
    "campaign.swept": "swept",
    "campaign.paused": "paused",
    "campaign.resumed": "resumed",
    "campaign.cancelled": "cancelled",
}
MOST_SAID = 20
_TO_THE_MINUTE, _TO_THE_SECOND = 16, 19


@dataclass(frozen=True, slots=True)
class OutcomeLine:
    """Targets that came to the same: ``cause`` is what a filter is asked for, ``words`` say it."""

    state: TargetState
    mood: str
    count: int
    reason: str
    cause: str
    words: str
    example: str


@dataclass(frozen=True, slots=True)
class TargetLine:
    """One target of the table. ``number`` is its pull request's, ``url`` where that stands."""

    name: str
    state: TargetState
    mood: str
    reason: str
    cause: str
    run: str
    number: int
    url: str
    files: int
    tries: int
    left: int
    at: str


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody, or a bound, said of the whole campaign. ``who`` is only what they claimed."""

    at: str
    what: str
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class Filter:
    """Which targets are listed: of a state, for a reason and a cause; "" is any."""

    state: str = ""
    reason: str = ""
    cause: str = ""

    def lets(self, standing: TargetStanding) -> bool:
        """Whether a target is one of them."""
        if self.state and standing.state != self.state:
            return False
        ended = standing.result if standing.state in {"failed", "gated"} else None
        if self.reason and (ended is None or ended.reason != self.reason):
            return False
        return not self.cause or (ended is not None and general_cause(ended.cause) == self.cause)


def phase_of(report: ProgressReport) -> tuple[str, str]:
    """Return how a campaign stands, as a word for its colour, and in words."""
    if report.phase == "pending" and report.ended:
        return "none", "waits for a worker"
    return _PHASES[report.phase]


def outcome_lines(report: ProgressReport) -> tuple[OutcomeLine, ...]:
    """Return what targets came to, the most frequent first."""
    return tuple(
        OutcomeLine(
            one.state,
            _MOODS.get(one.state, "none"),
            one.count,
            one.reason,
            general_cause(one.cause) if one.cause else "",
            one.cause,
            one.example,
        )
        for one in report.outcomes
    )


def target_lines(
    board: Board, wanted: Filter, skip: int, most: int
) -> tuple[tuple[TargetLine, ...], int]:
    """Return a page of the targets that a filter lets through, and how many there are in all."""
    names = {target.key: target.name or "all files" for target in board.campaign.targets}
    keys = [key for key in board.in_scope if wanted.lets(board.standings[key])]
    page = islice(keys, skip, skip + most)
    return tuple(_target(names[key], board.standings[key]) for key in page), len(keys)


def said_of(entries: Sequence[Entry]) -> tuple[Said, ...]:
    """Return what was said of a campaign, the newest first."""
    found = [
        Said(
            entry.at,
            _SAID[entry.event.kind],
            str(data.get("who") or ("a bound" if data.get("by") == "brake" else "")),
            str(data.get("why") or ""),
        )
        for entry in entries
        if entry.event.kind in _SAID
        for data in [entry.event.data]
    ]
    return tuple(found[: -MOST_SAID - 1 : -1])


def begun_at(entries: Sequence[Entry]) -> str:
    """Return when the targets of a campaign were asked for first, or "" where nobody has."""
    return next((one.at for one in entries if one.event.kind == "campaign.swept"), "")


def burndown(report: ProgressReport, begun: str) -> Plot | None:
    """Return how many targets were left since it had ``begun``; None while none has ended."""
    points = report.burndown
    moments = [_seconds(point.at) for point in points]
    if not points:
        return None
    first = min(_seconds(begun) or moments[0], moments[0])
    span = moments[-1] - first
    if span <= 0:
        return None
    shown = [
        ((moment - first) / span, point.left, f"{_clock(point.at)}: {point.left:,} left")
        for moment, point in zip(moments, points, strict=True)
    ]
    ends = begun if first < moments[0] else points[0].at, points[-1].at
    # A short one begins and ends within a minute.
    letters = _TO_THE_MINUTE if len({_clock(at) for at in ends}) > 1 else _TO_THE_SECOND
    return steps(shown, (_clock(ends[0], letters), _clock(ends[1], letters)), report.asked_for)


def _target(name: str, standing: TargetStanding) -> TargetLine:
    result = standing.result
    return TargetLine(
        name,
        standing.state,
        _MOODS.get(standing.state, "none"),
        result.reason if result and standing.state == "failed" else "",
        standing.cause if standing.state in {"failed", "gated"} else "",
        standing.run,
        standing.pull_request,
        standing.url,
        result.files_changed if result else 0,
        result.tries if result else 0,
        result.left_count if result else 0,
        standing.at,
    )


def _clock(at: str, letters: int = _TO_THE_MINUTE) -> str:
    return at[:letters].replace("T", " ")


def _seconds(at: str) -> float:
    try:
        return datetime.fromisoformat(at).timestamp()
    except ValueError:
        return 0.0
