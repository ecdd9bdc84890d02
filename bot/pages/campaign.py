"""A campaign as a terminal shows it: how far it is, outcomes by cause, and what is to be done."""

import shlex
import textwrap
from collections.abc import Iterator

from bot.console import one_line
from workflows.progress_report import Outcome, ProgressReport
from workflows.target_standing import UNDER_WAY

_BARS = " ▁▂▃▄▅▆▇█"
# As wide as a terminal is unless somebody pulled at it.
_WIDTH = 80
_MOST_LINES = 4
_MOST_WAITING = 10
_WHAT_NOW = {
    "paused": "go on with: changewright migrate resume {name}",
    "braked": "see what failed, then go on with: changewright migrate resume {name}",
    "spent": "raise budget in the campaign's file, then sweep again",
    "cancelled": "nothing more of it begins, ever",
    "pending": "{begin} with: changewright migrate sweep",
}


def status_text(report: ProgressReport) -> str:
    """Return the whole status, line by line."""
    return "\n".join(_lines(report))


def _lines(report: ProgressReport) -> Iterator[str]:
    asked = f"{report.ended} of {report.asked_for} targets ended"
    if report.asked_for < report.targets:
        asked += f" (a sample of {report.targets})"
    if report.under_way:
        asked += f", {report.under_way} under way"
    yield f"campaign {report.campaign}: {report.phase}, {asked}"
    if report.why:
        yield from _wrapped("  why       ", report.why)
    for outcome in report.outcomes:
        yield from _outcome(outcome)
    yield from _wrapped("  cost      ", _cost(report))
    if report.burndown:
        yield f"  left      {_burndown(report)}"
    yield from _ahead(report)


def _ahead(report: ProgressReport) -> Iterator[str]:
    """Yield what came of it that a person may look at, what is to be done, and by whom."""
    name = shlex.quote(report.name or report.campaign)
    if report.program:
        yield f"  program   {one_line(report.program)} (${report.authoring_usd:.4f})"
    if report.to_publish and report.phase != "cancelled":
        words = f"passed and wait for: changewright migrate publish {name}"
        yield from _wrapped("  next      ", f"{report.to_publish} {words}")
    stale = sum(one.count for one in report.outcomes if one.state == "stale")
    if stale:
        yield f"  next      {stale} stale, their files moved: changewright migrate sweep"
    if report.waiting:
        several = len(report.waiting) > 1
        what = f"pull request{'s' * several} wait{'s' * (not several)}"
        yield f"  a person  {len(report.waiting)} {what} to be decided on"
    for one in report.waiting[:_MOST_WAITING]:
        yield f"            {one.number:>5}  {one_line(one.target)}  {one_line(one.url)}"
    if len(report.waiting) > _MOST_WAITING:
        yield f"            and {len(report.waiting) - _MOST_WAITING} more"
    if report.left:
        words = "places are left, listed by: changewright migrate preview"
        yield from _wrapped("  a person  ", f"{report.left} {words}")
    if report.phase in _WHAT_NOW:
        begin = "go on" if report.ended else "begin"
        yield from _wrapped("  now       ", _WHAT_NOW[report.phase].format(name=name, begin=begin))


def _outcome(outcome: Outcome) -> Iterator[str]:
    """Yield how many came to it, and below that why the first of them did."""
    line = f"  {outcome.state:<10}{outcome.count:>6}"
    if not outcome.cause and outcome.state not in UNDER_WAY:
        yield line
        return
    told = [outcome.reason] if outcome.reason else []
    first = f"first {outcome.example}" if outcome.count > 1 else outcome.example
    yield f"{line}  {one_line(', '.join([*told, first]))}"
    yield from _wrapped(" " * 20, outcome.cause)


def _wrapped(before: str, text: str) -> Iterator[str]:
    """Yield a text in lines of a terminal's width, the first behind ``before``."""
    # Paths and commands are copied from here: they are never cut in two.
    lines = textwrap.wrap(
        one_line(text),
        _WIDTH - len(before),
        break_long_words=False,
        break_on_hyphens=False,
        max_lines=_MOST_LINES,
        placeholder=" ...",
    )
    for number, line in enumerate(lines):
        yield (" " * len(before) if number else before) + line


def _cost(report: ProgressReport) -> str:
    words = f"${report.usd:.4f}, {report.tokens} tokens"
    if report.tokens_per_target:
        words += f"; {report.tokens_per_target:.0f} tokens a target"
    if report.forecast_usd and report.ended < report.asked_for:
        words += f"; ${report.forecast_usd:.2f} for all at this rate"
    if report.minutes_left is not None:
        words += f"; about {report.minutes_left:g} minutes left"
    return words


def _burndown(report: ProgressReport) -> str:
    highest = max(report.asked_for, 1)
    bars = (_BARS[-(-point.left * (len(_BARS) - 1) // highest)] for point in report.burndown)
    return f"{''.join(bars)} {report.burndown[-1].left}"
