"""Reading a syntax tree without recursion: a tree may be deeper than the interpreter's stack."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

_MAX_VALUE = 10_000
_QUOTES = frozenset(('"', "'"))
_CLOSERS = frozenset((")", "]", "}"))
_KEPT_WHOLE = frozenset(("string_content", "string_fragment", "escape_sequence"))
# Under these, brackets around an expression change nothing but its look.
_LOOSE = frozenset(
    ("argument_list", "arguments", "assignment", "keyword_argument", "pair", "tuple", "with_item")
)
_VARIABLES = frozenset(("identifier", "this", "self", "shorthand_property_identifier"))


class Node(Protocol):
    """As much of a tree-sitter node as is read here."""

    @property
    def type(self) -> str:
        """The grammar's word for it."""
        ...

    @property
    def text(self) -> bytes | None:
        """Its bytes as written."""
        ...

    @property
    def children(self) -> "Sequence[Node]":
        """All parts, signs too."""
        ...

    @property
    def named_children(self) -> "Sequence[Node]":
        """The parts that the grammar names."""
        ...

    @property
    def child_count(self) -> int:
        """How many parts it has."""
        ...

    @property
    def parent(self) -> "Node | None":
        """What it is part of."""
        ...

    @property
    def start_point(self) -> tuple[int, int]:
        """Its first row and column, from 0."""
        ...

    @property
    def start_byte(self) -> int:
        """Where in the file it begins."""
        ...

    @property
    def end_point(self) -> tuple[int, int]:
        """Where it ends, from 0."""
        ...

    @property
    def is_named(self) -> bool:
        """Whether the grammar names it."""
        ...

    def child_by_field_name(self, name: str, /) -> "Node | None":
        """Return the part that plays the role ``name``."""
        ...


def line_of(node: Node) -> int:
    """Return the line ``node`` begins on, from 1."""
    return node.start_point[0] + 1


def plain(node: Node) -> str:
    """Return the text of ``node`` as written."""
    return (node.text or b"").decode("utf-8", "replace")


def leaves(node: Node) -> Iterator[Node]:
    """Yield the nodes without children, in order, comments and meaningless brackets left out."""
    stack = [node]
    while stack:
        at = stack.pop()
        if at.type == "comment":
            continue
        children = at.children
        if not children or at.type in _KEPT_WHOLE:
            yield at
        elif at.type == "parenthesized_expression" and _is_loose(at):
            stack.extend(reversed(children[1:-1]))
        else:
            stack.extend(reversed(children))


def text_of(*nodes: Node | None) -> str:
    """Return the normalised text of nodes that follow each other."""
    words: list[str] = []
    for node in nodes:
        for leaf in leaves(node) if node is not None else ():
            word = _word(leaf)
            if word in _CLOSERS and words and words[-1] == ",":
                words.pop()
            if word and word != ";":
                words.append(word)
    return " ".join(words)


def variables(node: Node) -> list[str]:
    """Return every name in ``node`` that may stand for a value, as often as it stands there."""
    return [plain(leaf) for leaf in leaves(node) if leaf.type in _VARIABLES]


def walk(node: Node) -> Iterator[Node]:
    """Yield ``node`` and all that has a name in the grammar below it, in order."""
    stack = [node]
    while stack:
        at = stack.pop()
        yield at
        if at.child_count:
            stack.extend(reversed(at.named_children))


def named_values(node: Node, values: Mapping[str, Node]) -> tuple[str, ...]:
    """Return the variables of a file that ``node`` names, with what they are set to."""
    names = {name for name in variables(node) if name in values} if values else set()
    return tuple(f"{name} = {text_of(values[name])[:_MAX_VALUE]}" for name in sorted(names))


def comments(root: Node) -> tuple[tuple[int, str], ...]:
    """Return every comment with its line; one over several lines as each of its lines."""
    found: list[tuple[int, str]] = []
    for node in walk(root):
        if node.type == "comment":
            rows = plain(node).split("\n")
            found += [(line_of(node) + number, row) for number, row in enumerate(rows)]
    return tuple(found)


def dotted(node: Node | None) -> str:
    """Return a name like ``a.b.c``; a call on the way is left out, as in ``expect(x).not.toBe``."""
    parts: list[str] = []
    while node is not None:
        if node.type in {"attribute", "member_expression"}:
            last = node.child_by_field_name("attribute") or node.child_by_field_name("property")
            parts.append(plain(last) if last is not None else "")
            node = node.child_by_field_name("object")
        elif node.type in {"call", "call_expression"}:
            node = node.child_by_field_name("function")
        elif node.type in {"await", "await_expression", "parenthesized_expression"}:
            node = node.named_children[0] if node.named_children else None
        else:
            parts.append(plain(node) if not node.children else "")
            break
    return ".".join(reversed(parts))


def arguments(call: Node) -> list[Node]:
    """Return the arguments of a call in order, named ones too, comments not."""
    given = call.child_by_field_name("arguments")
    if given is None:
        return []
    return [node for node in given.named_children if node.type != "comment"]


def positional(call: Node) -> list[Node]:
    """Return the arguments of a call that have no name."""
    return [node for node in arguments(call) if node.type != "keyword_argument"]


def keyword(call: Node, name: str) -> Node | None:
    """Return the value of the argument called ``name``, if it is given."""
    for node in arguments(call):
        if node.type == "keyword_argument":
            named = node.child_by_field_name("name")
            if named is not None and plain(named) == name:
                return node.child_by_field_name("value")
    return None


def unwrapped(node: Node) -> Node:
    """Return what stands inside the brackets and awaits around an expression."""
    while node.type in {"parenthesized_expression", "await", "await_expression"}:
        inner = [child for child in node.named_children if child.type != "comment"]
        if len(inner) != 1:
            break
        node = inner[0]
    return node


def number(node: Node | None) -> float | None:
    """Return the value of a number as written, with its sign; None for anything else."""
    if node is None:
        return None
    try:
        return float(plain(node).replace("_", "").replace(" ", ""))
    except ValueError:
        return None


def _is_loose(node: Node) -> bool:
    above = node.parent.type if node.parent is not None else ""
    return above.endswith("_statement") or above in _LOOSE


def _word(leaf: Node) -> str:
    word = plain(leaf)
    if leaf.type in _KEPT_WHOLE:
        return word
    if leaf.type == "string_start":
        return word.rstrip("\"'").lower() + '"'
    if leaf.type == "string_end" or word in _QUOTES:
        return '"'
    return word
