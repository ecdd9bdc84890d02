"""Which names of a JavaScript or TypeScript file are bound where they stand, not used."""

from validators.edits.syntax_node import SyntaxNode, plays

_NAMES = frozenset(("identifier", "type_identifier", "shorthand_property_identifier_pattern"))
_FIELDS = {
    "arrow_function": ("parameter",),
    "catch_clause": ("parameter",),
    "required_parameter": ("pattern",),
    "optional_parameter": ("pattern",),
    **dict.fromkeys(
        (
            *("variable_declarator", "function_declaration", "generator_function_declaration"),
            *("class_declaration", "abstract_class_declaration", "function_expression", "class"),
            *("generator_function", "enum_declaration", "interface_declaration"),
            *("type_alias_declaration", "function_signature", "internal_module", "module"),
            *("type_parameter", "import_alias"),
        ),
        ("name",),
    ),
}
_WHOLE = frozenset(
    ("formal_parameters", "import_clause", "namespace_import", "import_require_clause")
)
_PATTERNS = frozenset(("object_pattern", "array_pattern", "rest_pattern"))
_DEFAULTS = frozenset(("assignment_pattern", "object_assignment_pattern"))


def binds(node: SyntaxNode) -> bool:
    """Whether ``node`` is a name that is given a meaning here."""
    if node.type not in _NAMES:
        return False
    at = node
    while (above := at.parent) is not None and _is_part_of_pattern(above, at):
        at = above
    return above is not None and _is_bound_by(above, at)


def _is_part_of_pattern(above: SyntaxNode, at: SyntaxNode) -> bool:
    """Whether ``at`` is bound where the pattern ``above`` is: a part of it, no default or key."""
    if above.type in _DEFAULTS:
        return plays(at, "left")
    return above.type in _PATTERNS or (above.type == "pair_pattern" and plays(at, "value"))


def _is_bound_by(above: SyntaxNode, at: SyntaxNode) -> bool:
    kind = above.type
    if kind == "import_specifier":
        return plays(at, "alias") or above.child_by_field_name("alias") is None
    if kind == "for_in_statement":
        return plays(at, "left") and above.child_by_field_name("kind") is not None
    return kind in _WHOLE or plays(at, *_FIELDS.get(kind, ()))
