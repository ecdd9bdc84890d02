"""As much of a syntax tree's node as operations on definitions read, and how it is walked."""

from collections.abc import Iterator, Sequence
from typing import Protocol


class SyntaxNode(Protocol):
    """A node of tree-sitter, which is known to `scoping.grammars` alone."""

    @property
    def type(self) -> str:
        """The grammar's word for it."""
        ...

    @property
    def text(self) -> bytes | None:
        """Its bytes as written."""
        ...

    @property
    def children(self) -> "Sequence[SyntaxNode]":
        """All parts, signs too."""
        ...

    @property
    def named_children(self) -> "Sequence[SyntaxNode]":
        """The parts that the grammar names."""
        ...

    @property
    def parent(self) -> "SyntaxNode | None":
        """What it is part of."""
        ...

    @property
    def start_byte(self) -> int:
        """Where in the file it begins."""
        ...

    @property
    def end_byte(self) -> int:
        """Where in the file it ends."""
        ...

    @property
    def start_point(self) -> tuple[int, int]:
        """Its first row and column, from 0."""
        ...

    @property
    def end_point(self) -> tuple[int, int]:
        """Where it ends, from 0."""
        ...

    @property
    def has_error(self) -> bool:
        """Whether it, or a part of it, does not follow the grammar."""
        ...

    @property
    def is_error(self) -> bool:
        """Whether it is text that the grammar has no place for."""
        ...

    @property
    def is_missing(self) -> bool:
        """Whether the grammar asks for it and the file does not have it."""
        ...

    def child_by_field_name(self, name: str, /) -> "SyntaxNode | None":
        """Return the part that plays the role ``name``."""
        ...


def walked(node: SyntaxNode) -> Iterator[SyntaxNode]:
    """Yield ``node`` and all parts of it, in order; never by recursion."""
    stack = [node]
    while stack:
        at = stack.pop()
        yield at
        stack.extend(reversed(at.children))


def ancestors(node: SyntaxNode) -> Iterator[SyntaxNode]:
    """Yield what ``node`` is part of, the nearest first."""
    above = node.parent
    while above is not None:
        yield above
        above = above.parent


def written(node: SyntaxNode | None) -> str:
    """Return the text of ``node`` as it stands; empty for none."""
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


def line(node: SyntaxNode) -> int:
    """Return the line ``node`` begins on, from 1."""
    return node.start_point[0] + 1


def plays(node: SyntaxNode, *roles: str) -> bool:
    """Whether ``node`` is what one of ``roles`` calls a part of its parent."""
    above = node.parent
    if above is None:
        return False
    parts = (above.child_by_field_name(role) for role in roles)
    return any(
        part is not None and (part.start_byte, part.end_byte) == (node.start_byte, node.end_byte)
        for part in parts
    )


def error_lines(root: SyntaxNode) -> list[tuple[int, int]]:
    """Return the first and last line of each place that does not follow the grammar."""
    found: list[tuple[int, int]] = []
    stack = [root]
    while stack:
        node = stack.pop()
        if node.is_error or node.is_missing:
            found.append((line(node), node.end_point[0] + 1))
        if node.has_error:
            stack.extend(reversed(node.children))
    return found
