"""Whether two versions of a file say the same, however they are laid out."""

import ast
import warnings
from difflib import SequenceMatcher

from scoping.grammars import tree_of
from scoping.languages import BY_NAME
from validators.codemods.tree import is_comment
from validators.codemods.tree_walk import language_of
from validators.edits.syntax_node import SyntaxNode


def is_equal(path: str, made: bytes, wanted: bytes) -> bool:
    """Return whether both have the same syntax: imports in any order, layout and comments aside."""
    if made == wanted:
        return True
    if language_of(path) == "python":
        try:
            return _python(made) == _python(wanted)
        except (SyntaxError, ValueError):
            pass  # of another Python: the tokens tell
    return _tokens(path, made) == _tokens(path, wanted)


def stray_lines(before: bytes, made: bytes, wanted: bytes) -> int:
    """Return how many lines that people left alone something else rewrites or takes out."""
    return len(_touched(before, made) - _touched(before, wanted))


def _touched(before: bytes, after: bytes) -> set[int]:
    old, new = before.splitlines(), after.splitlines()
    changes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return {
        line
        for what, first, last, _, _ in changes
        for line in range(first, last)
        if what != "equal" and old[line].strip()
    }


def _python(content: bytes) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(content)
    for node in ast.walk(tree):
        for body in (getattr(node, "body", None), getattr(node, "orelse", None)):
            if isinstance(body, list):
                body[:] = _sorted(body)
    return ast.dump(tree)


def _sorted(body: list[ast.stmt]) -> list[ast.stmt]:
    """Return statements with those of imports first, one for each name, sorted."""
    imports = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    single = [
        ast.ImportFrom(node.module, [alias], node.level)
        if isinstance(node, ast.ImportFrom)
        else ast.Import([alias])
        for node in imports
        for alias in node.names
    ]
    named = {ast.dump(node): node for node in single}
    rest = [node for node in body if not isinstance(node, ast.Import | ast.ImportFrom)]
    docstring = rest[:1] if rest and ast.unparse(rest[0])[:1] in "\"'" else []
    return [*docstring, *(named[key] for key in sorted(named)), *rest[len(docstring) :]]


def _tokens(path: str, content: bytes) -> list[bytes]:
    tree = tree_of(BY_NAME[language_of(path)], content)
    if tree is None:
        return [content]
    found: list[bytes] = []
    imports: list[bytes] = []
    stack: list[SyntaxNode] = [tree.root_node]
    while stack:
        node = stack.pop()
        if is_comment(node):
            continue
        if node.type == "import_declaration":
            imports.append(b"".join((node.text or b"").split()))
            continue
        if node.children and "string" not in node.type:
            stack.extend(reversed(node.children))
        elif (node.text or b"").strip(b" \n\r\t,;"):
            found.append(b"".join((node.text or b"").split()))
    return sorted(imports) + found
