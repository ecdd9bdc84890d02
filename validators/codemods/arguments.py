"""Edits of a call's arguments: one more, one less, one by another name."""

from validators.codemods.edit import Edit
from validators.codemods.node import Argument, Node

_NAMED_BY = {"python": "=", "kotlin": " = ", "scala": " = ", "c_sharp": ": ", "php": ": "}
_NAMED_BY |= dict.fromkeys(("ruby", "swift", "dart"), ": ")


def added(call: Node, text: str, at: int | None) -> Edit:
    """Return the edit that adds an argument as the ``at``-th, else as the last.

    ValueError where the node is no call.
    """
    held = _list_of(call)
    arguments = call.arguments
    if at is not None and at < len(arguments):
        place = arguments[at].node.start
        return Edit(place, place, (f"{text}, ",), call.span)
    if not arguments:
        return Edit(held.start + 1, held.start + 1, (text,), call.span)
    last = arguments[-1].node
    comma = next((one for one in held.tokens if one.kind == "," and one.start >= last.stop), None)
    if comma is None:
        return Edit(last.stop, last.stop, (f", {text}",), call.span)
    if last.line == held.tokens[-1].line:
        return Edit(comma.stop, comma.stop, (f" {text},",), call.span)
    return Edit(comma.stop, comma.stop, (f"\n{' ' * last.column}{text},",), call.span)


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


def _list_of(call: Node) -> Node:
    held = call.argument_list
    if held is None:
        raise ValueError(f"the {call.kind} at line {call.line} is no call")
    return held
