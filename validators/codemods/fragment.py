"""A few lines of a file that parse by themselves: enough to ask the grammar what an edit does.

To parse a large file anew for each of a thousand edits would take minutes. So the smallest part
around a node is taken in which the grammar sees it as it does in the file.
"""

from dataclasses import dataclass

from scoping.grammars import tree_of
from validators.codemods.edit import Span
from validators.codemods.node import Node
from validators.codemods.tree import SourceTree, TooDeep
from validators.edits.syntax_node import SyntaxNode

# Parts up to this size cost next to nothing, and the larger ones are more often code.
_SMALL = 400
_LEAD = {"php": b"<?php "}
_BLOCK = b"if 1:\n"  # what is indented in Python is code below this


@dataclass(frozen=True, slots=True)
class Fragment:
    """The bytes ``span`` of a file, behind ``lead``."""

    tree: SourceTree
    span: Span
    lead: bytes

    def node_at(self, replaced: Span, text: bytes, span: Span) -> SyntaxNode | None:
        """Return the widest node that has exactly ``span``, once ``text`` is where it is to be.

        Both are places of the file, the second of the file as it then is.
        """
        content, shift = self.tree.content, len(self.lead) - self.span[0]
        made = content[self.span[0] : replaced[0]] + text + content[replaced[1] : self.span[1]]
        tree = tree_of(self.tree.grammar, self.lead + made)
        if tree is None:
            raise TooDeep
        wanted = span[0] + shift, span[1] + shift
        node = tree.root_node.descendant_for_byte_range(*wanted)
        if node is None or (node.start_byte, node.end_byte) != wanted or node.is_error:
            return None
        while node.parent is not None and (node.parent.start_byte, node.parent.end_byte) == wanted:
            node = node.parent
        return node


def fragment_around(node: Node, tree: SourceTree) -> Fragment:
    """Return the smallest part of a file around ``node`` that is code by itself, else all of it."""
    above = list(node.ancestors())
    small = [one for one in above if one.stop - one.start <= _SMALL]
    for one in [*small[-1:], *above[len(small) or 0 : -1]]:
        found = Fragment(tree, one.span, _lead(one, tree))
        if _shows(found, node):
            return found
    return Fragment(tree, (0, len(tree.content)), b"")


def _shows(fragment: Fragment, node: Node) -> bool:
    """Whether the grammar sees a node in a fragment as it does in the file."""
    written = fragment.tree.content[node.start : node.stop]
    found = fragment.node_at(node.span, written, node.span)
    while found is not None and found.type != node.kind:
        found = found.children[0] if len(found.children) == 1 else None
    if found is None or found.has_error:
        return False
    above = found.parent
    around = node.parent
    return above is not None and around is not None and above.type == around.kind


def _lead(node: Node, tree: SourceTree) -> bytes:
    line = tree.content.rfind(b"\n", 0, node.start) + 1
    indent = tree.content[line : node.start]
    if tree.grammar.name == "python" and indent and not indent.strip():
        return _BLOCK + indent
    return _LEAD.get(tree.grammar.name, b"")
