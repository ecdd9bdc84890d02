"""Characters in added lines that a reviewer cannot see, or that change what is seen.

Bidirectional controls always count. Other invisible characters are left where people write them:
inside of emoji, between letters of scripts that join, in a byte-order mark.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from validators.policies.changed_file import ChangedFile, added_lines
from validators.policies.findings import found
from validators.rules import PolicyWord
from validators.verdict import Finding

_MAX_PER_FILE = 5
_BOM = "\ufeff"
_JOINERS = ("\u200c", "\u200d")
_SPACE_BETWEEN_WORDS = "\u200b"
_PRESENTATION = ("\ufe0e", "\ufe0f")
_SUBDIVISION_FLAG = re.compile(
    "\U0001f3f4(gbeng|gbsct|gbwls)\U000e007f".translate(
        {letter: letter + 0xE0000 for letter in range(ord("a"), ord("z") + 1)}
    )
)
# All controls but tab and form feed, all format characters but signs that have a shape, line and
# paragraph separators, what Unicode files under letters, marks or symbols although it has no shape,
# and what it keeps free for more of the kind. A carriage return is seen only as part of a line end.
_UNSEEN = re.compile(
    "[\0-\x08\x0b\x0e-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    r"|\r(?!\n|\Z)"
)
_CONTROLS = {
    "\0": "NULL",
    "\b": "BACKSPACE",
    "\r": "CARRIAGE RETURN",
    "\x1b": "ESCAPE",
    "\x7f": "DELETE",
}
_JOINING_SCRIPTS = re.compile("[\u0620-\u0dff\u0f00-\u109f\u1780-\u18af\ua840-\ua87f\ufb50-\ufdff]")
_UNSPACED_SCRIPTS = re.compile("[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff]")
_IDEOGRAPH = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")


def hidden_character_findings(files: Iterable[ChangedFile], word: PolicyWord) -> Iterator[Finding]:
    """Yield a finding for each added line with characters that cannot be seen, five a file."""
    if word == "allow":
        return
    for file in files:
        if not _UNSEEN.search(_text(file.new or b"")):
            continue
        reported = 0
        for number, line in added_lines(file):
            names = list(dict.fromkeys(_name(c) for c in _hidden(line, file, number)))
            if not names:
                continue
            reported += 1
            if reported > _MAX_PER_FILE:
                more = f"{file.path} has more lines with characters that cannot be seen"
                yield from found(word, "hidden-character", more, file.path)
                break
            message = f"{file.path}:{number} adds what cannot be seen: {', '.join(names[:5])}"
            fix = "Write it as an escape, or leave it out."
            yield from found(word, "hidden-character", message, file.path, fix, number)


def _hidden(line: bytes, file: ChangedFile, number: int) -> Iterator[str]:
    text = _text(line)
    if number == 1 and text.startswith(_BOM):
        had_it = file.old is None or file.old.startswith(_BOM.encode())
        text = text[1:] if had_it else text
    text = _SUBDIVISION_FLAG.sub("\U0001f3f4", text)
    for unseen in _UNSEEN.finditer(text):
        if not _has_a_use(text, unseen.start()):
            yield unseen[0]


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


def _has_a_use(text: str, at: int) -> bool:
    """Whether the unseen character at ``at`` does there what it was made for."""
    character, before, after = text[at], text[at - 1 : at], text[at + 1 : at + 2]
    if character in _PRESENTATION:
        return _is_symbol(before) or (before in {*"#*0123456789"} and after == "\u20e3")
    if character in _JOINERS:
        in_emoji = character == "\u200d" and _is_symbol(_base(text, at)) and _is_symbol(after)
        return in_emoji or _JOINING_SCRIPTS.match(before) is not None
    if character == _SPACE_BETWEEN_WORDS:
        return _UNSPACED_SCRIPTS.match(before) is not None
    if "\U000e0100" <= character <= "\U000e01ef":
        return _IDEOGRAPH.match(before) is not None
    return False


def _base(text: str, at: int) -> str:
    """Return the symbol an emoji's joiner stands behind, past its presentation and its tone."""
    before = text[max(0, at - 3) : at].rstrip("\ufe0f")
    tones = ("\U0001f3fb", "\U0001f3fc", "\U0001f3fd", "\U0001f3fe", "\U0001f3ff")
    return before[-2:-1] if before.endswith(tones) else before[-1:]


def _is_symbol(character: str) -> bool:
    """Whether a character may be drawn as an emoji: a symbol or sign beyond ASCII."""
    if character in {"\u2139", "\u3030"}:  # a letter and a dash with a picture
        return True
    if "\U0001f000" <= character <= "\U0001faff":  # younger ones this Python may not know
        return True
    return character > "~" and unicodedata.category(character) in {"So", "Sk", "Sm", "Po"}


def _name(character: str) -> str:
    number = f"U+{ord(character):04X}"
    return (
        f"{number} {_CONTROLS.get(character) or unicodedata.name(character, 'control character')}"
    )
