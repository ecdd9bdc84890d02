"""What a reviewer cannot see is found, and what people write is left alone."""

import time
import unicodedata

import pytest

from validators.policies.changed_file import ChangedFile
from validators.policies.hidden_characters import hidden_character_findings
from validators.verdict import Finding


def found(new: str | bytes, old: str | bytes | None = None) -> list[Finding]:
    before = old.encode() if isinstance(old, str) else old
    after = new.encode() if isinstance(new, str) else new
    return list(hidden_character_findings([ChangedFile("a", "a", before, after)], "block"))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("if x: # \u202e{ \u2066", "U+202E RIGHT-TO-LEFT OVERRIDE, U+2066 LEFT-TO-RIGHT ISOLATE"),
        ("a\u200eb", "U+200E LEFT-TO-RIGHT MARK"),
        ("a\u200fb", "U+200F RIGHT-TO-LEFT MARK"),
        ("a\u061cb", "U+061C ARABIC LETTER MARK"),
        ("pass\u200bword", "U+200B ZERO WIDTH SPACE"),
        ("a\u200db", "U+200D ZERO WIDTH JOINER"),
        ("a\u2060b", "U+2060 WORD JOINER"),
        ("a\u2064b", "U+2064 INVISIBLE PLUS"),
        ("a\ufeffb", "U+FEFF ZERO WIDTH NO-BREAK SPACE"),
        ("a\u00adb", "U+00AD SOFT HYPHEN"),
        ("\U000e0069\U000e0067", "U+E0069 TAG LATIN SMALL LETTER I"),
        ("a\u3164 = 1", "U+3164 HANGUL FILLER"),
        ("a\uffa0 = 1", "U+FFA0 HALFWIDTH HANGUL FILLER"),
        ("a\u2800b", "U+2800 BRAILLE PATTERN BLANK"),
        ("a\ufe0fb", "U+FE0F VARIATION SELECTOR-16"),
        ("❤\ufe0f\ufe01", "U+FE01 VARIATION SELECTOR-2"),
        ("😀\U000e0120\U000e0121", "U+E0120 VARIATION SELECTOR-49"),
        ("a\u2028b", "U+2028 LINE SEPARATOR"),
        ("a\x85b", "U+0085 control character"),
        ("a\0b", "U+0000 NULL"),
        ("a\x1b[8mb", "U+001B ESCAPE"),
        ("a\x08b", "U+0008 BACKSPACE"),
        ("good\rbad", "U+000D CARRIAGE RETURN"),
    ],
)
def test_what_cannot_be_seen_is_named_with_its_line(text: str, name: str) -> None:
    findings = found(f"first\n{text}\n", "first\n")
    assert [(f.code, f.severity, f.line) for f in findings] == [("hidden-character", "block", 2)]
    assert findings[0].message.startswith("a:2 adds what cannot be seen: ")
    assert name in findings[0].message
    assert findings[0].message.isprintable()


@pytest.mark.parametrize(
    "text",
    [
        "plain\ttext\f\r\n",
        "naïve café — “quotes” … 中文 한국어 ไทย",
        "msgstr 'שלום עולם'",
        "msgstr '\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645'",
        "msgstr 'क्\u200dष'",
        "ไทย\u200bไทย",
        "\u0665\u06dd",
        "❤\ufe0f 1\ufe0f\u20e3 \u2139\ufe0f ©\ufe0f",
        "👩\u200d💻 👩🏽\u200d🚀 👨\u200d👩\u200d👧 🏳\ufe0f\u200d🌈",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "葛\U000e0100飾区",
        "\ufefffirst line of a new file",
    ],
)
def test_what_people_write_is_left_alone(text: str) -> None:
    assert found(text) == []


def test_all_that_unicode_calls_control_or_format_is_known_but_signs_with_a_shape() -> None:
    unseen = {"Cc", "Cf", "Zl", "Zp"}
    known = [chr(n) for n in range(0x110000) if unicodedata.category(chr(n)) in unseen]
    left = [f"{ord(c):x}" for c in known if not found(f"a{c}b")]
    signs = ["600", "601", "602", "603", "604", "605", "6dd", "70f", "890", "891", "8e2"]
    assert left == ["9", "a", "c", *signs, "110bd", "110cd"]


def test_bytes_that_are_no_utf_8_are_left_alone() -> None:
    assert found("caf\xe9\n".encode("latin-1")) == []


def test_a_byte_order_mark_may_stay_but_not_come() -> None:
    assert found("\ufeffb\n", "\ufeffa\n") == []
    assert [f.line for f in found("\ufeffb\n", "a\n")] == [1]


def test_a_line_the_base_holds_is_not_new_even_when_it_moved() -> None:
    assert found("b\nx\u202ey\n", "x\u202ey\na\n") == []
    assert [f.line for f in found("x\u202ey\nx\u202ey\n", "x\u202ey\n")] == [2]
    assert [f.line for f in found("x\u202ez\n", "x\u202ey\n")] == [1]


def test_a_flood_is_cut() -> None:
    findings = found("x\u202ey\n" * 300)
    assert [f.line for f in findings] == [1, 2, 3, 4, 5, 0]
    assert "has more lines" in findings[-1].message


def test_its_word_is_obeyed() -> None:
    file = ChangedFile("a", "a", None, "x\u202ey".encode())
    assert [f.severity for f in hidden_character_findings([file], "ask")] == ["ask"]
    assert list(hidden_character_findings([file], "allow")) == []


def test_large_files_take_no_time() -> None:
    text = "".join(f"msgstr 'перевод {number}'\n" for number in range(30_000))
    begun = time.process_time()
    assert found(text) == []
    assert time.process_time() - begun < 5
