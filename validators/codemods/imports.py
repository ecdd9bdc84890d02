"""A file's imports: which there are, one more in the place where it would be looked for, one less.

Python, JavaScript, TypeScript and Go have their own ways; in other languages an import is one
statement, and what it names is compared as it is written.
"""

import re
from collections.abc import Iterator, Sequence

from validators.codemods import go_imports, javascript_imports, python_imports
from validators.codemods.edit import Edit
from validators.codemods.import_places import first_import, is_inner
from validators.codemods.tree import SourceTree
from validators.edits.syntax_node import SyntaxNode, written

_OWN = {
    "python": python_imports,
    "javascript": javascript_imports,
    "typescript": javascript_imports,
    "tsx": javascript_imports,
    "go": go_imports,
}
_STATEMENTS = {
    "java": "import_declaration",
    "kotlin": "import",
    "scala": "import_declaration",
    "c_sharp": "using_directive",
    "rust": "use_declaration",
    "php": "namespace_use_declaration",
    "swift": "import_declaration",
    "dart": "import_or_export",
    "c": "preproc_include",
    "cpp": "preproc_include",
    "haskell": "import",
}
_STRINGS = {
    "java": ("string_literal",),
    "kotlin": ("string_literal",),
    "go": ("interpreted_string_literal", "raw_string_literal"),
    "rust": ("string_literal", "raw_string_literal"),
    "c": ("string_literal",),
    "cpp": ("string_literal", "raw_string_literal"),
    "c_sharp": ("string_literal", "verbatim_string_literal"),
    "javascript": ("string", "template_string"),
    "typescript": ("string", "template_string"),
    "tsx": ("string", "template_string"),
    "php": ("string", "encapsed_string"),
    "scala": ("string",),
    "swift": ("line_string_literal",),
    "hcl": ("string_lit",),
    "sql": ("literal",),
    "dart": ("string_literal",),
    "bash": ("string", "raw_string"),
}


def string_kinds(language: str) -> tuple[str, ...]:
    """Return what the grammar of a language calls its strings."""
    return _STRINGS.get(language, ("string",))


def statements(tree: SourceTree) -> list[SyntaxNode]:
    """Return all that a file imports by; nothing where imports of its language are not known."""
    own = _OWN.get(tree.grammar.name)
    if own is not None:
        there: list[SyntaxNode] = own.statements(tree)
        return there
    return _statements(tree) if tree.grammar.name in _STATEMENTS else []


def found(tree: SourceTree, module: str, name: str) -> list[SyntaxNode]:
    """Return the statements that import ``module``, or ``name`` from it, anywhere in the file."""
    own = _OWN.get(tree.grammar.name)
    if own is not None:
        there: list[SyntaxNode] = own.found(tree, module, name)
        return there
    wanted = f"{module}.{name}" if name else module
    return [node for node in _statements(tree) if _names(node, wanted)]


def inserted(tree: SourceTree, statement: str) -> Iterator[Edit]:
    """Yield the edits after which the file has an import; none where it has it."""
    own = _OWN.get(tree.grammar.name)
    if own is not None:
        yield from own.inserted(tree, statement)
        return
    there = [node for node in _statements(tree) if not is_inner(node)]
    if any((node.text or b"").decode("utf-8", "replace").strip() == statement for node in there):
        return
    group = [node for node in there if _is_static(written(node)) == _is_static(statement)]
    sooner = [node for node in group if (node.text or b"") < statement.encode()]
    if sooner or (there and not group):
        place = len(tree.content[: (sooner or there)[-1].end_byte].rstrip())
        end = tree.content.find(b"\n", place)  # behind the comment of the one before
        place = len(tree.content[: end if end >= 0 else None].rstrip())
        yield Edit(place, place, (f"\n{statement}",))
    elif group:
        yield Edit(group[0].start_byte, group[0].start_byte, (f"{statement}\n",))
    else:
        yield first_import(tree, statement)


def removed(tree: SourceTree, module: str, names: Sequence[str]) -> Iterator[Edit]:
    """Yield the edits after which an import is gone."""
    own = _OWN.get(tree.grammar.name)
    if own is not None:
        yield from own.removed(tree, module, names)
        return
    for node in (node for name in names or ("",) for node in found(tree, module, name)):
        end = tree.content.find(b"\n", node.end_byte) + 1 or len(tree.content)
        rest = tree.content[node.end_byte : end].strip(b" \t\r\n;")
        yield Edit(node.start_byte, node.end_byte if rest else end, ())


def replaced(tree: SourceTree, old: str, new: str) -> Iterator[Edit]:
    """Yield the edits after which what was imported as ``old`` is imported as ``new``."""
    if tree.grammar.name == "python":
        yield from python_imports.replaced(tree, old, new)
        return
    if _OWN.get(tree.grammar.name) is javascript_imports and _is_statement(old + new):
        yield from javascript_imports.replaced(tree, old, new)
        return
    own = _OWN.get(tree.grammar.name)
    if own is not None:
        yield from own.moved(tree, old, new)
        return
    there = bool(found(tree, new, ""))
    for node in found(tree, old, ""):
        if there:
            yield from removed(tree, old, ())
            return
        named = re.search(_spelled(old), (node.text or b"").decode("utf-8", "surrogateescape"))
        if named is not None:
            at = node.start_byte + len(named.string[: named.start()].encode("utf-8", "replace"))
            yield Edit(at, at + len(old.encode()), (new,))


def _statements(tree: SourceTree) -> list[SyntaxNode]:
    kind = _STATEMENTS.get(tree.grammar.name)
    if kind is None:
        raise ValueError(
            f"imports of {tree.grammar.name} are not known; edit the lines by replace()"
        )
    return tree.of_kind(kind)


def _names(node: SyntaxNode, wanted: str) -> bool:
    return re.search(_spelled(wanted), written(node)) is not None


def _spelled(module: str) -> str:
    return rf"(?<![\w.\\/]){re.escape(module)}(?![\w.\\/]|::)"


def _is_statement(text: str) -> bool:
    return "{" in text or text.startswith(("import ", "const ", "export "))


def _is_static(statement: str) -> bool:
    return statement.startswith(("import static", "using static", "use function", "use const"))
