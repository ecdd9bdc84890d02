"""The tests of a JavaScript or TypeScript file: jest, vitest, mocha, ava, tap and node:test."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from scoping.test_facts import CaseTable, FunctionFacts, Mark, SuiteFacts
from scoping.test_syntax.javascript_aliases import aliases
from scoping.test_syntax.javascript_bodies import body_facts, is_idle
from scoping.test_syntax.javascript_marks import SKIPPING_WORDS, declared_marks, outer_marks
from scoping.test_syntax.nodes import (
    Node,
    arguments,
    comments,
    dotted,
    line_of,
    named_values,
    plain,
    text_of,
)

_SUITES = frozenset(("describe", "context", "suite", "xdescribe", "fdescribe", "xcontext"))
_TESTS = frozenset(
    ("it", "test", "specify", "xit", "xtest", "xspecify", "fit", "ftest", "Deno.test", "bench")
)
_MODIFIERS = SKIPPING_WORDS | {
    *("only", "each", "concurrent", "sequential", "serial", "parallel", "shuffle", "for", "cb"),
}
_FUNCTIONS = frozenset(("arrow_function", "function_expression", "function", "generator_function"))
_NAMED_FUNCTIONS = frozenset(("function_declaration", "method_definition", "variable_declarator"))
_VALUES = frozenset(("object", "array", "arrow_function", "function_expression"))
_MAX_SETTINGS = 2_000


@dataclass(frozen=True, slots=True)
class _Scope:
    """A piece of the file, the suites around it and what holds for all of them."""

    node: Node
    path: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class _Declared:
    """One call that declares a suite or a test: its words after the first, and what it is given."""

    call: Node
    kind: str
    words: tuple[str, ...]
    rows: Node | None


def javascript_tests(root: Node, language: str) -> SuiteFacts:
    """Return the tests and helpers of a file."""
    values = _values(root)
    renamed = aliases(root, _SUITES | _TESTS, SKIPPING_WORDS | {"only"})
    found: list[FunctionFacts] = []
    marks: list[Mark] = []
    seen: Counter[str] = Counter()
    stack = [_Scope(root)]
    while stack:
        scope = stack.pop()
        declared = _declared(scope.node, renamed)
        if declared is not None:
            inner = _taken(declared, scope, values, found)
            stack += [inner] if inner is not None else []
            continue
        marks += outer_marks(scope.node, scope.path)
        helper = _helper(scope.node, values)
        if helper is not None:
            found.append(helper)
        stack.extend(replace(scope, node=child) for child in reversed(scope.node.children))
    functions = []
    for facts in found:
        seen[facts.qualified_name] += 1
        again = f" #{seen[facts.qualified_name]}" if seen[facts.qualified_name] > 1 else ""
        functions.append(replace(facts, qualified_name=facts.qualified_name + again))
    return SuiteFacts(language, tuple(functions), tuple(marks), _settings(root), comments(root))


def _declared(node: Node, renamed: Mapping[str, tuple[str, ...]]) -> _Declared | None:
    """Return what a call declares, if it is one of a suite or test with a name and a body.

    ``renamed`` is what the file's own names for a runner's functions stand for.
    """
    if node.type != "call_expression":
        return None
    callee = node.child_by_field_name("function")
    rows: Node | None = None
    while callee is not None and callee.type == "call_expression":  # it.each(rows)(name, body)
        rows = callee.child_by_field_name("arguments")
        callee = callee.child_by_field_name("function")
    if callee is None or callee.type not in {"identifier", "member_expression"}:
        return None
    named, *after = dotted(callee).split(".")
    first, *words = (*renamed.get(named, (named,)), *after)
    while words and words[0] in _SUITES | _TESTS:
        first, *words = words
    if first not in _SUITES | _TESTS or not set(words) <= _MODIFIERS:
        return None
    given = arguments(node)
    if not given or not ("each" in words or _is_name(given[0]) or len(given) > 1):
        return None
    return _Declared(node, first, tuple(words), rows)


def _taken(
    declared: _Declared, scope: _Scope, values: dict[str, Node], found: list[FunctionFacts]
) -> _Scope | None:
    """Take a test in, or return what is inside a suite."""
    given = arguments(declared.call)
    title = _title(given[0])
    body = next((node for node in reversed(given) if node.type in _FUNCTIONS), None)
    own = declared_marks(declared.kind, declared.words, declared.call, values)
    marks = (*scope.marks, *own)
    path = (*scope.path, title)
    if declared.kind in _SUITES:
        return _Scope(body, path, marks) if body is not None else None
    inside = body_facts(body, values) if body is not None else None
    # Where a macro is handed over, what it is given says which test this is.
    said = inside.text if inside is not None else text_of(*given[1:])
    tables = (_table(declared.rows, values),) if declared.rows is not None else ()
    found.append(
        FunctionFacts(
            title,
            " > ".join(path),
            line_of(declared.call),
            declared.call.end_point[0] + 1,
            is_test=True,
            body=said,
            is_empty=is_idle(body) if body is not None else not said,
            marks=(*marks, *(inside.marks if inside else ())),
            assertions=inside.assertions if inside else (),
            tables=(*tables, *(inside.tables if inside else ())),
            context=named_values(declared.call, values),
        )
    )
    return None


def _helper(node: Node, values: dict[str, Node]) -> FunctionFacts | None:
    """Return a function that asserts something for the tests beside it."""
    name = node.child_by_field_name("name")
    if node.type not in _NAMED_FUNCTIONS or name is None:
        return None
    holder = node.child_by_field_name("value") if node.type == "variable_declarator" else node
    if holder is None or (holder is not node and holder.type not in _FUNCTIONS):
        return None
    inside = body_facts(holder, values)
    if not inside.assertions:
        return None
    own, ends = plain(name), node.end_point[0] + 1
    return FunctionFacts(
        own,
        own,
        line_of(node),
        ends,
        is_test=False,
        body=inside.text,
        is_empty=is_idle(holder),
        marks=inside.marks,
        assertions=inside.assertions,
        tables=inside.tables,
    )


def _table(rows: Node, values: dict[str, Node]) -> CaseTable:
    """Return the rows of ``it.each``: of an array, or of a template's table."""
    if rows.type == "template_string":
        lines = [" ".join(line.split()) for line in plain(rows).strip("`").splitlines()]
        return CaseTable(tuple(line for line in lines if line)[1:])
    given = [node for node in rows.named_children if node.type != "comment"]
    table = given[0] if given else rows
    if table.type == "identifier":
        table = values.get(plain(table), table)
    if table.type != "array" or any(row.type == "spread_element" for row in table.named_children):
        return CaseTable((text_of(table),), known=False)
    return CaseTable(tuple(text_of(row) for row in table.named_children if row.type != "comment"))


