"""How many findings a linter says it made, from the line it ends with.

It is held against what was read: where the two differ, not everything was recognised.
"""

import re
from collections.abc import Collection, Iterable, Mapping

# Of patterns that say the same, the tool is the one whose remarks were read, else the first.
_SUMMARIES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (tool, re.compile(pattern, re.ASCII))
    for tool, pattern in (
        ("ruff", r"Found (\d{1,9}) errors?\."),
        ("ruff", r"Found \d{1,9} errors? \(\d{1,9} fixed, (\d{1,9}) remaining\)\."),
        ("ruff", r"All checks passed!()"),
        ("mypy", r"Found (\d{1,9}) errors? in \d{1,9} (?:source )?files? \(.*\)"),
        ("mypy", r"Success: no issues found in \d{1,9} source files?()"),
        ("tsc", r"Found (\d{1,9}) errors?(?: in .{1,1000})?\.?"),
        ("listed", r"✖ (\d{1,9}) problems? \(.*\)"),
        ("unix", r"(\d{1,9}) problems?"),
        ("compact", r"(\d{1,9}) problems?"),
        ("jshint", r"(\d{1,9}) errors?"),
        ("pyright", r"(\d{1,9}) errors?, (\d{1,9}) warnings?, (\d{1,9}) informations? ?"),
        ("oxlint", r"Found (\d{1,9}) warnings? and (\d{1,9}) errors?\."),
        ("go", r"(\d{1,9}) issues?[:.]?"),
        ("biome", r"Found (\d{1,9}) (?:errors?|warnings?|infos?)\."),
        ("pylint", r"Your code has been rated at .*"),
    )
)
_LONGEST = 1_200
_ADDS_UP = frozenset({"biome"})


def counts_in(lines: Iterable[str], tools: Collection[str]) -> Mapping[str, int | None]:
    """Return by tool what it says it found; None where it ends with words that hold no number.

    ``tools`` are those whose remarks were read: they alone are looked at, where there are any.
    """
    counts: dict[str, int | None] = {}
    for line in lines:
        found = _summary(line.strip(), tools) if len(line) <= _LONGEST else None
        if found is not None:
            tool, number = found
            before = counts.get(tool) if tool in _ADDS_UP else None
            counts[tool] = number if before is None or number is None else before + number
    return counts


def _summary(line: str, tools: Collection[str]) -> tuple[str, int | None] | None:
    for tool, pattern in _SUMMARIES:
        found = pattern.fullmatch(line) if not tools or tool in tools else None
        if found is not None:
            groups = found.groups()
            return tool, sum(int(group or 0) for group in groups) if groups else None
    return None
