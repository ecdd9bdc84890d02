"""Brackets that a rewritten place needs: what an operator takes apart must stay one thing.

``assert $A == $B`` with ``a or b`` for ``$A`` parses, and says something else; so does ``a + b``
in the place of a call that is multiplied. Nothing here knows how operators bind: the grammar is
asked whether what was one node is one node where it lands.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from validators.codemods.edit import Edit, Piece, Span, encoded
from validators.codemods.fragment import Fragment, fragment_around
from validators.codemods.node import Node
from validators.codemods.tree import SourceTree, TooDeep
from validators.edits.syntax_node import SyntaxNode

# One thing whatever stands around it: a name, a number, a text, and what comes in its own brackets.
_QUOTED = re.compile(r"""(?s)\w{0,3}(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')""")
_NAMES = re.compile(r"[\w.:@$?!]*")
# The most usual things, told at once.
_PLAIN = re.compile(r"[\w.]*(?:\([\w.,= \n]*\))?")
_OPEN, _CLOSED = "([{", ")]}"
# What keeps a hole apart from all that is beside it.
_APART = re.compile(r"[(\[{,;=:]\s*$"), re.compile(r"^\s*[)\]},;:]")
# Written with brackets of its own, and something else where a statement may stand.
_LIKE_A_BLOCK = frozenset(("object", "dictionary", "hash"))
# Beside what is part of one of these no operator stands.
_ALONE = ("_statement", "block", "module", "program", "source_file")
# Several things in one node, or none at all: brackets would make another thing of it.
_NO_OPERAND = re.compile(r"list|sequence|pair|statement|declaration|definition|argument|comment")


def is_loose(text: str) -> bool:
    """Whether something in ``text``, outside all brackets and quotes, is no name or number."""
    if _PLAIN.fullmatch(text):
        return False
    text = _QUOTED.sub("x", text)
    depth = 0
    for letter in text:
        if letter in _OPEN:
            depth += 1
        elif letter in _CLOSED:
            depth -= 1
        elif not depth and not _NAMES.fullmatch(letter):
            return True
    return False


def bound(edit: Edit, node: Node, holes: Sequence[Node], tree: SourceTree) -> Edit:
    """Return ``edit`` of ``node`` with brackets around what would be taken apart without them.

    ``holes`` are the kept parts that are one node each.
    """
    content = tree.content
    text = b"".join(_bytes_of(edit.pieces, content)).decode("utf-8", "surrogateescape")
    doubtful = [hole for hole in holes if is_loose(hole.text) or hole.kind in _LIKE_A_BLOCK]
    open_spans = _open_spans(edit.pieces, holes) if holes else frozenset()
    if is_loose(text) or open_spans:
        edit = replace(edit, is_loose=is_loose(text), open_spans=open_spans)
    # No operator stands beside what a statement consists of.
    is_operand = edit.is_loose and node.parent and not node.parent.kind.endswith(_ALONE)
    if not (doubtful or is_operand):
        return edit
    try:
        around = fragment_around(node, tree)
        for hole in doubtful:
            edit = _with_hole_in_brackets(edit, hole, around)
        return _in_brackets(edit, around) if is_operand else edit
    except TooDeep:
        return edit


def _with_hole_in_brackets(edit: Edit, hole: Node, around: Fragment) -> Edit:
    """Return the edit with brackets around one hole, where only they keep it one node."""
    if _holds(edit, hole, around):
        return edit
    pieces: list[Piece] = []
    for piece in edit.pieces:
        pieces += ["(", piece, ")"] if piece == hole.span else [piece]
    open_spans = edit.open_spans - {hole.span}
    closed = replace(edit, pieces=tuple(pieces), open_spans=open_spans)
    return closed if _holds(closed, hole, around) else edit


def _in_brackets(edit: Edit, around: Fragment) -> Edit:
    """Return the edit in brackets, where only they keep what it puts there one node."""
    start = edit.start
    stop = start + sum(map(len, _bytes_of(edit.pieces, around.tree.content)))
    if _node_at(edit, (start, stop), around) is not None:
        return edit
    closed = replace(edit, pieces=("(", *edit.pieces, ")"), is_loose=False)
    inner = _node_at(closed, (start + 1, stop + 1), around)
    above = inner.parent if inner is not None else None
    if inner is None or above is None or above.has_error or _NO_OPERAND.search(inner.type):
        return edit
    return closed if [one.type for one in above.children] == ["(", inner.type, ")"] else edit


def _holds(edit: Edit, hole: Node, around: Fragment) -> bool:
    at, before = edit.start, b""
    texts = _bytes_of(edit.pieces, around.tree.content)
    for piece, written in zip(edit.pieces, texts, strict=True):
        if piece == hole.span:
            if hole.kind in _LIKE_A_BLOCK and before.rstrip().endswith(b"=>"):
                return False  # a block to JavaScript, whatever the grammar says
            node = _node_at(edit, (at, at + len(written)), around)
            while node is not None and node.type != hole.kind:
                node = node.children[0] if len(node.children) == 1 else None
            if node is None:
                return False
        at, before = at + len(written), written
    return True


def _node_at(edit: Edit, span: Span, around: Fragment) -> SyntaxNode | None:
    """Return the widest node that has exactly ``span`` once the edit alone is made."""
    text = b"".join(_bytes_of(edit.pieces, around.tree.content))
    return around.node_at((edit.start, edit.stop), text, span)


def _bytes_of(pieces: Iterable[Piece], content: bytes) -> list[bytes]:
    return [encoded(one) if isinstance(one, str) else content[one[0] : one[1]] for one in pieces]


def _open_spans(pieces: Sequence[Piece], holes: Sequence[Node]) -> frozenset[Span]:
    """Return the kept spans beside which an operator may stand."""
    spans = {hole.span for hole in holes}
    found = set()
    for at, piece in enumerate(pieces):
        if isinstance(piece, str) or piece not in spans:
            continue
        before = pieces[at - 1] if at else ""
        behind = pieces[at + 1] if at + 1 < len(pieces) else ""
        ends = _APART[0].search(before if isinstance(before, str) else "x")
        if not (ends and _APART[1].match(behind if isinstance(behind, str) else "x")):
            found.add(piece)
    return frozenset(found)
