"""Code with holes, and where a file's syntax has the same form.

``$NAME`` stands for any one node, ``$_`` too without keeping it, ``$$$NAME`` for any number of
nodes in a row; a name used twice means the same text twice. Comments, separators and layout are no
part of a form. A pattern is parsed by the file's own grammar, so it must be code: a whole
expression, statement or declaration.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from scoping.grammars import tree_of
from scoping.languages import BY_NAME, Grammar
from validators.codemods.tree import SourceTree, is_comment
from validators.edits.syntax_node import SyntaxNode, walked

HOLE = re.compile(r"\$(\$\$)?([A-Z_][A-Z0-9_]*)?")
_PLACE = re.compile(r"cw(one|row)z(\w*)")
_SEPARATORS = frozenset({",", ";"})
# What a part of a file must stand in to be code, tried in this order.
_AROUND: Mapping[str, tuple[str, ...]] = {
    "java": (
        "class A {{ void f() {{ {}; }} }}",
        "class A {{ void f() {{ {} }} }}",
        "class A {{ {} }}",
    ),
    "go": ("package p\nfunc f() {{\n{}\n}}\n", "package p\nvar v {}\n", "package p\n{}\n"),
    "rust": ("fn f() {{ {}; }}", "fn f() {{ {} }}"),
    "c": ("void f() {{ {}; }}", "void f() {{ {} }}"),
    "cpp": ("void f() {{ {}; }}", "void f() {{ {} }}"),
    "c_sharp": ("class A {{ void F() {{ {}; }} }}", "class A {{ {} }}"),
    "php": ("<?php {};", "<?php {}"),
    "typescript": ("type A = {};",),
    "tsx": ("type A = {};",),
    "dart": ("void f() {{ {}; }}",),
}

# The same of a decorator or an annotation, which is no code without what it stands at.
_DECORATED: Mapping[str, tuple[str, ...]] = {
    "python": ("{}\ndef f():\n    pass\n",),
    "java": ("class A {{ {} void f() {{ }} }}",),
    "kotlin": ("{} fun f() {{ }}",),
    "javascript": ("{} class A {{ }}",),
    "typescript": ("{} class A {{ }}",),
    "tsx": ("{} class A {{ }}",),
}

Bound = Mapping[str, tuple[SyntaxNode, ...]]


@dataclass(frozen=True, slots=True)
class _Hole:
    name: str
    is_row: bool


@dataclass(frozen=True, slots=True)
class _Form:
    """A node that must be there: its kind and its parts, or its text when it has none."""

    kind: str
    text: bytes
    parts: tuple["_Form | _Hole", ...]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern; ``fixed`` are the words that any match holds.

    ``anchor`` is the rarest of them with its depth below the match, None where all is holes.
    """

    form: _Form
    fixed: tuple[bytes, ...]
    anchor: tuple[bytes, int] | None

    def found_in(self, tree: SourceTree) -> Iterator[tuple[SyntaxNode, Bound]]:
        """Yield each node that matches, and what its holes hold, in the order of the file."""
        if any(word not in tree.content for word in self.fixed):
            return
        for node in self._candidates(tree):
            bound = _matched(self.form, node, {})
            if bound is not None:
                yield node, bound

    def _candidates(self, tree: SourceTree) -> Iterator[SyntaxNode]:
        if self.anchor is None:
            yield from tree.of_kind(self.form.kind)
            return
        text, depth = self.anchor
        for leaf in tree.leaves(text):
            node: SyntaxNode | None = leaf
            for _ in range(depth):
                node = node.parent if node is not None else None
            # A node that is all of its parent has the same bytes: the leaf may be below ours.
            while node is not None and node.type != self.form.kind and _is_all_of(node):
                node = node.parent
            if node is not None and node.type == self.form.kind:
                yield node


@cache
def pattern_of(grammar_name: str, code: str) -> Pattern:
    """Return ``code`` compiled for a grammar; ValueError says why it is no pattern."""
    grammar = BY_NAME[grammar_name]
    node = _parsed(grammar, HOLE.sub(_place, code.strip()))
    form = _form(node)
    if isinstance(form, _Hole):
        raise ValueError(f"the pattern {code!r} matches everything; name something in it")  # noqa: TRY004 - it is one
    fixed = sorted(_fixed(form, 0), key=lambda word: (-len(word[0]), word[1]))
    words = [word for word in fixed if word[0][:1].isalpha() or word[0][:1] in b"_\"'"]
    return Pattern(form, tuple(word for word, _ in fixed), words[0] if words else None)


