"""What a text of code calls, told by how its language writes calls; no parser, no types.

Most languages put a bracket behind the name. Some need none: there a name that is neither assigned
nor a parameter counts as called, and whoever asks compares it with what is defined.
"""

import re

# From the head of each word and never back into it: a quarter of the time.
_BRACKET = re.compile(r"(?<![A-Za-z_])([A-Za-z_]\w{0,80}+)[?!]?\s{0,4}\(")
_BRACKET_OR_BLOCK = re.compile(r"(?<![A-Za-z_])([A-Za-z_]\w{0,80}+)\s{0,4}[({]")
_BRACKET_OR_LITERAL = re.compile(r"(?<![\"'\w])([A-Za-z_]\w{0,80})\s{0,4}(?:[({\"']|\[\[)")
_APPLIED = re.compile(r"(?<![\w'])([a-z_][\w']{0,80})")
_COMMAND = re.compile(
    r"(?:^|[;&|({`!]|\b(?:then|do|else|elif|if|while|until|time|exec|command)\b)[ \t]{0,40}"
    r"(?=([A-Za-z_][\w-]{0,80})(?![\w=(-]))",
    re.MULTILINE,
)
_PLAIN = re.compile(
    r"(?<![\w@$:])([a-z_]\w{0,80}[?!]?)"
    r"(?![\w:]|[ \t]{0,4}(?:=(?![=~>])|(?:[-+*/%]|\|\||&&)=))"
)
_ASSIGNED = re.compile(r"(?<![\w@$.])([a-z_]\w{0,80})[ \t]{0,4}(?:=(?![=~>])|(?:[-+*/%]|\|\||&&)=)")
_PARAMETERS = re.compile(
    r"\|([\w ,*&=:()]{1,200})\||^[ \t]{0,80}def\w{0,9}[ \t][^\n(]{1,100}\(([^)\n]*)\)", re.MULTILINE
)
_DEFINED = re.compile(r"^[ \t]{0,80}def\w{0,9}[ \t][^\n]*?(?=,[ \t]{0,4}do:|$)", re.MULTILINE)
_COMMENT = re.compile(r"(?:^|\s)#(?!\{)[^\n]*")
_TEXT = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"")
_INSIDE = re.compile(r"#\{([^{}]*)\}")
_WORDS = """
    alias and begin break case catch class cond def defined do else elsif end ensure false fn for if
    in loop module next nil not or raise receive redo rescue retry return self super then true try
    undef unless until when while with yield
"""
_KEYWORDS = frozenset(_WORDS.split())
_SHAPES = {
    **dict.fromkeys(("kotlin", "swift", "scala"), _BRACKET_OR_BLOCK),
    "lua": _BRACKET_OR_LITERAL,
    "haskell": _APPLIED,
    "bash": _COMMAND,
}
_PLAIN_LANGUAGES = frozenset(("ruby", "elixir"))
# Their files define blocks, tables and values: nothing in them is called.
WITHOUT_CALLS = frozenset(("hcl",))


def called_in(text: str, language: str) -> set[str]:
    """Return the plain names that a text of code calls; a name of Ruby keeps its ``?`` or ``!``."""
    if language in _PLAIN_LANGUAGES:
        return _plainly_called(text)
    return set(_SHAPES.get(language, _BRACKET).findall(text))


def _plainly_called(text: str) -> set[str]:
    """Return the names that stand alone or behind a dot, but for those that hold values here."""
    values = set(_ASSIGNED.findall(text))
    for between, behind in _PARAMETERS.findall(text):
        values.update(re.findall(r"[a-z_]\w*", between or behind))
    code = _COMMENT.sub("", _DEFINED.sub("", text.replace("::", ".")))
    code = _TEXT.sub(lambda found: " ".join(_INSIDE.findall(found.group())), code)
    called = set(_PLAIN.findall(code)) - _KEYWORDS
    return {name for name in called if name not in values or f".{name}" in code}
