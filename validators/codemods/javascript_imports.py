"""Imports of JavaScript and TypeScript: statements, and what ``require`` gives to a name."""

import re
from collections.abc import Iterator, Sequence

from validators.codemods.edit import Edit, Taken, taken_out
from validators.codemods.entries import listed, put_behind
from validators.codemods.listed import Listed
from validators.codemods.tree import SourceTree, is_comment
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
    is_type = statement.startswith("import type")
    same = [node for node in there if one and _module(node) == one[3] and _is_type(node) == is_type]
    same = [node for node in same if _entries(node)]
    if one and same:
        names = [" ".join(written(entry).split()) for entry in _entries(same[0])]
        if " ".join(one[1].split()) not in names:
            yield put_behind(_list(tree, same[0]), one[1], None)
        return
    if there:
        place = _line_end(tree, there[-1])
        yield Edit(place, place, (f"\n{statement}",))
        return
    place = 0
    for node in tree.root.children:  # what speaks for the whole file stays at its head
        is_directive = node.type == "expression_statement" and node.children[0].type == "string"
        end = tree.content.find(b"\n", node.end_byte) + 1 or node.end_byte
        is_apart = not tree.content[end:].partition(b"\n")[0].strip()
        if is_directive or node.type == "hash_bang_line" or (is_comment(node) and is_apart):
            place = end
        elif not is_comment(node):
            break
    yield Edit(place, place, (f"{statement}\n",))


def removed(tree: SourceTree, module: str, names: Sequence[str]) -> Iterator[Edit]:
    """Yield what takes an import out; a statement left empty goes.

    A name is one of the module's, or the file's own for its default or for all of it.
    """
    for node in found(tree, module, ""):
        entries, others = _entries(node), _others(node)
        if not names or not (entries or others):
            if not names:
                yield _line(tree, node)
            continue
        gone = [at for at, one in enumerate(entries) if _bound(one) in names]
        lone = [one for one in others if written(one).rpartition(" ")[2] in names]
        if len(gone) == len(entries) and len(lone) == len(others):
            yield _line(tree, node)
        elif lone and entries:
            yield Edit(others[0].start_byte, _braces(node).start_byte, ())
        if gone and not (len(gone) == len(entries) and len(lone) == len(others)):
            yield _without(tree, node, gone)


def replaced(tree: SourceTree, old: str, new: str) -> Iterator[Edit]:
    """Yield the edits after which one imported name comes from elsewhere, or is another one.

    Both are statements of one name, of which a ``require`` takes one apart as well.
    """
    before, after = _ONE.match(old), _ONE.match(new)
    if before is None or after is None or " as " in before[1] + after[1]:
        raise ValueError(
            "replace_import() takes two statements, import { NAME } from 'MODULE', or two modules"
        )
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
            yield from _parted(tree, node, entry, (spelled, after[3]))


def moved(tree: SourceTree, old: str, new: str) -> Iterator[Edit]:
    """Yield what names another module wherever ``old`` is imported, or passed on by an export."""
    exports = [one for one in tree.of_kind("export_statement") if one.child_by_field_name("source")]
    for node in [*statements(tree), *exports]:
        if _module(node) == old:
            yield _module_edit(node, new)


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


def _braces(node: SyntaxNode) -> SyntaxNode:
    """Return the braces of an import, or of what takes a ``require`` apart; itself without."""
    return next(
        (part for part in walked(node) if part.type in {"named_imports", "object_pattern"}), node
    )


def _entries(node: SyntaxNode) -> list[SyntaxNode]:
    """Return what stands in the braces of a statement."""
    braces = _braces(node)
    return [one for one in braces.named_children if not is_comment(one)] if braces != node else []


def _others(node: SyntaxNode) -> list[SyntaxNode]:
    """Return what a statement binds beside those: the module's default, or all of it."""
    clause = _clause(node)
    there = clause.named_children if clause is not None else []
    return [one for one in there if one.type in {"identifier", "namespace_import"}]


