"""Markdown is shown as a reader expects, and whatever stands in it does nothing."""

import re
import unicodedata
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.console import redact_with
from bot.pages.markdown_html import markdown_html
from bot.redaction import Redactor

LIMIT = 65_536
OURS = Path(__file__).with_name("pull_request.md").read_text("utf-8")
TAGS = {
    *("p", "blockquote", "ul", "ol", "li", "h3", "h4", "h5", "h6", "hr", "pre", "code", "br"),
    *("div", "table", "thead", "tbody", "tr", "th", "td", "em", "strong", "s", "small", "b"),
    *("details", "summary", "a"),
}
ATTRIBUTES = {"class", "title", "start", "tabindex", "role", "aria-label", "href", "rel"}
SIGNS = st.sampled_from(
    [
        *("<script>", "<img src=x onerror=alert(1)>", "<!--", "-->", "<details>", "</details>"),
        *("<summary>", "</summary>", "\n", "\n\n", "> ", "- ", "1. ", "# ", "```", "`", "    "),
        *("|a|b|\n|-|:-:|\n|c|d|", "**", "_", "~~", "[", "](", ")", "![", "<http://a.b>", '"'),
        *("javascript:alert(1)", "http://a.b/", "data:text/html,x", "&lt;", "&#x202e;", "&#8203;"),
        *("\u202e", "\x1b[2J", "\0", "\\", "style=", "a", " ", "\t", "===", "***", "\ud800"),
    ]
)


