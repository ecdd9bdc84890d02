"""What a statement of Python looks like: expressions that read it with its brackets and strings.

Every repetition is possessive, so that no text makes them look twice at a place, and brackets nest
no deeper than is written out here.
"""

import re

_MOST_BRACKETS = 8

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
STATEMENT = re.compile(
    rb"( *+)((?:async[ \t]++)?+(?:def|class|import|from)(?![\w\x80-\xff])|@)?+"
    rb"((?:[^'\"#()\[\]{}\\\n]++|%b|\\\n|%b)*+)(#[^\n]*+)?+(?:\n|\Z)" % (_STRING, _BRACKETED),
    re.DOTALL,
)
_NAME = rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*+"
NAMED = re.compile(rb" +(%b)" % _NAME)
# Up to a colon, or a semicolon, that is in no bracket and no string.
HEADER, JOINED = (
    re.compile(
        rb"(?:[^'\"#()\[\]{}\\\n%b]++|%b|\\\n|%b)*+%b *" % (end, _STRING, _BRACKETED, end),
        re.DOTALL,
    )
    for end in (b":", b";")
)
CONTINUED = re.compile(rb"%b *\\" % _NAME)
_STRINGS = re.compile(_STRING, re.DOTALL)
VARIABLE = re.compile(rb"(%b) *(?::(?!=)|=(?!=)) *[^ ]" % _NAME)
ALONE = frozenset((b"else", b"try", b"finally", b"except", b"lambda"))
DOCSTRING = re.compile(rb"([rRbBuUfF]{0,2}%b) *(?:[,;#\n]|\Z)" % _STRING, re.DOTALL)
MODULE = re.compile(rb" +(\.*(?:%b(?:\.%b)*+)?) +import\b *" % (_NAME, _NAME))
MEMBER = re.compile(rb"(%b(?:\.%b)*+)(\s+as\s+%b)?+" % (_NAME, _NAME, _NAME))
NO_MEMBER = re.compile(rb"#[^\n]*|\\\n")
_HIDDEN = re.compile(rb"(?:\A|[:;]) *(?:import|from)\b")
# What the parser takes for the end of a line, or for no blank.
ODD = (b"\r", b"\f", b"\v", b"\x1a", b"\xef\xbb\xbf")
TABBED = re.compile(rb"^ *+\t", re.MULTILINE)


def hides_import(said: bytes) -> bool:
    """Whether a statement holds an import that it does not begin with."""
    found = _HIDDEN.search(said)
    return found is not None and _HIDDEN.search(_STRINGS.sub(b"", said)) is not None
