"""The languages whose syntax is read: which files are theirs, which grammar, which queries.

Adding one is a line in `GRAMMARS` and a query file under ``queries/``. A query names definitions
(``@class @function @variable`` with ``@name``), imports (``@import``, or ``@module`` with
``@member``) and literals (``@string``).
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath


@dataclass(frozen=True, slots=True)
class Grammar:
    """One language: where its grammar comes from, and the query files read one after the other."""

    name: str
    module: str
    function: str
    queries: tuple[str, ...]


_JAVASCRIPT = Grammar("javascript", "tree_sitter_javascript", "language", ("javascript",))
_TYPESCRIPT = ("javascript", "typescript")
GRAMMARS: dict[str, Grammar] = {
    ".py": (_PYTHON := Grammar("python", "tree_sitter_python", "language", ("python",))),
    ".pyi": _PYTHON,
    ".js": _JAVASCRIPT,
    ".jsx": _JAVASCRIPT,
    ".mjs": _JAVASCRIPT,
    ".cjs": _JAVASCRIPT,
    ".ts": (
        _TS := Grammar("typescript", "tree_sitter_typescript", "language_typescript", _TYPESCRIPT)
    ),
    ".mts": _TS,
    ".cts": _TS,
    ".tsx": Grammar("tsx", "tree_sitter_typescript", "language_tsx", _TYPESCRIPT),
}
BY_NAME = {grammar.name: grammar for grammar in GRAMMARS.values()}


def grammar_of(path: str) -> Grammar | None:
    """Return the grammar for a file of this name, if there is one."""
    return GRAMMARS.get(PurePosixPath(path).suffix.lower())


@cache
def query_text(grammar: Grammar) -> str:
    """Return the queries of one language as one text."""
    folder = Path(__file__).parent / "queries"
    return "\n".join((folder / f"{name}.scm").read_text("utf-8") for name in grammar.queries)
