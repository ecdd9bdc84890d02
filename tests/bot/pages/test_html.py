"""Text of strangers can be read in HTML, all of it, and does nothing there."""

import re
import unicodedata
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.console import redact_with
from bot.pages.html import end_of, shown, ticked
from bot.redaction import Redactor

HIDDEN = re.compile(r'<b class="hid" title="[^"<>]*">U\+[0-9A-F]{4,6}</b>')


def test_what_cannot_be_seen_stands_there_as_its_number() -> None:
    told = shown("a\u202eb\x1b[31m\u200b")
    assert HIDDEN.findall(told) == [
        '<b class="hid" title="right-to-left override">U+202E</b>',
        '<b class="hid" title="a control character">U+001B</b>',
        '<b class="hid" title="zero width space">U+200B</b>',
    ]
    assert HIDDEN.sub("", told) == "ab[31m"


@given(st.text())
def test_no_text_makes_a_tag_or_hides_anything(text: str) -> None:
    for html in (shown(text), ticked(text)):
        plain = HIDDEN.sub("", html).replace("<code>", "").replace("</code>", "")
        assert not set(plain) & set("<>\"'")
        kinds = {unicodedata.category(letter) for letter in plain if letter not in "\n\t"}
        assert not kinds & {"Cc", "Cf", "Cs"}


@given(st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs"], max_codepoint=0x2000)))
def test_plain_text_is_shown_whole(text: str) -> None:
    plain = re.sub("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f]", "", text)
    assert unescape(shown(plain)) == plain


@pytest.mark.parametrize("letter", ["x", "<", "&", "\u202e", '"'])
def test_a_long_text_is_cut_however_long_its_letters_become(letter: str) -> None:
    told = shown(letter * 10_000_000, 200)
    assert len(told) <= 200 * 5 + 1
    assert told.endswith("…")


def test_a_secret_of_this_process_is_not_shown() -> None:
    redact_with(lambda: Redactor(["s3cret-s3cret-value"]))
    try:
        told = "x" * 90 + "s3cret-s3cret-value" + "y" * 90
        for limit in range(80, 120):  # also where it stands across the cut
            for html in (shown(told, limit), ticked(told, limit), end_of(told, limit)):
                assert "s3c" not in html
                assert "lue" not in html
    finally:
        redact_with(None)


def test_words_between_backticks_are_code() -> None:
    assert ticked("shares `a<b` with it") == "shares <code>a&lt;b</code> with it"
    assert ticked("one ` alone") == "one ` alone"
