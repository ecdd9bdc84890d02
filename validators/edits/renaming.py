"""A definition renamed in one file, with all that surely means it there.

A name that is bound anew in some inner scope, or that stands behind the dot of an object nobody
knows, is refused with its lines: what it means there would be a guess.
"""

import keyword
import re
from collections.abc import Iterator

from validators.edits.bindings import binds
from validators.edits.definitions import Definition
from validators.edits.python_names import scopes_binding
from validators.edits.syntax import Splice, Unmade
from validators.edits.syntax_node import SyntaxNode, ancestors, line, plays, walked, written

Made = list[Splice] | Unmade

_NAME = re.compile(r"[A-Za-z_$][\w$]*")
_PYTHON_IMPORTS = frozenset(("import_from_statement", "import_statement"))
_PROPERTIES = frozenset(("property_identifier", "identifier"))
_CLASSES = frozenset(
    ("class_definition", "class_declaration", "abstract_class_declaration", "class")
)
_MAX_LISTED = 10
# What a name at the top of a file may stand in.
_TOP = frozenset(
    (
        *("program", "variable_declarator", "lexical_declaration", "variable_declaration"),
        *("export_statement", "import_statement", "import_clause", "named_imports"),
        *("import_specifier", "namespace_import", "function_declaration", "class_declaration"),
        *("generator_function_declaration", "abstract_class_declaration", "enum_declaration"),
        *("interface_declaration", "type_alias_declaration", "object_pattern", "array_pattern"),
        *("rest_pattern", "pair_pattern", "assignment_pattern", "object_assignment_pattern"),
    )
)


def renamed(
    grammar: str, root: SyntaxNode, content: bytes, names: tuple[str, str], found: list[Definition]
) -> Made:
    """Return the places of the first of ``names`` (``Class.method``), which become the second."""
    old, new = names
    owner, _, name = old.rpartition(".")
    is_python = grammar == "python"
    if not _NAME.fullmatch(new) or (is_python and (keyword.iskeyword(new) or "$" in new)):
        return Unmade("malformed", f"{new[:80]!r} is no name.")
    taken = [line(node) for node in walked(root) if written(node) == new and not node.children]
    if not any(_mentions(node, name) for node in walked(root)):
        if taken:
            return Unmade(None)
        return Unmade("no-match", f"the name {name} does not stand in the file.")
    if taken:
        message = f"{new} stands in the file already, at {_lines(taken)}; choose another name."
        return Unmade("exists", message)
    if owner:
        return _member(root, (owner, name, new), found)
    return _python(root, content, name, new) if is_python else _javascript(root, name, new)


def _python(root: SyntaxNode, content: bytes, name: str, new: str) -> Made:
    is_bound, inner = scopes_binding(content, name)
    if inner:
        return _otherwise(name, inner)
    places = [node for node in walked(root) if _mentions(node, name)]
    chosen = [node for node in places if _is_python_name(node)]
    is_imported = any(_import_of(node) == "import_from_statement" for node in chosen)
    if not (is_bound or is_imported) or any(_import_of(n) == "import_statement" for n in places):
        return Unmade("no-match", f"{name} is not defined at the top of this file.")
    return [Splice(node.start_byte, node.end_byte, new) for node in chosen]


def _is_python_name(node: SyntaxNode) -> bool:
    """Whether a mention means the name at the top, not an attribute or a keyword of that name."""
    above = node.parent
    if above is None or (node.type == "string_content" and not _is_told_by_text(node)):
        return False
    if above.type == "attribute":
        return not plays(node, "attribute")
    if above.type == "keyword_argument":
        return not plays(node, "name")
    if above.type == "keyword_pattern":
        return above.named_children[0].start_byte != node.start_byte
    return above.type != "dotted_name" or _is_dotted_name(above, node)


def _is_dotted_name(dotted: SyntaxNode, node: SyntaxNode) -> bool:
    """Whether a part of ``a.b`` is the name at the top: the first in a pattern, alone imported."""
    if _import_of(dotted):
        return len(dotted.named_children) == 1 and not plays(dotted, "module_name")
    return dotted.named_children[0].start_byte == node.start_byte


