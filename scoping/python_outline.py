"""Definitions and imports of Python by its lines: what the parser tells, in a fifth of the time.

One expression reads a whole statement, its brackets and strings and all; indentation says where a
block ends. Whatever is less than plain (tabs, an import behind a colon, a string that nobody
closes) is left to the parser, whose answers on valid files are these, byte for byte.
"""

import re
from dataclasses import dataclass

from scoping.syntax import MAX_IMPORTS, MAX_SYMBOLS, Shape, Syntax, first_paragraph, signature

_MOST_BRACKETS = 8
_MOST_BLOCKS = 100

_STRING = (
    rb"(?:\"\"\"[^\"\\]*+(?:(?:\\.|\"(?!\"\"))[^\"\\]*+)*+\"\"\""
    rb"|'''[^'\\]*+(?:(?:\\.|'(?!''))[^'\\]*+)*+'''"
    rb"|\"(?!\"\")[^\"\\\n]*+(?:\\.[^\"\\\n]*+)*+\"|'(?!'')[^'\\\n]*+(?:\\.[^'\\\n]*+)*+')"
)
_INSIDE = rb"[^'\"#()\[\]{}\\]++|%b|\\.|#[^\n]*+" % _STRING
_BRACKETED = rb"[(\[{](?:%b)*+[)\]}]" % _INSIDE
for _ in range(_MOST_BRACKETS - 1):
    _BRACKETED = rb"[(\[{](?:%b|%b)*+[)\]}]" % (_INSIDE, _BRACKETED)
# Indentation, what it begins with, the rest, and the comment behind it; or a line without any.
_STATEMENT = re.compile(
    rb"( *+)((?:async +)?+(?:def|class|import|from)(?= )|@)?+"
    rb"((?:[^'\"#()\[\]{}\\\n]++|%b|\\\n|%b)*+)(#[^\n]*+)?+(?:\n|\Z)" % (_STRING, _BRACKETED),
    re.DOTALL,
)
_NAME = rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*+"
_NAMED = re.compile(rb" +(%b)" % _NAME)
_ONE_LINE = re.compile(rb" +%b *(?:\([^()\"'#:]*\) *)?: *(?=[^ :=])" % _NAME)
_VARIABLE = re.compile(rb"(%b) *(?::(?!=)|=(?!=)) *[^ ]" % _NAME)
_ALONE = frozenset((b"else", b"try", b"finally", b"except", b"lambda"))
_DOCSTRING = re.compile(rb"([rRbBuUfF]{0,2}%b) *(?:[,;#\n]|\Z)" % _STRING, re.DOTALL)
_MODULE = re.compile(rb" +(\.*(?:%b(?:\.%b)*+)?) +import\b *" % (_NAME, _NAME))
_MEMBER = re.compile(rb"(%b(?:\.%b)*+)(\s+as\s+%b)?+" % (_NAME, _NAME, _NAME))
_NO_MEMBER = re.compile(rb"#[^\n]*|\\\n")
_HIDDEN = re.compile(rb"[:;] *(?:import|from)\b")
# What the parser counts otherwise than these lines do.
_ODD = re.compile(rb"[\r\f\v\x1a]|^ *+\t|\A\xef\xbb\xbf|/\*\*|^\S*\\$", re.MULTILINE)


class _DoubtError(Exception):
    """Only a parser can tell."""


def outline(content: bytes) -> Syntax | None:
    """Return the definitions and imports of a Python file; None where only a parser can tell."""
    if _ODD.search(content):
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
        for found in iter(_STATEMENT.scanner(self._content).match, None):  # type: ignore[attr-defined]
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
            if word or not blank:
                self._tell(word or b"", said, start, end)
            elif b"import" in said and _HIDDEN.search(said):
                raise _DoubtError
            colon = said[-1:] == b":"
            self._end = found.end(4) if comment else end
        if at < len(self._content) or colon:
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
                if docstring := _DOCSTRING.match(self._content, start):
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
        elif found := _VARIABLE.match(said):
            if found[1] not in _ALONE:
                self._assign(found[1], said, start, end)
        if self._decorated >= 0 or _HIDDEN.search(said) or said[:1] >= b"\x80":
            raise _DoubtError

    def _define(self, word: bytes, said: bytes, start: int, end: int) -> None:
        whole, self._decorated = start if self._decorated < 0 else self._decorated, -1
        name = _NAMED.match(said)
        if name is None or _HIDDEN.search(said):
            raise _DoubtError
        kind = "class" if word == b"class" else "function"
        depth = len(self._indents)
        one = _Definition(kind, _text(name[1]), start, self._line(whole), depth)
        self._definitions.append(one)
        if said[-1:] == b":":
            self._open.append(one)
            return
        head = _ONE_LINE.match(said)
        if head is None:
            raise _DoubtError
        one.body = end - len(said) + head.end()
        if docstring := _DOCSTRING.match(self._content, one.body):
            one.docstring = first_paragraph(self._content, *docstring.span(1))
        self._ended(one, end)

    def _assign(self, name: bytes, said: bytes, start: int, end: int) -> None:
        if b";" in said:
            raise _DoubtError
        lines = self._line(start), self._line(end)
        head = signature(self._content, start, end).partition("\n")[0]
        shape = Shape("variable", _text(name), start, end, *lines, " ".join(head.split()))
        self._variables.append(shape)

    def _import(self, word: bytes, said: bytes) -> None:
        module = b""
        if word == b"from":
            found = _MODULE.match(said)
            if found is None:
                raise _DoubtError
            module, said = found[1], said[found.end() :]
        said = _NO_MEMBER.sub(b" ", said).strip()
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
            member = _MEMBER.fullmatch(one.strip())
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
