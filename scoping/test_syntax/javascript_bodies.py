"""What the body of a JavaScript or TypeScript test asserts, skips and runs over."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from scoping.test_facts import Assertion, CaseTable, Mark
from scoping.test_syntax import strengths
from scoping.test_syntax.bodies import JAVASCRIPT, Reached, forgives_anything, reached
from scoping.test_syntax.javascript_assertions import asserted, is_inside_assertion
from scoping.test_syntax.javascript_marks import (
    first_parameter,
    given_names,
    skips_its_test,
    subtest_marks,
    subtest_names,
)
from scoping.test_syntax.nodes import Node, dotted, line_of, plain, text_of, walk

_IDLE = frozenset(("comment", "empty_statement"))


@dataclass(frozen=True, slots=True)
class BodyFacts:
    """What a body holds; ``text`` is all of it."""

    text: str
    marks: tuple[Mark, ...]
    assertions: tuple[Assertion, ...]
    tables: tuple[CaseTable, ...]


def body_facts(function: Node, values: Mapping[str, Node]) -> BodyFacts:
    """Return what a function holds, its arguments with it; ``values`` are the file's constants."""
    body = function.child_by_field_name("body") or function
    taken = first_parameter(function)
    runner = plain(taken) if taken is not None else ""
    names = given_names(function)
    assertions: list[Assertion] = []
    marks: list[Mark] = []
    tables: list[CaseTable] = []
    for at in reached(body, JAVASCRIPT):
        made = asserted(at.node, runner)
        if made and not is_inside_assertion(at.node, body, runner):
            assertions += [replace(m, guards=at.guards, swallowed=at.swallowed) for m in made]
        if at.node.type == "call_expression":
            marks += _call_marks(at, names, values)
            names |= subtest_names(at.node, names)
        else:
            marks += _marks(at, body)
        if at.node.type == "for_in_statement":
            tables += _loop(at.node, runner)
    return BodyFacts(text_of(function), tuple(marks), tuple(assertions), tuple(tables))


def is_idle(function: Node) -> bool:
    """Whether a function's body does nothing at all."""
    body = function.child_by_field_name("body")
    if body is None or body.type != "statement_block":
        return body is None or body.type in {"undefined", "null", "true", "false", "number"}
    return all(
        child.type in _IDLE or (child.type == "return_statement" and not _calls(child))
        for child in body.named_children
    )


def _call_marks(at: Reached, names: AbstractSet[str], values: Mapping[str, Node]) -> Iterator[Mark]:
    node, under = at.node, " ".join(at.guards)
    root, _, last = dotted(node).rpartition(".")
    if skips_its_test(node, names):
        yield Mark("skip", f"{under} {last}".strip(), not at.guards, line_of(node))
    elif strengths.RETRIES.match(last) and root in {"this", "jest", "vi"}:
        yield Mark("retry", text_of(node), line=line_of(node))
    else:
        for mark in subtest_marks(node, names, values):
            yield replace(mark, always=mark.always and not at.guards)


def _marks(at: Reached, body: Node) -> Iterator[Mark]:
    node, under = at.node, " ".join(at.guards)
    if node.type == "return_statement" and not node.named_children:
        last_one = body.named_children[-1] if body.named_children else None
        if node != last_one and not _is_in_callback(node, body):
            yield Mark("skip", f"{under} return".strip(), not at.guards, line_of(node))
    elif node.type == JAVASCRIPT.tries and forgives_anything(node, JAVASCRIPT):
        yield Mark("swallow", "catch", line=line_of(node))


def _loop(statement: Node, runner: str) -> Iterator[CaseTable]:
    over = statement.child_by_field_name("right")
    if over is None or over.type != "array":
        return
    if any(asserted(node, runner) for node in walk(statement)):
        yield CaseTable(tuple(text_of(row) for row in over.named_children), in_loop=True)


def _is_in_callback(node: Node, body: Node) -> bool:
    above = node.parent
    while above is not None and above != body:
        if "function" in above.type or above.type == "method_definition":
            return True
        above = above.parent
    return False


def _calls(node: Node) -> bool:
    return any(below.type in {"call_expression", "await_expression"} for below in walk(node))
