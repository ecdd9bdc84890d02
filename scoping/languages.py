"""The languages whose syntax is read: which files are theirs, which grammar, which queries.

Adding one is a line in `INDEXED` and a query file under ``queries/``. A query names definitions
(``@class @function @method @variable`` with ``@name``, and ``@owner`` where a method stands outside
its class; or as C has it ``@declarator``, below which both stand) and imports (``@import``, or
``@module`` with ``@member``).
`GRAMMARS` are those whose tests and edits are understood too.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Grammar:
    """One language: where its grammar comes from, and the query files read one after the other.

    ``anchors`` are keywords, of which each statement holds one that the queries seek below the top
    of the tree: a query then looks where they are written, and need not walk the whole tree.
    ``declared`` are the statements among these that are definitions and need no query, by what
    they define: a node of this type with a ``name``.
    """

    name: str
    module: str
    function: str
    queries: tuple[str, ...]
    anchors: tuple[str, ...] = ()
    declared: tuple[tuple[str, str], ...] = ()


# TypeScript's grammar calls some parts otherwise.
_JAVASCRIPT = Grammar(
    "javascript", "tree_sitter_javascript", "language", ("javascript", "javascript_classes")
)
_TYPESCRIPT = ("javascript", "typescript")
GRAMMARS: dict[str, Grammar] = {
    ".py": (
        _PYTHON := Grammar(
            "python",
            "tree_sitter_python",
            "language",
            ("python",),
            anchors=("def", "class", "import"),
            declared=(("function_definition", "function"), ("class_definition", "class")),
        )
    ),
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
_C = Grammar("c", "tree_sitter_c", "language", ("c",))
_CPP = Grammar("cpp", "tree_sitter_cpp", "language", ("c", "cpp"))
_RUBY = Grammar("ruby", "tree_sitter_ruby", "language", ("ruby",))
_PHP = Grammar("php", "tree_sitter_php", "language_php", ("php",))
INDEXED: dict[str, Grammar] = GRAMMARS | {
    ".go": Grammar("go", "tree_sitter_go", "language", ("go",)),
    ".rs": Grammar("rust", "tree_sitter_rust", "language", ("rust",)),
    ".java": Grammar("java", "tree_sitter_java", "language", ("java",)),
    ".c": _C,
    ".h": _CPP,
    **dict.fromkeys((".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx"), _CPP),
    **dict.fromkeys((".rb", ".rake", ".gemspec"), _RUBY),
    ".php": _PHP,
    # Their scripts alone are read, see `scoping.views`.
    **dict.fromkeys((".vue", ".svelte"), _TS),
}
for _name, *_endings in (
    ("kotlin", ".kt", ".kts"),
    ("c_sharp", ".cs"),
    ("scala", ".scala"),
    ("swift", ".swift"),
    ("bash", ".sh", ".bash"),
    ("lua", ".lua"),
    ("elixir", ".ex", ".exs"),
    ("haskell", ".hs"),
    ("dart", ".dart"),
    ("hcl", ".tf", ".hcl"),
    ("sql", ".sql"),
):
    INDEXED |= dict.fromkeys(_endings, Grammar(_name, f"tree_sitter_{_name}", "language", (_name,)))
# A definition begins where the statement around it does: decorators, `export`, `const`.
WRAPPERS = frozenset(
    (
        "decorated_definition",
        "export_statement",
        "lexical_declaration",
        "variable_declaration",
        "type_declaration",
        "template_declaration",
    )
)
BY_NAME = {grammar.name: grammar for grammar in INDEXED.values()}


def grammar_of(path: str) -> Grammar | None:
    """Return the grammar for a file of this name whose tests and edits are understood."""
    return GRAMMARS.get(_suffix(path))


def indexed_grammar_of(path: str) -> Grammar | None:
    """Return the grammar that finds the symbols of a file of this name, if there is one."""
    return INDEXED.get(_suffix(path))


def _suffix(path: str) -> str:
    """Return the ending of a path as `PurePosixPath` has it, in a tenth of the time."""
    stem, dot, ending = path.rpartition("/")[2].rpartition(".")
    return f".{ending.lower()}" if dot and stem else ""


@cache
def query_text(grammar: Grammar) -> str:
    """Return the queries of one language as one text."""
    folder = Path(__file__).parent / "queries"
    return "\n".join((folder / f"{name}.scm").read_text("utf-8") for name in grammar.queries)
