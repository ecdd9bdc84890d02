"""Imports of Python: names of one module share a statement, and are kept in their order."""

import re
import sys
from collections.abc import Iterator, Sequence

from validators.codemods.edit import Edit, Span
from validators.codemods.tree import SourceTree, is_comment
from validators.edits.syntax_node import SyntaxNode, written

_FROM = re.compile(r"from\s+(\S+)\s+import\s+([\w*]+)(?:\s+as\s+(\w+))?$")
_WHOLE = re.compile(r"import\s+([\w.]+)(?:\s+as\s+(\w+))?$")
_KINDS = ("import_statement", "import_from_statement", "future_import_statement")


def found(tree: SourceTree, module: str, name: str) -> list[SyntaxNode]:
    """Return the statements that import ``module``, or ``name`` from it."""
    if module.rpartition(".")[2].encode() not in tree.content:
        return []
    return [node for node in statements(tree) if _named(node, module, name)]


def statements(tree: SourceTree) -> list[SyntaxNode]:
    """Return all that a file imports by, in its order."""
    there = [node for kind in _KINDS for node in tree.of_kind(kind)]
    return sorted(there, key=lambda node: node.start_byte)


def inserted(tree: SourceTree, statement: str) -> Iterator[Edit]:
    """Yield the edits after which the file has an import at its top; none where it has it."""
    member, whole = _FROM.match(statement), _WHOLE.match(statement)
    if member is None and whole is None:
        raise ValueError(f"{statement!r} is no import of one name; insert one at a time")
    top = [node for node in tree.root.named_children if node.type in _KINDS]
    if whole is not None:
        spelled = " ".join(statement.split()).removeprefix("import ")
        if any(node.type == _KINDS[0] and spelled in _spelled(node) for node in top):
            return
    elif member is not None:
        module, entry = member[1], member[2] + (f" as {member[3]}" if member[3] else "")
        same = [node for node in top if _module(node) == module and node.type != _KINDS[0]]
        if any(entry in _spelled(node) or "*" in _spelled(node) for node in same):
            return
        if same:
            yield _joined(same[-1], entry)
            return
    yield _placed(tree, top, statement)


def removed(tree: SourceTree, module: str, names: Sequence[str]) -> Iterator[Span]:
    """Yield the spans to be taken out so that an import is gone; a statement left empty goes."""
    there = [node for name in names or ("",) for node in found(tree, module, name)]
    for node in dict.fromkeys(there):
        entries = _entries(node)
        if node.type == _KINDS[0]:
            gone = [one for one in entries if _spelling(one).split(" as ")[0] == module]
        else:
            gone = [one for one in entries if not names or _spelling(one).split(" as ")[0] in names]
        if len(gone) == len(entries):
            yield _line(tree.content, node)
            continue
        yield from without(entries, [entries.index(entry) for entry in gone])


def replaced(tree: SourceTree, old: str, new: str) -> Iterator[Edit]:
    """Yield the edits after which one imported name comes from elsewhere, or is another one."""
    before, after = _FROM.match(old), _FROM.match(new)
    if before is None or after is None:
        raise ValueError("replace_import() takes two statements: from MODULE import NAME")
    for node in found(tree, before[1], before[2]):
        entries = _entries(node)
        names = [_spelling(one).split(" as ")[0] for one in entries]
        at = names.index(before[2])
        alias = _spelling(entries[at]).partition(" as ")[2]
        entry = f"{after[2]} as {alias}" if alias else after[2]
        statement = f"from {after[1]} import {entry}"
        is_there = not list(inserted(tree, statement))
        if before[1] == after[1] and not is_there:
            yield Edit(entries[at].start_byte, entries[at].end_byte, (entry,))
        elif len(entries) > 1:
            yield from (Edit(*span, ()) for span in without(entries, [at]))
            yield from () if is_there else inserted(tree, statement)
        elif is_there:
            yield Edit(*_line(tree.content, node), ())
        elif not _from(tree, after[1]):
            yield Edit(node.start_byte, node.end_byte, (statement,))
        else:
            yield Edit(*_line(tree.content, node), ())
            yield from inserted(tree, statement)


