"""An edit's lines without what models put around them: empty lines, numbers in front."""

import re
from collections.abc import Sequence

from validators.edits.edit import Edit

Sides = tuple[Sequence[str], Sequence[str]]

_NUMBERED = re.compile(r"\s*(\d+)(?: ?\| ?|\t)(.*)")


def without_margins(edit: Edit) -> Sides | None:
    """Take away empty lines at both ends of the old lines; None where there are none."""
    old, new = list(edit.old), list(edit.new)
    for end in (0, -1):
        while old and not old[end].strip():
            del old[end]
            if new and not new[end].strip():
                del new[end]
    return (old, new) if len(old) < len(edit.old) else None


def without_numbers(edit: Edit) -> Sides | None:
    """Take away the line numbers that stand before every old line, in order."""
    found = [_NUMBERED.fullmatch(line) for line in edit.old]
    numbers = [int(match[1][:9]) for match in found if match]
    if len(numbers) < len(edit.old) or numbers != [*range(numbers[0], numbers[0] + len(numbers))]:
        return None
    old = [match[2] for match in found if match]
    fresh = [_NUMBERED.fullmatch(line) for line in edit.new]
    if any(fresh) and not all(
        match or not line for match, line in zip(fresh, edit.new, strict=True)
    ):
        return None
    new = [match[2] if match else line for match, line in zip(fresh, edit.new, strict=True)]
    return old, new
