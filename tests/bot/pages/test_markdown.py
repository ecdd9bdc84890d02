"""What a stranger wrote shows, and does nothing."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from bot.pages.markdown import MAX_VALUE, cell, code, escape, quote, reasons, render

NOTHING = "&#8203;"

# Text that holds every sign with a meaning, in every order that matters.
HOSTILE = st.text(
    alphabet="ab1f @#:/.-_*`|\\[]()<>&!~$^=+wghttps\n\u202e\u00e9\udcff", max_size=120
)


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("plain words, 3.5 of them (really)!", "plain words, 3.5 of them (really)!"),
        ("two\nlines", "two lines"),
        ("seen\u202eneves\u200b", "seenneves"),
        ("not UTF-8: \udcff", r"not UTF-8: \\udcff"),
        # mentions and mail addresses
        ("@team please", "@&#8203;team please"),
        ("@o/team", "@&#8203;o/team"),
        ("me@example.org, a@-b.org", "me@&#8203;example.org, a@&#8203;-b.org"),
        ("an @ alone", "an @ alone"),
        # issues and commits
        ("fixes #12", "fixes #&#8203;12"),
        ("fixes o/r#1", "fixes o/r#&#8203;1"),
        ("closes GH-12, high-12", "closes GH-&#8203;12, high-12"),
        ("o/r@0123abc", "o/r@&#8203;`0123abc`"),
        ("since 0123abcdef, a_0123abcdef", "since `0123abcdef`, a_0123abcdef"),
        ("1234567. or 1234567", "1234567&#8203;. or `1234567`"),
        # links and images
        ("![x](http://a/b)", r"!\[x\](http&#8203;://a/b)"),
        ("[x](javascript:alert)", r"\[x\](javascript:alert)"),
        ("[x]: https://a", r"\[x\]: https&#8203;://a"),
        ("_http://a 1ftp://b git+ssh://c", r"\_http&#8203;://a 1ftp&#8203;://b git+ssh&#8203;://c"),
        ("mailto:a XMPP:b", "mailto&#8203;:a XMPP&#8203;:b"),
        ("see www.example.org or _www.b", r"see www&#8203;.example.org or \_www&#8203;.b"),
        ("note[^1]", r"note\[^1\]"),
        # HTML and entities
        ("<img src=x onerror=y>", "&lt;img src=x onerror=y>"),
        ("<https://a>", "&lt;https&#8203;://a>"),
        ("&#64;team &copy;", "&amp;#&#8203;64;team &amp;copy;"),
        # emphasis, code, math, emoji
        ("*a* ~~b~~ `c` $d$", r"\*a\* \~\~b\~\~ \`c\` \$d\$"),
        ("snake_case __init__ _a_", r"snake_case \_\_init\_\_ \_a\_"),
        ("so :tada: :+1: :100:", "so :&#8203;tada: :&#8203;+1: :&#8203;100:"),
        ("a.py:12:5: E501, tests.a::b", "a.py:12:5: E501, tests.a::b"),
        # blocks
        ("a | b", r"a \| b"),
        ("# head", r"\# head"),
        ("> quote", r"\> quote"),
        ("- [ ] task", r"\- \[ \] task"),
        ("+ item", r"\+ item"),
        ("1. item", "1&#8203;. item"),
        ("1) item", "1&#8203;) item"),
        ("=== ", r"\==="),
        ("--- | ---", r"\--- \| ---"),
        (":-:", r"\:&#8203;-:"),
        ("~~~ code", r"\~\~\~ code"),
        ("    indented", "indented"),
        ("[!WARNING]", r"\[!WARNING\]"),
        ("\\*a*", r"\\\*a\*"),
    ],
)
def test_escaped_text_shows_and_does_nothing(hostile: str, shown: str) -> None:
    assert escape(hostile) == shown


def _without_code(markdown: str) -> str:
    """Return Markdown without backslash escapes and then without code spans."""
    return re.sub(r"`[^`]*`", "", re.sub(r"\\[\\`*\[\]|~$_#>+=:-]", ".", markdown))


@given(HOSTILE)
@example("://")
@example("a:// b")
def test_no_text_breaks_out_of_its_line_or_cell(text: str) -> None:
    shown = escape(text)

    assert "\n" not in shown
    shown.encode()
    left = _without_code(shown)
    assert not re.search(r"[|`*\[\]<~$\\]", left)
    assert not re.search(r"@\S|#\d|\w://|www\.|&(?!amp;|lt;)", left.replace(NOTHING, " "))
    assert not re.match(r"[#>+=:-]|\d+[.)]", shown)
    assert not re.search(r"(?<!\w)[0-9a-f]{7,40}(?!\w)", left)


@given(HOSTILE)
@example("://")
@example("a:// b")
def test_text_reads_as_it_was_written(text: str) -> None:
    shown = escape(text)

    plain = shown.replace(NOTHING, "")
    plain = re.sub(r"(?<!\\)((?:\\\\)*)`([0-9a-fA-F]{7,40})`", r"\1\2", plain)
    plain = re.sub(r"\\([\\`*\[\]|~$_#>+=:-])", r"\1", plain)
    plain = plain.replace("&lt;", "<").replace("&amp;", "&")
    said = text.replace("\u202e", "").encode("utf-8", "backslashreplace").decode()
    assert plain == " ".join(said.split())


@given(st.text(alphabet="`ab |\n", max_size=60))
def test_a_code_span_ends_where_it_should(text: str) -> None:
    span = code(text)
    fence = re.match(r"`+", span)

    if not text.strip():
        assert span == ""
        return
    assert fence is not None
    inside = span[len(fence[0]) : -len(fence[0])]
    assert "\n" not in span
    assert fence[0] not in re.findall(r"`+", inside)
    assert not re.search(r"(?<!\\)\|", cell(text))
    assert cell(text).replace("\\|", "|") == span


def test_a_code_span_is_cut_where_it_is_too_long() -> None:
    assert code("x" * 1_000) == f"`{'x' * 300}`…"
    assert len(code("`" * 1_000_000)) <= MAX_VALUE + 1


def test_a_quote_says_what_it_left_out() -> None:
    assert quote("one\n\n*two*", 100) == "> one\n>\n> \\*two\\*"
    assert quote("x" * 30, 12) == (
        "> xxxxxxxxxx\n> _(20 more characters are in the run's journal)_"
    )
    assert quote('says  "a  b"\t\tc \n', 100) == '> says  "a  b"  c'
    assert quote("  ", 20) == "> _(empty)_"


def test_a_quote_of_signs_is_no_longer_than_any_other() -> None:
    assert len(quote("@a" * 4_000, 4_000)) < 4_100
    assert len(quote("\n@" * 4_000, 4_000)) < 4_100


def test_no_line_of_a_quote_leaves_it() -> None:
    shown = quote("a\n\n    b\r\n---\n> c\n```\nd\u2028e\x0bf", 500)

    assert shown.splitlines() == [
        "> a", ">", "> b", "> \\---", "> \\> c", "> \\`\\`\\`", "> d", "> e", "> f",
    ]  # fmt: skip


def test_reasons_show_words_and_code() -> None:
    assert reasons(["names `a|b` twice", "*near*"]) == r"names `a\|b` twice; \*near\*"
    assert reasons(["`open", "and` more `"]) == "`open`; and`more`"
    assert reasons(["x" * 900, "y", "z"]) == f"{'x' * 400}; …"


def test_a_template_that_asks_for_more_than_it_is_given_is_a_bug() -> None:
    with pytest.raises(UndefinedError, match="is undefined"):
        render("pull_request.md.j2", {"asks": []})
