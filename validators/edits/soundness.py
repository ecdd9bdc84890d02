"""Whether the files that edits made still hold together: their syntax, and the names they use.

Only what is new counts. Where the file did not parse at the edited place before, or used undefined
names before, the reader does not understand it, and nothing is held against an edit.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from validators.edits.desk import Desk
from validators.edits.edit import RejectedEdit
from validators.edits.syntax import Syntax
from validators.edits.text_file import pairs, read_text

_MAX_SHOWN = 5
_MAX_LINE = 160


def unsound(desk: Desk, syntax: Syntax) -> Iterator[RejectedEdit]:
    """Yield a rejection for each changed file that breaks, or uses names that nothing defines."""
    for change in desk.changes():
        if change.content is None:
            continue
        before = desk.before(change.path)
        errors = syntax.error_lines(change.path, change.content)
        known = syntax.error_lines(*before) if before else ()
        if errors is None or known is None:
            continue
        if len(errors) > len(known):
            if before is None or not _was_unclear(before[1], change.content, known):
                yield _broken(change.path, change.content, errors, len(known))
            continue
        names = syntax.undefined_names(change.path, change.content)
        if names and before and syntax.undefined_names(*before) != {}:
            continue
        if names:
            yield _undefined(change.path, change.content, names)


def _was_unclear(before: bytes, after: bytes, errors: Sequence[tuple[int, int]]) -> bool:
    """Whether a changed place, or the line beside it, was in a syntax error before."""
    old, new = read_text(before), read_text(after)
    if old is None or new is None or not errors:
        return False
    kept = pairs(old.lines, new.lines)
    # Where a line that stays has another one after it than before, something changed between.
    edges = [(-1, -1), *sorted((there, here) for here, there in kept.items())]
    edges.append((len(old.lines), len(new.lines)))
    gaps = [
        (start + 1, stop + 1)
        for (start, here), (stop, there) in pairwise(edges)
        if stop - start > 1 or there - here > 1
    ]
    return any(first <= stop and start <= last for start, stop in gaps for first, last in errors)


def _broken(
    path: str, content: bytes, errors: Sequence[tuple[int, int]], known: int
) -> RejectedEdit:
    message = (
        f"with these edits {path} no longer parses: {len(errors)} syntax errors, {known} before."
        f" Check indentation, brackets and quotes of the new lines. As edited:\n"
    )
    shown = _shown(content, [first for first, _ in errors])
    return RejectedEdit(path, "breaks-syntax", message + shown)


def _undefined(path: str, content: bytes, names: dict[str, int]) -> RejectedEdit:
    listed = ", ".join(list(names)[:_MAX_SHOWN])
    message = (
        f"with these edits {path} uses names that nothing in it defines or imports: {listed}."
        " Import or define them in the same reply. As edited:\n"
    )
    return RejectedEdit(path, "undefined-name", message + _shown(content, [*names.values()]))


def _shown(content: bytes, numbers: Sequence[int]) -> str:
    file = read_text(content)
    lines = file.lines if file else ()
    chosen = sorted({number for number in numbers if number <= len(lines)})[:_MAX_SHOWN]
    return "\n".join(f"{number} | {lines[number - 1][:_MAX_LINE]}" for number in chosen)
