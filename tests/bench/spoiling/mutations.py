"""Small wrong turns in a source file: another operator or constant, a condition upside down."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import tree_sitter_javascript
import tree_sitter_python
from tree_sitter import Language, Parser

from tests.bench.spoiling.edits import Edit

if TYPE_CHECKING:
    from tree_sitter import Node

_INSTEAD = {
    "==": "!=",
    "!=": "==",
    "===": "!==",
    "!==": "===",
    "<": ">=",
    ">=": "<",
    ">": "<=",
    "<=": ">",
    "in": "not in",
    "not in": "in",
    "is": "is not",
    "is not": "is",
    "and": "or",
    "or": "and",
    "&&": "||",
    "||": "&&",
    "+": "-",
    "-": "+",
    "True": "False",
    "False": "True",
    "true": "false",
    "false": "true",
}
_OPERATIONS = {"comparison_operator", "boolean_operator", "binary_operator", "binary_expression"}
_BOOLEANS = {"true", "false"}
_NUMBERS = {"integer", "number"}


def tree_of(path: str, source: bytes) -> "Node":
    """Return the syntax of one file of a project that we know."""
    grammar = tree_sitter_python if path.endswith(".py") else tree_sitter_javascript
    return Parser(Language(grammar.language())).parse(source).root_node


def walk(node: "Node") -> Iterator["Node"]:
    yield node
    for child in node.children:
        yield from walk(child)


def mutations(path: str, source: bytes, lines: set[int]) -> Iterator[Edit]:
    """Yield one wrong turn after the other on the ``lines`` (from 0) of a source file."""
    for node in walk(tree_of(path, source)):
        if node.start_point[0] in lines:
            yield from _wrong_turns(node, is_python=path.endswith(".py"))


def _wrong_turns(node: "Node", *, is_python: bool) -> Iterator[Edit]:
    text = (node.text or b"").decode("utf-8", "replace")
    parent = node.parent.type if node.parent else ""
    is_operator = not node.is_named and parent in _OPERATIONS
    if (is_operator or node.type in _BOOLEANS) and text in _INSTEAD:
        if is_python or text != "in":
            yield Edit(node.start_byte, node.end_byte, _INSTEAD[text].encode())
    elif node.type in _NUMBERS and text.isdigit():
        yield Edit(node.start_byte, node.end_byte, str(int(text) + 1).encode())
    elif node.type == "return_statement" and node.named_child_count:
        nothing = b"return None" if is_python else b"return undefined"
        yield Edit(node.start_byte, node.end_byte, nothing)
    elif node.type in {"if_statement", "elif_clause"}:
        condition = node.child_by_field_name("condition")
        if condition is not None:
            start, end = condition.start_byte, condition.end_byte
            within = condition.text or b""
            upside_down = b"not (%s)" % within if is_python else b"(!%s)" % within
            yield Edit(start, end, upside_down)
