"""Which findings of a linter are new: those a patch is blamed for, old ones never.

Lines move, so findings are compared as multisets by file and code, under the base's configuration:
a patch that loosens the linter is judged by the strictness it found.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from validators.checkout import Clone, file_changes, write_tree
from validators.reports import LintMark

_CONFIGURATIONS = {
    "pyproject.toml",
    "ruff.toml",
    ".ruff.toml",
    "setup.cfg",
    "tox.ini",
    ".flake8",
    "mypy.ini",
    ".mypy.ini",
    ".pylintrc",
    "pylintrc",
}


def configured_as_base(clone: Clone, base_tree: str, applied_tree: str) -> str:
    """Return ``applied_tree`` with the linters' configuration files as they are on the base."""
    back = [
        change
        for change in file_changes(clone, applied_tree, base_tree)
        if PurePosixPath(change.path).name in _CONFIGURATIONS
    ]
    return write_tree(clone, applied_tree, back) if back else applied_tree


def new_marks(
    base: Iterable[LintMark], patched: Iterable[LintMark], renames: Mapping[str, str]
) -> tuple[LintMark, ...]:
    """Return the findings of ``patched`` beyond those of ``base``, in order of file and line.

    ``renames`` are new paths by old path. Of several alike in one file, those whose words are new
    are the ones named.
    """
    old: dict[tuple[str, str], list[str]] = defaultdict(list)
    for mark in base:
        old[renames.get(mark.path, mark.path), mark.code].append(mark.message)
    grouped: dict[tuple[str, str], list[LintMark]] = defaultdict(list)
    for mark in patched:
        grouped[mark.path, mark.code].append(mark)
    found: list[LintMark] = []
    for place, marks in grouped.items():
        surplus = len(marks) - len(old[place])
        if surplus > 0:
            found += _unknown_first(marks, Counter(old[place]))[:surplus]
    return tuple(sorted(found, key=lambda mark: (mark.path, mark.line, mark.code)))


def _unknown_first(marks: list[LintMark], known: Counter[str]) -> list[LintMark]:
    unknown, familiar = [], []
    for mark in marks:
        if known[mark.message] > 0:
            known[mark.message] -= 1
            familiar.append(mark)
        else:
            unknown.append(mark)
    return unknown + familiar[::-1]  # of equals, the last: lines are mostly added below
