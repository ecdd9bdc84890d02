"""Words, options and calls of JavaScript that keep a test from running, or run it again."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from scoping.test_facts import Mark
from scoping.test_syntax import strengths
from scoping.test_syntax.nodes import (
    Node,
    arguments,
    dotted,
    line_of,
    plain,
    text_of,
    variables,
    walk,
)

RUNNERS = frozenset(("t", "tap", "qunit", "QUnit"))
SKIPPING_CALLS = frozenset(("skip", "todo", "pending", "fixme"))
SKIPPING_WORDS = frozenset(("skip", "todo", "failing", "fails", "skipIf", "runIf", "fixme", "fail"))
# Deno's, and node:test's for a test that must fail.
_SKIPPING_OPTIONS = SKIPPING_WORDS | {"ignore", "expectFailure"}
_FOCUSED = frozenset(("fit", "ftest", "fdescribe"))
_CONTEXTS = RUNNERS | {"this", "test", "ctx", "it"}
_HOOKS = frozenset(("before", "beforeEach", "beforeAll", "setup", "suiteSetup"))
_OUTSIDE = frozenset(
    ("this.skip", "test.skip", "it.skip", "describe.skip", "test.fixme", "test.fail")
)
_OFF = frozenset(("false", "0", "null", "undefined", "NaN", "!1", '""', "''", "``"))


def declared_marks(
    kind: str, words: Sequence[str], call: Node, values: Mapping[str, Node]
) -> Iterator[Mark]:
    """Yield what the call that declares a test or suite says: by its name, words and options.

    ``values`` are the file's constants, which may hold the options.
    """
    line = line_of(call)
    yield from (mark for word in words if (mark := _by_word(word, line)) is not None)
    if kind.startswith("x"):
        yield Mark("skip", "skip", line=line)
    elif kind in _FOCUSED:
        yield Mark("focus", "only", line=line)
    for name, value in _options(arguments(call), values):
        mark = _by_word(name, line, _SKIPPING_OPTIONS)
        if mark is not None and plain(value) not in _OFF:
            said = f"{name} {text_of(value)}" if mark.kind == "retry" else mark.text
            yield replace(mark, text=said, always=not variables(value))


def subtest_marks(
    call: Node, names: AbstractSet[str], values: Mapping[str, Node]
) -> Iterator[Mark]:
    """Yield what a call such as ``t.test("x", {skip: true}, f)`` in a test's body says.

    ``names`` are those by which the body knows its test, here and below.
    """
    words = _subtest_words(call, names)
    for mark in declared_marks("", words, call, values) if words is not None else ():
        yield replace(mark, text=f"{text_of(arguments(call)[0])} {mark.text}")


def subtest_names(call: Node, names: AbstractSet[str]) -> set[str]:
    """Return by which names the body of a subtest knows it; none for other calls."""
    if _subtest_words(call, names) is None:
        return set()
    return {name for given in arguments(call) for name in given_names(given)}


def skips_its_test(call: Node, names: AbstractSet[str]) -> bool:
    """Whether a call takes the test that makes it out of the run: ``t.skip()``, ``pending()``."""
    name = dotted(call)
    root, _, last = name.rpartition(".")
    if last not in SKIPPING_CALLS:
        return name == "test.fail"  # Playwright's: from here on the test has to fail
    return root in _CONTEXTS or (root or last) in {"pending", *names}


def outer_marks(node: Node, path: Sequence[str]) -> Iterator[Mark]:
    """Yield what a call outside tests says of the tests around it; ``path`` are its suites."""
    if node.type != "call_expression":
        return
    name = dotted(node)
    last = name.rpartition(".")[2]
    if strengths.RETRIES.match(last) and last.lower().startswith("retr"):
        yield Mark("retry", text_of(node), line=line_of(node))
    skips = [node] if name in _OUTSIDE else list(_hook_skips(node)) if last in _HOOKS else []
    for skip in skips:
        yield Mark("skip", f"{' > '.join(path)} skip".strip(), line=line_of(skip))


def first_parameter(function: Node) -> Node | None:
    """Return the name or pattern that takes a function's first argument."""
    found = function.child_by_field_name("parameter")
    many = function.child_by_field_name("parameters")
    if many is not None and many.named_children:
        found = many.named_children[0]
    for name in ("pattern", "left"):  # without a type, without a default
        found = found.child_by_field_name(name) or found if found is not None else None
    return found


def given_names(function: Node) -> set[str]:
    """Return the name of a function's first argument, or of the parts taken from it."""
    taken = first_parameter(function)
    if taken is None:
        return set()
    is_pattern = taken.type == "object_pattern"
    return {plain(one) for one in (taken.named_children if is_pattern else (taken,))}


def _hook_skips(hook: Node) -> Iterator[Node]:
    """Yield each call that skips by what a hook is given: ``beforeEach((t) => t.skip())``."""
    for function in arguments(hook):
        names = given_names(function)
        for node in walk(function) if names else ():
            name = dotted(node) if node.type == "call_expression" else ""
            root, _, last = name.rpartition(".")
            if last in SKIPPING_CALLS and (root or last) in names:
                yield node


def _subtest_words(call: Node, names: AbstractSet[str]) -> Sequence[str] | None:
    """Return the words after the name of a call that declares a test; None for other calls."""
    first, *words = dotted(call).split(".")
    if words[:1] == ["test"] and first in _CONTEXTS | names:
        first, *words = words
    is_test = first in {"test", "it"} and set(words) <= SKIPPING_WORDS | {"only"}
    return words if is_test and len(arguments(call)) > 1 else None


def _by_word(word: str, line: int, skipping: AbstractSet[str] = SKIPPING_WORDS) -> Mark | None:
    """Return what a word after the name of a runner's function does, or an option's name."""
    if word in skipping:
        return Mark("skip", word, not word.endswith("If"), line)
    if word == "only":
        return Mark("focus", word, line=line)
    return Mark("retry", word, line=line) if strengths.RETRIES.match(word) else None


def _options(given: Sequence[Node], values: Mapping[str, Node]) -> Iterator[tuple[str, Node]]:
    """Yield each option in the objects given: its name and its value."""
    waiting = list(given)
    known: set[str] = set()
    while waiting:
        node = waiting.pop()
        if node.type == "spread_element":
            waiting += node.named_children
        elif node.type == "identifier" and plain(node) not in known and plain(node) in values:
            known.add(plain(node))
            waiting.append(values[plain(node)])
        for one in node.named_children if node.type == "object" else ():
            key, value = one.child_by_field_name("key"), one.child_by_field_name("value")
            if one.type == "spread_element":
                waiting.append(one)
            elif one.type == "shorthand_property_identifier":
                key = value = one
            if key is not None and value is not None:
                yield plain(key).strip("[\"'] "), values.get(plain(value), value)
