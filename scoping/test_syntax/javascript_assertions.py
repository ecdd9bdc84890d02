"""What one call of a JavaScript or TypeScript test asserts, in any of the libraries' ways."""

from dataclasses import replace

from scoping.test_facts import Assertion
from scoping.test_syntax import strengths
from scoping.test_syntax.conditions import conditions, equality, tolerance
from scoping.test_syntax.javascript_marks import RUNNERS, SKIPPING_CALLS
from scoping.test_syntax.nodes import (
    Node,
    arguments,
    dotted,
    line_of,
    number,
    plain,
    text_of,
    variables,
)

_ROOTS = frozenset(("assert", "expect", "should", "expectTypeOf", "assertType", "sinon", "chai"))
_NOT_ASSERTIONS = frozenset(
    ("end", "test", "context", "teardown", "before", "after", "log", "timeout", "comment", "plan")
)
_TRUTHS = frozenset(("assert", "ok", "true", "truthy", "isTrue", "isOk", "assertTrue"))
_FALSEHOODS = frozenset(("notOk", "false", "falsy", "isFalse"))
_BOUNDS = {"toBeLessThan": "<", "toBeLessThanOrEqual": "<", "toBeGreaterThan": ">"}
_BOUNDS |= {"toBeGreaterThanOrEqual": ">", "above": ">", "below": "<", "least": ">", "most": "<"}
_COUNTS = frozenset(("assertions", "hasAssertions", "unreachable"))


def asserted(node: Node, runner: str) -> tuple[Assertion, ...]:
    """Return what one call asserts, or one property of an ``expect``.

    ``runner`` is what a test calls its own argument, such as the ``t`` of ``t.is(a, b)``, or "".
    """
    if node.type == "call_expression":
        return _called(node, runner)
    above = node.parent
    if node.type == "member_expression" and above is not None:
        if above.type not in {"expression_statement", "await_expression", "return_statement"}:
            return ()
        if dotted(node).partition(".")[0] == "expect" or ".should." in dotted(node):
            return (_matcher(node, node, dotted(node).split(".")),)
    return ()


def is_inside_assertion(node: Node, body: Node, runner: str) -> bool:
    """Whether a call belongs to a longer chain, which then counts in its place."""
    child, above = node, node.parent
    while above is not None and child != body:
        if above.type == "member_expression":
            child, above = above, above.parent
        elif above.type == "call_expression" and above.child_by_field_name("function") == child:
            if asserted(above, runner):
                return True
            child, above = above, above.parent
        else:
            return child != node and bool(asserted(child, runner))
    return False


def _called(call: Node, runner: str) -> tuple[Assertion, ...]:
    callee = call.child_by_field_name("function") or call
    name = dotted(callee)
    root, _, rest = name.partition(".")
    last = name.rpartition(".")[2]
    given = arguments(call)
    if root == "expect" and _subject(callee) is None and last not in _COUNTS:
        return ()  # a value to compare with, such as expect.anything()
    if rest and (root == "expect" or ".should." in name or last == "expect"):
        return (_matcher(call, callee, name.split(".")),)
    is_runners = root in _ROOTS or (rest and root in RUNNERS | {runner})
    if is_runners and root != "expect" and last not in _NOT_ASSERTIONS | SKIPPING_CALLS:
        return _plainly(call, last, given)
    if not is_runners and strengths.HELPER.match(name) and _is_statement(call):
        subject = text_of(*given[:1])
        return (Assertion(text_of(call), strengths.EXACT, subject, line_of(call), last),)
    return ()


def _plainly(call: Node, last: str, given: list[Node]) -> tuple[Assertion, ...]:
    """Return what ``assert.equal(a, b)``, ``t.is(a, b)`` and their kin say."""
    if last in _TRUTHS | _FALSEHOODS and given:
        return conditions(given[0], negated=last in _FALSEHOODS)
    strength = strengths.javascript_strength(last, negated=False)
    made = Assertion(text_of(call), strength, text_of(*given[:1]), line_of(call), last)
    if last == "fail":
        made = Assertion("fail", strength, line=made.line, called="fail")
    elif last == "pass":
        made = replace(made, strength=strengths.VACUOUS)
    elif last in strengths.THROWS:
        made = replace(made, called="raises", match=text_of(*given[1:2]))
    elif strength == strengths.CLOSE:
        width = number(given[2]) if len(given) > 2 else None  # noqa: PLR2004 - a, b, delta
        made = replace(made, measure=last, width=() if width is None else (width,))
    elif strength == strengths.EXACT and len(given) > 1:
        made = replace(equality(call, given[0], given[1], strength), called=last)
    return (made,)


def _matcher(node: Node, callee: Node, words: list[str]) -> Assertion:
    """Return what a chain such as ``expect(a).not.toBe(b)`` says, under its new name too."""
    last = words[-1]
    new = strengths.RENAMED.get(last, "")
    made = _judged_matcher(node, callee, words, new or last)
    if not new:
        return made
    head = text_of(callee)
    current = f"{head.removesuffix(last)}{new}{text_of(node).removeprefix(head)}"
    return replace(made, current=current)


def _judged_matcher(node: Node, callee: Node, words: list[str], last: str) -> Assertion:
    """Return what a chain says whose last word, under its new name, is ``last``."""
    given = arguments(node) if node.type == "call_expression" else []
    negated = "not" in words[1:-1]
    strength = strengths.javascript_strength(last, negated=negated)
    subject = _subject(callee)
    made = Assertion(text_of(node), strength, text_of(subject), line_of(node), last)
    bound = number(given[0]) if given and last in _BOUNDS else None
    if last in strengths.THROWS and not negated:
        made = replace(made, called="raises", match=text_of(*given[:1]))
    elif last in strengths.SNAPSHOTS:
        made = replace(made, snapshot=True)
    elif strength == strengths.CLOSE:
        _, width = tolerance(node)
        made = replace(made, measure=last, width=width)
    elif bound is not None and not negated:
        sign = _BOUNDS[last]
        made = replace(made, measure=sign, width=(bound if sign == "<" else -bound,))
    elif subject is not None and given and not negated:
        judged = equality(node, subject, given[0], strength)
        made = replace(judged, called=last, strength=_judged(subject, given[0], judged.strength))
    elif subject is not None and not given and not variables(subject):
        made = replace(made, strength=strengths.VACUOUS)
    return made


def _judged(subject: Node, expected: Node, strength: int) -> int:
    """Return the strength of ``expect(a === b).toBe(true)``: that of what is in it."""
    word = plain(expected)
    if word not in {"true", "false"} or strength != strengths.EXACT:
        return strength
    if subject.type != "binary_expression":
        return strength
    return min(one.strength for one in conditions(subject, negated=word == "false"))


def _subject(callee: Node) -> Node | None:
    """Return the first argument of the ``expect`` a chain begins with."""
    node: Node | None = callee
    while node is not None:
        if node.type == "call_expression":
            if dotted(node) in {"expect", "expect.soft", "expect.poll"}:
                given = arguments(node)
                return given[0] if given else None
            node = node.child_by_field_name("function")
        elif node.type == "member_expression":
            node = node.child_by_field_name("object")
        else:
            return None
    return None


def _is_statement(node: Node) -> bool:
    above = node.parent
    while above is not None and above.type == "await_expression":
        above = above.parent
    return above is not None and above.type == "expression_statement"
