"""Which findings of a linter are new: those a patch is blamed for, old ones never.

Lines move, so findings are compared as multisets by file and code, under the base's configuration.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from validators.judging.lint_configuration import configured_as_base
from validators.linters.lint_output import LintOutput
from validators.reports import LintMark

__all__ = ["LintChanges", "LintSide", "Moves", "configured_as_base", "lint_changes", "new_marks"]

_NOWHERE: Mapping[str, frozenset[int]] = MappingProxyType({})
_SILENT = LintOutput("")


@dataclass(frozen=True, slots=True)
class LintSide:
    """How a lint command ended on one tree, and what could be read of its findings, if any."""

    exit_code: int | None
    output: LintOutput | None

    @property
    def succeeded(self) -> bool:
        """Whether the command ended with 0."""
        return self.exit_code == 0


@dataclass(frozen=True, slots=True)
class Moves:
    """Where things went: new paths by old path, and the lines a patch added, by new path."""

    renames: Mapping[str, str] = field(default_factory=dict)
    added_lines: Mapping[str, frozenset[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LintChanges:
    """What is new: ``marks`` a patch is blamed for, ``warnings`` that are only worth reading."""

    marks: tuple[LintMark, ...]
    warnings: tuple[LintMark, ...] = ()


def lint_changes(base: LintSide, patched: LintSide, moves: Moves) -> LintChanges | None:
    """Return what is new on the patched side.

    None where the findings do not explain how the command ended, or not all of them could be read:
    then the two exit codes are all that can be compared.
    """
    before, now = _read(base), _read(patched)
    if before is None or now is None or _has_fallen_silent(before, now, patched):
        return None
    marks = new_marks(before.marks, now.marks, moves.renames, moves.added_lines)
    warnings = new_marks(before.warnings, now.warnings, moves.renames, moves.added_lines)
    if patched.succeeded:
        return LintChanges(marks, warnings)
    if base.succeeded or not now.marks:
        # No error was there before, or none is there now: the warnings made the command fail.
        marks, warnings = (*marks, *warnings), ()
    is_explained = bool(marks) or base.exit_code == patched.exit_code or "pylint" in now.tool
    return LintChanges(marks, warnings) if is_explained else None


def _read(side: LintSide) -> LintOutput | None:
    """Return what a side found, or None where that is not known.

    A command that ends with 0 and says nothing a linter would has found nothing.
    """
    output = side.output
    if output is None or not output.tool:
        return _SILENT if side.succeeded else None
    is_empty = not (output.marks or output.warnings or output.outside)
    return output if output.agrees and (side.succeeded or not is_empty) else None


def _has_fallen_silent(before: LintOutput, now: LintOutput, patched: LintSide) -> bool:
    """Whether a linter that spoke on the base does not any more, in a command that fails."""
    gone = set(before.tool.split("+")) - set(now.tool.split("+")) - {""}
    return bool(gone) and not patched.succeeded


def new_marks(
    base: Iterable[LintMark],
    patched: Iterable[LintMark],
    renames: Mapping[str, str],
    added_lines: Mapping[str, frozenset[int]] = _NOWHERE,
) -> tuple[LintMark, ...]:
    """Return the findings of ``patched`` beyond those of ``base``, in order of file and line.

    ``renames`` are new paths by old path. Of several alike in one file, those on ``added_lines``
    are named first, and of these the ones whose words are new.
    """
    old: dict[tuple[str, str], list[str]] = defaultdict(list)
    for mark in base:
        old[renames.get(mark.path, mark.path), mark.code].append(mark.message)
    grouped: dict[tuple[str, str], list[LintMark]] = defaultdict(list)
    for mark in patched:
        grouped[mark.path, mark.code].append(mark)
    found: list[LintMark] = []
    for place, marks in grouped.items():
        known = old.get(place, [])
        surplus = len(marks) - len(known)
        if surplus > 0:
            added = added_lines.get(place[0], frozenset())
            found += _likeliest_first(marks, Counter(known), added)[:surplus]
    return tuple(sorted(found, key=lambda mark: (mark.path, mark.line, mark.code)))


def _likeliest_first(
    marks: list[LintMark], known: Counter[str], added: frozenset[int]
) -> list[LintMark]:
    """Order findings alike by how likely the patch made them: its lines, new words, the last."""
    familiar: set[int] = set()
    # What stands on untouched lines is matched first, so that it uses up the words of the base.
    for mark in sorted(marks, key=lambda mark: mark.line in added):
        if known[mark.message] > 0:
            known[mark.message] -= 1
            familiar.add(id(mark))
    return sorted(marks, key=lambda m: (m.line not in added, id(m) in familiar, -m.line))
