"""The names a JavaScript or TypeScript file uses and never declares, in whichever scope.

Scopes are not told apart: a name declared anywhere in a file counts as declared in all of it. That
misses a little, and blames nothing that is right. Parsing happens in a child process.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from scoping.child import Child, answer_all
from scoping.languages import BY_NAME, grammar_of
from scoping.syntax import why_unreadable
from scoping.test_syntax.nodes import Node, line_of, plain

_TIMEOUT_S = 10.0
_MEMORY_BYTES = 1024**3
_CPU_S = 600
_GRAMMARS = frozenset(("javascript", "typescript", "tsx"))
# Which of its parts a node declares.
_FIELDS = {
    "arrow_function": "parameter",
    "catch_clause": "parameter",
    "for_in_statement": "left",
    "required_parameter": "pattern",
    "optional_parameter": "pattern",
    **dict.fromkeys(
        (
            *("function_declaration", "generator_function_declaration", "function_expression"),
            *("generator_function", "class_declaration", "class", "abstract_class_declaration"),
            *("enum_declaration", "enum_assignment", "function_signature", "internal_module"),
            *("module", "variable_declarator", "index_signature"),
            *("type_alias_declaration", "interface_declaration"),
        ),
        "name",
    ),
}
# What stands below these is declared or used like they are themselves; parameters are declared.
_PATTERNS = frozenset(
    (
        *("object_pattern", "array_pattern", "rest_pattern", "formal_parameters", "import_clause"),
        *("import_statement", "import_alias", "import_require_clause", "import_specifier"),
        *("named_imports", "namespace_import"),
    )
)
_DECLARING = frozenset(("formal_parameters", "import_statement", "import_alias"))
_DEFAULTS = frozenset(("assignment_pattern", "object_assignment_pattern"))
_SKIPPED = frozenset(
    (
        *("nested_type_identifier", "type_predicate", "namespace_export", "asserts"),
        "jsx_namespace_name",
    )
)
_TAGS = frozenset(("jsx_opening_element", "jsx_closing_element", "jsx_self_closing_element"))
_DECLARED = frozenset(
    (
        *("identifier", "shorthand_property_identifier_pattern"),
        *("property_identifier", "type_identifier"),
    )
)
_USED = frozenset(
    ("identifier", "shorthand_property_identifier", "shorthand_property_identifier_pattern")
)
# The grammar takes some lists of type arguments for comparisons.
_TYPES = ("any", "bigint", "boolean", "never", "number", "object", "string", "symbol", "unknown")
_MODULE_NAMES = frozenset(("require", "module", "exports", "define"))


@dataclass(frozen=True, slots=True)
class Names:
    """``free`` has the first line of each name that is used and not declared.

    ``is_script``: it neither imports nor exports, so that what it declares may be seen elsewhere.
    """

    free: dict[str, int]
    declared: frozenset[str] = frozenset()
    is_script: bool = False


class NameReader(Child):
    """Reads the names of files in a child process; use it in ``with``."""

    def __init__(self, timeout_s: float = _TIMEOUT_S) -> None:
        super().__init__(__name__, timeout_s)

    def names(self, path: str, content: bytes) -> Names | None:
        """Return the names of a file; None where it is in another language, or not readable."""
        grammar = grammar_of(path)
        if grammar is None or grammar.name not in _GRAMMARS or why_unreadable(content):
            return None
        answer = self.ask(grammar.name.encode(), content)
        if not answer:
            return None
        free, declared, is_script = json.loads(answer)
        return Names(free, frozenset(declared), is_script)


def is_read(path: str) -> bool:
    """Whether a file of this name is in a language whose names are read here."""
    grammar = grammar_of(path)
    return grammar is not None and grammar.name in _GRAMMARS


@cache
def known_globals() -> frozenset[str]:
    """Return the names that browsers, runtimes and test runners give to every file."""
    listed = Path(__file__).with_name("javascript_globals.txt").read_text("utf-8")
    return frozenset(("arguments", *_TYPES, *listed.split()))


def serve() -> None:
    """Answer in the child: a grammar's name and a content, until there are no more."""
    answer_all(_answer, _MEMORY_BYTES, _CPU_S)


