"""What a JavaScript file calls a runner's functions: ``import {skip as test} from "node:test"``."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from scoping.test_syntax.nodes import Node, dotted, plain

_TAKEN = frozenset(("import_specifier", "pair_pattern", "shorthand_property_identifier_pattern"))
_OF_A_STATEMENT = frozenset(
    ("import_clause", "named_imports", "variable_declarator", "object_pattern", *_TAKEN)
)


def aliases(
    root: Node, runners: AbstractSet[str], modifiers: AbstractSet[str]
) -> dict[str, tuple[str, ...]]:
    """Return for each such name of the file what it stands for, as ``("test", "skip")``.

    ``runners`` declare tests or suites, ``modifiers`` are words after them.
    """
    found: dict[str, tuple[str, ...]] = {}
    for node in _declarations(root):
        own, original = _names(node)
        *before, last = original.split(".")
        if last in runners and last != own:
            found[own] = (last,)
        elif last in modifiers:
            known = [name for name in before if name in runners]
            found[own] = (known[0] if known else "test", last)
    return found


def _declarations(root: Node) -> Iterator[Node]:
    """Yield what the file's outermost statements give a name to."""
    waiting = [node for statement in root.named_children for node in statement.named_children]
    while waiting:
        node = waiting.pop()
        if node.type in _OF_A_STATEMENT:
            yield node
            waiting += node.named_children


def _names(node: Node) -> tuple[str, str]:
    """Return the file's own name and the dotted name it was given for; empty where it has none."""
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    if node.type == "import_specifier" and name is not None:
        return plain(node.child_by_field_name("alias") or name), plain(name)
    if node.type == "pair_pattern" and value is not None:
        key = node.child_by_field_name("key")
        return plain(value), plain(key) if key is not None else ""
    if node.type == "shorthand_property_identifier_pattern":
        return plain(node), plain(node)
    is_renamed = node.type == "variable_declarator" and name is not None and value is not None
    is_plain = (
        is_renamed and value is not None and value.type in {"identifier", "member_expression"}
    )
    return (plain(name), dotted(value)) if is_plain and name is not None else ("", "")