def _clause(node: SyntaxNode) -> SyntaxNode | None:
    return next((one for one in node.named_children if one.type == "import_clause"), None)


def _list(tree: SourceTree, node: SyntaxNode) -> Listed:
    return listed(tree.content, _braces(node), _entries(node))


def _without(tree: SourceTree, node: SyntaxNode, gone: Sequence[int]) -> Edit:
    """Return what takes entries out of a statement; of all of them also the braces."""
    clause, braces = _clause(node), _braces(node)
    is_alone = clause is None or not _others(node)
    line = _line(tree, node)
    whole = (line.start, line.stop)
    if not is_alone and clause is not None:
        whole = (_others(node)[-1].end_byte, braces.end_byte)
    return taken_out(Taken(_list(tree, node), frozenset(gone), whole), None)


def _line(tree: SourceTree, node: SyntaxNode) -> Edit:
    """Return what takes a statement out, with its line where nothing else is on it."""
    end = tree.content.find(b"\n", node.end_byte) + 1 or len(tree.content)
    rest = tree.content[node.end_byte : end].strip()
    return Edit(node.start_byte, node.end_byte if rest else end, ())


def _line_end(tree: SourceTree, node: SyntaxNode) -> int:
    """Return where a statement's line ends, its comment included, if nothing else is on it."""
    end = tree.content.find(b"\n", node.end_byte)
    rest = tree.content[node.end_byte : end if end >= 0 else None].strip()
    is_comment_only = rest.startswith(b"//") or (rest.startswith(b"/*") and rest.endswith(b"*/"))
    if not is_comment_only:
        return node.end_byte
    line = tree.content[: end if end >= 0 else None]
    return len(line.rstrip(b"\r"))


def _is_type(node: SyntaxNode) -> bool:
    return any(one.type == "type" for one in node.children)


def _bound(entry: SyntaxNode) -> str:
    """Return what the module calls an entry."""
    return written(_name(entry))


def _name(entry: SyntaxNode) -> SyntaxNode:
    return entry.child_by_field_name("name") or entry.child_by_field_name("key") or entry


def _plain(statement: str) -> str:
    return " ".join(statement.replace('"', "'").rstrip(";").split())


def _has_default(node: SyntaxNode) -> bool:
    """Whether a statement binds the module's default, beside names of it."""
    clause = _clause(node)
    return clause is not None and len(clause.named_children) > 1


def _module_edit(node: SyntaxNode, module: str) -> Edit:
    """Return the edit that names another module in a statement, in the quotes that it has."""
    text = next(one for one in reversed(list(walked(node))) if one.type == "string")
    return Edit(text.start_byte + 1, text.end_byte - 1, (module,))


def _parted(
    tree: SourceTree, node: SyntaxNode, entry: SyntaxNode, made: tuple[str, str]
) -> Iterator[Edit]:
    """Yield the edits that take an entry out of a statement, and import ``made`` instead.

    That is a name, spelled as in braces, and its module.
    """
    spelled, module = made
    yield _without(tree, node, [_entries(node).index(entry)])
    text = written(node)
    quote = '"' if '"' in text else "'"
    end = ";" if text.endswith(";") else ""
    there = [one for one in statements(tree) if _module(one) == module and one.type == node.type]
    there = [one for one in there if _entries(one) and _is_type(one) == _is_type(node)]
    if there and node.type not in _DECLARATIONS:
        if spelled not in [" ".join(written(one).split()) for one in _entries(there[0])]:
            yield put_behind(_list(tree, there[0]), spelled, None)
        return
    verb = "import type" if _is_type(node) else "import"
    statement = f"{verb} {{ {spelled} }} from {quote}{module}{quote}{end}"
    if node.type in _DECLARATIONS:
        word = text.split(maxsplit=1)[0]
        statement = f"{word} {{ {spelled} }} = require({quote}{module}{quote}){end}"
    yield Edit(node.end_byte, node.end_byte, (f"\n{statement}",))
