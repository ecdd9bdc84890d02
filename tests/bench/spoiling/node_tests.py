"""The tests of a JavaScript file that uses node:test, and what weakens each of them."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tests.bench.spoiling.edits import Edit, TestCase
from tests.bench.spoiling.mutations import tree_of, walk

if TYPE_CHECKING:
    from tree_sitter import Node

_RUNNER = re.compile(rb"(test|it)(\.(only|skip|todo))?|(t|ctx|context)\.test")
_ASSERTING = re.compile(rb"((?:t\.)?assert|t)\.\w[\w.]*|assert")
_NO_ASSERTION = {b"t.test", b"t.plan", b"t.after", b"t.before", b"t.end", b"t.diagnostic"}


def cases_in(source: bytes) -> list[TestCase]:
    """Return the calls that declare a test, named by their title."""
    return list(_cases(tree_of("x.js", source), source))


def _cases(root: "Node", source: bytes) -> Iterator[TestCase]:
    for node in walk(root):
        function = node.child_by_field_name("function") if node.type == "call_expression" else None
        arguments = node.child_by_field_name("arguments") if function else None
        if function is None or arguments is None or not _RUNNER.fullmatch(function.text or b""):
            continue
        given = arguments.named_children
        body = _body(given[-1]) if len(given) > 1 else None
        if given[0].type != "string" or body is None:
            continue
        name = (given[0].text or b"").decode("utf-8", "replace")[1:-1]
        statement = node.parent if node.parent and node.parent.type.endswith("statement") else node
        title_end = given[0].end_byte
        yield TestCase(
            name,
            source[statement.start_byte : statement.end_byte],
            {
                "removed": (Edit(statement.start_byte, _end_of_lines(source, statement.end_byte)),),
                "skipped": (Edit(title_end, title_end, b", { skip: true }"),)
                if len(given) == len(("title", "function"))
                else (),
                "emptied": (Edit(body.start_byte, body.end_byte, b"{}"),),
                "loosened": tuple(_loosened(body)),
                "tautology": (),
            },
            is_plain=(function.text or b"").count(b".") == 0,
        )


def _end_of_lines(source: bytes, end: int) -> int:
    """Return where the empty lines after ``end`` end: a linter minds two in a row."""
    while source[end : end + 1] in {b"\n", b";"}:
        end += 1
    return end


def _body(function: "Node") -> "Node | None":
    body = function.child_by_field_name("body")
    return body if body is not None and body.type == "statement_block" else None


def _loosened(body: "Node") -> Iterator[Edit]:
    for node in walk(body):
        called = node.child_by_field_name("function") if node.type == "call_expression" else None
        name = (called.text or b"") if called is not None else b""
        read = _ASSERTING.fullmatch(name)
        if read and name not in _NO_ASSERTION:
            root = read[1] or b"assert"
            yield Edit(node.start_byte, node.end_byte, b"%s.ok(true)" % root)
