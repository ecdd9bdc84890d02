"""A file as a migration program sees it: what can be found in it, and edits that could be made."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeAlias

from scoping.languages import BY_NAME
from validators.codemods import arguments, imports
from validators.codemods.binding import bound
from validators.codemods.edit import Edit, Leave, Span, encoded
from validators.codemods.node import Argument, Node, fills_block
from validators.codemods.pattern import pattern_of
from validators.codemods.template import Piece, ending, filled
from validators.codemods.tree import SourceTree, is_comment, is_text

# What `transform` may return: one, or any iterable of them, nested or not; None for nothing.
Edits: TypeAlias = "Edit | Leave | Iterable[Edits] | None"
# What means something else in a string alone than in the whole file.
_ANCHORED = re.compile(r"[\^$]|\\[AZ]|\(\?")
_NAMES = ("identifier", "identifier_pattern", "name", "constant", "word")


class File:
    """One file: what stands in it, and the edits that could be made; making them is not its task.

    Spans are bytes of the content without a byte-order mark, lines count from 1.
    """

    def __init__(
        self, path: str, language: str, content: bytes, tree: SourceTree | None = None
    ) -> None:
        self.path = path
        self.language = language
        self.content = content
        self._tree = tree or SourceTree(BY_NAME[language], content)

    @property
    def text(self) -> str:
        """The whole file; bytes that are no UTF-8 survive in it."""
        return self.content.decode("utf-8", "surrogateescape")

    @property
    def root(self) -> Node:
        """The node of the whole file."""
        return Node(self._tree.root)

    # --- finding ----------------------------------------------------------------------------------

    def find(self, pattern: str = "", *, kind: str = "", inside: Node | None = None) -> list[Node]:
        """Return what has the form of ``pattern``, or is of a ``kind`` of the grammar, in order.

        What the holes of a pattern hold is the node's: ``node["NAME"]``, ``node.row("NAME")``.
        """
        if bool(pattern) == bool(kind):
            raise ValueError("find() takes a pattern or a kind, one of the two")
        if pattern:
            compiled = pattern_of(self.language, pattern)
            is_open = not compiled.is_ended
            matches = compiled.found_in(self._tree)
            found = [Node(node, held, is_open_ended=is_open) for node, held in matches]
        else:
            found = [Node(node) for node in self._tree.of_kind(kind)]
        return [node for node in found if inside is None or node in inside]

    def names(self, name: str) -> list[Node]:
        """Return where the code, not a string or a comment, says exactly ``name``."""
        leaves = self._tree.leaves(encoded(name))
        return [
            Node(leaf)
            for leaf in leaves
            if leaf.type.endswith(_NAMES) and not is_comment(leaf) and not is_text(leaf)
        ]

    def strings(self, regex: str) -> list[Node]:
        """Return the strings whose text, quotes and all, has a place that matches ``regex``."""
        wanted = re.compile(regex)
        if not _ANCHORED.search(regex) and wanted.search(self.text) is None:
            return []
        kinds = imports.string_kinds(self.language)
        found = (Node(node) for kind in kinds for node in self._tree.of_kind(kind))
        return [node for node in found if wanted.search(node.text)]

    # --- changing ---------------------------------------------------------------------------------

    def replace(self, node: Node, text: str) -> Edit | Leave:
        """Return the edit that puts ``text`` where ``node`` is.

        In it ``$NAME`` and ``$$$NAME`` are what the node's holes hold, kept as it stands, comments
        and edits inside it included, and in brackets where it would be taken apart without. Where
        another comment would be lost, the node is left.
        """
        return self._put(node, [*filled(node, text), ending(node, text, self.language)])

    def compose(self, node: Node, *pieces: str | Node) -> Edit | Leave:
        """Return the edit that puts new texts and kept nodes of the file where ``node`` is."""
        return self._put(node, pieces)

    def remove(self, node: Node) -> Edit:
        """Return the edit that takes ``node`` out, with its line where it stands alone.

        The only statement of a block of Python is ``pass`` then.
        """
        if self.language == "python" and fills_block(node):
            return Edit(node.start, node.stop, ("pass",), node.span)
        start, stop = self._with_space(node.start, node.stop)
        return Edit(start, stop, (), node.span)

    def insert_before(self, node: Node, text: str) -> Edit:
        """Return the edit that puts ``text`` right before ``node``."""
        return Edit(node.start, node.start, (text,), node.span)

    def insert_after(self, node: Node, text: str) -> Edit:
        """Return the edit that puts ``text`` right after ``node``."""
        return Edit(node.stop, node.stop, (text,), node.span)

    def rewrite(self, node: Node, regex: str, text: str) -> Iterator[Edit]:
        r"""Yield the edits that put ``text`` where ``regex`` matches in ``node``, a string say.

        In the text ``\1`` is the first group, as in `re.sub`.
        """
        for found in re.finditer(regex, node.text):
            start = node.start + len(encoded(node.text[: found.start()]))
            stop = start + len(encoded(found[0]))
            yield Edit(start, stop, (found.expand(text),), node.span)

    def rename(self, old: str, new: str, *, imports: bool = True) -> Iterator[Edit | Leave]:
        """Yield the edits that call ``new`` what the code calls ``old``; strings are not code.

        Without ``imports`` names in import statements stay: `replace_import` goes with that.
        """
        spared = [] if imports else self._import_spans()
        for node in self.names(old):
            if not _is_in(node, spared):
                yield self.compose(node, new)

    def follow(self, *edits: "Edits") -> Iterator[Edit | Leave]:
        """Yield edits that go with others: they are made, and are no site of their own."""
        for edit in flat(edits):
            yield replace(edit, site=None) if isinstance(edit, Edit) else edit

    # --- arguments --------------------------------------------------------------------------------

    def add_argument(self, call: Node, text: str, at: int | None = None) -> Edit:
        """Return the edit that adds an argument to a call, as its ``at``-th, else as its last.

        One without a name stands before those that have one, where it must.
        """
        return arguments.added(call, text, at, self.content, self.language)

    def add_parameter(self, definition: Node, text: str, at: int | None = None) -> Edit:
        """Return the edit that adds a parameter to a definition, as its ``at``-th, or its last."""
        return arguments.parameter_added(definition, text, at, self.content)

    def remove_argument(self, call: Node, *gone: Argument | None) -> Edit:
        """Return the edit that takes arguments and their commas out of a call."""
        return arguments.removed(call, gone, self.content)

    def name_argument(self, call: Node, argument: Argument | None, name: str) -> Edit:
        """Return the edit that gives an argument another name, or a name where it has none."""
        return arguments.named(call, argument, name, self.language)

    # --- imports ----------------------------------------------------------------------------------

    def imports_of(self, module: str, name: str = "") -> list[Node]:
        """Return the statements that import ``module``, or ``name`` from it."""
        return [Node(node) for node in imports.found(self._tree, module, name)]

    def insert_import(self, statement: str) -> Iterator[Edit]:
        """Yield what makes the file have an import; nothing where it has it already."""
        yield from imports.inserted(self._tree, statement.strip())

    def remove_import(self, module: str, *names: str) -> Iterator[Edit]:
        """Yield what takes out the import of ``module``, or of these names alone from it."""
        yield from imports.removed(self._tree, module, names)

    def replace_import(self, old: str, new: str) -> Iterator[Edit]:
        """Yield what imports ``new`` instead of ``old``: in Python, two statements of one name."""
        yield from imports.replaced(self._tree, old, new)

    # --- leaving ----------------------------------------------------------------------------------

    def leave(self, node: Node, reason: str) -> Leave:
        """Return that a place is known and stays as it is, for a person or a model to look at."""
        return Leave(node.start, node.stop, reason)

    def _put(self, node: Node, pieces: Sequence[Piece]) -> Edit | Leave:
        made = tuple(piece.span if isinstance(piece, Node) else piece for piece in pieces)
        kept = [piece for piece in made if not isinstance(piece, str)]
        stop = _before_comments(node)  # what follows on the line is a part of some nodes
        if any(one.start < stop and not _is_in(one, kept) for one in node.comments):
            return self.leave(node, "a comment inside it would be lost")
        holes = [piece for piece in pieces if isinstance(piece, Node)]
        return bound(Edit(node.start, stop, made, node.span), node, holes, self._tree)

    def _import_spans(self) -> list[Span]:
        return [(node.start_byte, node.end_byte) for node in imports.statements(self._tree)]

    def _with_space(self, start: int, stop: int) -> tuple[int, int]:
        """Return a span with its line where it stands alone, else with the blanks behind it."""
        content = self.content
        line = content.rfind(b"\n", 0, start) + 1
        end = content.find(b"\n", stop) + 1 or len(content)
        if not content[line:start].strip() and not content[stop:end].strip(b" \t\r\n;"):
            return line, end
        after = len(content[stop:end]) - len(content[stop:end].lstrip(b" \t"))
        is_apart = content[line:start][-1:] in {b"", b" ", b"\t"}
        return start, stop + (after if is_apart else 0)


def flat(edits: Edits, by: object = None) -> Iterator[Edit | Leave]:
    """Yield what a program returned, one after the other; TypeError for what is no edit.

    ``by`` is the generator that yielded ``edits``: where it stopped is the mistake.
    """
    if edits is None:
        return
    if isinstance(edits, Edit | Leave):
        yield edits
    elif isinstance(edits, Iterable) and not isinstance(edits, str | bytes):
        for one in edits:
            yield from flat(one, edits if hasattr(edits, "gi_frame") else by)
    else:
        frame = getattr(by, "gi_frame", None)
        where = f" at line {frame.f_lineno}" if frame is not None else ""
        raise TypeError(
            f"transform() yielded {type(edits).__name__}{where}; yield edits of the file, such as"
            " what file.replace() returns"
        )


def _before_comments(node: Node) -> int:
    """Return where a node ends, but for comments at its end."""
    parts = node.tokens
    while parts and "comment" in parts[-1].kind:
        parts.pop()
    return parts[-1].stop if parts and len(parts) < len(node.tokens) else node.stop


def _is_in(node: Node, spans: Iterable[Span]) -> bool:
    return any(start <= node.start and node.stop <= stop for start, stop in spans)
