"""Names that a Python file uses and nothing in it defines, by the interpreter's own scopes.

For the child: the compiler may recurse deeply on a file made for it.
"""

import ast
import builtins
import symtable
from collections.abc import Iterator

# What every module, class body or well-known tool adds; `_` is where translations are installed.
_GIVEN = frozenset(dir(builtins)) | {
    *("__file__", "__path__", "__builtins__", "__annotations__", "__module__", "__qualname__"),
    *("__class__", "_", "WindowsError", "PythonFinalizationError", "reveal_type", "reveal_locals"),
}
# These make names that no reader of the file can see.
_HIDING = frozenset(("exec", "globals"))


def undefined_names(content: bytes) -> dict[str, int] | None:
    """Return the first line of each undefined name; None where that cannot be told."""
    try:
        tree = ast.parse(content)
        table = symtable.symtable(content, "<file>", "exec")  # type: ignore[arg-type]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    used = _uses(tree)
    stars = any(isinstance(n, ast.ImportFrom) and n.names[0].name == "*" for n in ast.walk(tree))
    if stars or _HIDING & used.keys():
        return None
    names = _taken_from_module(table) - _bound_by_module(table) - _GIVEN
    return {name: used[name] for name in sorted(names) if name in used}


def _uses(tree: ast.AST) -> dict[str, int]:
    """Return the first line of each name that is read, unless its absence is provided for."""
    found: dict[str, int] = {}
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Try) and any(map(_catches_absence, node.handlers)):
            waiting += [*node.handlers, *node.orelse, *node.finalbody]
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found[node.id] = min(node.lineno, found.get(node.id, node.lineno))
        waiting += ast.iter_child_nodes(node)
    return found


def _catches_absence(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    named = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)}
    return bool(named & {"NameError", "Exception", "BaseException"})


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    waiting = [table]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += one.get_children()


def _taken_from_module(table: symtable.SymbolTable) -> set[str]:
    """Return the names that some scope reads and does not bind itself or in a function around."""
    return {
        symbol.get_name()
        for one in _tables(table)
        for symbol in one.get_symbols()
        if symbol.is_referenced() and (symbol.is_global() or one is table)
    }


def _bound_by_module(table: symtable.SymbolTable) -> set[str]:
    """Return what the module binds anywhere, in functions that declare it ``global`` too."""
    return {
        symbol.get_name()
        for one in _tables(table)
        for symbol in one.get_symbols()
        if (symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace())
        and (one is table or symbol.is_declared_global())
    }


def scopes_binding(content: bytes, name: str) -> tuple[bool, list[int]]:
    """Return whether the module binds ``name``, and the lines of inner scopes that bind it anew."""
    module = symtable.symtable(content, "<file>", "exec")  # type: ignore[arg-type]
    inner = [
        table.get_lineno()
        for table in _tables(module)
        if table is not module and name in table.get_identifiers() and table.lookup(name).is_local()
    ]
    return name in _bound_by_module(module), sorted(inner)
