"""What the condition of an assertion says, in Python and JavaScript: how strictly, about what."""

from dataclasses import dataclass, replace

from scoping.test_facts import Assertion
from scoping.test_syntax import strengths
from scoping.test_syntax.nodes import (
    Node,
    arguments,
    dotted,
    keyword,
    line_of,
    number,
    plain,
    positional,
    text_of,
    unwrapped,
    variables,
)
from scoping.test_syntax.strengths import CLOSE, EXACT, PRESENT, TRUTHY, VACUOUS

_NEGATIONS = frozenset(("not_operator", "unary_expression"))
_JOINED = frozenset(("boolean_operator", "binary_expression"))
_COMPARISONS = frozenset(("comparison_operator", "binary_expression"))
_ALWAYS_TRUE = frozenset(
    ("lambda", "arrow_function", "function_expression", "generator_expression", "tuple")
)
_NOTHING = frozenset(("None", "null", "undefined"))
_UNMEASURED = ("time", "elapsed", "duration", "timeout", "seconds")


@dataclass(frozen=True, slots=True)
class _Comparison:
    left: Node
    operator: str
    right: Node


def conditions(node: Node, *, negated: bool = False) -> tuple[Assertion, ...]:
    """Return the assertions a condition stands for: one for each side of an ``and``."""
    found: list[Assertion] = []
    stack = [(node, negated)]
    while stack:
        at, opposite = stack.pop()
        at = unwrapped(at)
        operator = at.child_by_field_name("operator") if at.type in _JOINED else None
        word = plain(operator) if operator is not None else ""
        if _is_negation(at):
            inner = at.child_by_field_name("argument")
            stack.append((inner if inner is not None else at.children[-1], not opposite))
        elif word in ({"or", "||"} if opposite else {"and", "&&"}):
            sides = (at.child_by_field_name("right"), at.child_by_field_name("left"))
            stack.extend((side, opposite) for side in sides if side is not None)
        else:
            found.append(_condition(at, word, negated=opposite))
    return tuple(found)


def equality(node: Node, left: Node, right: Node, strength: int) -> Assertion:
    """Return an assertion on two values, as a method of unittest or a matcher makes it."""
    said = text_of(right)
    is_fixed = not variables(left) and not variables(right)
    is_vacuous = is_fixed or text_of(left) == said
    found = VACUOUS if is_vacuous else strengths.vagueness(said, strength)
    return Assertion(text_of(node), found, text_of(left), line_of(node))


def tolerance(call: Node) -> tuple[str, tuple[float, ...]]:
    """Return how far off a call such as ``approx`` allows; no width where it is not written out."""
    name = dotted(call.child_by_field_name("function")).rpartition(".")[2]
    widths: list[float] = []
    given = positional(call)
    settings = strengths.TOLERANCES.get(name, ())
    for word, place, default in settings:
        node = keyword(call, word) or (given[place] if place < len(given) else None)
        value = default if node is None else number(node)
        if value is None:
            return name, ()
        is_unset = node is None and any(keyword(call, other) for other, _, _ in settings)
        # To give one of two tolerances takes the other's default away.
        widths.append(0.0 if is_unset else strengths.width_of(word, value))
    return name, tuple(widths)


def _condition(node: Node, joined: str, *, negated: bool) -> Assertion:
    made = Assertion(
        f"not {text_of(node)}" if negated else text_of(node), TRUTHY, text_of(node), line_of(node)
    )
    compared = _comparison(node) if joined not in {"or", "||", "and", "&&"} else None
    if node.type in _ALWAYS_TRUE or not variables(node):
        return replace(made, strength=VACUOUS)
    if compared is not None:
        return _compared(made, compared, negated=negated)
    if joined:
        return replace(made, strength=_either(node, negated=negated))
    if node.type in {"conditional_expression", "ternary_expression"}:
        return replace(made, strength=PRESENT)
    if node.type in {"call", "call_expression"}:
        return _called(made, node, negated=negated)
    return made


def _compared(made: Assertion, compared: _Comparison, *, negated: bool) -> Assertion:
    left, right = text_of(compared.left), text_of(compared.right)
    operator = compared.operator
    if negated:
        operator = strengths.OPPOSITES.get(operator, operator)
    strength = strengths.OPERATORS.get(operator, TRUTHY)
    made = replace(made, subject=left, strength=strength)
    if left == right:
        return replace(made, strength=VACUOUS)
    if operator in {"is not", "!=", "!=="} and right in _NOTHING:
        return replace(made, strength=PRESENT)
    near = next((side for side in (compared.left, compared.right) if _is_near(side)), None)
    if near is not None and strength == EXACT:
        measure, width = tolerance(near)
        subject = text_of(*arguments(near)[:1]) if near is compared.left else left
        return replace(made, strength=CLOSE, measure=measure, width=width, subject=subject)
    bound = number(compared.right)
    if bound is None or operator not in {"<", "<=", ">", ">="}:
        return replace(made, strength=strengths.vagueness(right, strength))
    if any(word in left.lower() for word in _UNMEASURED):
        return made
    is_distance = operator in {"<", "<="} and _last(compared.left) in {"abs", "norm"}
    made = replace(made, strength=CLOSE) if is_distance else made
    return replace(made, measure=operator[0], width=(bound if operator[0] == "<" else -bound,))


def _called(made: Assertion, node: Node, *, negated: bool) -> Assertion:
    known = strengths.PREDICATES.get(_last(node))
    strength = TRUTHY if known is None else known
    measure, width = tolerance(node) if strength == CLOSE else ("", ())
    if negated:
        strength = strengths.negated_strength(strength)
    subject = made.subject if known is None else text_of(*arguments(node)[:1])
    return replace(made, strength=strength, measure=measure, width=width, subject=subject)


def _either(node: Node, *, negated: bool) -> int:
    """Return the strength of "this or that": less than either, and none if one is always so."""
    least = EXACT
    stack = [node]
    while stack:
        at = unwrapped(stack.pop())
        operator = at.child_by_field_name("operator") if at.type in _JOINED else None
        if operator is not None and plain(operator) in {"or", "||", "and", "&&"}:
            sides = (at.child_by_field_name("left"), at.child_by_field_name("right"))
            stack.extend(side for side in sides if side is not None)
        else:
            inner = at.children[-1] if _is_negation(at) else at
            opposite = negated != _is_negation(at)
            least = min(least, _condition(inner, "", negated=opposite).strength)
    return max(VACUOUS, least - 1) if least else VACUOUS


def _comparison(node: Node) -> _Comparison | None:
    if node.type not in _COMPARISONS or len(node.children) < 3:  # noqa: PLR2004 - a, operator, b
        return None
    left, right = node.children[0], node.children[-1]
    operators = {text_of(child) for child in node.children[1:-1] if not child.is_named}
    named = {operator for operator in operators if operator in strengths.OPERATORS}
    if not named:
        return None
    weakest = min(named, key=lambda word: strengths.OPERATORS[word])
    return _Comparison(left, weakest, right)


def _is_negation(node: Node) -> bool:
    return node.type in _NEGATIONS and plain(node.children[0]) in {"not", "!"}


def _is_near(node: Node) -> bool:
    return node.type in {"call", "call_expression"} and _last(node) == "approx"


def _last(node: Node) -> str:
    if node.type not in {"call", "call_expression"}:
        return ""
    return dotted(node.child_by_field_name("function")).rpartition(".")[2]