def _answer(header: bytes, content: bytes) -> bytes:
    names = names_in(header.decode(), content)
    if names is None:
        return b""
    return json.dumps([names.free, sorted(names.declared), names.is_script]).encode()


def names_in(grammar_name: str, content: bytes) -> Names | None:
    """Return the names in ``content``, None where it has errors.

    For the child: on a hostile file it can take the process down.
    """
    from scoping.grammars import tree_of  # noqa: PLC0415 - the child's alone

    tree = tree_of(BY_NAME[grammar_name], content)
    return None if tree is None or tree.root_node.has_error else _names_below(tree.root_node)


def _names_below(root: Node) -> Names:
    used: dict[str, int] = {}
    declared: set[str] = set()
    is_script = True
    waiting: list[tuple[Node, bool]] = [(root, False)]
    while waiting:
        node, declares = waiting.pop()
        kind = node.type
        if declares and kind in _DECLARED:
            declared.add(plain(node))
        elif kind in _USED:
            name, line = plain(node), line_of(node)
            used[name] = min(line, used.get(name, line))
        elif kind == "comment":
            declared.update(_announced(plain(node)))
        else:
            is_script = is_script and kind not in {"import_statement", "export_statement"}
            waiting += _below(node, declares=declares)
    free = {name: line for name, line in used.items() if name not in declared}
    return Names(free, frozenset(declared), is_script and not _MODULE_NAMES & used.keys())


def _below(node: Node, *, declares: bool) -> Iterator[tuple[Node, bool]]:
    """Yield what stands below a node that is no name, and whether the node declares it."""
    kind = node.type
    children = node.named_children
    if kind in _SKIPPED or (
        kind == "export_statement" and node.child_by_field_name("source") is not None
    ):
        return
    if kind in _TAGS and _is_element(node):
        children = children[1:]
    elif kind == "unary_expression" and plain(node).startswith("typeof"):
        children = [child for child in children if child.type != "identifier"]
    elif kind == "export_specifier":
        children = children[:1]  # another name that others may use is none in this file
    declared = {part.start_byte for part in _declared_by(node, declares=declares)}
    yield from ((child, child.start_byte in declared) for child in children)


def _declared_by(node: Node, *, declares: bool) -> Iterator[Node]:
    """Yield the children in which ``node`` declares names; ``declares``: it is declared itself."""
    kind = node.type
    field = _FIELDS.get(kind, "")
    if kind in _PATTERNS:
        yield from node.named_children if declares or kind in _DECLARING else ()
    elif kind == "enum_body":  # later members may use earlier ones by name
        yield from (child for child in node.named_children if child.type == "property_identifier")
    elif kind in _DEFAULTS or kind == "pair_pattern":
        part = node.child_by_field_name("left" if kind in _DEFAULTS else "value")
        yield from (part,) if declares and part is not None else ()
    elif field and (kind != "for_in_statement" or node.child_by_field_name("kind") is not None):
        # What a tuple's type calls its members is named otherwise than a parameter.
        part = node.child_by_field_name(field) or node.child_by_field_name("name")
        yield from (part,) if part is not None else ()


def _is_element(tag: Node) -> bool:
    """Whether a JSX tag is an element of HTML, not a component."""
    name = tag.child_by_field_name("name")
    return name is not None and name.type == "identifier" and plain(name)[:1].islower()


def _announced(comment: str) -> Iterator[str]:
    """Yield the names that a comment for linters says are there: ``/* global a, b:writable */``."""
    words = comment.removeprefix("/*").removesuffix("*/").split(None, 1)
    if comment.startswith("/*") and len(words) > 1 and words[0] in {"global", "globals"}:
        for word in words[1].split(","):
            yield word.partition(":")[0].strip()
