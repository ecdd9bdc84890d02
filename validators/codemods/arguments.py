"""Edits of a call's arguments, and of a definition's parameters: one more, less, or named so."""

import re
from collections.abc import Sequence

from validators.codemods.edit import Edit, Piece, Span, Taken, taken_out
from validators.codemods.entries import put_before, put_behind
from validators.codemods.listed import Listed
from validators.codemods.node import Argument, Node

_NAMED_BY = {"python": "=", "kotlin": " = ", "scala": " = ", "c_sharp": ": ", "php": ": "}
_NAMED_BY |= dict.fromkeys(("ruby", "swift", "dart"), ": ")
# Where an argument without a name may not stand behind one that has a name.
_NAMED_LAST = frozenset(("python", "kotlin", "scala", "c_sharp", "php", "ruby"))
_IS_NAMED = re.compile(r"\s*(?:\w+\s*(?:=(?![=>])|:(?!:))|\*\*|&)")
# A parameter that takes all the rest is the last one; Python's *args is not.
_TAKES_REST = re.compile(r"dictionary_splat|rest_p|spread_p|variadic|block_p")
_WRITTEN_REST = ("...", "params ")
# A call whose only argument shares its brackets: f(x for x in y).
_SHARED = "generator_expression"


def added(call: Node, text: str, at: int | None, content: bytes, language: str) -> Edit:
    """Return the edit that adds an argument as the ``at``-th, else as the last that it may be.

    ValueError where the node is no call.
    """
    held, found = _list_of(call), call.arguments
    if held.kind == _SHARED:
        pieces = ("(", held.span, f", {text})") if at != 0 else (f"({text}, ", held.span, ")")
        return Edit(held.start, held.stop, pieces, call.span)
    if at is None and language in _NAMED_LAST and not _IS_NAMED.match(text):
        named = [bool(one.name) or one.node.text.startswith(("**", "&")) for one in found]
        at = named.index(True) if any(named) else None
    return _one_more(held, [one.node for one in found], text, at, call.span, content)


def parameter_added(definition: Node, text: str, at: int | None, content: bytes) -> Edit:
    """Return the edit that adds a parameter as the ``at``-th, else as the last that it may be.

    ValueError where the node defines nothing that takes parameters.
    """
    held = definition.parameter_list
    if held is None:
        raise ValueError(f"the {definition.kind} at line {definition.line} takes no parameters")
    nodes = held.children
    last = nodes[-1] if nodes else held
    if (
        at is None
        and nodes
        and (_TAKES_REST.search(last.kind) or last.text.startswith(_WRITTEN_REST))
    ):
        at = len(nodes) - 1
    # Whoever looks for the site finds it in the head: the body has sites of its own.
    return _one_more(held, nodes, text, at, (definition.start, held.stop), content)


def removed(call: Node, gone: Sequence[Argument | None], content: bytes) -> Edit:
    """Return the edit that takes arguments out, with the commas that part them from the others.

    ValueError where one of them is none of the call's.
    """
    held = _list_of(call)
    nodes = [one.node for one in call.arguments]
    places = {nodes.index(_known(call, one).node) for one in gone}
    if held.kind == _SHARED:
        return Edit(held.start, held.stop, ("()",), call.span)
    inside = held.start + 1, held.stop - 1
    taken = Taken(_listed(held, nodes, content), frozenset(places), inside)
    return taken_out(taken, call.span)


def named(call: Node, argument: Argument | None, name: str, language: str) -> Edit:
    """Return the edit that gives an argument a name; ValueError where there are no such."""
    if language not in _NAMED_BY:
        raise ValueError(f"arguments have no names in {language}")
    argument = _known(call, argument)
    value, sign = argument.value, _NAMED_BY[language]
    pieces: tuple[Piece, ...] = (f"{name}{sign}", value.span)
    if value.kind == _SHARED and value == call.argument_list:
        pieces = ("(", *pieces, ")")
    return Edit(argument.node.start, argument.node.stop, pieces, call.span)


def _known(call: Node, argument: Argument | None) -> Argument:
    if argument is None or argument not in call.arguments:
        raise ValueError(
            f"the call at line {call.line} has no such argument; ask for it first:"
            " if call.argument(1): ..."
        )
    return argument


def _one_more(
    held: Node, nodes: Sequence[Node], text: str, at: int | None, site: Span, content: bytes
) -> Edit:
    if not nodes:
        return Edit(held.start + 1, held.start + 1, (text,), site, apart=", ")
    there = _listed(held, nodes, content)
    is_before = at is not None and at < len(nodes)
    return put_before(there, at or 0, text, site) if is_before else put_behind(there, text, site)


def _listed(held: Node, nodes: Sequence[Node], content: bytes) -> Listed:
    commas = tuple(one.span for one in held.tokens if one.kind == ",")
    comments = tuple(one.span for one in held.tokens if "comment" in one.kind)
    return Listed(content, tuple(one.span for one in nodes), commas, comments)


def _list_of(call: Node) -> Node:
    held = call.argument_list
    if held is None:
        raise ValueError(f"the {call.kind} at line {call.line} is no call")
    return held
