"""What the body of a Python test asserts, skips and runs over."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from scoping.test_facts import Assertion, CaseTable, Mark
from scoping.test_syntax import strengths
from scoping.test_syntax.bodies import PYTHON, Reached, forgives_anything, reached
from scoping.test_syntax.conditions import conditions, equality, tolerance
from scoping.test_syntax.nodes import (
    Node,
    dotted,
    keyword,
    line_of,
    plain,
    positional,
    text_of,
    walk,
)
from scoping.test_syntax.python_marks import skipping_call

_TABLES = frozenset(("parametrize", "expand", "data", "parameterized", "parameterize", "example"))
_LITERALS = frozenset(("list", "tuple", "set"))
_IDLE = frozenset(("pass_statement", "comment"))
_JUDGED_INSIDE = {"assertTrue": False, "assert_": False, "assertFalse": True}
_ENDINGS = frozenset(("AssertionError", "Failed"))


@dataclass(frozen=True, slots=True)
class BodyFacts:
    """What a body holds; ``text`` is all of it but the documentation."""

    text: str
    marks: tuple[Mark, ...]
    assertions: tuple[Assertion, ...]
    tables: tuple[CaseTable, ...]


def body_facts(body: Node, values: Mapping[str, Node], *, is_test: bool) -> BodyFacts:
    """Return what a function's body holds; ``values`` are its module's plain variables."""
    assertions: list[Assertion] = []
    marks: list[Mark] = []
    tables: list[CaseTable] = []
    for at in reached(body, PYTHON):
        made = [replace(one, guards=at.guards, swallowed=at.swallowed) for one in _asserted(at)]
        assertions += made
        marks += _marks(at, body, is_test=is_test)
        if at.node.type == "for_statement":
            tables += _loop(at.node, values)
    statements = [node for node in body.named_children if not _is_documentation(node, body)]
    return BodyFacts(text_of(*statements), tuple(marks), tuple(assertions), tuple(tables))


def is_idle(body: Node) -> bool:
    """Whether a body does nothing at all."""
    return all(_does_nothing(statement) for statement in body.named_children)


def rows_of(decorator: Node, values: Mapping[str, Node]) -> Iterator[CaseTable]:
    """Yield the tables of cases that a decorator gives."""
    call = decorator.named_children[0] if decorator.named_children else decorator
    name = dotted(call).rpartition(".")[2]
    if call.type != "call" or name not in _TABLES:
        return
    given = positional(call)
    if name in {"data", "example"}:
        yield CaseTable(tuple(text_of(row) for row in given))
        return
    place = 1 if name == "parametrize" else 0
    rows = keyword(call, "argvalues") or (given[place] if place < len(given) else None)
    if rows is not None:
        yield _table(rows, values)


def _table(rows: Node, values: Mapping[str, Node]) -> CaseTable:
    rows = values.get(plain(rows), rows) if rows.type == "identifier" else rows
    if rows.type not in _LITERALS or any(row.type == "list_splat" for row in rows.named_children):
        return CaseTable((text_of(rows),), known=False)
    return CaseTable(tuple(text_of(row) for row in rows.named_children if row.type != "comment"))


def _loop(statement: Node, values: Mapping[str, Node]) -> Iterator[CaseTable]:
    over = statement.child_by_field_name("right")
    if over is None or not any(_is_assertion(node) for node in walk(statement)):
        return
    table = _table(over, values)
    if table.known:
        yield replace(table, in_loop=True)


def _is_assertion(node: Node) -> bool:
    if node.type == "assert_statement":
        return True
    last = dotted(node).rpartition(".")[2] if node.type == "call" else ""
    return last.startswith("assert") or last in strengths.RAISES


def _asserted(at: Reached) -> Iterator[Assertion]:
    """Yield what one node asserts."""
    node = at.node
    if node.type == "assert_statement" and node.named_children:
        yield from (
            replace(one, snapshot=_is_snapshot(one)) for one in conditions(node.named_children[0])
        )
    elif node.type == "raise_statement" and node.named_children:
        name = dotted(node.named_children[0]).rpartition(".")[2]
        if name in _ENDINGS:
            yield Assertion("fail", strengths.EXACT, line=line_of(node), called="fail")
    elif node.type == "call" and not _is_inside_assert(node):
        yield from _called(node)


def _called(call: Node) -> Iterator[Assertion]:
    name = dotted(call)
    last = name.rpartition(".")[2]
    given = positional(call)
    if last in strengths.RENAMED:
        yield _renamed(call, last, given)
    elif last in strengths.RAISES:
        yield _raising(call, last)
    elif last in _JUDGED_INSIDE and given:
        yield from conditions(given[0], negated=_JUDGED_INSIDE[last])
    elif last == "fail" and name.partition(".")[0] in {"self", "pytest", "fail"}:
        yield Assertion("fail", strengths.EXACT, line=line_of(call), called="fail")
    elif last.startswith("assert"):
        yield _method(call, last, given)
    elif strengths.HELPER.match(last) and _is_statement(call):
        yield Assertion(text_of(call), strengths.EXACT, text_of(*given[:1]), line_of(call), last)


def _renamed(call: Node, old: str, given: list[Node]) -> Assertion:
    """Return what an assertion under an old name of it says, its text under the new one with it."""
    new = strengths.RENAMED[old]
    made = _raising(call, new) if new in strengths.RAISES else _method(call, new, given)
    told = text_of(call)
    current = told.replace(f"{old} (", f"{new} (", 1) if made.text == told else made.text
    called = made.called if made.called == "raises" else old  # a file may have its own of that name
    return replace(made, text=told, current=current, called=called)


def _method(call: Node, last: str, given: list[Node]) -> Assertion:
    strength = strengths.python_strength(last)
    if strength < strengths.EXACT or (last.startswith("assertIs") and len(given) == 1):
        made = Assertion(text_of(call), strength, text_of(*given[:1]), line_of(call), last)
    elif len(given) >= 2 and _is_test_method(call):  # noqa: PLR2004 - what is, what should be
        made = replace(equality(call, given[0], given[1], strength), called=last)
        if last == "assertEqual":
            made = replace(made, text=f"{text_of(given[0])} == {text_of(given[1])}", called="")
    else:
        made = Assertion(text_of(call), strength, text_of(*given[:1]), line_of(call), last)
    if last in strengths.TOLERANCES:
        _, width = tolerance(call)
        made = replace(made, measure=last, width=width)
    return made


def _raising(call: Node, last: str) -> Assertion:
    given = positional(call)
    expected = keyword(call, "expected_exception") or (given[0] if given else None)
    raised = [] if expected is None else [expected]
    if expected is not None and expected.type == "tuple":
        raised = list(expected.named_children)
    pattern = keyword(call, "match")
    if pattern is None and last in {"assertRaisesRegex", "assertWarnsRegex"}:
        pattern = given[1] if len(given) > 1 else None
    return Assertion(
        text_of(call),
        strengths.EXACT,
        text_of(expected),
        line_of(call),
        "raises",
        raises=tuple(sorted(dotted(one).rpartition(".")[2] for one in raised)),
        match=text_of(pattern) if pattern is not None else "",
    )


def _marks(at: Reached, body: Node, *, is_test: bool) -> Iterator[Mark]:
    """Yield what ends the function early without a result, or forgives an exception."""
    node, under = at.node, " ".join(at.guards)
    always = not at.guards
    if node.type == "call" and skipping_call(node) and not at.nested:
        yield Mark("skip", f"{under} {dotted(node)}".strip(), always, line_of(node))
    elif node.type == "raise_statement" and "SkipTest" in text_of(node).split():
        yield Mark("skip", f"{under} SkipTest".strip(), always, line_of(node))
    elif node.type == "return_statement" and is_test and not at.nested:
        last = body.named_children[-1] if body.named_children else None
        if node != last and "caught" not in at.guards:
            yield Mark("skip", f"{under} return".strip(), always, line_of(node))
    elif node.type == PYTHON.tries and forgives_anything(node, PYTHON):
        yield Mark("swallow", "except", line=line_of(node))


def _is_test_method(call: Node) -> bool:
    """Whether a call's first two arguments are compared: not so for mocks and home-made ones."""
    name = dotted(call)
    return name.startswith(("self.assert", "assert_equal", "np.testing.", "numpy.testing."))


def _is_snapshot(made: Assertion) -> bool:
    return " snapshot (" in made.text or made.text.startswith("snapshot (")


def _is_statement(node: Node) -> bool:
    above = node.parent
    while above is not None and above.type == "await":
        above = above.parent
    return above is not None and above.type in {"expression_statement", "with_item"}


def _is_inside_assert(node: Node) -> bool:
    """Whether a call is part of an ``assert``, or of another assertion: that one counts."""
    above = node.parent
    while above is not None and not above.type.endswith(("_statement", "block", "with_item")):
        above = above.parent
    return above is not None and above.type == "assert_statement"


def _is_documentation(statement: Node, body: Node) -> bool:
    inner = statement.named_children[0] if statement.named_children else None
    return (
        statement.type == "expression_statement"
        and inner is not None
        and inner.type == "string"
        and statement == body.named_children[0]
    )


def _does_nothing(statement: Node) -> bool:
    if statement.type in _IDLE:
        return True
    if statement.type == "return_statement":
        return not any(node.type in {"call", "await"} for node in walk(statement))
    inner = statement.named_children[0] if statement.named_children else None
    return statement.type == "expression_statement" and (
        inner is None or inner.type in {"string", "ellipsis", "integer", "none", "true", "false"}
    )
