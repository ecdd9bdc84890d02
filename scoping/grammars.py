"""Syntax of one file to facts, by tree-sitter, which is known nowhere else.

The library crashes, loses captures without a word, or takes 180 times a file's size in memory on
files made for it: hence a child process, limits before it (size, line length) and in it (depth).
"""

import gc
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import cache, partial
from importlib import import_module
from typing import TYPE_CHECKING, Self, TypeVar

from scoping.child import Child, answer_all
from scoping.facts import Skipped
from scoping.languages import BY_NAME, Grammar, grammar_of, indexed_grammar_of, query_text
from scoping.syntax import Syntax, why_unreadable

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Query, QueryCursor, Tree

    from scoping.shapes import Match
    from scoping.test_facts import SuiteFacts, SuiteQuestion

MAX_DEPTH = 2_000
_TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"
_MAX_FAILURES = 20
_MEMORY_BYTES = 1024**3
_CPU_S = 1_800
_TIMEOUT_S = 10.0
# Below that, to start a second child costs a fifth of the parsing and more, on the processor, and
# saves 150 ms at most by the clock.
_PARALLEL_BYTES = 3_000_000

_Answer = TypeVar("_Answer", Syntax, "SuiteFacts")
_ERRORS = "(ERROR) @error (MISSING) @error"


class Parser:
    """Reads files in child processes, started when they are first needed; use it in ``with``."""

    def __init__(self, timeout_s: float = _TIMEOUT_S) -> None:
        self._children = tuple(Child(__name__, timeout_s) for _ in range(2))
        self._failed = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the children; another question would start new ones."""
        for child in self._children:
            child.close()

    def syntax(self, path: str, content: bytes) -> Syntax | Skipped:
        """Return what is defined and imported in one file; nothing where no grammar reads it."""
        return self._ask(self._children[0], path, content, "facts", Syntax())

    def syntaxes_of(self, files: Sequence[tuple[str, bytes]]) -> tuple[Syntax | Skipped, ...]:
        """Return the same for many files (path, content), in their order, on two processors."""
        if sum(len(content) for _, content in files) < _PARALLEL_BYTES:
            return tuple(self.syntax(path, content) for path, content in files)
        found: list[Syntax | Skipped] = [Skipped("", "")] * len(files)
        places = iter(range(len(files)))

        def work(child: Child) -> None:
            for place in places:  # whoever is free takes the next
                path, content = files[place]
                found[place] = self._ask(child, path, content, "facts", Syntax())

        from scoping.threads import begin, whole  # noqa: PLC0415 - no child begins any

        with whole:
            begun = [begin(partial(work, child), "parser") for child in self._children]
        try:
            for future in begun:
                future.result()
        finally:
            deque(places, maxlen=0)  # nothing is left to take
            for future in begun:
                future.wait()
        return tuple(found)

    def count_errors(self, path: str, content: bytes) -> int | None:
        """Return how many syntax errors the file holds; None where that cannot be told."""
        answer = self._ask(self._children[0], path, content, "errors", Syntax())
        if isinstance(answer, Skipped) or not answer.language:
            return None
        return answer.errors

    def suite(self, path: str, content: bytes, what: "SuiteQuestion") -> "SuiteFacts | Skipped":
        """Return the tests and comments of one file; empty where no grammar reads it."""
        from scoping.test_facts import SuiteFacts  # noqa: PLC0415 - rankings ask for none

        return self._ask(self._children[0], path, content, what, SuiteFacts())

    def _ask(
        self, child: Child, path: str, content: bytes, what: str, nothing: _Answer
    ) -> _Answer | Skipped:
        """Return the answer about a file; ``nothing`` where there is no grammar."""
        grammar = (indexed_grammar_of if what == "facts" else grammar_of)(path)
        reason = why_unreadable(content)
        if reason:
            return Skipped(path, reason)
        if grammar is None:
            return nothing
        if self._failed >= _MAX_FAILURES:
            return Skipped(path, "not parsed: too many files before it broke the parser")
        header = json.dumps({"grammar": grammar.name, "what": what}).encode()
        answer = _decoded(child.ask(header, content), type(nothing))
        if answer is None:
            self._failed += 1
            return Skipped(path, "the parser crashed or took too long on it")
        return Skipped(path, answer.refused) if answer.refused else answer


def _decoded(answer: bytes | None, kind: type[_Answer]) -> _Answer | None:
    """Return what a child answered; None when it did not, or not in our words."""
    import msgspec  # noqa: PLC0415 - 40 ms that only parsing should cost

    try:
        return msgspec.json.decode(answer, type=kind) if answer is not None else None
    except msgspec.MsgspecError:
        return None


# --- in the child ---------------------------------------------------------------------------------


def serve() -> None:
    """Answer a `Parser` until it hangs up; the child's whole life."""
    gc.disable()  # what is made here holds no cycles
    answer_all(_answer, _MEMORY_BYTES, _CPU_S)


def parse(grammar_name: str, content: bytes, what: str) -> Syntax:
    """Return the syntax of ``content``, or with ``what`` = ``errors`` the count of errors alone.

    For the child: on a hostile file it can take the process down.
    """
    from scoping.python_outline import outline  # noqa: PLC0415 - the child's alone

    grammar = BY_NAME[grammar_name]
    if what == "facts" and grammar_name == "python" and (told := outline(content)):
        return told
    if (tree := tree_of(grammar, content)) is None:
        return Syntax(refused=_TOO_DEEP)
    if what == "errors":
        broken = tree.root_node.has_error
        errors = _matches(_query(grammar, _ERRORS), tree.root_node) if broken else []
        return Syntax(grammar.name, errors=len(errors))
    return _facts(grammar, tree, content)


