"""Where an import of Python goes: which others it stands among, and what a file begins with."""

import sys
from collections.abc import Sequence

from validators.codemods.edit import Edit
from validators.codemods.tree import SourceTree
from validators.edits.syntax_node import SyntaxNode, written

_FUTURE = "future_import_statement"


def placed(tree: SourceTree, top: Sequence[SyntaxNode], statement: str) -> Edit:
    """Return the edit that puts a statement among those that the file has at its ``top``."""
    key = _place(statement)
    top = [node for node in top if node.type != _FUTURE]
    if key[0] == 0 or not top:  # code may stand before the first import, but not before the future
        return _first(tree, statement)
    before = [node for node in top if _place(written(node)) <= key]
    akin = [node for node in before if _place(written(node))[1] == key[1]] or before
    if akin:
        place = _line_end(tree.content, akin[-1].end_byte)
        gap = "" if _place(written(akin[-1]))[0] == key[0] else "\n"
        is_last = not tree.content.endswith(b"\n", 0, place)  # a file that ends without its line's
        text = f"\n{gap}{statement}" if is_last else f"{gap}{statement}\n"
        return Edit(place, place, (text,))
    place = top[0].start_byte
    gap = "" if _place(written(top[0]))[0] == key[0] else "\n"
    return Edit(place, place, (f"{statement}\n{gap}",))


def _first(tree: SourceTree, statement: str) -> Edit:
    """Return the edit that puts a statement behind what a file begins with, apart from the rest."""
    place = _after_head(tree)
    rest = tree.content[place:]
    gap = "" if not rest.strip() or rest.startswith((b"\n", b"\r\n")) else "\n"
    head = "\n" if place else ""
    return Edit(place, place, (f"{head}{statement}\n{gap}",))


def _place(statement: str) -> tuple[int, str, str]:
    """Say where among others a statement stands: the future, Python's own, others', our own."""
    words = statement.split()
    module = words[1].rstrip(",;") if len(words) > 1 else ""
    first = module.lstrip(".").partition(".")[0]
    rank = 3 if module.startswith(".") else 1 if first in sys.stdlib_module_names else 2
    return 0 if module == "__future__" else rank, first.casefold(), module.casefold()


def _after_head(tree: SourceTree) -> int:
    """Return the place after the comments, the docstring and the future a file begins with."""
    place = 0
    for node in tree.root.children:
        is_docstring = node.type == "expression_statement" and len(node.children) == 1
        is_docstring = is_docstring and node.children[0].type == "string"
        if node.type != "comment" and not is_docstring:
            break
        place = _line_end(tree.content, node.end_byte)
        if is_docstring:
            break
    future = [node.end_byte for node in tree.root.children if node.type == _FUTURE]
    return _line_end(tree.content, future[-1]) if future else place


def _line_end(content: bytes, at: int) -> int:
    return content.find(b"\n", at) + 1 or len(content)
