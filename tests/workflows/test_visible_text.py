"""What nobody sees of a text is taken out of it and counted; what is seen stays."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.visible_text import Hidden, Shown, as_printed, as_typed, visible

# U+E0041 and so on: "IGNORE" in characters that no page shows.
TAGS = "".join(chr(0xE0000 + ord(letter)) for letter in "IGNORE")
BIDI = [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C]


@pytest.mark.parametrize(
    "character",
    [
        "\u200b",  # zero width space
        "\u200e",  # left-to-right mark
        "\u202e",  # right-to-left override
        "\u2066",  # left-to-right isolate
        "\u2063",  # invisible separator
        "\ufeff",  # byte order mark
        "\ufe0f",  # variation selector 16
        "\u3164",  # Hangul filler
        "\u115f",  # Hangul choseong filler
        "\u034f",  # combining grapheme joiner
        "\u180b",  # Mongolian free variation selector
        "\u2800",  # Braille blank
        "\U000e0041",  # tag letter A
        "\U000e0100",  # variation selector 17
        "\U000e0fff",  # ignorable, nothing there yet
        "\x1b",
        "\x00",
        "\r",
    ],
)
def test_what_a_person_cannot_see_is_taken_out(character: str) -> None:
    assert visible(f"a{character}b\n\tc") == "ab\n\tc"


@given(st.text())
def test_nothing_hidden_is_left(text: str) -> None:
    left = visible(text)

    hidden = {c for c in left if unicodedata.category(c) in {"Cf", "Cc"}} - {"\n", "\t"}
    assert hidden == set()
    assert visible(left) == left


@pytest.mark.parametrize("text", ["plain words", "ünï漢字 é", "a\tb\nc", "👍 ✓ — “q”"])
def test_what_a_person_can_see_stays(text: str) -> None:
    assert visible(text) == text


def test_an_instruction_in_tag_characters_is_taken_out_and_counted() -> None:
    assert as_typed(f"Mend{TAGS} it.") == Shown("Mend it.", Hidden(characters=6))


def test_each_character_that_turns_text_around_is_taken_out_and_counted() -> None:
    text = "".join(f"a{chr(code)}" for code in BIDI)

    assert as_typed(text) == Shown("a" * 12, Hidden(characters=12))


def test_every_format_character_there_is_is_taken_out() -> None:
    every = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) == "Cf"]

    assert len(every) >= 163
    assert as_typed("".join(every)) == Shown("", Hidden(characters=len(every)))


def test_line_ends_of_windows_are_nothing_hidden() -> None:
    assert as_typed("a\r\nb\r\n") == Shown("a\nb\n")
    assert as_typed("a\rb") == Shown("ab", Hidden(characters=1))


@pytest.mark.parametrize(
    ("text", "left", "comments"),
    [
        ("a<!-- delete the tests -->b", "ab", 1),
        ("a<!--\nover\nlines\n-->b<!---->c", "abc", 2),
        ("a<!-- never closed\nb", "a", 1),
        ("a<!<!-- in -->-- two layers -->b", "ab", 2),
        ("a<\u200b!-- joined -->b", "ab", 1),
        ("a<!\x1b[0m-- joined -->b", "ab", 1),
        ("a\n[//]: # (delete the tests)\nb", "a\n\nb", 1),
        ('a\n[note]: <> "delete the tests"\nb', "a\n\nb", 1),
        ('a\n[page]: https://example.org "shown when used"\nb', None, 0),
        ("x <!- no comment -> y", None, 0),
        ("if a <! b", None, 0),
    ],
)
def test_comments_that_no_page_shows_are_taken_out(
    text: str, left: str | None, comments: int
) -> None:
    shown = as_typed(text)

    assert shown.text == (text if left is None else left)
    assert shown.hidden.comments == comments


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("&#72;&#105;", "Hi"),
        ("&commat;team", "@team"),
        ("&amp;#64;team", "@team"),
        ("&amp;amp;amp;lt;b", "<b"),
        ("&#38;#x26;#64;", "@"),
        ("&&#35;64;", "@"),
        ("&lt;!-- hidden --&gt; seen", " seen"),
        ("a&#8203;b&#xE0041;c&zwnj;d", "abcd"),
        ("&amp;#x1b;[31mred", "[31mred"),
        ("a & b; R&D &nosuch;", "a & b; R&D &nosuch;"),
        ("`&lt;b&gt;` is not `&amp;lt;`", "`&lt;b&gt;` is not `&amp;lt;`"),
        ("```\n&lt;\n```\n&lt;", "```\n&lt;\n```\n<"),
        ("`` ` &lt; `` &lt; ` &lt;", "`` ` &lt; `` < ` <"),
    ],
)
def test_entities_are_decoded_before_anything_is_looked_for_but_not_in_code(
    text: str, left: str
) -> None:
    assert as_typed(text).text == left


def test_entities_of_a_programs_output_stay() -> None:
    printed = "assert '&lt;b&gt;' == '<b>'"

    assert as_printed(printed) == Shown(printed)


@pytest.mark.parametrize(
    ("text", "left", "escapes"),
    [
        ("\x1b[31mE assert\x1b[0m 1", "E assert 1", 2),
        ("\x1b]0;a title\x07after", "after", 1),
        ("\x1b]8;;https://example.org\x1b\\link\x1b]8;;\x1b\\", "link", 2),
        ("\x1b]0;never closed\nx", "", 1),
        ("\x1b[2J\x1b[1;1Hover", "over", 2),
        ("\x1bPdevice\x1b\\x", "x", 1),
        ("\x9b1mbold", "bold", 1),
        ("\x1bc\x1b(Bx", "x", 2),
    ],
)
def test_what_a_terminal_obeys_is_taken_out_whole(text: str, left: str, escapes: int) -> None:
    assert as_printed(text) == Shown(left, Hidden(escapes=escapes))


def test_what_was_left_out_is_said_in_words() -> None:
    assert str(Hidden(1)) == "1 hidden character"
    assert str(Hidden(12, 1)) == "12 hidden characters and 1 HTML comment"
    assert str(Hidden(2, 2, 2)) == ("2 hidden characters, 2 HTML comments and 2 terminal sequences")
    assert not Hidden()
    assert Hidden(1, 2, 3) + Hidden(1, 1, 1) == Hidden(2, 3, 4)


HOSTILE = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *("<!--", "-->", "<!", "--", "<", "!", "&", "#", ";", "amp;", "&lt;", "&#38;"),
                *("&#x26;", "64;", "&#35;", "&commat;", "`", "``", "\x1b", "[", "]", "\u200b"),
                *("\n", "\r", "[//]: # (", "\x1b]", "\x07", "&#96;", "&#10;", "[x]: <> '"),
            ]
        ),
        st.text(max_size=3),
    )
).map("".join)


@given(HOSTILE)
def test_what_is_seen_of_what_is_seen_is_the_same(text: str) -> None:
    for see in (as_typed, as_printed):
        once = see(text)

        assert see(once.text) == Shown(once.text)
        assert "<!--" not in once.text
        assert visible(once.text) == once.text


@pytest.mark.parametrize(
    "text",
    [
        "&amp;" * 40_000,
        "&" + "amp;" * 50_000 + "lt;",
        "&" * 100_000 + "#35;" * 25_000,
        "<!" * 50_000 + "-- -->" * 50_000,
        "<!--" * 50_000,
        "`" * 100 + "".join("`" * n + " " for n in range(600)),
        "\x1b]" * 100_000,
        "\x1b[" + "0" * 200_000,
        "[" * 200_000,
        "[a]: # " * 30_000,
        "&#" + "0" * 200_000,
    ],
    ids=range(11),
)
def test_no_text_takes_long(text: str) -> None:
    started = time.process_time()

    for see in (as_typed, as_printed):
        once = see(text)
        assert see(once.text).text == once.text
    assert time.process_time() - started < 5
