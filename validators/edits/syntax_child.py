"""The child that answers `SourceSyntax`: a file's errors, its names, and operations on it."""

import json
import re
from dataclasses import asdict, astuple
from typing import Any

from scoping.child import answer_all
from scoping.grammars import tree_of
from scoping.languages import BY_NAME
from validators.edits.edit import Operation
from validators.edits.operations import operated
from validators.edits.python_names import undefined_names
from validators.edits.syntax import Unmade
from validators.edits.syntax_node import SyntaxNode, error_lines
from validators.judging.javascript_names import known_globals, names_in

_MEMORY_BYTES = 1024**3
_CPU_S = 600
# What bundlers put in for a constant is declared nowhere.
_CONSTANT = re.compile(r"[A-Z_$][A-Z0-9_$]*|__\w+__")


def serve() -> None:
    """Answer until the parent hangs up."""
    answer_all(_answer, _MEMORY_BYTES, _CPU_S)


def _answer(header: bytes, content: bytes) -> bytes:
    asked = json.loads(header)
    return json.dumps(_answered(asked["grammar"], asked["what"], content, asked)).encode()


def _answered(grammar: str, what: str, content: bytes, asked: dict[str, Any]) -> object:
    if what == "names":
        return undefined_names(content) if grammar == "python" else _undeclared(grammar, content)
    root = _root(grammar, content)
    if root is None:
        return None
    if what == "errors":
        return error_lines(root)
    if root.has_error:
        first = error_lines(root)[0][0]
        message = f"the file does not parse (line {first}); edit its lines instead."
        return asdict(Unmade("breaks-syntax", message))
    try:
        made = operated(grammar, root, content, Operation(**asked["operation"]))
    except (SyntaxError, ValueError, RecursionError):  # the interpreter's, on another Python
        return None
    return asdict(made) if isinstance(made, Unmade) else [astuple(splice) for splice in made]


def _root(grammar: str, content: bytes) -> SyntaxNode | None:
    tree = tree_of(BY_NAME[grammar], content)
    return None if tree is None else tree.root_node


def _undeclared(grammar: str, content: bytes) -> dict[str, int] | None:
    """Return what a JavaScript module uses and does not declare; scripts share their names."""
    names = names_in(grammar, content)
    if names is None or names.is_script:
        return None
    known = known_globals()
    return {n: at for n, at in names.free.items() if n not in known and not _CONSTANT.fullmatch(n)}
