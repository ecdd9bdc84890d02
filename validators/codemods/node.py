"""A node of a file's tree, as a migration program sees it: what it is, where, and what is in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from validators.codemods.edit import Span
from validators.codemods.pattern import Bound
from validators.codemods.tree import is_comment, is_layout
from validators.edits.syntax_node import SyntaxNode, walked

_LISTS = frozenset(("argument_list", "arguments", "value_arguments", "call_suffix"))
_RESTS = ("splat", "spread", "variadic", "block_argument")


class Node:
    """One node; ``node["NAME"]`` is what a pattern's hole held. Two are equal at the same place."""

    def __init__(
        self, raw: SyntaxNode, bound: Bound | None = None, *, is_open_ended: bool = False
    ) -> None:
        self._raw = raw
        self._bound = bound or {}
        # Found by a pattern that does not say the semicolon behind it.
        self.is_open_ended = is_open_ended

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Node) and (self.kind, self.span) == (other.kind, other.span)

    def __hash__(self) -> int:
        return hash((self.kind, self.span))

    def __contains__(self, other: "Node") -> bool:
        return self.start <= other.start and other.stop <= self.stop

    def __getitem__(self, name: str) -> "Node":
        found = self._bound.get(name, ())
        if len(found) != 1:
            raise KeyError(f"${name} holds {len(found)} nodes here; use row({name!r})")
        return Node(found[0])

    def __repr__(self) -> str:
        return f"<{self.kind} at line {self.line}: {self.text[:60]!r}>"

    def row(self, name: str) -> "list[Node]":
        """Return all nodes that ``$$$NAME`` or ``$NAME`` held; KeyError when there is no such."""
        if name not in self._bound:
            raise KeyError(f"the pattern has no ${name}")
        return [Node(node) for node in self._bound[name]]

    @property
    def kind(self) -> str:
        """The grammar's word for it."""
        return self._raw.type

    @cached_property
    def text(self) -> str:
        """It as it stands in the file."""
        return (self._raw.text or b"").decode("utf-8", "surrogateescape")

    @property
    def start(self) -> int:
        """Its first byte."""
        return self._raw.start_byte

    @property
    def stop(self) -> int:
        """The byte after its last."""
        return self._raw.end_byte

    @property
    def span(self) -> Span:
        """Both."""
        return self.start, self.stop

    @property
    def line(self) -> int:
        """The line it begins on."""
        return self._raw.start_point[0] + 1

    @property
    def column(self) -> int:
        """How many bytes stand before it on its line."""
        return self._raw.start_point[1]

    @property
    def parent(self) -> "Node | None":
        """What it is a part of."""
        return Node(self._raw.parent) if self._raw.parent is not None else None

    @property
    def children(self) -> "list[Node]":
        """Its parts that the grammar names, comments left out."""
        return [Node(part) for part in self._raw.named_children if not is_layout(part)]

    @property
    def tokens(self) -> "list[Node]":
        """All its parts, signs and keywords too."""
        return [Node(part) for part in self._raw.children]

    @property
    def comments(self) -> "list[Node]":
        """The comments anywhere inside it."""
        return [Node(part) for part in walked(self._raw) if is_comment(part)]

    def field(self, name: str) -> "Node":
        """Return the part that plays a role of the grammar, such as ``function`` of a call.

        KeyError where there is none; `has` tells.
        """
        part = self._raw.child_by_field_name(name)
        if part is None:
            raise KeyError(f"the {self.kind} at line {self.line} has no {name}")
        return Node(part)

    def has(self, name: str) -> bool:
        """Whether a part plays a role of the grammar here."""
        return self._raw.child_by_field_name(name) is not None

    def within(self, *kinds: str) -> "Node | None":
        """Return the nearest node around it that is of one of ``kinds``."""
        return next((node for node in self.ancestors() if node.kind in kinds), None)

    def ancestors(self) -> "Iterator[Node]":
        """Yield what it is part of, the nearest first."""
        above = self._raw.parent
        while above is not None:
            yield Node(above)
            above = above.parent

    @cached_property
    def arguments(self) -> "tuple[Argument, ...]":
        """The arguments of a call, in order; none where it is no call."""
        held = self.argument_list
        if held is not None and held.kind == "generator_expression":  # f(x for x in y) has one
            return (_argument(held),)
        return tuple(_argument(part) for part in held.children) if held is not None else ()

    @property
    def argument_list(self) -> "Node | None":
        """What holds the arguments of a call, brackets included; None where it is no call."""
        if self.has("arguments"):
            return self.field("arguments")
        found = next((part for part in self.children if part.kind in _LISTS), None)
        if found is not None and found.kind == "call_suffix":
            found = next((part for part in found.children if part.kind in _LISTS), None)
        return found

    @property
    def parameter_list(self) -> "Node | None":
        """What holds the parameters of a definition, brackets included; None if there is none."""
        at: Node | None = self
        while at is not None and not at.has("parameters"):  # in C it is the declarator's
            at = at.field("declarator") if at.has("declarator") else None
        return at.field("parameters") if at is not None else None

    @property
    def parameters(self) -> "list[Node]":
        """The parameters of a definition, in order; none where there are none."""
        held = self.parameter_list
        return held.children if held is not None else []

    def argument(self, which: int | str) -> "Argument | None":
        """Return the argument at a position (not behind a ``*rest``), or of a name."""
        if isinstance(which, str):
            return next((one for one in self.arguments if one.name == which), None)
        plain = []
        for one in self.arguments:
            if one.is_rest:
                break
            if not one.name:
                plain.append(one)
        return plain[which] if which < len(plain) else None


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call: all of it, its value, its name where it has one.

    ``is_rest`` for what stands for any number of them, such as ``*args``.
    """

    node: Node
    value: Node
    name: str = ""
    is_rest: bool = False


def _argument(part: Node) -> Argument:
    kind = part.kind
    if "argument" in kind and part.has("value") and part.has("name"):
        return Argument(part, part.field("value"), part.field("name").text)
    inner = part.children if kind == "value_argument" else []
    if len(inner) > 1:  # where the grammar gives no roles
        return Argument(part, inner[-1], inner[0].text)
    return Argument(part, part, is_rest=any(word in kind for word in _RESTS))


def fills_block(node: Node) -> bool:
    """Whether a statement is all that Python's indented block consists of: without it, no code."""
    above = node.parent
    while above is not None and above.kind == "expression_statement":
        node, above = above, above.parent
    return above is not None and above.kind == "block" and above.children == [node]