class Read(HTMLParser):
    """What a browser would make of it: its elements, its links, its words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"br", "hr"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)


def test_the_text_that_we_write_reads_as_on_a_forge() -> None:
    html = markdown_html(OURS, LIMIT)

    for part in (
        "<p><strong>A person must decide:</strong></p>",
        "<h3>What changed, and why</h3>",
        '<th class="right">added</th>',
        "<td><code>a|b`c.py</code></td>",
        "<li>gone: <code>t::@gone</code></li>",
        "<p>&gt; [!NOTE]<br>&lt;!-- hidden --&gt;<br>```<br>closes GH-2<br>```</p></blockquote>",
        "see www.example.org |</li>",
        "<pre><code>changewright verify r1.json --repo .</code></pre>",
    ):
        assert part in html
    # What keeps it inert on GitHub stands in nobody's way here.
    assert "8203" not in html
    assert "U+200B" not in html
    assert not re.search("<(?:a|img) ", html)


@given(st.lists(SIGNS, max_size=15).map("".join) | st.text())
def test_no_text_makes_an_element_that_is_not_listed_or_hides_a_letter(text: str) -> None:
    read = Read(markdown_html(text, LIMIT))

    assert read.open == []
    for tag, attributes in read.tags:
        assert tag in TAGS
        assert set(attributes) <= ATTRIBUTES
        assert (attributes.get("href") or "http://").startswith(("http://", "https://"))
        assert attributes.get("class", "sub") in {"sub", "hid", "scroll", "right", "center"}
    kinds = {unicodedata.category(one) for one in unescape(read.words) if one not in "\n\t"}
    assert not kinds & {"Cc", "Cf", "Cs"}


@given(st.text(st.sampled_from("abc <>&\"'{}%$,;"), max_size=60))
def test_words_without_marks_are_shown_whole(text: str) -> None:
    plain = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").lstrip(">")

    assert Read(markdown_html(plain, LIMIT)).words == unescape(plain).strip()


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (
            '[here](https://a.example/p "now")',
            (
                '<a href="https://a.example/p" rel="noreferrer nofollow">here</a>'
                " <small>(a.example, now)</small>"
            ),
        ),
        (
            "<https://a.example/>",
            '<a href="https://a.example/" rel="noreferrer nofollow">https://a.example/</a>',
        ),
        (
            "[bank](https://bank.example@evil.example/)",
            (
                '<a href="https://bank.example@evil.example/" rel="noreferrer nofollow">bank</a>'
                " <small>(bank.example@evil.example)</small>"
            ),
        ),
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
        ("[x](data:text/html,y)", "[x](data:text/html,y)"),
        ("[x](/sign-in)", "x <small>(/sign-in)</small>"),
        ("[x](mailto:a@b.example)", "x <small>(mailto:a@b.example)</small>"),
        (
            "![a *b*](http://p.example/x.png)",
            (
                '<a href="http://p.example/x.png" rel="noreferrer nofollow">picture: a *b*</a>'
                " <small>(p.example)</small>"
            ),
        ),
        (
            "[![a](http://p.example)](http://q.example)",
            (
                '<a href="http://q.example" rel="noreferrer nofollow">picture: a</a>'
                " <small>(q.example)</small>"
            ),
        ),
        ("![](x.png)", "picture: without words <small>(x.png)</small>"),
    ],
)
def test_it_is_said_where_a_link_leads_and_no_picture_is_loaded(text: str, html: str) -> None:
    assert markdown_html(text, LIMIT) == f"<p>{html}</p>"


def test_a_host_in_letters_that_look_like_others_is_spelt() -> None:
    assert "<small>(xn--" in markdown_html("<https://\u0430pple.example/>", LIMIT)


def test_a_definition_and_a_comment_are_words_that_can_be_read() -> None:
    html = markdown_html('[//]: # "hidden"\n\na <!-- hidden --> b', LIMIT)

    assert html == "<p>[//]: # &#34;hidden&#34;</p><p>a &lt;!-- hidden --&gt; b</p>"


def test_blocks_can_be_unfolded_where_they_end() -> None:
    html = markdown_html(
        "<details><summary>The <b>output</b></summary>\n\n- a\n\n<details>\n\nb\n\n</details>\n\n"
        "</details>",
        LIMIT,
    )

    assert html == (
        "<details><summary>The &lt;b&gt;output&lt;/b&gt;</summary><ul><li>a</li></ul>"
        "<details><summary>Details</summary><p>b</p></details></details>"
    )


@pytest.mark.parametrize(
    "text", ["<details>\n\na", "</details>\n\na", "> <details>\n\na\n\n</details>", "x <details>"]
)
def test_a_block_without_its_other_end_folds_nothing_away(text: str) -> None:
    html = markdown_html(text, LIMIT)

    assert "<details>" not in html
    assert "details&gt;" in html


def test_headings_stand_below_those_of_the_page() -> None:
    marks = "".join(f"{'#' * level} {level}\n" for level in range(1, 7))

    assert re.findall(r"<h(\d)>(\d)", markdown_html(marks, LIMIT)) == [
        *(("3", "1"), ("3", "2"), ("4", "3"), ("5", "4"), ("6", "5"), ("6", "6")),
    ]


@pytest.mark.parametrize(
    "sign",
    ["[", "![](", "*a ", "`a", "> ", "- ", "|a" * 9 + "\n" + "|-" * 9 + "\n", "\u202e", "<", "&"],
)
def test_a_text_that_is_made_to_grow_stays_small(sign: str) -> None:
    html = markdown_html(sign * (20_000 // len(sign)), 10_000)

    assert len(html) <= 10_000 * 5 + 100


def test_what_is_nested_without_end_is_shown_as_it_was_typed() -> None:
    assert markdown_html("> " * 40 + "deep", LIMIT) == f"<pre>{'&gt; ' * 40}deep</pre>"


def test_a_long_text_is_cut_and_says_so() -> None:
    assert markdown_html("a" * 20, 10) == f"<p>{'a' * 10}</p><p>…</p>"


@pytest.mark.parametrize(
    "text",
    [
        *("{}", "`{}`", "    {}", "[x](http://a.example/{})", "![{}](http://a.example)"),
        *("<details><summary>{}</summary>\n\na\n\n</details>", "```{}\na\n```", "<http://a/{}>"),
    ],
)
@pytest.mark.parametrize("secret", ["s3cret-s3cret-value", "s3cret\\-s3cret&#45;value"])
def test_a_secret_of_this_process_is_not_shown(text: str, secret: str) -> None:
    redact_with(lambda: Redactor(["s3cret-s3cret-value"]))
    try:
        html = markdown_html(text.format(secret), LIMIT)
    finally:
        redact_with(None)
    assert "s3cret-s3cret-value" not in unescape(html)
