"""Annotations are not run, so they say X | None and list; names of typing say where from."""

import ast
import re
from collections.abc import Iterator, Mapping

from validators.codemod import Edits, File, Node

SITES = (
    r"\bfrom typing import\b|\b(?:Optional|Union|Tuple|List|Dict|Set|FrozenSet|Type)\["
    r"|(?<!typing\.)\bTYPE_CHECKING\b"
)
FILES = ("*.py", "!setup.py")
_BUILTIN = {"Tuple": "tuple", "List": "list", "Dict": "dict", "Set": "set"}
_BUILTIN |= {"FrozenSet": "frozenset", "Type": "type"}


def transform(file: File) -> Iterator[Edits]:
    """Rewrite annotations as a whole, other uses by name, and the imports."""
    if not file.text.strip():
        return
    names = _names(file)
    annotations = [node for node in file.find(kind="type") if node.within("type") is None]
    made = {node: _annotation(node.text, names) for node in annotations}
    for node, text in made.items():
        if text != _plain(node.text):
            edit = file.replace(node, text.replace("$", "$$"))
            yield edit if re.search(SITES, node.text) else file.follow(edit)
    uses = [use for name in names for use in file.names(name) if _is_run(use)]
    for use in uses:
        edit = file.replace(use, f"typing.{names[use.text]}")
        yield edit if re.search(SITES, use.text) else file.follow(edit)
    for statement in _statements(file):
        yield file.remove(statement)
    if uses or any("typing." in text for text in made.values()):
        yield file.insert_import("import typing")
    yield file.insert_import("from __future__ import annotations")
    for word in file.find(kind="pass_statement"):
        if word.parent is not None and len(word.parent.children) > 1:
            yield file.follow(file.remove(word))


def _is_run(use: Node) -> bool:
    """Whether a name stands for itself: not in an import, an annotation, behind a dot."""
    is_member = use.parent is not None and use.parent.kind == "attribute"
    return not is_member and use.within("import_from_statement", "type") is None


def _statements(file: File) -> list[Node]:
    """Return what takes names of typing, but for what is tried first on some versions."""
    return [
        found
        for found in file.imports_of("typing")
        if found.kind == "import_from_statement" and found.within("try_statement") is None
    ]


def _names(file: File) -> dict[str, str]:
    """Return what a file calls names of typing, and what they are called there."""
    found = {}
    for statement in _statements(file):
        for entry in statement.children[1:]:
            home, _, alias = entry.text.partition(" as ")
            found[alias.strip() or home] = home
    return found


def _plain(text: str) -> str:
    return ast.unparse(ast.parse(text.strip(), mode="eval"))


def _annotation(text: str, names: Mapping[str, str]) -> str:
    tree = ast.parse(text.strip(), mode="eval")
    return ast.unparse(_Modern(names).visit(tree))


class _Modern(ast.NodeTransformer):
    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        """A text stands for the type it names."""
        if not isinstance(node.value, str):
            return node
        inner: ast.expr = self.visit(ast.parse(node.value, mode="eval").body)
        return inner

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """A name of typing is a type of Python's own, or says where it is from."""
        home = self._names.get(node.id)
        return node if home is None else _at_home(home)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """The same where it says so already."""
        return _at_home(node.attr) if _is_typing(node.value) else node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        """Optional and Union are signs; what a Literal names is no type."""
        home = self._home(node.value)
        if home == "Literal":
            return ast.Subscript(self.visit(node.value), node.slice)
        if home not in {"Optional", "Union"}:
            found = self.generic_visit(node)
            assert isinstance(found, ast.Subscript)
            return found
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        parts = [self.visit(one) for one in inner]
        parts += [ast.Constant(None)] if home == "Optional" else []
        made: ast.expr = parts[0]
        for one in parts[1:]:
            made = ast.BinOp(made, ast.BitOr(), one)
        return made

    def _home(self, node: ast.expr) -> str:
        if isinstance(node, ast.Attribute) and _is_typing(node.value):
            return node.attr
        return self._names.get(node.id, node.id) if isinstance(node, ast.Name) else ""


def _is_typing(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "typing"


def _at_home(home: str) -> ast.expr:
    return ast.Name(_BUILTIN[home]) if home in _BUILTIN else ast.Attribute(ast.Name("typing"), home)
