"""A campaign at a glance: outcomes by cause, what is left, what it cost, who waits for whom."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from workflows.board import Board
from workflows.campaign import FailureReason, TargetState
from workflows.target_standing import ENDED, UNDER_WAY, TargetStanding

Phase = Literal["pending", "running", "paused", "braked", "cancelled", "spent", "done"]

_PHASES: dict[str, Phase] = {
    "paused": "paused",
    "brake": "braked",
    "cancelled": "cancelled",
    "budget": "spent",
}
_MOST_POINTS = 24
_COMPARED, _LONGEST_CAUSE = 100, 300
# What differs from one target to the next in causes that are the same.
_PARTICULAR = re.compile(r"0x[0-9a-f]+|[0-9a-f]{7,64}\b|\d+|'[^']{0,200}'|\"[^\"]{0,200}\"|\S*/\S+")


@dataclass(frozen=True, slots=True)
class Outcome:
    """Targets that came to the same, for the same cause; that is said as of the ``example``."""

    state: TargetState
    count: int
    reason: FailureReason = ""
    cause: str = ""
    example: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    """How many targets were ``left`` at a moment."""

    at: str
    left: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A pull request that waits for a person."""

    target: str
    number: int
    url: str


@dataclass(frozen=True, slots=True)
class ProgressReport:
    """One campaign now. Figures are of what was asked for: all targets, or a sample.

    ``forecast_usd`` and ``minutes_left`` go on as the ended targets did, None while none has; cost
    counts what is reserved in full. ``to_publish`` passed and wait for `migrate publish`; ``why``
    says what keeps them, too, or what keeps others from beginning. What one target took is the mean
    of those that ended; ``program`` is the folder of what a model wrote for all, and
    ``authoring_usd`` what that cost. ``left`` counts places that no step dealt with.
    """

    campaign: str
    name: str
    phase: Phase
    why: str
    targets: int
    asked_for: int
    ended: int
    under_way: int
    outcomes: tuple[Outcome, ...]
    burndown: tuple[Point, ...]
    usd: float
    tokens: int
    forecast_usd: float | None
    minutes_left: float | None
    to_publish: int
    waiting: tuple[Waiting, ...]
    tokens_per_target: float | None = None
    usd_per_target: float | None = None
    program: str = ""
    authoring_usd: float = 0.0
    left: int = 0


def report_of(board: Board) -> ProgressReport:
    """Return how a campaign stands, as far as its board has read."""
    campaign = board.campaign
    standings = {key: board.standings[key] for key in board.in_scope}
    done = [one for one in standings.values() if one.state in ENDED]
    under_way = sum(1 for one in standings.values() if one.state in UNDER_WAY)
    hold = board.hold()
    is_over = len(done) == len(standings)
    to_publish = sum(1 for one in standings.values() if one.state == "gated")
    phase: Phase = "done" if is_over else "running" if under_way else "pending"
    # When all have ended a hold is about what would be published; a spent budget is not.
    if hold and (not is_over or hold.kind == "cancelled" or (to_publish and hold.kind != "budget")):
        phase = _PHASES[hold.kind]
    burndown = _burndown(done, len(standings))
    once, of_targets = board.authoring, board.tally.usd - board.authoring.usd
    count = len(done) or None
    names = {target.key: target.name or "all files" for target in campaign.targets}
    return ProgressReport(
        campaign=campaign.key,
        name=campaign.name,
        phase=phase,
        why=hold.why if hold and phase in _PHASES.values() else "",
        targets=len(campaign.targets),
        asked_for=len(standings),
        ended=len(done),
        under_way=under_way,
        outcomes=_outcomes(standings, names),
        burndown=burndown,
        usd=round(board.tally.usd, 6),
        tokens=board.tally.tokens,
        forecast_usd=round(once.usd + of_targets * len(standings) / count, 6) if count else None,
        minutes_left=None if is_over else _minutes_left(burndown),
        to_publish=to_publish,
        waiting=tuple(
            Waiting(names[key], one.pull_request, one.url)
            for key, one in standings.items()
            if one.state == "published"
        ),
        tokens_per_target=round((board.tally.tokens - once.tokens) / count, 1) if count else None,
        usd_per_target=round(of_targets / count, 6) if count else None,
        program=board.program,
        authoring_usd=round(once.usd, 6),
        left=sum(one.result.left_count for one in done if one.result),
    )


def _outcomes(standings: dict[str, TargetStanding], names: dict[str, str]) -> tuple[Outcome, ...]:
    counts: Counter[tuple[TargetState, FailureReason, str]] = Counter()
    examples: dict[tuple[TargetState, FailureReason, str], tuple[str, str]] = {}
    for key, one in standings.items():
        ended = one.result if one.state in {"failed", "gated"} else None
        cause = " ".join(ended.cause.split())[:_LONGEST_CAUSE] if ended else ""
        kind = (
            one.state,
            ended.reason if ended else "",
            general_cause(ended.cause) if ended else "",
        )
        counts[kind] += 1
        examples.setdefault(kind, (cause, names[key]))
    return tuple(
        Outcome(kind[0], count, kind[1], *examples[kind])
        for kind, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )


def general_cause(cause: str) -> str:
    """Return a cause without what is one target's own: the same ones are counted as one."""
    first = cause.strip().partition("\n")[0]
    return _PARTICULAR.sub("…", first)[:_COMPARED]


def _burndown(done: Sequence[TargetStanding], total: int) -> tuple[Point, ...]:
    moments = sorted(one.at for one in done)
    points = [Point(at, total - number) for number, at in enumerate(moments, 1)]
    step = max(1, -(-len(points) // _MOST_POINTS))
    shown = points[step - 1 :: step]
    return tuple(shown if shown[-1:] == points[-1:] else [*shown, points[-1]])


def _minutes_left(burndown: Sequence[Point]) -> float | None:
    if not burndown:
        return None
    first, last = burndown[0], burndown[-1]
    minutes = (_moment(last.at) - _moment(first.at)) / 60
    ended = first.left - last.left
    return round(last.left * minutes / ended, 1) if ended and minutes > 0 else None


def _moment(at: str) -> float:
    try:
        return datetime.fromisoformat(at).timestamp()
    except ValueError:
        return 0.0
