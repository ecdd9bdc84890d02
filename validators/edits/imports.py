"""One more import of a file: below those at its top, unless it is there."""

import ast
import re
from collections.abc import Sequence

from validators.edits.python_names import scopes_binding
from validators.edits.syntax import Splice, Unmade
from validators.edits.syntax_node import SyntaxNode, line, walked, written

_PYTHON = frozenset(
    ("import_statement", "import_from_statement", "future_import_statement", "comment")
)
_FUTURE = "future_import_statement"
_REQUIRED = re.compile(r"(?:const|let|var)\s.*=\s*require\(.*\)", re.DOTALL)
_SPACES = re.compile(r"\s+|;$")


def imported(grammar: str, root: SyntaxNode, content: bytes, text: str) -> list[Splice] | Unmade:
    """Return where the import statement ``text`` goes."""
    text = text.strip()
    if grammar == "python":
        return _in_python(root, content, text)
    is_import = text.startswith("import") or _REQUIRED.fullmatch(text.rstrip(";"))
    names = _javascript_names(grammar, text) if is_import else None
    if names is None or "\n" in text:
        return Unmade("malformed", f"{text[:80]!r} is not one import on one line.")
    top = root.named_children
    if any(_plain(written(node)) == _plain(text) for node in top):
        return Unmade(None)
    taken = _taken(root, names)
    if taken:
        return taken
    imports = [node for node in top if node.type == "import_statement"]
    imports = imports or [node for node in _leading(top) if _REQUIRED.match(written(node))]
    before = imports[-1] if imports else _last_of_head(top)
    return [_below(before, content, text)]


def _in_python(root: SyntaxNode, content: bytes, text: str) -> list[Splice] | Unmade:
    try:
        found = ast.parse(text).body
    except (SyntaxError, ValueError):
        found = []
    statement = found[0] if len(found) == 1 else None
    if not isinstance(statement, ast.Import | ast.ImportFrom) or "\n" in text:
        return Unmade("malformed", f"{text[:80]!r} is not one import on one line.")
    wanted = _python_imports(statement)
    top = ast.parse(content).body
    there = {one for node in top for one in _python_imports(node)}
    if wanted <= there:
        return Unmade(None)
    for _, _, bound in sorted(wanted - there):
        if bound != "*" and scopes_binding(content, bound)[0] and not _is_module(wanted, bound):
            message = f"{bound} is a name of this file already; import it under another one."
            return Unmade("exists", message)
    head = _python_head(root)
    is_future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
    chosen = [node for node in head if node.type in _PYTHON - {"comment"}]
    if is_future:
        chosen = [node for node in chosen if node.type == _FUTURE]
    return [_below(chosen[-1] if chosen else _last_of_head(root.named_children), content, text)]


def _is_module(wanted: set[tuple[str, str, str]], bound: str) -> bool:
    """Whether ``bound`` stands for the package of a dotted module: ``import os.path``."""
    return any(name != bound and name.startswith(f"{bound}.") for _, name, _ in wanted)


def _python_imports(node: ast.stmt) -> set[tuple[str, str, str]]:
    """Return each thing a statement imports: its module, its name there, its name here."""
    if isinstance(node, ast.Import):
        return {("", one.name, one.asname or one.name.partition(".")[0]) for one in node.names}
    if isinstance(node, ast.ImportFrom):
        module = "." * node.level + (node.module or "")
        return {(module, one.name, one.asname or one.name) for one in node.names}
    return set()


def _python_head(root: SyntaxNode) -> list[SyntaxNode]:
    """Return the comments, docstring and imports that a file begins with."""
    head: list[SyntaxNode] = []
    for node in root.named_children:
        is_docstring = node.type == "expression_statement" and all(
            part.type == "string" for part in node.named_children
        )
        if node.type not in _PYTHON and not (is_docstring and _is_first(head)):
            break
        head.append(node)
    return head


def _is_first(head: list[SyntaxNode]) -> bool:
    return all(node.type == "comment" for node in head)


def _leading(top: Sequence[SyntaxNode]) -> list[SyntaxNode]:
    """Return the statements up to the first that is neither comment, directive nor ``require``."""
    found: list[SyntaxNode] = []
    for node in top:
        if not (_is_head(node) or _REQUIRED.match(written(node))):
            break
        found.append(node)
    return found


def _is_head(node: SyntaxNode) -> bool:
    is_directive = node.type == "expression_statement" and all(
        part.type == "string" for part in node.named_children
    )
    return node.type in {"comment", "hash_bang_line"} or is_directive


def _last_of_head(top: Sequence[SyntaxNode]) -> SyntaxNode | None:
    """Return the last of a licence, ``use strict`` or docstring, not what explains code below."""
    head: list[SyntaxNode] = []
    for node in top:
        if not _is_head(node):
            # A comment right above code is that code's.
            while (
                head and head[-1].type == "comment" and head[-1].end_point[0] + 1 >= line(node) - 1
            ):
                head.pop()
            break
        head.append(node)
    return head[-1] if head else None


def _below(node: SyntaxNode | None, content: bytes, text: str) -> Splice:
    if node is None:
        at = 3 if content.startswith(b"\xef\xbb\xbf") else 0
        return Splice(at, at, f"{text}\n")
    end = content.find(b"\n", node.end_byte - (content[node.end_byte - 1 : node.end_byte] == b"\n"))
    if end < 0:
        return Splice(len(content), len(content), f"\n{text}")
    return Splice(end + 1, end + 1, f"{text}\n")


def _javascript_names(grammar: str, text: str) -> set[str] | None:
    """Return the names that an import binds; None where it is no statement."""
    from scoping.grammars import tree_of  # noqa: PLC0415 - the child's alone
    from scoping.languages import BY_NAME  # noqa: PLC0415 - the same
    from validators.edits.bindings import binds  # noqa: PLC0415 - the same

    tree = tree_of(BY_NAME[grammar], text.encode())
    if tree is None or tree.root_node.has_error or len(tree.root_node.named_children) != 1:
        return None
    return {written(node) for node in walked(tree.root_node) if binds(node)}


def _taken(root: SyntaxNode, names: set[str]) -> Unmade | None:
    from validators.edits.bindings import binds  # noqa: PLC0415 - the child's alone

    for node in walked(root):
        if binds(node) and written(node) in names:
            message = f"line {line(node)} defines {written(node)} already; import it under another"
            return Unmade("exists", f"{message} name, or edit that line.")
    return None


def _plain(text: str) -> str:
    return _SPACES.sub(" ", text.rstrip(";")).replace("'", '"').strip()
