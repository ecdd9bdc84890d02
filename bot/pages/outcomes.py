"""What a look at a pull request found out, as one line."""

from bot.console import one_line
from workflows.collect import Collected


def outcome_line(one: Collected) -> str:
    """Return what is new about one pull request."""
    if one.outcome is None:
        return f"#{one.number} could not be looked at: {one_line(one.trouble)}"
    line = f"#{one.number} {one.outcome.state}"
    after = one.outcome.aftermath
    if after is not None:
        line += ", as it was proposed" if after.is_zero_touch else f", {_edits(one)}"
        line += f", reverted {after.reverted}" if after.reverted else ""
    if one.outcome.state == "rejected":
        line += f": {one.outcome.reason or ('asked why' if one.is_asked else 'nobody said why')}"
    return line


def _edits(one: Collected) -> str:
    after = one.outcome.aftermath if one.outcome else None
    if after is None:
        return ""
    beside = f" and {after.files} more files" if after.files else ""
    return f"{after.edited} of {after.lines} lines changed by people{beside}"
