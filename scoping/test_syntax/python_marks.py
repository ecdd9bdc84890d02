"""Decorators and module settings of Python that keep tests from running, or run them again."""

from scoping.test_facts import Mark
from scoping.test_syntax.nodes import (
    Node,
    arguments,
    dotted,
    keyword,
    line_of,
    plain,
    positional,
    text_of,
    variables,
    walk,
)
from scoping.test_syntax.strengths import RETRIES, SKIPS

_SKIPPING_CALLS = frozenset(("skip", "importorskip", "skipTest", "xfail", "exit"))


def decorator_marks(node: Node, skips: set[str]) -> list[Mark]:
    """Return each mark in a decorator, or in what is assigned to a mark's name.

    ``skips`` are the file's own names for marks that skip. Marks inside (of one case of many)
    count as well.
    """
    found = []
    for leaf in walk(node):
        word = plain(leaf) if leaf.type == "identifier" else ""
        if not word or _is_inner_name(leaf):
            continue
        if SKIPS.match(word) or word in skips:
            call = _whole(leaf)
            found.append(Mark("skip", _said(call), _is_certain(word, call), line_of(call)))
        elif RETRIES.match(word):
            call = _whole(leaf)
            found.append(Mark("retry", text_of(call), line=line_of(call)))
    return found


def flag_marks(statement: Node, skips: set[str]) -> list[Mark]:
    """Return what one statement of a module or class says of all tests below it."""
    inner = statement.named_children[0] if statement.named_children else None
    if statement.type != "expression_statement" or inner is None:
        return []
    if inner.type == "call":
        skips_all = skipping_call(inner) and dotted(inner).startswith(("pytest.", "skip"))
        return [Mark("skip", _said(inner), line=line_of(inner))] if skips_all else []
    target, value = inner.child_by_field_name("left"), inner.child_by_field_name("right")
    if inner.type != "assignment" or target is None or value is None:
        return []
    if plain(target) == "pytestmark":
        return decorator_marks(value, skips)
    if (plain(target), plain(value)) == ("__test__", "False"):
        return [Mark("skip", text_of(inner), line=line_of(inner))]
    return []


def skipping_call(call: Node) -> bool:
    """Whether a call ends the test that makes it without a result."""
    name = dotted(call)
    last = name.rpartition(".")[2]
    return last in _SKIPPING_CALLS and name.partition(".")[0] in {
        *("pytest", "self", "unittest", "cls", last)
    }


def bare(decorator: Node) -> str:
    """Return the dotted name a decorator begins with."""
    return dotted(decorator.named_children[0]) if decorator.named_children else ""


def _whole(leaf: Node) -> Node:
    """Return the call or the dotted name that a name is the end of."""
    node = leaf
    while node.parent is not None and node.parent.type == "attribute":
        node = node.parent
    above = node.parent
    if above is not None and above.type == "call":
        return above if above.child_by_field_name("function") == node else node
    return node


def _is_inner_name(leaf: Node) -> bool:
    """Whether a name is no mark: an argument's own, or an object that something is taken of."""
    above = leaf.parent
    if above is None:
        return False
    if above.type == "keyword_argument":
        return above.child_by_field_name("name") == leaf
    return above.type == "attribute" and above.child_by_field_name("object") == leaf


def _said(call: Node) -> str:
    """Return the text of a mark without the reason given for it."""
    if call.type != "call":
        return dotted(call)
    kept = [one for one in arguments(call) if not _is_reason(one)]
    name = dotted(call).rpartition(".")[2]
    if name != "importorskip" and kept and kept[-1].type in {"string", "concatenated_string"}:
        kept = kept[:-1]
    return " ".join((dotted(call), *(text_of(one) for one in kept)))


def _is_reason(argument: Node) -> bool:
    name = argument.child_by_field_name("name")
    return (
        argument.type == "keyword_argument"
        and name is not None
        and plain(name) in {*("reason", "msg", "allow_module_level")}
    )


def _is_certain(word: str, call: Node) -> bool:
    """Whether no condition, or one that is always so, decides about a skip."""
    if "if" not in word.lower() and "unless" not in word.lower() and word != "xfail":
        return True
    if call.type != "call":
        return True
    given = positional(call)
    condition = keyword(call, "condition") or (given[0] if given else None)
    return condition is None or condition.type == "string" or not variables(condition)
