"""One file's syntax tree as the facade reads it: found by text first, walked only where it must be.

Python's walk over a tree costs more than the parse. So whoever looks for a name goes through the
file's bytes, and asks the tree only what stands there.
"""

import re
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Protocol

from scoping.grammars import matches, tree_after, tree_of
from scoping.languages import Grammar
from validators.codemods.edit import Splice, spliced
from validators.edits.syntax_node import SyntaxNode, walked

_WORD = re.compile(rb"\w+")


class Root(SyntaxNode, Protocol):
    """The node of a whole file, which can be asked what stands at a place."""

    def descendant_for_byte_range(self, start: int, stop: int, /) -> SyntaxNode | None:
        """Return the smallest node that holds all of the bytes."""
        ...


class TooDeep(Exception):
    """The file is nested deeper than a tree may be walked."""


class SourceTree:
    """The tree of ``content``, parsed when something in it is first asked for."""

    def __init__(self, grammar: Grammar, content: bytes) -> None:
        self.grammar = grammar
        self.content = content
        self._tree = cache(lambda: tree_of(grammar, content))

    def after(self, splices: Sequence[Splice]) -> "SourceTree":
        """Return the tree of what ``splices`` make of it; only what they touch is parsed."""
        made = SourceTree(self.grammar, spliced(self.content, splices))
        made._tree = cache(
            lambda: (
                tree_after(self.grammar, tree, self.content, splices)
                if (tree := self._tree()) is not None
                else None
            )
        )
        return made

    @property
    def root(self) -> Root:
        """The node of the whole file; TooDeep when it cannot be walked."""
        tree = self._tree()
        if tree is None:
            raise TooDeep
        return tree.root_node

    def of_kind(self, kind: str) -> list[SyntaxNode]:
        """Return all nodes of a kind, in the order of the file; ValueError when there is none."""
        tree = self._tree()
        if tree is None:
            raise TooDeep
        try:
            found = matches(self.grammar, f"({kind}) @found", tree)
        except Exception as error:
            around = walked(tree.root_node)
            there = {part.type for node in around for part in node.named_children}
            near = ", ".join(get_close_matches(kind, there, 3, 0.4) or sorted(there))
            raise ValueError(
                f"the {self.grammar.name} grammar has no kind of node called {kind!r}; in this file"
                f" there are: {near}"
            ) from error
        nodes: list[SyntaxNode] = [one["found"] for one in found]
        return sorted(nodes, key=lambda node: (node.start_byte, -node.end_byte))

    def leaves(self, text: bytes) -> Iterator[SyntaxNode]:
        """Yield the smallest nodes that are written exactly ``text``, in the order of the file."""
        if text not in self.content:
            return
        root, size = self.root, len(text)
        at = self.content.find(text)
        while at >= 0:
            # A look at the neighbours is much cheaper than one at the tree.
            around = (
                self.content[max(at - 1, 0) : at] + b"." + self.content[at + size : at + size + 1]
            )
            if not (_WORD.match(text) and _WORD.search(around)):
                node = root.descendant_for_byte_range(at, at + size)
                if node and (node.start_byte, node.end_byte) == (at, at + size):
                    yield node
            at = self.content.find(text, at + size)


def is_comment(node: SyntaxNode) -> bool:
    """Whether a node is a comment, in any grammar's words."""
    return "comment" in node.type


def is_layout(node: SyntaxNode) -> bool:
    """Whether a node is a comment, or a line's end that the grammar names: no part of the code."""
    kind = node.type
    return "comment" in kind or kind == "line_continuation"


def is_text(node: SyntaxNode) -> bool:
    """Whether a node is a string, or a part of one that is no code."""
    return "string" in node.type or node.type in {"char_literal", "heredoc_body", "template_chars"}
