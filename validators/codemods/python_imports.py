"""Imports of Python: names of one module share a statement, and are kept in their order."""

import re
from collections.abc import Iterator, Sequence

from validators.codemods.edit import Edit, Span, Taken, taken_out
from validators.codemods.entries import listed, put_in_order
from validators.codemods.node import Node, fills_block
from validators.codemods.python_places import placed
from validators.codemods.tree import SourceTree, is_layout
from validators.edits.syntax_node import SyntaxNode, written

_FROM = re.compile(r"from\s+(\S+)\s+import\s*(\()?\s*([\w*][^()]*?),?\s*(?(2)\))$")
_WHOLE = re.compile(r"import\s+([\w.]+)(?:\s+as\s+(\w+))?$")
_MODULE = re.compile(r"(?:import\s+)?(\w+(?:\.\w+)*)$")
_KINDS = ("import_statement", "import_from_statement", "future_import_statement")
_DEFINITIONS = frozenset(("function_definition", "class_definition", "decorated_definition"))


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
    top = _top(tree)
    if whole is not None:
        spelled = " ".join(statement.split()).removeprefix("import ")
        if not any(node.type == _KINDS[0] and spelled in _spelled(node) for node in top):
            yield placed(tree, top, statement)
        return
    if member is None:
        raise ValueError(f"{statement!r} is no import; write import a.b, or from a import b, c")
    module, wanted = member[1], [" ".join(one.split()) for one in member[3].split(",")]
    same = [node for node in top if _module(node) == module and node.type != _KINDS[0]]
    has = {name for node in same for name in _spelled(node)}
    missing = [one for one in wanted if one not in has and "*" not in has]
    if missing and not same:
        yield placed(tree, top, f"from {module} import {', '.join(missing)}")
    for one in missing if same else ():
        there = listed(tree.content, same[0], entries_of(same[0]))
        yield put_in_order(there, _spelled(same[0]), one, _order)


def removed(tree: SourceTree, module: str, names: Sequence[str]) -> Iterator[Edit]:
    """Yield what takes an import out; a statement left empty goes, or is ``pass`` in its block."""
    there = [node for name in names or ("",) for node in found(tree, module, name)]
    for node in dict.fromkeys(there):
        entries = entries_of(node)
        plain = [_spelling(one).split(" as ")[0] for one in entries]
        wanted = (module,) if node.type == _KINDS[0] else names
        gone = [at for at, one in enumerate(plain) if not wanted or one in wanted]
        yield _without(tree, node, gone)


def replaced(tree: SourceTree, old: str, new: str) -> Iterator[Edit]:
    """Yield the edits after which one imported name comes from elsewhere, or is another one.

    What is imported in a function, or under a condition, is still imported there. ValueError where
    these are neither two statements of one name nor two modules.
    """
    home, new_home = _MODULE.match(old), _MODULE.match(new)
    if home is not None and new_home is not None:
        yield from _moved(tree, home[1], new_home[1])
        return
    before, after = _FROM.match(old), _FROM.match(new)
    if before is None or after is None or "," in before[3] + after[3]:
        raise ValueError(
            "replace_import() takes two statements, from MODULE import NAME, or two modules"
        )
    for node in found(tree, before[1], before[3]):
        entry, alias = _entry(node, before[3])
        wanted = f"{after[3]} as {alias}" if alias else after[3]
        statement = f"from {after[1]} import {wanted}"
        is_top = node.parent == tree.root
        is_there = is_top and not list(inserted(tree, statement))
        if before[1] == after[1] and not is_there:
            yield Edit(entry.start_byte, entry.end_byte, (wanted,))
        elif is_top and (is_there or len(entries_of(node)) > 1 or _from(tree, after[1])):
            yield _without(tree, node, [entries_of(node).index(entry)])
            yield from () if is_there else inserted(tree, statement)
        else:
            yield from _in_place(tree, node, entry, statement)


def _moved(tree: SourceTree, old: str, new: str) -> Iterator[Edit]:
    """Yield what names the module ``new`` where imports name ``old``, or what is below it.

    The names that they bind stay, but for that of a plain ``import a.b``.
    """
    home, _, name = old.rpartition(".")
    new_home, _, new_name = new.rpartition(".")
    for node in statements(tree):
        is_whole = node.type == _KINDS[0]
        for named in _modules(node):
            text = "".join(written(named).split())
            is_done = new.startswith(f"{old}.") and f"{text}.".startswith(f"{new}.")
            if f"{text}.".startswith(f"{old}.") and not is_done:
                yield Edit(named.start_byte, named.end_byte, (new + text.removeprefix(old),))
        if home and not is_whole and _named(node, home, name):
            entry, alias = _entry(node, name)
            bound = alias or (name if name != new_name else "")
            source = f"from {new_home} import {new_name}" if new_home else f"import {new_name}"
            yield from _in_place(tree, node, entry, f"{source} as {bound}" if bound else source)


