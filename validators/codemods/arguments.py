"""Edits of a call's arguments, and of a definition's parameters: one more, less, or named so."""

from collections.abc import Sequence

from validators.codemods.edit import Edit, Span
from validators.codemods.node import Argument, Node

_NAMED_BY = {"python": "=", "kotlin": " = ", "scala": " = ", "c_sharp": ": ", "php": ": "}
_NAMED_BY |= dict.fromkeys(("ruby", "swift", "dart"), ": ")


def added(call: Node, text: str, at: int | None) -> Edit:
    """Return the edit that adds an argument as the ``at``-th, else as the last.

    ValueError where the node is no call.
    """
    nodes = [one.node for one in call.arguments]
    return _one_more(_list_of(call), nodes, text, at, call.span)


def parameter_added(definition: Node, text: str, at: int | None) -> Edit:
    """Return the edit that adds a parameter as the ``at``-th, else as the last.

    ValueError where the node defines nothing that takes parameters.
    """
    held = definition.parameter_list
    if held is None:
        raise ValueError(f"the {definition.kind} at line {definition.line} takes no parameters")
    # Whoever looks for the site finds it in the head: the body has sites of its own.
    return _one_more(held, held.children, text, at, (definition.start, held.stop))


def removed(call: Node, argument: Argument) -> Edit:
    """Return the edit that takes an argument out, with the comma that parted it from the others."""
    nodes = [one.node for one in call.arguments]
    at = nodes.index(argument.node)
    if at + 1 < len(nodes):
        return Edit(nodes[at].start, nodes[at + 1].start, (), call.span)
    if at:
        return Edit(nodes[at - 1].stop, nodes[at].stop, (), call.span)
    held = _list_of(call)
    return Edit(held.start + 1, held.stop - 1, (), call.span)


def named(call: Node, argument: Argument, name: str, language: str) -> Edit:
    """Return the edit that gives an argument a name; ValueError where there are no such."""
    if language not in _NAMED_BY:
        raise ValueError(f"arguments have no names in {language}")
    value = argument.value
    pieces = (f"{name}{_NAMED_BY[language]}", value.span)
    return Edit(argument.node.start, argument.node.stop, pieces, call.span)


def _one_more(held: Node, nodes: Sequence[Node], text: str, at: int | None, site: Span) -> Edit:
    if at is not None and at < len(nodes):
        place = nodes[at].start
        return Edit(place, place, (f"{text}, ",), site)
    if not nodes:
        return Edit(held.start + 1, held.start + 1, (text,), site)
    last = nodes[-1]
    comma = next((one for one in held.tokens if one.kind == "," and one.start >= last.stop), None)
    place = last.stop if comma is None else comma.stop
    # Where the last stands on a line of its own so does the new one.
    alone = last.line not in {node.line for node in nodes[:-1]}
    on_own_line = alone and held.line < last.line < held.tokens[-1].line
    text = f"\n{' ' * last.column}{text}" if on_own_line else f" {text}"
    return Edit(place, place, (f",{text}" if comma is None else f"{text},",), site)


def _list_of(call: Node) -> Node:
    held = call.argument_list
    if held is None:
        raise ValueError(f"the {call.kind} at line {call.line} is no call")
    return held