def _is_told_by_text(node: SyntaxNode) -> bool:
    """Whether a string is a name: in ``__all__``, or where a type is written."""
    for above in ancestors(node):
        if above.type == "type":
            return True
        if above.type in {"assignment", "augmented_assignment"}:
            return written(above.child_by_field_name("left")) == "__all__"
    return False


def _import_of(node: SyntaxNode) -> str:
    return next((above.type for above in ancestors(node) if above.type in _PYTHON_IMPORTS), "")


def _javascript(root: SyntaxNode, name: str, new: str) -> Made:
    places = [node for node in walked(root) if _mentions(node, name)]
    bound = [node for node in places if binds(node)]
    imported = [node for node in places if _is_imported_elsewhere(node)]
    if not bound and not imported:
        return Unmade("no-match", f"{name} is not defined at the top of this file.")
    lower = [node for node in bound if not all(above.type in _TOP for above in ancestors(node))]
    if len(bound) > 1 or lower:
        return _otherwise(name, [line(node) for node in bound])
    return [
        Splice(
            node.start_byte,
            node.end_byte,
            f"{name}: {new}" if node.type == "shorthand_property_identifier" else new,
        )
        for node in places
        if node.type in {"identifier", "type_identifier", "shorthand_property_identifier"}
    ]


def _is_imported_elsewhere(node: SyntaxNode) -> bool:
    """Whether a file takes the name from another one, under an alias or to pass it on."""
    above = node.parent
    is_specifier = above is not None and above.type in {"import_specifier", "export_specifier"}
    return is_specifier and plays(node, "name")


def _member(root: SyntaxNode, names: tuple[str, str, str], found: list[Definition]) -> Made:
    owner, name, new = names
    if len(found) != 1:
        lines = [line(one.node) for one in found]
        return _otherwise(name, lines) if lines else Unmade("no-match", f"no {owner}.{name} here.")
    around = next((above for above in ancestors(found[0].named) if above.type in _CLASSES), None)
    if around is None:
        return Unmade("no-match", f"{owner} is no class; what is inside a function keeps its name.")
    chosen: list[SyntaxNode] = [found[0].named]
    unclear: list[SyntaxNode] = []
    for node in _mentions_of_members(root, name):
        if node.start_byte == found[0].named.start_byte:
            continue
        (chosen if _is_own(node, owner, around) else unclear).append(node)
    if unclear:
        return _otherwise(name, [line(node) for node in unclear])
    return [Splice(node.start_byte, node.end_byte, new) for node in chosen]


def _mentions_of_members(root: SyntaxNode, name: str) -> Iterator[SyntaxNode]:
    for node in walked(root):
        is_name = node.type in _PROPERTIES or node.type == "shorthand_property_identifier"
        if is_name and written(node) == name and not _is_keyword(node):
            yield node


def _is_keyword(node: SyntaxNode) -> bool:
    above = node.parent
    return above is not None and above.type == "keyword_argument" and plays(node, "name")


def _is_own(node: SyntaxNode, owner: str, around: SyntaxNode) -> bool:
    """Whether a member is one of its own class: behind ``self``, ``this`` or the class's name."""
    above = node.parent
    if above is None or not plays(node, "attribute", "property"):
        return False
    of = written(above.child_by_field_name("object"))
    nearest = next((one for one in ancestors(node) if one.type in _CLASSES), None)
    is_inside = nearest is not None and nearest.start_byte == around.start_byte
    return of == owner or (is_inside and of in {"self", "cls", "this"})


def _mentions(node: SyntaxNode, name: str) -> bool:
    return not node.children and written(node) == name


def _otherwise(name: str, lines: list[int]) -> Unmade:
    message = f"{name} may mean something else at {_lines(lines)}; edit the lines instead."
    return Unmade("ambiguous", message)


def _lines(numbers: list[int]) -> str:
    chosen = sorted(set(numbers))
    more = " and more" if len(chosen) > _MAX_LISTED else ""
    return ", ".join(f"line {number}" for number in chosen[:_MAX_LISTED]) + more
