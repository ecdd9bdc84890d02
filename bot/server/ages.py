"""How long ago something was, in the largest unit of which it is at least two."""

from datetime import datetime

_UNITS = (("year", 31_536_000), ("month", 2_592_000), ("day", 86_400), ("hour", 3_600))
_MINUTE = 60


def age(at: str, now_iso: str) -> str:
    """Return the time from ``at`` to now, both UTC ISO 8601; "" where that is no time."""
    try:
        seconds = (datetime.fromisoformat(now_iso) - datetime.fromisoformat(at)).total_seconds()
    except (ValueError, TypeError):
        return ""
    for name, length in _UNITS:
        if seconds >= 2 * length:
            return f"{int(seconds // length)} {name}s"
    minutes = int(seconds // _MINUTE)
    if minutes < 1:
        return "just now"
    return "1 minute" if minutes == 1 else f"{minutes} minutes"
