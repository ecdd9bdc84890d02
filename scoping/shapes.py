"""What a query found in one tree, as definitions and imports; for the child, as parsing is."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from scoping.languages import WRAPPERS
from scoping.syntax import MAX_IMPORTS, MAX_SYMBOLS, Shape, Syntax, first_paragraph, signature
from scoping.test_syntax.nodes import plain

# Of tree-sitter, which is known to `scoping.grammars` alone; or None.
Node = Any
# Nodes by the names that the query gives them.
Match = Mapping[str, Node]
Sought = Callable[[Node, Node, bytes], Node]

_KINDS = frozenset(("class", "function", "method", "variable"))
_POINTING = frozenset(("pointer_declarator", "reference_declarator"))
_FUNCTION_NAMES = frozenset(("identifier", "field_identifier", "destructor_name", "operator_name"))
_DOC_COMMENT = b"/**"
_GIVEN = re.compile(r"<[^<>]*>")
# Between branches of a preprocessor these look like functions to a parser.
_CONDITIONAL = frozenset(("c", "cpp", "c_sharp"))
_STATEMENTS = frozenset(("if", "for", "foreach", "while", "switch", "catch", "using", "lock"))


def facts_of(language: str, matches: Iterable[Match], content: bytes) -> Syntax:
    """Return the definitions and imports that ``matches`` of a query show in ``content``."""
    shapes: dict[tuple[int, int], Shape] = {}
    imports: dict[str, None] = {}
    # To ask a node for its neighbour is dear, and in most languages in vain.
    documentation = _documented if _DOC_COMMENT in content else _head_string
    no_names = _STATEMENTS if language in _CONDITIONAL else frozenset()
    for found in matches:
        if "import" in found:
            imports[plain(found["import"])] = None
        elif "module" in found:
            module = plain(found["module"])
            dot = "" if module.endswith(".") else "."
            imports[f"{module}{dot}{plain(found['member'])}"] = None
        else:
            kind = next(filter(_KINDS.__contains__, found))
            owner, name = (
                _declared(found["declarator"])
                if "declarator" in found
                else (found.get("owner"), found["name"])
            )
            named = _named(owner, name) if name is not None else ""
            if not named.rpartition(".")[2] or named in no_names:
                continue
            own_kind = "method" if owner and "declarator" in found else kind
            shape = _shape(own_kind, found[kind], named, content, documentation)
            # What is assigned a function matches as a variable too, before or after.
            known = shapes.get((shape.start, shape.end))
            if known is None or known.kind == "variable":
                shapes[shape.start, shape.end] = shape
    return Syntax(language, tuple(shapes.values())[:MAX_SYMBOLS], tuple(imports)[:MAX_IMPORTS])


def _named(owner: Node, name: Node) -> str:
    """Return a definition's name, after that of the class where it is written beside it: dotted.

    Empty where the parser put a name in itself, as for an ``enum : int`` that has none. Marks that
    let any word be a name, and what a template is given, are no part of one.
    """
    own = plain(name).strip("`")
    if owner is not None:
        whose = plain(owner)
        while (bare := _GIVEN.sub("", whose)) != whose:
            whose = bare
        own = f"{whose}.{own}"
    return own.replace("::", ".").strip(".")


def _shape(kind: str, node: Node, name: str, content: bytes, documentation: Sought) -> Shape:
    whole = node
    while (parent := whole.parent) is not None and parent.type in WRAPPERS:
        whole = parent
    body = node.child_by_field_name("body") or _body_beside(node)
    if body is None:
        holder = node.child_by_field_name("value") or node.child_by_field_name("right")
        body = holder.child_by_field_name("body") if holder else None
    start, end = node.start_byte, max(node.end_byte, body.end_byte if body else 0)
    head = signature(content, start, body.start_byte if body else end)
    last_row, last_column = max(whole.end_point, body.end_point) if body else whole.end_point
    said = documentation(whole, body, content)
    return Shape(
        kind,
        name,
        start,
        end,
        whole.start_point[0] + 1,
        # A block's last line feed belongs to it in some grammars.
        last_row + (last_column > 0),
        " ".join((head if body else head.partition("\n")[0]).split()),
        first_paragraph(content, said.start_byte, said.end_byte) if said else "",
    )


def _body_beside(node: Node) -> Node:
    """Return the body that stands beside a signature, as Dart's grammar has it, or None."""
    if not node.type.endswith("_signature"):
        return None
    within = node.parent is not None and node.parent.type == "method_signature"
    body = (node.parent if within else node).next_named_sibling
    return body if body is not None and body.type == "function_body" else None


def _declared(declarator: Node) -> tuple[Node, Node]:
    """Return the class, or None, and the name of the function that C's declarators declare.

    They wrap what they say of the result around it: ``*Cart::total(void)``.
    """
    node, owner = declarator, None
    while node is not None and node.type in _POINTING:
        # That of a reference has no name of its own.
        node = node.child_by_field_name("declarator") or _first(node)
    if node is None or node.type != "function_declarator":
        return None, None
    node = node.child_by_field_name("declarator")
    while node is not None and node.type == "qualified_identifier":
        owner, node = node.child_by_field_name("scope"), node.child_by_field_name("name")
    return (owner, node) if node is not None and node.type in _FUNCTION_NAMES else (None, None)


def _head_string(_: Node, body: Node, __: bytes) -> Node:
    """Return the string at the head of ``body``, or None."""
    node = _first(body)
    if node is not None and node.type == "expression_statement":
        node = _first(node)
    return node if node is not None and node.type == "string" else None


def _documented(whole: Node, body: Node, content: bytes) -> Node:
    """Return the same, or else the comment before the whole definition."""
    if string := _head_string(whole, body, content):
        return string
    node = whole.prev_named_sibling
    if node is None or node.type not in {"string", "comment"}:
        return None
    return node if content.startswith(_DOC_COMMENT, node.start_byte) else None


def _first(node: Node) -> Node:
    return node.named_child(0) if node is not None and node.named_child_count else None