def _in_place(
    tree: SourceTree, node: SyntaxNode, entry: SyntaxNode, statement: str
) -> Iterator[Edit]:
    """Yield what puts ``statement`` where an entry was, or behind those that stay."""
    entries = entries_of(node)
    if len(entries) == 1:
        yield Edit(node.start_byte, node.end_byte, (statement,))
        return
    line = tree.content.rfind(b"\n", 0, node.start_byte) + 1
    before = tree.content[line : node.start_byte]
    gap = "; " if before.strip() else f"\n{before.decode()}"
    yield _without(tree, node, [entries.index(entry)])
    yield Edit(node.end_byte, node.end_byte, (f"{gap}{statement}",))


def _without(tree: SourceTree, node: SyntaxNode, gone: Sequence[int]) -> Edit:
    """Return what takes entries out of a statement; all of them with its line, but for a block."""
    there = listed(tree.content, node, entries_of(node))
    instead = "pass" if fills_block(Node(node)) else ""
    whole = (node.start_byte, node.end_byte) if instead else _line(tree.content, node)
    return taken_out(Taken(there, frozenset(gone), whole, instead), None)


def _top(tree: SourceTree) -> list[SyntaxNode]:
    """Return the imports before the first definition: what comes later, code may not find yet."""
    found = []
    for node in tree.root.named_children:
        if node.type in _DEFINITIONS:
            break
        found += [node] if node.type in _KINDS else []
    return found


def _from(tree: SourceTree, module: str) -> list[SyntaxNode]:
    """Return the statements at the top that take names from a module."""
    return [node for node in _top(tree) if node.type != _KINDS[0] and _module(node) == module]


def _named(node: SyntaxNode, module: str, name: str) -> bool:
    names = [spelling.split(" as ")[0] for spelling in _spelled(node)]
    if node.type == _KINDS[0]:
        return not name and module in names
    return _module(node) == module and (not name or name in names)


def _module(node: SyntaxNode) -> str:
    if node.type == _KINDS[2]:
        return "__future__"
    return "".join(written(node.child_by_field_name("module_name")).split())


def _modules(node: SyntaxNode) -> list[SyntaxNode]:
    """Return the modules that a statement names, without what they are called here."""
    if node.type == _KINDS[0]:
        return [one.child_by_field_name("name") or one for one in entries_of(node)]
    module = node.child_by_field_name("module_name")
    return [module] if module is not None else []


def _entry(node: SyntaxNode, name: str) -> tuple[SyntaxNode, str]:
    """Return what imports a name in a statement, and what it is called here where it is."""
    for entry in entries_of(node):
        spelled, _, alias = _spelling(entry).partition(" as ")
        if spelled == name:
            return entry, alias
    raise KeyError(name)


def entries_of(node: SyntaxNode) -> list[SyntaxNode]:
    """Return what a statement imports, each with the name it gives to that."""
    module = node.child_by_field_name("module_name")
    start = module.end_byte if module is not None else node.start_byte
    return [
        part for part in node.named_children if part.start_byte >= start and not is_layout(part)
    ]


def _spelling(entry: SyntaxNode) -> str:
    return " ".join(written(entry).split())


def _spelled(node: SyntaxNode) -> list[str]:
    return ["*" if one.type == "wildcard_import" else _spelling(one) for one in entries_of(node)]


def _order(entry: str) -> tuple[int, str]:
    """Constants, then classes, then the rest, as most sorters of imports have it."""
    name = entry.split(" as ", maxsplit=1)[0]
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name.casefold()


def _line(content: bytes, node: SyntaxNode) -> Span:
    """Return a statement with its line, or with the semicolon that parts it from another."""
    start = content.rfind(b"\n", 0, node.start_byte) + 1
    stop = content.find(b"\n", node.end_byte) + 1 or len(content)
    before, behind = content[start : node.start_byte], content[node.end_byte : stop]
    if not before.strip() and not behind.strip(b" \t\r\n;"):
        return start, stop
    if behind.lstrip().startswith(b";") and behind.strip(b" \t\r\n;"):
        return node.start_byte, stop - len(behind.lstrip(b" \t;"))
    if before.rstrip().endswith(b";"):
        return start + len(before.rstrip(b" \t;")), node.end_byte
    return node.start_byte, node.end_byte
