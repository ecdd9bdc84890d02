"""A campaign as a terminal shows it: how far it is, outcomes by cause, and what is to be done."""

import shlex
from collections.abc import Iterator

from bot.console import one_line
from workflows.progress_report import Outcome, ProgressReport

_BARS = " ▁▂▃▄▅▆▇█"
_SHOWN_CAUSE = 70
_MOST_WAITING = 10
_WHAT_NOW = {
    "paused": "go on with: changewright migrate resume {name}",
    "braked": "look at what failed; then go on with: changewright migrate resume {name}",
    "spent": "raise budget in the campaign's file, then sweep again",
    "cancelled": "nothing more of it begins, ever",
    "pending": "begin with: changewright migrate sweep",
}


def status_text(report: ProgressReport) -> str:
    """Return the whole status, line by line."""
    return "\n".join(_lines(report))


def _lines(report: ProgressReport) -> Iterator[str]:
    called = report.campaign
    asked = f"{report.ended} of {report.asked_for} targets ended"
    if report.asked_for < report.targets:
        asked += f" (a sample of {report.targets})"
    if report.under_way:
        asked += f", {report.under_way} under way"
    yield f"campaign {called}: {report.phase}, {asked}"
    if report.why:
        yield f"  why       {one_line(report.why)}"
    for outcome in report.outcomes:
        yield f"  {outcome.state:<10}{outcome.count:>6}{_cause(outcome)}"
    yield f"  cost      {_cost(report)}"
    if report.burndown:
        yield f"  left      {_burndown(report)}"
    if report.to_publish:
        yield f"  next      {report.to_publish} passed and wait for: changewright migrate publish"
    for one in report.waiting[:_MOST_WAITING]:
        target = one_line(one.target)
        yield f"  a person  pull request {one.number} ({target}) waits: {one_line(one.url)}"
    if len(report.waiting) > _MOST_WAITING:
        yield f"  a person  {len(report.waiting) - _MOST_WAITING} more pull requests wait"
    if report.phase in _WHAT_NOW:
        name = shlex.quote(report.name or called)
        yield f"  now       {_WHAT_NOW[report.phase].format(name=name)}"


def _cause(outcome: Outcome) -> str:
    if not outcome.cause:
        return ""
    reason = f"{outcome.reason}: " if outcome.reason else ""
    text = f"{reason}{one_line(outcome.cause)}"[:_SHOWN_CAUSE]
    return f"  {text}  (first: {one_line(outcome.example)})"


def _cost(report: ProgressReport) -> str:
    words = f"${report.usd:.4f}, {report.tokens} tokens"
    if report.forecast_usd and report.ended < report.asked_for:
        words += f"; ${report.forecast_usd:.2f} for all at this rate"
    if report.minutes_left is not None:
        words += f"; about {report.minutes_left:g} minutes left"
    return words


def _burndown(report: ProgressReport) -> str:
    highest = max(report.asked_for, 1)
    bars = (_BARS[-(-point.left * (len(_BARS) - 1) // highest)] for point in report.burndown)
    return f"{''.join(bars)} {report.burndown[-1].left}"
