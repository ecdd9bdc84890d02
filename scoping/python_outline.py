"""Definitions and imports of Python by its lines: what the parser tells, in a fifth of the time.

One expression reads a whole statement, its brackets and strings and all; indentation says where a
block ends. Whatever is less than plain (tabs, an import behind a colon, a string that nobody
closes) is left to the parser, whose answers on valid files are these, byte for byte.
"""

from dataclasses import dataclass

from scoping.python_statements import (
    ALONE,
    CONTINUED,
    DOCSTRING,
    HEADER,
    JOINED,
    MEMBER,
    MODULE,
    NAMED,
    NO_MEMBER,
    ODD,
    STATEMENT,
    TABBED,
    VARIABLE,
    hides_import,
)
from scoping.syntax import MAX_IMPORTS, MAX_SYMBOLS, Shape, Syntax, first_paragraph, signature

_MOST_BLOCKS = 100


class _DoubtError(Exception):
    """Only a parser can tell."""


def outline(content: bytes) -> Syntax | None:
    """Return the definitions and imports of a Python file; None where only a parser can tell."""
    if any(odd in content for odd in ODD) or (b"\t" in content and TABBED.search(content)):
        return None
    try:
        return _Outline(content).read()
    except _DoubtError:
        return None


@dataclass(slots=True)
class _Definition:
    """A definition whose block is ``depth`` deep; ``whole`` is where its decorators begin."""

    kind: str
    name: str
    start: int
    line: int
    depth: int
    body: int = -1
    docstring: str = ""
    end: int = -1
    last_line: int = -1


class _Outline:
    """Reads one file from its head to its end."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._variables: list[Shape] = []
        self._definitions: list[_Definition] = []
        self._imports: dict[str, None] = {}
        self._indents = [0]
        self._open: list[_Definition] = []
        # Where the last statement ended, the comments that belong to its block included.
        self._end = 0
        # Those since then: indentation, end.
        self._comments: list[tuple[int, int]] = []
        self._decorated = -1
        self._counted = (0, 1)

    def read(self) -> Syntax:
        """Return what the whole file tells."""
        at, colon = 0, False
        while at < len(self._content):
            if (found := STATEMENT.match(self._content, at)) is None:
                raise _DoubtError
            blank, word, rest, comment = found.groups()
            start, at = at + len(blank), found.end()
            said = rest.rstrip()
            if not (said or word):
                if comment:
                    self._comments.append((len(blank), found.end(4)))
                continue
            if self._comments or len(blank) != self._indents[-1] or colon:
                self._place(len(blank), start, is_block=colon)
            end = found.start(3) + len(said)
            self._end = found.end(4) if comment else end
            if word or not blank:
                self._tell(word or b"", said, start, end)
            elif b"import" in said and hides_import(said):
                raise _DoubtError
            colon = said[-1:] == b":"
            if said[-1:] == b"\\":
                raise _DoubtError
        if colon:
            raise _DoubtError
        self._close(0)
        return self._told()

    def _place(self, indent: int, start: int, *, is_block: bool) -> None:
        """Close the blocks that a statement is not in, or open the one that it begins."""
        if is_block:
            if indent <= self._indents[-1] or len(self._indents) > _MOST_BLOCKS:
                raise _DoubtError
            self._indents.append(indent)
            self._comments.clear()
            if self._open and self._open[-1].body < 0:
                self._open[-1].body = start
                if docstring := DOCSTRING.match(self._content, start):
                    self._open[-1].docstring = first_paragraph(self._content, *docstring.span(1))
            return
        self._close(indent)
        self._comments.clear()
        if indent != self._indents[-1]:
            raise _DoubtError

    def _close(self, indent: int) -> None:
        """End the blocks that are deeper: comments as deep as one belong to it still."""
        comments = iter(self._comments)
        comment = next(comments, None)
        while self._indents[-1] > indent:
            block = self._indents.pop()
            while comment and comment[0] >= block:
                self._end = comment[1]
                comment = next(comments, None)
            if self._open and self._open[-1].depth == len(self._indents):
                self._ended(self._open.pop(), self._end)

    def _ended(self, one: _Definition, end: int) -> None:
        one.end, one.last_line = end, self._line(end)

    def _tell(self, word: bytes, said: bytes, start: int, end: int) -> None:
        """Take down what one statement defines or imports."""
        if word == b"@":
            self._decorated = start if self._decorated < 0 else self._decorated
            return
        if word in {b"import", b"from"}:
            self._import(word, said)
        elif word:
            self._define(word, said, start, end)
            return
        elif (found := VARIABLE.match(said)) and found[1] not in ALONE:
            self._assign(found[1], said, start, end)
        elif CONTINUED.match(said):
            raise _DoubtError
        if self._decorated >= 0 or hides_import(said):
            raise _DoubtError

    def _define(self, word: bytes, said: bytes, start: int, end: int) -> None:
        whole, self._decorated = start if self._decorated < 0 else self._decorated, -1
        name = NAMED.match(said)
        if name is None or hides_import(said):
            raise _DoubtError
        kind = "class" if word == b"class" else "function"
        depth = len(self._indents)
        one = _Definition(kind, _text(name[1]), start, self._line(whole), depth)
        self._definitions.append(one)
        if said[-1:] == b":":
            self._open.append(one)
            return
        header = HEADER.match(said)
        if header is None:
            raise _DoubtError
        one.body = end - len(said) + header.end()
        if docstring := DOCSTRING.match(self._content, one.body):
            one.docstring = first_paragraph(self._content, *docstring.span(1))
        self._ended(one, self._end)

    def _assign(self, name: bytes, said: bytes, start: int, end: int) -> None:
        if JOINED.match(said):
            raise _DoubtError
        lines = self._line(start), self._line(end)
        head = signature(self._content, start, end).partition("\n")[0]
        shape = Shape("variable", _text(name), start, end, *lines, " ".join(head.split()))
        self._variables.append(shape)

    def _import(self, word: bytes, said: bytes) -> None:
        module = b""
        if word == b"from":
            found = MODULE.match(said)
            if found is None:
                raise _DoubtError
            module, said = found[1], said[found.end() :]
        said = NO_MEMBER.sub(b" ", said).strip()
        if module == b"__future__":
            return
        if module and said == b"*":
            self._imports[_text(module)] = None
            return
        if module and said[:1] == b"(" and said[-1:] == b")":
            said = said[1:-1].strip().removesuffix(b",")
        if module and module[-1:] != b".":
            module += b"."
        for one in said.split(b","):
            member = MEMBER.fullmatch(one.strip())
            if member is None:
                raise _DoubtError
            self._imports[_text(module + member[1])] = None

    def _line(self, at: int) -> int:
        """Return on which line a place is; cheap where the last one asked for is near."""
        place, line = self._counted
        newlines = self._content.count
        line += newlines(b"\n", place, at) if at >= place else -newlines(b"\n", at, place)
        self._counted = at, line
        return line

    def _told(self) -> Syntax:
        if self._open or self._decorated >= 0:
            raise _DoubtError
        shapes = [*self._variables]
        for one in self._definitions:
            head = signature(self._content, one.start, one.body)
            shapes.append(
                Shape(
                    *(one.kind, one.name, one.start, one.end, one.line, one.last_line),
                    " ".join(head.split()),
                    one.docstring,
                )
            )
        return Syntax("python", tuple(shapes)[:MAX_SYMBOLS], tuple(self._imports)[:MAX_IMPORTS])


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")