def _place(hole: re.Match[str]) -> str:
    if hole[2] is None and hole[1] is None:
        return hole[0]  # a dollar of the language itself
    return f"cw{'row' if hole[1] else 'one'}z{hole[2] or '_'}"


def _parsed(grammar: Grammar, code: str) -> SyntaxNode:
    arounds = (_DECORATED if code.startswith("@") else _AROUND).get(grammar.name, ())
    for around in (*arounds, "{}"):
        whole = around.format(code) if around != "{}" else code
        start = len(around.partition("{}")[0].replace("{{", "{").encode())
        tree = tree_of(grammar, whole.encode())
        if tree is None or tree.root_node.has_error:
            continue
        node = tree.root_node.descendant_for_byte_range(start, start + len(code.encode()))
        if node is not None and (node.text or b"").strip(b"\n ;") == code.encode().strip(b"\n ;"):
            return _innermost(node)
    raise ValueError(
        f"the pattern {code!r} is no {grammar.name} code by itself; write a whole expression,"
        " statement or declaration, or find nodes by their kind"
    )


def _innermost(node: SyntaxNode) -> SyntaxNode:
    """Return the deepest node with the same text: a statement that is one expression is that."""
    while len(node.children) == 1 and node.children[0].text == node.text:
        node = node.children[0]
    return node


def _form(node: SyntaxNode) -> "_Form | _Hole":
    text = node.text or b""
    hole = _PLACE.fullmatch(text.decode("utf-8", "replace").removesuffix(";"))
    if hole:
        return _Hole(hole[2], hole[1] == "row")
    parts = tuple(_form(part) for part in _parts(node))
    return _Form(node.type, b"" if parts else text, parts)


def _parts(node: SyntaxNode) -> list[SyntaxNode]:
    return [
        part
        for part in node.children
        if part.type not in _SEPARATORS and not is_comment(part) and part.end_byte > part.start_byte
    ]


def _fixed(form: "_Form | _Hole", depth: int) -> Iterator[tuple[bytes, int]]:
    if isinstance(form, _Form):
        if form.text:
            yield form.text, depth
        for part in form.parts:
            yield from _fixed(part, depth + 1)


def _matched(form: "_Form | _Hole", node: SyntaxNode, bound: Bound) -> Bound | None:
    if isinstance(form, _Hole):
        return _held(form, [node], bound)
    if form.kind != node.type:
        return None
    if form.text:
        return bound if node.text == form.text else None
    return _row(form.parts, _parts(node), bound)


def _row(
    forms: Sequence["_Form | _Hole"], nodes: Sequence[SyntaxNode], bound: Bound
) -> Bound | None:
    """Match parts one after the other; a row takes as little as lets the rest match."""
    for at, form in enumerate(forms):
        if isinstance(form, _Hole) and form.is_row:
            behind = forms[at + 1 :]
            needed = sum(not (isinstance(one, _Hole) and one.is_row) for one in behind)
            most = len(nodes) - at - needed
            # All behind it takes one each, unless there is another row.
            least = most if needed == len(behind) else 0
            for length in range(max(least, 0), most + 1):
                taken = _held(form, nodes[at : at + length], bound)
                rest = taken and _row(forms[at + 1 :], nodes[at + length :], taken)
                if rest is not None:
                    return rest
            return None
        if at >= len(nodes):
            return None
        found = _matched(form, nodes[at], bound)
        if found is None:
            return None
        bound = found
    return bound if len(nodes) == len(forms) else None


def _held(hole: _Hole, nodes: Sequence[SyntaxNode], bound: Bound) -> Bound | None:
    if not hole.is_row and nodes[0].type in "(){}[]":
        return None
    if hole.name == "_":
        return bound or {"": ()}
    before = bound.get(hole.name)
    if before is not None and [one.text for one in before] != [one.text for one in nodes]:
        return None
    return {**bound, hole.name: tuple(nodes)}


def _is_all_of(node: SyntaxNode) -> bool:
    above = node.parent
    return above is not None and (above.start_byte, above.end_byte) == (
        node.start_byte,
        node.end_byte,
    )


def names_in(code: str) -> frozenset[str]:
    """Return the names of the holes of a pattern, or of a text to be filled in."""
    return frozenset(hole[2] for hole in HOLE.finditer(code) if hole[2])


def has_error(node: SyntaxNode) -> bool:
    """Whether a node, or a part of it, does not follow its grammar."""
    return node.has_error and any(part.is_error or part.is_missing for part in walked(node))
