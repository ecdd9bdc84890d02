"""What the body of a function really reaches: statements with the conditions they stand under.

One walk for every language: a `Dialect` names the nodes. Statements that nothing reaches are left
out, so that an assertion behind a ``return`` is none.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scoping.test_syntax.nodes import Node, dotted, plain, text_of, walk

_BROAD = frozenset(("", "Exception", "BaseException", "AssertionError", "Failed", "Error"))
_EXPECTING = frozenset(("raises", "assertRaises", "assertRaisesRegex"))
_NAMES = frozenset(("identifier", "property_identifier", "shorthand_property_identifier"))
_LEAVING = frozenset(
    ("return_statement", "raise_statement", "throw_statement", "continue_statement")
)


@dataclass(frozen=True, slots=True)
class Dialect:
    """The types of nodes by which one language's statements are known."""

    blocks: frozenset[str]
    conditionals: frozenset[str]
    loops: frozenset[str]
    functions: frozenset[str]
    handlers: frozenset[str]
    tries: str = "try_statement"


PYTHON = Dialect(
    frozenset(("block", "module")),
    frozenset(("if_statement", "elif_clause", "while_statement", "case_clause")),
    frozenset(("for_statement",)),
    frozenset(("function_definition",)),
    frozenset(("except_clause", "except_group_clause")),
)
JAVASCRIPT = Dialect(
    frozenset(("statement_block", "program")),
    frozenset(("if_statement", "while_statement", "switch_case", "do_statement")),
    frozenset(("for_in_statement", "for_statement")),
    frozenset(("function_declaration", "generator_function_declaration")),
    frozenset(("catch_clause",)),
)


@dataclass(frozen=True, slots=True)
class Reached:
    """A node, the conditions above it, whether a failure in it is caught, and how deep it nests.

    ``nested``: it stands in a function inside the function.
    """

    node: Node
    guards: tuple[str, ...] = ()
    swallowed: bool = False
    nested: bool = False


def reached(body: Node, dialect: Dialect) -> Iterator[Reached]:
    """Yield every node of a body that can be reached and has parts, outermost first, in order."""
    stack = [Reached(body)]
    while stack:
        at = stack.pop()
        yield at
        children = at.node.named_children
        if at.node.type in dialect.blocks:
            children = _alive(children)
        inside = [child for child in children if child.child_count]
        stack.extend(_below(at, child, body, dialect) for child in reversed(inside))


def _below(at: Reached, child: Node, body: Node, dialect: Dialect) -> Reached:
    """Return what holds for one part of a node."""
    node, guards, swallowed, nested = at.node, at.guards, at.swallowed, at.nested
    kind = node.type
    if kind in dialect.conditionals and child.type != "parenthesized_expression":
        guards = (*guards, _condition(node))
    elif kind in dialect.loops and _never_runs(node):
        guards = (*guards, "never")
    elif kind in dialect.handlers:
        guards = (*guards, "caught")
    elif kind == dialect.tries and child.type in dialect.blocks:
        swallowed = swallowed or swallows(node, dialect)
    elif kind == "with_statement" and child.type in dialect.blocks:
        swallowed = swallowed or _suppresses(node)
    elif kind in dialect.functions:
        nested = True
        if not _is_used(node, body):
            guards = (*guards, "never called")
    return Reached(child, guards, swallowed, nested)


def swallows(statement: Node, dialect: Dialect) -> bool:
    """Whether a ``try`` lets a failed assertion in it pass for nothing."""
    for handler in statement.children:
        if handler.type in dialect.handlers and _catches_all(handler) and _forgives(handler):
            return True
    return False


def forgives_anything(statement: Node, dialect: Dialect) -> bool:
    """Whether a ``try`` has a handler that goes on as if nothing had been raised."""
    if any(child.type == "else_clause" for child in statement.children):
        return False
    handlers = [child for child in statement.children if child.type in dialect.handlers]
    return any(_forgives(handler) and _does_nothing(handler) for handler in handlers)


def _alive(statements: Sequence[Node]) -> list[Node]:
    """Return the statements of a block up to the first that leaves it for good."""
    found: list[Node] = []
    for statement in statements:
        found.append(statement)
        if statement.type in _LEAVING:
            break
    return found


def _condition(node: Node) -> str:
    for name in ("condition", "value"):
        found = node.child_by_field_name(name)
        if found is not None:
            return f"if {text_of(found)}"
    return f"if {text_of(*node.named_children[:1])}"


def _never_runs(loop: Node) -> bool:
    over = loop.child_by_field_name("right")
    if over is None:
        return False
    return text_of(over) in {"[ ]", "( )", "{ }", "range ( 0 )", '"  "', "set ( )"}


def _catches_all(handler: Node) -> bool:
    if handler.type == "catch_clause":
        return True
    caught = [
        plain(leaf)
        for child in handler.named_children
        if child.type not in {"block", "comment"}
        for leaf in walk(child)
        if leaf.type == "identifier" and _is_class(leaf)
    ]
    return not caught or any(name in _BROAD for name in caught)


def _is_class(leaf: Node) -> bool:
    return leaf.parent is None or leaf.parent.type != "as_pattern_target"


def _forgives(handler: Node) -> bool:
    for node in walk(handler):
        if node.type in {"raise_statement", "throw_statement", "assert_statement"}:
            return False
        if node.type in {"call", "call_expression"}:
            name = dotted(node).rpartition(".")[2].lower()
            if name.startswith(("fail", "assert", "expect", "exit")) or ".assert." in dotted(node):
                return False
    return True


def _does_nothing(handler: Node) -> bool:
    blocks = [child for child in handler.children if child.type in {"block", "statement_block"}]
    idle = {"pass_statement", "return_statement", "continue_statement", "comment"}
    return all(statement.type in idle for block in blocks for statement in block.named_children)


def _suppresses(statement: Node) -> bool:
    """Whether a ``with`` forgives a failure, or expects an exception instead of a result."""
    clause = next((child for child in statement.children if child.type == "with_clause"), None)
    for node in walk(clause) if clause is not None else ():
        name = dotted(node).rpartition(".")[2] if node.type == "call" else ""
        if name == "suppress" and any(word in _BROAD for word in text_of(node).split()):
            return True
        if name in _EXPECTING:
            return True
    return False


def _is_used(function: Node, body: Node) -> bool:
    """Whether a function inside a test is named a second time, or handed to a decorator."""
    name = function.child_by_field_name("name")
    above = function.parent
    if name is None or (above is not None and above.type == "decorated_definition"):
        return True
    own = name.text
    named = sum(1 for node in walk(body) if node.type in _NAMES and node.text == own)
    return named > 1
