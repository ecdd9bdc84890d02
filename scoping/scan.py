"""What one pass over a file's bytes tells, without a parser: its words, likely names, literals.

Ranking reads every file this way and parses the few that are likely, which costs a tenth of parsing
all. What is taken for the name of a definition here may be none; a parser decides.
"""

import re
from collections import Counter
from dataclasses import dataclass
from sys import intern

from scoping.facts import Counts, counts_of
from scoping.words import counted

_MAX_REFERENCES = 20_000
_MAX_NAMES = 5_000
_MAX_STRINGS = 1_000
_MIN_STRING = 10
_MAX_STRING = 300

_PYTHON = re.compile(rb"\n[ \t]*+(?:async[ \t]+)?+(?:def|class)[ \t]+(\w+)")
_KEYWORD = (
    rb"\n[ \t]*+(?:template[ \t]*+<[^\n{};]{0,200}>[ \t]*+)?(?:[a-z()@]{2,24}+[ \t]++){0,6}?"
    rb"(?:enum[ \t]++(?:class|struct)|fun[ \t]++interface|def|class|func|fn|fun|function\*?|struct"
    rb"|enum|trait|@?interface|type|module|namespace|union|macro_rules!|record|object|protocol|mod)"
    rb"[ \t]++(?:\([^)\n]{0,200}\)[ \t]*+|<[^>\n]{0,80}>[ \t]*+)?"
    rb"(?:\w++(?:<[^>\n]{0,80}+>)?+\??(?:\.|::))*+([\w$]++[?!=]?)"
)
# A line that ends in no statement: `int *Cart::total(void)`, `render(items) {`.
_SHAPED = (
    rb"\n[ \t]*+(?:[\w:<>,*&\[\].?@]{1,80}+[ \t]++){0,8}[*&]{0,2}+(?:\w++(?:<[^>\n]{0,80}+>)?+::)*+"
    rb"([~#$\w]++)[ \t]*+(?:<[^>\n]{0,80}+>[ \t]*+)?+\([^;{\n]*+(?=[{\n])"
)
_ASSIGNED = (
    rb"\n[ \t]*(?:[a-z]{3,8}[ \t]+){0,3}(?:[\w$]+\.)*([\w$#]+)[ \t]*(?::[^=\n;,{]{1,100}=|[:=])"
    rb"[ \t]*(?:\n[ \t]+)?(?:async\b|function\b|class\b|\(|<[^>\n]{1,80}>\(|[\w$]+[ \t]*=>)"
)
_GROUPED = rb"\n[ \t]*(\w+)[ \t]+(?:struct|interface|func)\b"
# A type's new name stands last, or behind the braces: `typedef struct cart cart_t;`, `} cart_t;`.
_DEFINED = (
    rb"\n(?:[ \t]*(?:#[ \t]*define[ \t]+(?=\w+[ \t(\n])"
    rb"|typedef[ \t][^;{\n]*?[ \t*]\(?\*?(?=\w+\)?[ \t]*[;(]))|\}[ \t]*(?=\w+;))(\w+)"
)
# Members of an interface have no body: a type, a name, parameters, and the end.
_DECLARED = (
    rb"\n[ \t]++(?!return|throw|new|else)(?:[\w.<>\[\],]{1,80}+[ \t]++){1,6}(\w++)\([^;{\n]*+;"
)
_LUA = rb"\n[ \t]*+(?:local[ \t]+)?function[ \t]+(?:\w+[.:])*+(\w+)"
_ELIXIR = rb"\n[ \t]*+def[a-z]*+[ \t]+(?:\w+\.)*+([\w?!]+)"
_HASKELL = rb"\n(?:(?:data|newtype)[ \t]+)?([\w']++)[ \t]+(?:::|=|\w)"
_BASH = rb"\n[ \t]*+(?:function[ \t]+)?([\w-]++)[ \t]*+(?:\(\)|\{)"
_HCL = rb"\n\w++[ \t]+(?:\"[^\"\n]*+\"[ \t]+)?\"([^\"\n]++)\"[ \t]*+\{"
_SQL = (
    rb"\n[ \t]*+create[ \t]+(?:or[ \t]+replace[ \t]+)?(?:\w+[ \t]+){0,2}?(?:table|view|function"
    rb"|procedure|index|type|trigger)[ \t]+(?:if[ \t]+not[ \t]+exists[ \t]+)?(?:[\w\"`]++\.)?"
    rb"[\"`]?(\w+)"
)
_KEYWORDS = re.compile(_KEYWORD)
_C = tuple(map(re.compile, (_KEYWORD, _SHAPED, _DEFINED)))
_SCRIPT = tuple(map(re.compile, (_KEYWORD, _SHAPED, _ASSIGNED)))
_PATTERNS = {
    "python": (_PYTHON,),
    "go": (_KEYWORDS, re.compile(_GROUPED)),
    "rust": (_KEYWORDS,),
    "ruby": (_KEYWORDS,),
    "php": (_KEYWORDS,),
    "lua": (re.compile(_LUA), re.compile(_ASSIGNED)),
    "elixir": (re.compile(_ELIXIR),),
    "haskell": (_KEYWORDS, re.compile(_HASKELL)),
    "bash": (re.compile(_BASH),),
    "hcl": (re.compile(_HCL),),
    "sql": (re.compile(_SQL, re.IGNORECASE),),
    "java": tuple(map(re.compile, (_KEYWORD, _SHAPED, _DECLARED))),
    **dict.fromkeys(("javascript", "typescript", "tsx"), _SCRIPT),
}
_STATEMENTS = frozenset(
    (b"if", b"for", b"while", b"switch", b"catch", b"return", b"else", b"do", b"try", b"sizeof")
)
_LITERAL = re.compile(
    rb"\"[^\"\\\n]*+(?:\\.[^\"\\\n]*+)*+\"|'[^'\\\n]*+(?:\\.[^'\\\n]*+)*+'"
    rb"|`[^`\\\n]*+(?:\\.[^`\\\n]*+)*+`"
)


