"""What a model is told beside its work: that it goes round in circles, that the budget nears."""

import re

from workflows.quoting import Words

_LEVELS = {
    80: "Finish what you have begun: send your edits soon, and leave out what is not needed.",
    95: "This may be your last reply: send the edits that make the change whole, now.",
}
_NOTICE = re.compile(r"(?:\A|\n\n)\[budget: (\d+) % used\] [^\n]*\Z")


def repeating() -> Words:
    """Return what is said to a model that said or asked nothing new."""
    return Words(
        "You have asked or said this before, and nothing has changed since: the answer is the same."
        " Do something else, or send your edits. If you repeat yourself, the work is stopped."
    )


def only_reading(turns: int) -> Words:
    """Return what is said to a model that reads and reads."""
    return Words(
        f"You have only read for {turns} replies. Send your edits now, as far as you can tell what"
        " they must be. If you go on reading, the work is stopped."
    )


def level_of(share: float) -> int:
    """Return the level of the budget that a model is told of at ``share``, in per cent, or 0."""
    return max((level for level in _LEVELS if share * 100 >= level), default=0)


def budget_notice(level: int, used: str) -> Words:
    """Return the line that says how much is used, and what follows; it ends a user turn."""
    return Words(f"[budget: {level} % used] {used} are used. {_LEVELS[level]}")


def level_told(text: str) -> int:
    """Return the level that a user turn ends with, or 0."""
    found = _NOTICE.search(text)
    return int(found[1]) if found else 0


def without_notice(text: str) -> str:
    """Return a user turn as it would be if time and money had been no matter."""
    return _NOTICE.sub("", text)