def _settings(root: Node) -> tuple[tuple[str, str], ...]:
    """Return the values in objects by the names above them; each of a list by itself."""
    found: list[tuple[str, str]] = []
    stack: list[tuple[Node, str]] = [(root, "")]
    while stack and len(found) < _MAX_SETTINGS:
        node, path = stack.pop()
        value = node.child_by_field_name("value") if node.type == "pair" else None
        key = node.child_by_field_name("key")
        if value is None or key is None:
            stack.extend((child, path) for child in reversed(node.children))
            continue
        name = text_of(key).strip('" ')
        path = f"{path}.{name}".lstrip(".")
        if value.type == "array":
            found += [(path, text_of(row).strip('" ')) for row in value.named_children]
        elif value.type not in _VALUES:
            found.append((path, text_of(value).strip('" ')))
        stack.append((value, path))
    return tuple(found)


def _values(root: Node) -> dict[str, Node]:
    found = {}
    for statement in root.named_children:
        for one in statement.named_children:
            name, value = one.child_by_field_name("name"), one.child_by_field_name("value")
            if one.type != "variable_declarator" or name is None or value is None:
                continue
            if value.type not in _FUNCTIONS | {"call_expression", "await_expression"}:
                found[plain(name)] = value
    return found


def _is_name(node: Node) -> bool:
    return node.type in {"string", "template_string", "binary_expression"}


def _title(node: Node) -> str:
    if node.type in _FUNCTIONS:
        return "(no name)"
    return plain(node)[1:-1] if node.type in {"string", "template_string"} else text_of(node)
