"""The tests of a Python file, as pytest and unittest would find them, and their helpers."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from scoping.test_facts import FunctionFacts, Mark, SuiteFacts
from scoping.test_syntax.nodes import (
    Node,
    comments,
    line_of,
    named_values,
    plain,
    text_of,
    variables,
)
from scoping.test_syntax.python_bodies import body_facts, is_idle, rows_of
from scoping.test_syntax.python_marks import bare, decorator_marks, flag_marks

_FALSE = "False"
_COMPOUND = frozenset(
    (
        "if_statement",
        "elif_clause",
        "else_clause",
        "try_statement",
        "except_clause",
        "with_statement",
    )
)


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where definitions stand: the classes around them and what holds for all of them."""

    body: Node
    path: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    guards: tuple[str, ...] = ()
    is_collected: bool = True


@dataclass(slots=True)
class _File:
    """What is known of the file while it is read. ``values`` are its module's plain variables."""

    values: dict[str, Node] = field(default_factory=dict)
    skips: set[str] = field(default_factory=set)
    found: dict[str, FunctionFacts] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    settings: list[tuple[str, str]] = field(default_factory=list)


def python_tests(root: Node) -> SuiteFacts:
    """Return the tests and helpers of a module."""
    file = _File()
    _read_values(root, file)
    stack = [_Scope(root)]
    while stack:
        scope = stack.pop()
        for statement, guards in _statements(scope):
            stack.extend(_read(statement, replace(scope, guards=guards), file))
    functions = tuple(sorted(file.found.values(), key=lambda found: found.line))
    return SuiteFacts("python", functions, tuple(file.marks), tuple(file.settings), comments(root))


def _statements(scope: _Scope) -> Iterator[tuple[Node, tuple[str, ...]]]:
    """Yield the statements of a module or class, those under conditions with them."""
    stack = [(scope.body, scope.guards)]
    while stack:
        node, guards = stack.pop()
        below: list[tuple[Node, tuple[str, ...]]] = []
        for child in node.children:
            if child.type in _COMPOUND:
                condition = child.child_by_field_name("condition")
                under = (f"if {text_of(condition)}",) if condition is not None else ()
                below.append((child, (*guards, *under)))
            elif child.type in {"block", "module"} and child is not scope.body:
                below.append((child, guards))
            elif child.is_named:
                yield child, guards
        stack.extend(reversed(below))


def _read(statement: Node, scope: _Scope, file: _File) -> list[_Scope]:
    """Take one statement in; return the class it opens, if it does."""
    decorators: list[Node] = []
    node: Node | None = statement
    if statement.type == "decorated_definition":
        decorators = [child for child in statement.children if child.type == "decorator"]
        node = statement.child_by_field_name("definition")
    if node is None:
        return []
    if node.type == "function_definition":
        _read_function(node, decorators, scope, file)
    elif node.type == "class_definition":
        return [_class_scope(node, decorators, scope, file)]
    elif node.type == "expression_statement":
        _read_expression(node, scope, file)
    elif node.type == "delete_statement":
        for name in variables(node):
            file.found.pop("::".join((*scope.path, name)), None)
    return []


def _read_function(node: Node, decorators: list[Node], scope: _Scope, file: _File) -> None:
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    if name is None or body is None:
        return
    own = plain(name)
    is_test = scope.is_collected and (own.startswith("test") or own == "runTest")
    is_test = is_test and not any(_is_fixture(decorator) for decorator in decorators)
    marks = [*scope.marks, *_under(scope, line_of(node))]
    marks += [mark for one in decorators for mark in decorator_marks(one, file.skips)]
    inside = body_facts(body, file.values, is_test=is_test)
    tables = [table for one in decorators for table in rows_of(one, file.values)]
    facts = FunctionFacts(
        own,
        "::".join((*scope.path, own)),
        line_of(node),
        node.end_point[0] + 1,
        is_test,
        inside.text,
        is_idle(body),
        (*marks, *inside.marks),
        inside.assertions,
        (*tables, *inside.tables),
        (*_wrappers(decorators), *named_values(body, file.values)),
    )
    # A second definition of a name takes the place of the first.
    file.found[facts.qualified_name] = facts


def _wrappers(decorators: list[Node]) -> tuple[str, ...]:
    """Return the decorators that may run something else than the function itself."""
    named = [(bare(decorator), text_of(decorator)) for decorator in decorators]
    return tuple(said for name, said in named if not name.startswith(("pytest.", "unittest.")))


def _class_scope(node: Node, decorators: list[Node], scope: _Scope, file: _File) -> _Scope:
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    own = plain(name) if name is not None else ""
    bases = node.child_by_field_name("superclasses")
    named = variables(bases) if bases is not None else []
    has_base = any(base != "object" for base in named)
    marks = [mark for one in decorators for mark in decorator_marks(one, file.skips)]
    inner = body if body is not None else node
    for statement in inner.named_children:
        marks += flag_marks(statement, file.skips)
    # pytest leaves a class with a constructor out; unittest's have a base, and may have one.
    builds = any(_defines(statement, "__init__") for statement in inner.named_children)
    is_collected = has_base or (own.startswith("Test") and not builds)
    return _Scope(
        inner,
        (*scope.path, own),
        (*scope.marks, *_under(scope, line_of(node)), *marks),
        (),
        scope.is_collected and is_collected,
    )


def _read_expression(node: Node, scope: _Scope, file: _File) -> None:
    """Take in what a module or a class says of all its tests, or of one by its name."""
    inner = node.named_children[0] if node.named_children else None
    if inner is None:
        return
    if not scope.path:
        file.marks += [
            replace(mark, always=mark.always and not scope.guards)
            for mark in flag_marks(node, file.skips)
        ]
    if inner.type != "assignment":
        return
    target, value = inner.child_by_field_name("left"), inner.child_by_field_name("right")
    if target is None or value is None:
        return
    name = plain(target)
    known = file.found.get("::".join((*scope.path, name)))
    if known is not None:
        if name in variables(value):
            skips = decorator_marks(value, file.skips)
            file.found[known.qualified_name] = replace(known, marks=(*known.marks, *skips))
        else:
            del file.found[known.qualified_name]
    if not scope.path and name.startswith("collect_ignore"):
        rows = [text_of(row) for row in value.named_children] or [text_of(value)]
        file.settings += [(name, row) for row in rows]


def _read_values(root: Node, file: _File) -> None:
    for statement in root.named_children:
        inner = statement.named_children[0] if statement.named_children else None
        if inner is None or inner.type != "assignment":
            continue
        target, value = inner.child_by_field_name("left"), inner.child_by_field_name("right")
        if target is None or value is None or target.type != "identifier":
            continue
        file.values[plain(target)] = value
        if target.type == "identifier" and decorator_marks(value, set()):
            file.skips.add(plain(target))


def _under(scope: _Scope, line: int) -> tuple[Mark, ...]:
    return tuple(Mark("skip", guard, always=False, line=line) for guard in scope.guards)


def _is_fixture(decorator: Node) -> bool:
    return bare(decorator).rpartition(".")[2] == "fixture"


def _defines(statement: Node, name: str) -> bool:
    found = statement.child_by_field_name("name")
    return statement.type == "function_definition" and found is not None and plain(found) == name
