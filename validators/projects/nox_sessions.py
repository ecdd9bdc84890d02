"""What a session of nox installs and runs, read from its program's text; nothing of it is run."""

import ast
import re
from collections.abc import Iterator

from validators.projects.manifest_files import Argv, ProjectFiles
from validators.projects.needs import Needs, needs_of_words
from validators.projects.tox_settings import RunnerEnvironment

_FILE = "noxfile.py"
_TESTS = re.compile(r"(?:unit_?|py)?tests?(?:_?suite)?|unit|pytest")
_RUNS = {"run", "run_always"}
# A program that is no session's size; and what nests deeper than Python's parser likes.
_LARGEST = 200_000


def nox_environment(files: ProjectFiles, name: str = "") -> RunnerEnvironment | None:
    """Return what the session ``name`` does, as far as its words are literal; empty: the tests'."""
    text = files.text(_FILE)
    if not text or len(text) > _LARGEST:
        return None
    try:
        return _session(files, ast.parse(text), name)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _session(files: ProjectFiles, tree: ast.Module, name: str) -> RunnerEnvironment | None:
    # A session of several interpreters or parameters is asked for as tests-3.11 or tests(x=1).
    wanted = {name, re.sub(r"[-(].*", "", name)}
    for function in tree.body:
        if isinstance(function, ast.FunctionDef) and function.args.args:
            named = _session_name(function)
            if named and (named in wanted or (not name and _TESTS.fullmatch(named))):
                return _environment(files, function, named)
    return None


def _session_name(function: ast.FunctionDef) -> str:
    """Return the name nox knows the function by; empty when it is no session."""
    for decorator in function.decorator_list:
        call = decorator.func if isinstance(decorator, ast.Call) else decorator
        if not (isinstance(call, ast.Attribute) and call.attr == "session"):
            continue
        keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
        for keyword in keywords:
            value = keyword.value
            if keyword.arg == "name" and isinstance(value, ast.Constant):
                return str(value.value)
        return function.name
    return ""


def _environment(files: ProjectFiles, function: ast.FunctionDef, name: str) -> RunnerEnvironment:
    session = function.args.args[0].arg
    needs = Needs()
    commands: list[Argv] = []
    for call in _calls(function, session):
        method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if method == "install":
            words = tuple(_literal_words(call, session, lenient=True))
            needs |= needs_of_words(_editable_apart(words), files.there.__contains__)
            needs |= Needs(groups=tuple(_groups(call)))
        elif method in _RUNS:
            command = tuple(_literal_words(call, session, lenient=False))
            commands += [command] if command else []
    return RunnerEnvironment(tuple(commands), needs, f"{_FILE}, session {name}")


def _calls(function: ast.FunctionDef, session: str) -> list[ast.Call]:
    """Return the calls of the session's methods, in the order they are written in."""
    calls = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == session
    ]
    return sorted(calls, key=lambda call: (call.lineno, call.col_offset))


def _literal_words(call: ast.Call, session: str, *, lenient: bool) -> Iterator[str]:
    """Yield the call's words; ``session.posargs`` are none, and others that are not literal end it.

    ``lenient``: those are passed over instead.
    """
    words: list[str] = []
    for argument in call.args:
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            words.append(argument.value)
        elif not lenient and not _is_posargs(argument, session):
            return
    yield from words


def _is_posargs(argument: ast.expr, session: str) -> bool:
    """Whether an argument is the user's own words, or words made for speed and reports."""
    if not isinstance(argument, ast.Starred):
        return False
    value = argument.value
    if isinstance(value, ast.BoolOp):
        value = value.values[0]
    return f"{session}.posargs" in ast.unparse(value) or isinstance(value, ast.Name)


def _groups(call: ast.Call) -> Iterator[str]:
    """Yield the dependency groups an install takes from the manifest by nox's own helpers."""
    for argument in call.args:
        text = ast.unparse(argument)
        if "dependency_groups" in text or "dependency-groups" in text:
            found = re.findall(r"""["']([A-Za-z0-9._-]+)["']""", text)
            yield from (name for name in found if name != "dependency-groups")


def _editable_apart(words: Argv) -> Argv:
    """Return ``words`` with ``-e.[x]`` written as two."""
    return tuple(part for w in words for part in (("-e", w[2:]) if w.startswith("-e.") else (w,)))
