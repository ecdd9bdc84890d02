"""What an issue mentions is found in its text, whatever the text."""

from hypothesis import given
from hypothesis import strategies as st

from scoping.issue import Link, read_issue, told
from scoping.stack_traces import Frame

PYTHON = """\
Traceback (most recent call last):
  File "/home/me/app.py", line 3, in <module>
    run()
  File "C:\\site-packages\\pkg\\core.py", line 12, in run
    raise ValueError
ValueError
"""
NODE = """\
Error: no
    at Runner.run (/srv/lib/runner.js:10:5)
    at main.js:2:1
"""


def test_frames_are_told_with_the_failing_one_last() -> None:
    assert read_issue("", PYTHON).frames == (
        Frame("/home/me/app.py", 3, "<module>"),
        Frame("C:/site-packages/pkg/core.py", 12, "run"),
    )
    assert read_issue("", NODE).frames == (
        Frame("main.js", 2, ""),
        Frame("/srv/lib/runner.js", 10, "Runner.run"),
    )


def test_names_that_look_like_code_are_found() -> None:
    issue = read_issue("Parser fails", "call run() on `opts` with maxDepth or max_depth, not prose")

    assert {"run", "opts", "maxDepth", "max_depth"} <= set(issue.names)
    assert not {"prose", "Parser", "fails"} & set(issue.names)


def test_paths_and_dotted_names_are_found() -> None:
    issue = read_issue("", "In ./src/pkg/core.py and docs\\guide.md: pkg.core.Foo.bar breaks. Yes.")

    assert set(issue.paths) >= {"src/pkg/core.py", "docs/guide.md"}
    assert "pkg.core.Foo.bar" in issue.dotted
    assert "Yes" not in issue.paths


def test_words_are_counted_by_place_and_told_as_written() -> None:
    issue = read_issue("Parsing Fails", "Widgets are parsed. See `run_all`")

    assert issue.title_words == {"pars": 1, "fail": 1}
    assert issue.words["pars"] == 2
    assert issue.code_words.keys() == {"run", "all", "run_all"} - {"all"}
    assert told(issue, ["pars", "widget", "unknown"]) == "`Parsing`, `Widgets`, `unknown`"


def test_what_a_form_asks_of_everybody_is_not_what_was_said() -> None:
    body = (
        "<!-- please search -> first\n--> It fails, see https://host.example/widgets\n"
        "- numpy: 1.18.1\nPython version: 3.7\nrun(1.5) and <!-- no end"
    )

    issue = read_issue("Crash", body)

    assert issue.words.keys() == {"crash", "fail", "run", "end"}


def test_headings_boxes_and_machines_of_a_form_are_not_what_was_said() -> None:
    body = (
        "### What happened?\n\nSums are wrong.\n**To reproduce**\n```\n# total\n- [ ] rows\n```\n"
        "- [x] I searched for duplicates\n### Operating system\n\nPenguin\n### Notes\nLate rounding"
    )

    issue = read_issue("## Basket", body)

    assert issue.words.keys() == {"basket", "sum", "wrong", "total", "row", "lat", "round"}
    assert issue.prose_words.keys() == {"basket", "sum", "wrong", "lat", "round"}


def test_linked_lines_are_found() -> None:
    body = "see https://host.example/me/shop/blob/0a1b/shop/cart.py#L12-L15 and x/blob/main/a.py#L3"

    assert read_issue("", body).links == (
        Link("0a1b/shop/cart.py", 12, 15),
        Link("main/a.py", 3, 3),
    )


def test_an_enormous_issue_is_cut() -> None:
    issue = read_issue("t" * 10_000, "a.b/" * 300_000)

    assert len(issue.text) < 61_000
    assert len(issue.paths) <= 200


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_issue_can_be_read(title: str, body: str) -> None:
    assert read_issue(title, body).text == f"{title}\n{body}"