def suite_in(grammar: str, content: bytes, what: "SuiteQuestion") -> "SuiteFacts":
    """Return the tests in ``content``, or its comments alone; for the child, like `parse`."""
    from scoping.test_facts import SuiteFacts  # noqa: PLC0415 - rankings ask for none
    from scoping.test_syntax.suites import suite_facts  # noqa: PLC0415 - the child's alone

    tree = tree_of(BY_NAME[grammar], content)
    return suite_facts(tree.root_node, grammar, what) if tree else SuiteFacts(refused=_TOO_DEEP)


def tree_of(grammar: Grammar, content: bytes) -> "Tree | None":
    """Return the tree of ``content``; None when it is too deep to be walked."""
    from tree_sitter import Parser as TreeParser  # noqa: PLC0415 - the child's alone

    tree = TreeParser(_language(grammar)).parse(content)
    return tree if _depth(tree) <= MAX_DEPTH else None


def tree_after(
    grammar: Grammar, tree: "Tree", before: bytes, splices: Sequence[tuple[int, int, bytes]]
) -> "Tree | None":
    """Return the tree of what ``splices`` make of ``before``, whose tree is ``tree``.

    They are in order and do not overlap. Only what they touch is parsed. None when it is too deep.
    """
    from tree_sitter import Parser as TreeParser  # noqa: PLC0415 - the child's alone

    edited, rest = tree.copy(), len(before)
    parts: list[bytes] = []
    row = before.count(b"\n")
    for start, stop, text in reversed(splices):  # what stands before one is where it was
        row -= before.count(b"\n", start, rest)
        first = row, _column(before, start)
        last = row + before.count(b"\n", start, stop), _column(before, stop)
        ended = row + text.count(b"\n"), _column(text, len(text))
        if b"\n" not in text:
            ended = row, first[1] + len(text)
        edited.edit(start, stop, start + len(text), first, last, ended)
        parts += before[stop:rest], text
        rest = start
    content = b"".join((before[:rest], *reversed(parts)))
    after = TreeParser(_language(grammar)).parse(content, edited)
    return after if _depth(after) <= MAX_DEPTH else None


def _column(content: bytes, at: int) -> int:
    """Return how many bytes stand before one on its line."""
    return at - content.rfind(b"\n", 0, at) - 1


def _answer(header: bytes, content: bytes) -> bytes:
    asked = json.loads(header)
    grammar, what = asked["grammar"], asked["what"]
    if what not in {"facts", "errors"}:
        return json.dumps(asdict(suite_in(grammar, content, what))).encode()
    said = parse(grammar, content, what)
    return json.dumps({name: getattr(said, name) for name in Syntax.__slots__}).encode()


def _facts(grammar: Grammar, tree: "Tree", content: bytes) -> Syntax:
    from scoping.shapes import facts_of  # noqa: PLC0415 - the child's alone

    query = _query(grammar, query_text(grammar))
    root = tree.root_node
    found = _matches(query, root, deep=not grammar.anchors)
    declared = dict(grammar.declared)
    for place, word in sorted(_written(grammar.anchors, content)):
        keyword = root.descendant_for_byte_range(place, place + 1)
        if keyword is None or keyword.type != word or (statement := keyword.parent) is None:
            continue
        if (kind := declared.get(statement.type)) is None:
            found += _matches(query, statement, deep=False)
        elif (name := statement.child_by_field_name("name")) is not None:
            found.append({kind: statement, "name": name})
    return facts_of(grammar.name, found, content)


def _written(words: Iterable[str], content: bytes) -> Iterator[tuple[int, str]]:
    """Yield where words begin, longer words that end like them too."""
    for word in words:
        for found in re.finditer(rb"%b(?!\w)" % word.encode(), content):
            yield found.start(), word


def _matches(query: "Query", node: "Node", *, deep: bool = True) -> "list[Match]":
    """Return what a query finds in and below a node, or with ``deep`` unset from it alone."""
    cursor = _cursor()(query)
    if not deep:
        cursor.set_max_start_depth(0)
    found = cursor.matches(node)
    return [{name: nodes[0] for name, nodes in captures.items()} for _, captures in found]


def matches(grammar: Grammar, query: str, tree: "Tree") -> "list[Match]":
    """Return what ``query`` captures in each of its matches, the first node of each name."""
    return _matches(_query(grammar, query), tree.root_node)


@cache
def _cursor() -> "type[QueryCursor]":
    from tree_sitter import QueryCursor  # noqa: PLC0415 - the child's alone

    return QueryCursor


def _depth(tree: "Tree") -> int:
    """Return how deep the tree is where it may be too deep, never by recursion.

    What has no more nodes in it than there are levels left is not looked into: almost all.
    """
    cursor = tree.walk()
    depth = deepest = 0
    while deepest <= MAX_DEPTH:
        node = cursor.node
        if (
            node is not None
            and node.descendant_count > MAX_DEPTH - depth
            and cursor.goto_first_child()
        ):
            depth += 1
            deepest = max(deepest, depth)
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return deepest
            depth -= 1
    return deepest


@cache
def _language(grammar: Grammar) -> "Language":
    from tree_sitter import Language  # noqa: PLC0415 - the child's alone

    return Language(getattr(import_module(grammar.module), grammar.function)())


@cache
def _query(grammar: Grammar, text: str) -> "Query":
    from tree_sitter import Query  # noqa: PLC0415 - the child's alone

    return Query(_language(grammar), text)
