"""The definitions of a file by their qualified names, with the parts that operations change."""

from dataclasses import dataclass

from validators.edits.syntax_node import SyntaxNode, ancestors, walked, written

_CLASSES = frozenset(
    ("class_definition", "class_declaration", "abstract_class_declaration", "class")
)
_FUNCTIONS = frozenset(
    (
        *("function_definition", "function_declaration", "generator_function_declaration"),
        *("method_definition", "function_signature", "abstract_method_signature"),
    )
)
_OTHERS = frozenset(("interface_declaration", "type_alias_declaration", "enum_declaration"))
_DEFINING = (_CLASSES - {"class"}) | _FUNCTIONS | _OTHERS
_FUNCTION_VALUES = frozenset(
    ("arrow_function", "function_expression", "generator_function", "lambda")
)
_DECLARATIONS = frozenset(("lexical_declaration", "variable_declaration"))
_WRAPPERS = frozenset(("decorated_definition", "export_statement"))
_SCOPES = _CLASSES | _FUNCTIONS | _FUNCTION_VALUES


@dataclass(frozen=True, slots=True)
class Definition:
    """A class, function or variable: ``node`` from its keyword on, ``whole`` with its decorators.

    ``parameters`` is what stands between a function's brackets, or the one name of an arrow.
    """

    name: str
    node: SyntaxNode
    whole: SyntaxNode
    named: SyntaxNode
    parameters: SyntaxNode | None = None


def definitions(grammar: str, root: SyntaxNode) -> list[Definition]:
    """Return the definitions in the order they stand; variables only at the top of the file."""
    found: list[Definition] = []
    for node in walked(root):
        one = _python_variable(node) if grammar == "python" else _declared_variable(node)
        if node.type in _DEFINING:
            one = _definition(node, node, node)
        if one is not None:
            found.append(one)
    return found


def _definition(node: SyntaxNode, outer: SyntaxNode, function: SyntaxNode) -> Definition | None:
    named = node.child_by_field_name("name")
    if named is None:
        return None
    parameters = function.child_by_field_name("parameters")
    parameters = parameters or function.child_by_field_name("parameter")
    whole = outer
    while whole.parent is not None and whole.parent.type in _WRAPPERS:
        whole = whole.parent
    return Definition(_qualified(node, named), outer, whole, named, parameters)


def _python_variable(node: SyntaxNode) -> Definition | None:
    statement = node.parent
    is_top = statement is not None and statement.parent is not None
    if node.type != "assignment" or not is_top or statement is None or statement.parent is None:
        return None
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if statement.parent.type != "module" or left is None or left.type != "identifier":
        return None
    is_function = right is not None and right.type in _FUNCTION_VALUES
    parameters = right.child_by_field_name("parameters") if right and is_function else None
    return Definition(written(left), node, node, left, parameters)


def _declared_variable(node: SyntaxNode) -> Definition | None:
    """Return what ``const name = ...`` declares at the top of a file."""
    outer = node.parent
    if node.type != "variable_declarator" or outer is None or outer.type not in _DECLARATIONS:
        return None
    named, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    if named is None or named.type != "identifier" or any(n.type in _SCOPES for n in _around(node)):
        return None
    is_alone = sum(child.type == "variable_declarator" for child in outer.named_children) == 1
    is_function = value is not None and value.type in _FUNCTION_VALUES
    return _definition(node, outer if is_alone else node, value if value and is_function else node)


def _around(node: SyntaxNode) -> list[SyntaxNode]:
    return [above for above in ancestors(node) if above.type in _SCOPES]


def _qualified(node: SyntaxNode, named: SyntaxNode) -> str:
    """Return the name with those of the classes and functions around it, the outermost first."""
    around = [written(above.child_by_field_name("name")) for above in _around(node)]
    return ".".join([*(name or "?" for name in reversed(around)), written(named)])
