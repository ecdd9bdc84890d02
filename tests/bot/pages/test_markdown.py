"""What a stranger wrote shows, and does nothing."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pages.markdown import code, escape, quote


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("plain words, 3.5 of them", "plain words, 3.5 of them"),
        ("@team please", "@&#8203;team please"),
        ("fixes #12", r"fixes \#&#8203;12"),
        ("![x](http://a/b)", r"\!\[x\]\(http&#8203;://a/b\)"),
        ("<img src=x onerror=y>", "&lt;img src=x onerror=y\\>"),
        ("a | b", r"a \| b"),
        ("&#64;team", "&amp;\\#&#8203;64;team"),
        ("see www.example.org", "see www&#8203;.example.org"),
        ("two\nlines", "two lines"),
        ("seen\u202eneves\u200b", "seenneves"),
    ],
)
def test_escaped_text_shows_and_does_nothing(hostile: str, shown: str) -> None:
    assert escape(hostile) == shown


@given(st.text(max_size=300))
def test_no_text_breaks_out_of_its_line_or_cell(text: str) -> None:
    shown = escape(text)

    assert "\n" not in shown
    assert not re.search(r"(?<!\\)(?:\\\\)*[|`\[\]<]", shown)
    assert not re.search(r"@\w", shown)


@given(st.text(alphabet="`ab |\n", max_size=60))
def test_a_code_span_ends_where_it_should(text: str) -> None:
    span = code(text)
    fence = re.match(r"`+", span)

    assert fence is not None
    inside = span[len(fence[0]) : -len(fence[0])]
    assert "\n" not in span
    assert fence[0] not in re.findall(r"`+", inside)


def test_a_quote_says_what_it_left_out() -> None:
    assert quote("one\n\n*two*", 100) == "> one\n>\n> \\*two\\*"
    assert quote("x" * 30, 10).endswith("_(20 more characters are in the run's journal)_")
    assert quote("  ", 10) == "> _(empty)_"
