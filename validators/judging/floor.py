"""What is wrong with a change whatever a repository checks: the floor under all other gates.

`floor_findings` needs no command: files parse, hold no unfinished merge, and JavaScript uses no
name that nothing declares. Python's names need a linter: `floor_gate`, run on both trees.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from scoping.languages import grammar_of
from validators.checkout import Clone, RawChange, raw_changes, read_blobs
from validators.judging.conflict_markers import conflict_lines
from validators.judging.data_files import DataParser, form_of
from validators.judging.lint import Moves, new_marks
from validators.judging.parse_floor import parse_findings
from validators.judging.undefined_names import ChangedFile, undefined_names
from validators.projects.own_linter import floor_lint
from validators.reports import LintMark
from validators.rules import GateRule
from validators.verdict import Finding, Severity

FLOOR = "floor"
_GATE = "parse"
_FILE_MODES = frozenset({"100644", "100755"})
_PYTHON = frozenset({".py", ".pyi"})
_UNDEFINED = frozenset({"F821", "F822"})
_MAX_ARGUMENT_CHARACTERS = 100_000  # past that, the whole tree is looked at
_SPECIAL = str.maketrans({sign: f"[{sign}]" for sign in "*?[]{}"} | {"\\": "[\\\\]"})


def floor_findings(clone: Clone, base_tree: str, applied_tree: str) -> tuple[Finding, ...]:
    """Return what is newly wrong with the applied tree and takes no command to see."""
    found = list(parse_findings(clone, base_tree, applied_tree))
    unparsed = {finding.path for finding in found}
    contents = _contents(clone, base_tree, applied_tree)
    for file in contents:
        found += _conflicts(file, parses=bool(grammar_of(file.path)) and file.path not in unparsed)
    found += _data_errors([file for file in contents if form_of(file.path)])
    found += undefined_names(clone, contents)
    return tuple(found)


def floor_gate(changed_paths: Iterable[str], requires_python: str = "") -> GateRule | None:
    """Return the gate for undefined names in changed Python files; None where there are none.

    ``changed_paths`` are those of both trees: one that a tree lacks is passed over there.
    """
    paths = sorted({path for path in changed_paths if PurePosixPath(path).suffix in _PYTHON})
    if not paths:
        return None
    run = list(floor_lint(requires_python).run)
    included = "include = " + json.dumps(
        [path.translate(_SPECIAL) for path in paths], ensure_ascii=False
    )
    if len(included) <= _MAX_ARGUMENT_CHARACTERS and included.isprintable():
        run[-1:-1] = ["--config", included, "--config", "exclude = []", "--no-respect-gitignore"]
    return GateRule(FLOOR, "lint", tuple(run), source="built in")


def is_floor(gate: GateRule) -> bool:
    """Whether a gate finds all that the floor's does in any file, so that one is enough."""
    floor = floor_lint("").run[:-3]
    return gate.run[: len(floor)] == floor and "--config" not in gate.run


def floor_marks(
    base: Sequence[LintMark], patched: Iterable[LintMark], moves: Moves
) -> tuple[LintMark, ...]:
    """Return the floor's new findings, without names that the base takes for granted already.

    A project may add names to all its modules (``_`` for translations): the floor, which reads no
    configuration, knows these by what is undefined on the base.
    """
    granted = Counter(mark.message for mark in base if mark.code in _UNDEFINED)
    new = new_marks(base, patched, moves.renames, moves.added_lines)
    return tuple(m for m in new if m.code not in _UNDEFINED or not granted[m.message])


def _contents(clone: Clone, base_tree: str, applied_tree: str) -> list[ChangedFile]:
    changes = [
        change
        for change in raw_changes(clone, base_tree, applied_tree)
        if change.new_mode in _FILE_MODES and change.new_sha != change.old_sha
    ]
    new = read_blobs(clone, [change.new_sha for change in changes])
    old = read_blobs(clone, [change.old_sha for change in changes if _had_file(change)])
    return [ChangedFile(c.path, next(old) if _had_file(c) else None, next(new)) for c in changes]


def _had_file(change: RawChange) -> bool:
    return change.old_mode in _FILE_MODES


def _conflicts(file: ChangedFile, *, parses: bool) -> Iterator[Finding]:
    """Yield one finding for a file with more conflicts than on the base.

    Where a file of a known language parses around them, they stand in a text on purpose.
    """
    lines = conflict_lines(file.new)
    if not lines or len(lines) <= len(conflict_lines(file.old or b"")):
        return
    severity: Severity = "warn" if parses else "block"
    message = f"{file.path} holds the markers of an unfinished merge"
    fix = "Keep one side of each conflict, and remove the lines of <, = and >."
    yield Finding(_GATE, "conflict-marker", severity, message, file.path, lines[-1], fix)


def _data_errors(files: list[ChangedFile]) -> Iterator[Finding]:
    """Yield for files that parsed on the base and do not any more; new ones are only pointed at."""
    with DataParser() as parser:
        for file in files:
            line = parser.error_line(file.path, file.new)
            if not line:
                continue
            if file.old is None:
                message = f"{file.path} is new and does not parse"
                yield Finding(_GATE, "syntax-error", "warn", message, file.path, line)
            elif parser.error_line(file.path, file.old) == 0:
                message = f"{file.path} does not parse any more; it does on the base"
                fix = "Read the edited lines again: look for a missing bracket, quote or comma."
                yield Finding(_GATE, "syntax-error", "block", message, file.path, line, fix)
