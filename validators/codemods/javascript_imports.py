"""Imports of JavaScript and TypeScript: statements, and what ``require`` gives to a name."""

import re
from collections.abc import Iterator, Sequence

from validators.codemods.edit import Edit, Span
from validators.codemods.python_imports import without
from validators.codemods.tree import SourceTree
from validators.edits.syntax_node import SyntaxNode, walked, written

_ONE = re.compile(r"import\s*\{\s*(\w+(?:\s+as\s+\w+)?)\s*\}\s*from\s*(['\"])(.+)\2;?$")
_MODULE = re.compile(r"""(?:from\s*|require\(\s*|^import\s*)(['"])(.+?)\1""")
_DECLARATIONS = ("lexical_declaration", "variable_declaration")


def found(tree: SourceTree, module: str, name: str) -> list[SyntaxNode]:
    """Return the statements that import ``module``, or ``name`` from it."""
    if module.encode() not in tree.content:
        return []
    there = [node for node in statements(tree) if _module(node) == module]
    if not name:
        return there
    return [node for node in there if any(_bound(one) == name for one in _entries(node))]


def inserted(tree: SourceTree, statement: str) -> Iterator[Edit]:
    """Yield the edits after which the file has an import at its top; none where it has it."""
    there = [node for node in statements(tree) if node.parent == tree.root]
    plain = _plain(statement)
    if any(_plain(written(node)) == plain for node in there):
        return
    one = _ONE.match(statement)
    same = [node for node in there if one and _module(node) == one[3] and _entries(node)]
    if one and same:
        names = [" ".join(written(entry).split()) for entry in _entries(same[0])]
        if " ".join(one[1].split()) not in names:
            place = _entries(same[0])[-1].end_byte
            yield Edit(place, place, (f", {one[1]}",))
        return
    if there:
        place = there[-1].end_byte
        yield Edit(place, place, (f"\n{statement}",))
        return
    place = 0
    for node in tree.root.children:  # what speaks for the whole file stays at its head
        is_directive = node.type == "expression_statement" and node.children[0].type == "string"
        if node.type not in {"comment", "hash_bang_line"} and not is_directive:
            break
        place = tree.content.find(b"\n", node.end_byte) + 1 or node.end_byte
    yield Edit(place, place, (f"{statement}\n",))


def removed(tree: SourceTree, module: str, names: Sequence[str]) -> Iterator[Span]:
    """Yield the spans to be taken out so that an import is gone; a statement left empty goes."""
    there = [node for name in names or ("",) for node in found(tree, module, name)]
    for node in dict.fromkeys(there):
        entries = _entries(node)
        gone = [at for at, one in enumerate(entries) if _bound(one) in names]
        if not names or len(gone) == len(entries):
            end = tree.content.find(b"\n", node.end_byte) + 1 or len(tree.content)
            rest = tree.content[node.end_byte : end].strip()
            yield (node.start_byte, node.end_byte if rest else end)
        else:
            yield from without(entries, gone)


def replaced(tree: SourceTree, old: str, new: str) -> Iterator[Edit]:
    """Yield the edits after which one imported name comes from elsewhere, or is another one.

    Both are statements of one name, of which a ``require`` takes one apart as well.
    """
    before, after = _ONE.match(old), _ONE.match(new)
    if before is None or after is None or " as " in before[1] + after[1]:
        raise ValueError("replace_import() takes two statements: import { NAME } from 'MODULE'")
    for node in found(tree, before[3], before[1]):
        entries = _entries(node)
        entry = next(one for one in entries if _bound(one) == before[1])
        bound = _name(entry)
        name = Edit(bound.start_byte, bound.end_byte, (after[1],))
        if before[3] == after[3]:
            yield name
        elif len(entries) == 1 and not _has_default(node):
            yield name
            yield _module_edit(node, after[3])
        else:
            spelled = written(entry).replace(before[1], after[1], 1)
            yield from _parted(node, entry, spelled, after[3])


def statements(tree: SourceTree) -> list[SyntaxNode]:
    """Return all that a file imports by, ``require`` included, in its order."""
    found = tree.of_kind("import_statement")
    if b"require" in tree.content:
        for kind in _DECLARATIONS:
            found += [node for node in tree.of_kind(kind) if _is_require(node)]
    return sorted(found, key=lambda node: node.start_byte)


def _is_require(node: SyntaxNode) -> bool:
    values = [one.child_by_field_name("value") for one in node.named_children]
    return len(values) == 1 and written(values[0]).startswith("require(")


def _module(node: SyntaxNode) -> str:
    named = _MODULE.search(written(node))
    return named[2] if named else ""


def _entries(node: SyntaxNode) -> list[SyntaxNode]:
    """Return what stands in the braces of an import, or of what takes a ``require`` apart."""
    for part in walked(node):
        if part.type in {"named_imports", "object_pattern"}:
            return list(part.named_children)
    return []


def _bound(entry: SyntaxNode) -> str:
    """Return what the module calls an entry."""
    return written(_name(entry))


def _name(entry: SyntaxNode) -> SyntaxNode:
    return entry.child_by_field_name("name") or entry.child_by_field_name("key") or entry


def _plain(statement: str) -> str:
    return " ".join(statement.replace('"', "'").rstrip(";").split())


def _has_default(node: SyntaxNode) -> bool:
    """Whether a statement binds the module's default, beside names of it."""
    clause = next((one for one in node.named_children if one.type == "import_clause"), None)
    return clause is not None and len(clause.named_children) > 1


def _module_edit(node: SyntaxNode, module: str) -> Edit:
    """Return the edit that names another module in a statement, in the quotes that it has."""
    text = next(one for one in reversed(list(walked(node))) if one.type == "string")
    return Edit(text.start_byte + 1, text.end_byte - 1, (module,))


def _parted(node: SyntaxNode, entry: SyntaxNode, spelled: str, module: str) -> Iterator[Edit]:
    """Yield the edits that take an entry out of a statement and put it into one of its own."""
    entries = _entries(node)
    if len(entries) > 1:
        yield from (Edit(*span, ()) for span in without(entries, [entries.index(entry)]))
    else:
        clause = next(one for one in node.named_children if one.type == "import_clause")
        comma = next(one for one in clause.children if one.type == ",")
        yield Edit(comma.start_byte, clause.end_byte, ())
    text = written(node)
    quote = '"' if '"' in text else "'"
    end = ";" if text.endswith(";") else ""
    verb = "import type" if text.startswith("import type") else "import"
    made = f"{verb} {{ {spelled} }} from {quote}{module}{quote}{end}"
    if node.type in _DECLARATIONS:
        word = text.split(maxsplit=1)[0]
        made = f"{word} {{ {spelled} }} = require({quote}{module}{quote}){end}"
    yield Edit(node.end_byte, node.end_byte, (f"\n{made}",))
