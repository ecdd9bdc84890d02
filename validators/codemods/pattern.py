"""Code with holes, and where a file's syntax has the same form.

``$NAME`` stands for any one node, ``$_`` too without keeping it, ``$$$NAME`` for any number of
nodes in a row; a name used twice means the same text twice. Comments, separators, layout and which
quotes a text has are no part of a form. A pattern is parsed by the file's own grammar, so it must
be code: a whole expression, statement, declaration or type.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from scoping.languages import BY_NAME
from validators.codemods.pattern_code import parsed
from validators.codemods.tree import SourceTree, is_layout
from validators.edits.syntax_node import SyntaxNode

HOLE = re.compile(r"\$(\$\$)?([A-Z_][A-Z0-9_]*)?")
_PLACE = re.compile(r"cw(one|row)z(\w*)")
_SEPARATORS = frozenset({",", ";"})
# Either of them alone around a text: which one it is says nothing.
_QUOTES = frozenset((b"'", b'"'))

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
class _Shape:
    """One form of a pattern; ``fixed`` are the words that any match holds.

    ``anchor`` is the rarest of them with its depth below the match, None where all is holes.
    """

    form: _Form
    fixed: tuple[bytes, ...]
    anchor: tuple[bytes, int] | None

    def found_in(self, tree: SourceTree) -> Iterator[tuple[SyntaxNode, Bound]]:
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


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern: the forms that its code has, as an expression and as a type say.

    ``is_ended`` where it ends with a semicolon, which is then a part of what was asked for.
    """

    shapes: tuple[_Shape, ...]
    is_ended: bool

    def found_in(self, tree: SourceTree) -> Iterator[tuple[SyntaxNode, Bound]]:
        """Yield each node that matches, and what its holes hold, in the order of the file."""
        if len(self.shapes) == 1:
            yield from self.shapes[0].found_in(tree)
            return
        found = {
            (node.start_byte, -node.end_byte, node.type): (node, bound)
            for shape in self.shapes
            for node, bound in shape.found_in(tree)
        }
        for _, match in sorted(found.items()):
            yield match


@cache
def pattern_of(grammar_name: str, code: str) -> Pattern:
    """Return ``code`` compiled for a grammar; ValueError says why it is no pattern."""
    code = code.strip()
    nodes = parsed(BY_NAME[grammar_name], with_places(code))
    forms = list(dict.fromkeys(_form(node) for node in nodes))
    if not forms:
        raise ValueError(
            f"the pattern {code!r} is no {grammar_name} code by itself; write a whole expression,"
            " statement or declaration, or find nodes by their kind"
        )
    shapes = tuple(_shape(form) for form in forms if isinstance(form, _Form))
    if len(shapes) < len(forms):
        raise ValueError(f"the pattern {code!r} matches everything; name something in it")
    return Pattern(shapes, code.endswith(";"))


def with_places(code: str) -> str:
    """Return ``code`` with a name of its own for each hole, so that a grammar can read it."""
    return HOLE.sub(_place, code)


def _shape(form: _Form) -> _Shape:
    fixed = sorted(_fixed(form, 0), key=lambda word: (-len(word[0]), word[1]))
    words = [word for word in fixed if word[0][:1].isalpha() or word[0][:1] in b"_\"'"]
    return _Shape(form, tuple(word for word, _ in fixed), words[0] if words else None)


def _place(hole: re.Match[str]) -> str:
    if hole[2] is None and hole[1] is None:
        return hole[0]  # a dollar of the language itself
    return f"cw{'row' if hole[1] else 'one'}z{hole[2] or '_'}"


def _form(node: SyntaxNode) -> "_Form | _Hole":
    text = node.text or b""
    hole = _PLACE.fullmatch(text.decode("utf-8", "replace").removesuffix(";"))
    if hole:
        return _Hole(hole[2], hole[1] == "row")
    parts = tuple(_form(part) for part in _parts(node))
    return _Form(*_leaf(node), ()) if not parts else _Form(node.type, b"", parts)


def _leaf(node: SyntaxNode) -> tuple[str, bytes]:
    """Return the kind and text of a node without parts."""
    text = node.text or b""
    return ("quote", b"'") if text in _QUOTES else (node.type, text)


def _parts(node: SyntaxNode) -> list[SyntaxNode]:
    return [
        part
        for part in node.children
        if part.type not in _SEPARATORS and not is_layout(part) and part.end_byte > part.start_byte
    ]


def _fixed(form: "_Form | _Hole", depth: int) -> Iterator[tuple[bytes, int]]:
    if isinstance(form, _Form):
        if form.text and form.kind != "quote":
            yield form.text, depth
        for part in form.parts:
            yield from _fixed(part, depth + 1)


def _matched(form: "_Form | _Hole", node: SyntaxNode, bound: Bound) -> Bound | None:
    if isinstance(form, _Hole):
        return _held(form, [node], bound)
    if form.text:
        return bound if (form.kind, form.text) == _leaf(node) else None
    if form.kind == "argument_list" and node.type == "generator_expression":
        # Python's f(x for x in y): the brackets are the call's and the expression's at once.
        return _row(form.parts, [node.children[0], node, node.children[-1]], bound)
    return _row(form.parts, _parts(node), bound) if form.kind == node.type else None


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