def _from(tree: SourceTree, module: str) -> list[SyntaxNode]:
    """Return the statements at the top that take names from a module."""
    top = (node for node in tree.root.named_children if node.type in _KINDS[1:])
    return [node for node in top if _module(node) == module]


def _named(node: SyntaxNode, module: str, name: str) -> bool:
    names = [spelling.split(" as ")[0] for spelling in _spelled(node)]
    if node.type == _KINDS[0]:
        return not name and module in names
    return _module(node) == module and (not name or name in names)


def _module(node: SyntaxNode) -> str:
    if node.type == _KINDS[2]:
        return "__future__"
    return "".join(written(node.child_by_field_name("module_name")).split())


def _entries(node: SyntaxNode) -> list[SyntaxNode]:
    module = node.child_by_field_name("module_name")
    start = module.end_byte if module is not None else node.start_byte
    return [
        part for part in node.named_children if part.start_byte >= start and not is_comment(part)
    ]


def _spelling(entry: SyntaxNode) -> str:
    return " ".join(written(entry).split())


def _spelled(node: SyntaxNode) -> list[str]:
    return ["*" if one.type == "wildcard_import" else _spelling(one) for one in _entries(node)]


def _joined(node: SyntaxNode, entry: str) -> Edit:
    """Return the edit that adds a name to a statement, before the first that comes after it."""
    entries = _entries(node)
    key = _order(entry)
    keys = [_order(_spelling(one)) for one in entries]
    later = next((one for one, at in zip(entries, keys, strict=True) if at > key), None)
    if later is None or keys != sorted(keys):
        last = entries[-1]
        if last.start_point[0] == node.start_point[0]:
            return Edit(last.end_byte, last.end_byte, (f", {entry}",))
        return Edit(last.end_byte, last.end_byte, (f",\n{' ' * last.start_point[1]}{entry}",))
    first_on_line = later.start_point[0] != node.start_point[0] and not any(
        one.start_point[0] == later.start_point[0] and one.start_byte < later.start_byte
        for one in entries
    )
    gap = f",\n{' ' * later.start_point[1]}" if first_on_line else ", "
    return Edit(later.start_byte, later.start_byte, (f"{entry}{gap}",))


def _order(entry: str) -> tuple[int, str]:
    """Constants, then classes, then the rest, as most sorters of imports have it."""
    name = entry.split(" as ", maxsplit=1)[0]
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name.casefold()


def _placed(tree: SourceTree, top: Sequence[SyntaxNode], statement: str) -> Edit:
    key = _place(statement)
    top = [node for node in top if _module(node) != "__future__"]
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
    return Edit(place, place, (f"{statement}\n",))


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
    module = words[1] if len(words) > 1 else ""
    first = module.lstrip(".").partition(".")[0]
    rank = 3 if module.startswith(".") else 1 if first in sys.stdlib_module_names else 2
    return 0 if module == "__future__" else rank, first.casefold(), module.casefold()


def _after_head(tree: SourceTree) -> int:
    """Return the place after the comments and the docstring that a file begins with."""
    place = 0
    for node in tree.root.children:
        is_docstring = node.type == "expression_statement" and len(node.children) == 1
        is_docstring = is_docstring and node.children[0].type == "string"
        future = node.type == _KINDS[2]
        if not (node.type == "comment" or is_docstring or future):
            break
        place = _line_end(tree.content, node.end_byte)
        if is_docstring:
            break
    return place


def _line(content: bytes, node: SyntaxNode) -> Span:
    start = content.rfind(b"\n", 0, node.start_byte) + 1
    stop = _line_end(content, node.end_byte)
    alone = (
        not content[start : node.start_byte].strip() and not content[node.end_byte : stop].strip()
    )
    return (start, stop) if alone else (node.start_byte, node.end_byte)


def _line_end(content: bytes, at: int) -> int:
    return content.find(b"\n", at) + 1 or len(content)


def without(entries: Sequence[SyntaxNode], gone: Sequence[int]) -> Iterator[Span]:
    """Yield the spans of a list's entries, some but not all of which go, each with its comma."""
    first = None
    for at in range(len(entries)):
        if at not in gone:
            if first is not None:
                yield entries[first].start_byte, entries[at].start_byte
            first = None
        elif first is None:
            first = at
    if first is not None:
        yield entries[first - 1].end_byte, entries[-1].end_byte
