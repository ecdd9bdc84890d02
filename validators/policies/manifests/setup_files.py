"""``setup.cfg``, and as much of ``setup.py`` as can be told without running it."""

import ast
import configparser
import hashlib
from collections.abc import Iterator, Mapping

from validators.policies.manifests.python_lines import python_requirements
from validators.policies.manifests.requirement import (
    Manifest,
    Requirement,
    UnreadableManifest,
    shown,
)
from validators.policies.python_program import parse_program

_GROUPS = {"install_requires": "runtime", "setup_requires": "build", "tests_require": "development"}
_LISTS = (*_GROUPS, "extras_require", "dependency_links")
_MOST_LINES = 5000  # of setup.cfg: 30,000 take 5 s


def read_setup_cfg(text: str) -> Manifest:
    """Read the requirements of setuptools' declarative form."""
    if text.count("\n") > _MOST_LINES:
        raise UnreadableManifest("it is too long to be parsed")
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise UnreadableManifest("it is not in the form of setup.cfg") from error
    options = dict(parser.items("options")) if parser.has_section("options") else {}
    found: list[Requirement] = []
    for key, group in _GROUPS.items():
        found += python_requirements(_items(options.get(key, "")), group)
    if parser.has_section("options.extras_require"):
        for extra, lines in parser.items("options.extras_require"):
            found += python_requirements(_items(lines), f"optional: {shown(extra)}")
    links = map(shown, _items(options.get("dependency_links", "")))
    return Manifest(tuple(found), tuple(links))


def _items(value: str) -> list[str]:
    """Return the lines of a list; in one line, semicolons separate as setuptools reads it."""
    lines = value.splitlines() if "\n" in value else value.split(";")
    return [line.split(" #")[0] for line in map(str.strip, lines) if line and line[0] != "#"]


def read_setup_py(text: str) -> Manifest:
    """Read what stands in literals, and the program around them as one script of the build."""
    tree = _parsed(text)
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    call = next(filter(_is_setup, calls), None)
    if call is None:
        return Manifest(scripts=_program(tree))
    assigned = _assigned(tree)
    lists = {
        keyword.arg: _literal(keyword.arg, keyword.value, assigned)
        for keyword in call.keywords
        if keyword.arg in _LISTS
    }
    if any(keyword.arg is None for keyword in call.keywords):
        raise UnreadableManifest("it computes what it requires")
    call.keywords = [keyword for keyword in call.keywords if keyword.arg == "cmdclass"]
    found: list[Requirement] = []
    for key, group in _GROUPS.items():
        found += python_requirements(_strings(lists.get(key)), group)
    extras = lists.get("extras_require")
    for extra, lines in extras.items() if isinstance(extras, dict) else ():
        found += python_requirements(_strings(lines), f"optional: {shown(extra)}")
    links = tuple(map(shown, _strings(lists.get("dependency_links"))))
    return Manifest(tuple(found), links, _program(tree))


def _parsed(text: str) -> ast.Module:
    try:
        return parse_program(text)
    except ValueError as error:
        raise UnreadableManifest(str(error)) from error


def _is_setup(call: ast.Call) -> bool:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr == "setup"
    return isinstance(function, ast.Name) and function.id == "setup"


def _assigned(tree: ast.Module) -> Mapping[str, ast.expr]:
    """Return what the names of the module stand for that are assigned once."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, []).append(node.value)
    return {name: values[0] for name, values in found.items() if len(values) == 1}


def _literal(key: str, node: ast.expr, assigned: Mapping[str, ast.expr]) -> object:
    resolved = assigned.get(node.id, node) if isinstance(node, ast.Name) else node
    try:
        return ast.literal_eval(resolved)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
        raise UnreadableManifest(f"it computes its {key}") from error


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from value.splitlines()
    elif isinstance(value, list | tuple | set):
        yield from (item for item in value if isinstance(item, str))


def _program(tree: ast.Module) -> tuple[tuple[str, str], ...]:
    """Return what runs at each build, by its hash: plain values in names are no part of it."""
    body = [
        node
        for node in tree.body
        if not (isinstance(node, ast.Assign) and _is_plain(node.value))
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ]
    try:
        shape = "\n".join(map(ast.dump, body))
    except RecursionError as error:
        raise UnreadableManifest("it is too deep to be parsed") from error
    digest = hashlib.sha256(shape.encode("utf-8", "surrogatepass")).hexdigest()
    return (("its program", digest[:12]),)


def _is_plain(node: ast.expr) -> bool:
    plain = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.Load)
    return all(isinstance(part, plain) for part in ast.walk(node))
