"""What a change of its kind leaves alone: a change of tests the sources, one of prose the code."""

import ast
from collections.abc import Iterator

from validators.detect import looks_like_test
from validators.path_kinds import is_prose
from validators.policies.change import Change
from validators.policies.changed_file import ChangedFile
from validators.policies.comments import only_comments
from validators.policies.dependencies import declares_dependencies, dependency_findings
from validators.policies.findings import found
from validators.policies.python_program import parse_program
from validators.rules import Rules
from validators.verdict import Finding

_SHOWN = 3
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def kind_findings(change: Change, rules: Rules) -> Iterator[Finding]:
    """Yield what a change touches, or leaves as it is, that one of its kind does not."""
    if rules.kind == "tests":
        yield from _sources(change)
    elif rules.kind == "docs":
        yield from _code(change)
    elif rules.kind == "dependency" and not any(dependency_findings(change.files, "ask")):
        message = "no manifest requires anything else than on the base, which this change is for"
        yield from found("ask", "no-dependency-changed", message)


def _sources(change: Change) -> Iterator[Finding]:
    paths = {path for entry in change.entries for path in (entry.old_path, entry.path)}
    sources = sorted(path for path in paths if not looks_like_test(path))
    if sources:
        message = f"tests were asked for, and this is no file of tests: {_named(sources)}"
        fix = "Change files of tests alone; what is wrong with the code is for another change."
        yield from found("block", "source-touched", message, sources[0], fix)


def _code(change: Change) -> Iterator[Finding]:
    read = {(file.old_path, file.path): file for file in change.files}
    touched = []
    for entry in change.entries:
        is_prose = _is_documentation(entry.path) and _is_documentation(entry.old_path)
        file = read.get((entry.old_path, entry.path))
        is_kept = entry.old_path == entry.path and entry.old_mode == entry.new_mode
        if not is_prose and not (is_kept and file is not None and _says_the_same(file)):
            touched.append(entry.path)
    if touched:
        message = f"documentation was asked for, and more than prose changes in {_named(touched)}"
        fix = "Change prose, comments and docstrings alone."
        yield from found("ask", "code-touched", message, touched[0], fix)


def _is_documentation(path: str) -> bool:
    if declares_dependencies(path) or looks_like_test(path):
        return False
    return is_prose(path)


def _says_the_same(file: ChangedFile) -> bool:
    """Whether two versions of a file differ in comments and docstrings alone."""
    if only_comments(file):
        return True
    if not file.path.endswith((".py", ".pyi")) or file.old is None or file.new is None:
        return False
    before = _program(file.old)
    return bool(before) and before == _program(file.new)


def _program(source: bytes) -> str:
    """Return what a program does, without its docstrings; nothing where it is not read."""
    try:
        tree = parse_program(source)
        for node in ast.walk(tree):
            if isinstance(node, _DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
                del node.body[0]
        return ast.dump(tree)
    except (ValueError, RecursionError):
        return ""


def _named(paths: list[str]) -> str:
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return ", ".join(paths[:_SHOWN]) + more