_NOTHING = Counts()


@dataclass(frozen=True, slots=True)
class Scan:
    """One file as its bytes tell; ``refused`` says why nothing is told of it.

    ``counts`` holds every identifier and word as written, comments and strings too, or where
    ``is_whole`` is unset all but a few very long or rare ones; ``names`` are those that look like a
    definition's, as often as they do; ``strings`` are the literals of one line that are long enough
    to be recognised in an error message.
    """

    lines: int = 0
    counts: Counts = _NOTHING
    names: tuple[str, ...] = ()
    strings: tuple[str, ...] = ()
    refused: str = ""
    is_whole: bool = True


def scan(content: bytes, language: str) -> Scan:
    """Return what the bytes of a text file tell; without a language it has neither names."""
    found, is_whole = counted(content)
    if len(found) > _MAX_REFERENCES:
        found, is_whole = Counter(dict(found.most_common(_MAX_REFERENCES))), False
    return Scan(
        content.count(b"\n") + (not content.endswith(b"\n") and bool(content)),
        counts_of(found),
        _names(content, language) if language else (),
        _strings(content) if language else (),
        is_whole=is_whole,
    )


def _names(content: bytes, language: str) -> tuple[str, ...]:
    whole = b"\n" + content
    found: list[bytes] = []
    for pattern in _PATTERNS.get(language, _C):
        found += pattern.findall(whole)
    names = [intern(name.decode("utf-8", "replace")) for name in found if name not in _STATEMENTS]
    return tuple(names[:_MAX_NAMES])


def _strings(content: bytes) -> tuple[str, ...]:
    literals = [
        literal
        for literal in _LITERAL.findall(content)
        if _MIN_STRING + 2 <= len(literal) <= _MAX_STRING + 2 and b" " in literal
    ]
    found = dict.fromkeys([literal[1:-1].strip() for literal in literals])
    # Decoded at once: no file that is scanned holds a NUL.
    texts = b"\0".join(found).decode("utf-8", "replace").split("\0")
    return tuple(
        [text for text in texts if len(text) >= _MIN_STRING and " " in text][:_MAX_STRINGS]
    )
