"""The page of one run: whole, inert, small, and true for a run that came to any end."""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from html.parser import HTMLParser

import pytest

from bot.pages.run_page import MAX_PAGE_BYTES, run_page
from tests.bot.pages.stories import EVIL, START, diff_of, stranger_s_story
from validators.evidence import Evidence, GateRecord, Side
from validators.sandbox import FileChange
from validators.verdict import Verdict
from workflows.proposal import BUNDLE_FORMAT, Attempt, Bundle, Proposal
from workflows.run import RunState
from workflows.run_story import Story
from workflows.scope_map import ScopeMap
from workflows.threads import ThreadAnswer

Tell = Callable[..., Story]
VOID = {"meta", "input", "rect", "circle", "path"}


class Inspector(HTMLParser):
    """What a browser would make of a page: its tags, their attributes, how they nest."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()
        self.ids: list[str] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.tags.add(tag)
        self.attributes |= set(known)
        self.links |= {known[name] or "" for name in ("href", "src", "action") if name in known}
        self.ids += [known["id"] or ""] if "id" in known else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture
def tell(whole_evidence: Evidence) -> Tell:
    """Make the story of a run whose every word a stranger wrote."""
    return partial(stranger_s_story, whole_evidence)


def test_words_of_strangers_are_seen_and_do_nothing(tell: Tell) -> None:
    page = run_page(tell(EVIL, diff_of("a.py", f"-{EVIL}", f"+{EVIL} more", f" {EVIL}")))

    found = Inspector(page)
    assert found.open == []
    assert not found.tags & {"img", "iframe", "object", "form", "base", "link"}
    assert page.count("<script") == 1
    assert not {name for name in found.attributes if name.startswith("on") or name == "style"}
    assert all(link.startswith("#") for link in found.links)
    assert {link[1:] for link in found.links} <= {*found.ids}
    assert len(found.ids) == len(set(found.ids))
    assert not re.search("[\x00\x1b\u202e]", page)
    assert "alert(1)" in "".join(found.text)


def test_the_policy_names_the_page_s_own_style_and_script_and_nothing_else(tell: Tell) -> None:
    page = run_page(tell())

    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    hashes = {
        kind: base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for kind, text in re.findall(r"<(style|script)>(.*?)</\1>", page, re.DOTALL)
    }
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{hashes['style']}';"
        f" script-src 'sha256-{hashes['script']}'; base-uri 'none'; form-action 'none'"
    )
    assert "://" not in page.replace("http://www.w3.org", "")


def test_a_finding_stands_beneath_its_line_and_what_no_test_runs_is_marked(
    tell: Tell, whole_evidence: Evidence
) -> None:
    story = tell("word", diff_of("a.py", " one", "-two", "+two and a half", " three"))
    page = run_page(story)

    row = page[page.index('data-n="2">two<') :]
    assert row.index("two<mark> and a half</mark>") < row.index('class="note block"')
    assert row.index('class="note block"') < row.index(">three<")


def test_a_large_change_is_cut_fairly_and_says_so(tell: Tell) -> None:
    small = diff_of("small.py", "+seen whole")
    large = [diff_of(f"large_{n}.py", *[f"+line {k} <&>" for k in range(600)]) for n in range(99)]
    page = run_page(tell("word", "".join([*large[:50], small, *large[50:]])))

    assert len(page.encode()) <= MAX_PAGE_BYTES
    assert "seen whole" in page
    assert page.count("more lines of this file are left out here") == 99
    assert re.search(r"no room for all of it: \d\d,\d{3} lines are left out", page)
    assert "large_98.py" in page


def test_a_line_of_ten_megabytes_takes_the_room_of_a_line(tell: Tell) -> None:
    page = run_page(tell("word", diff_of("a.py", "+" + "\u202e<" * 5_000_000, "+next")))

    assert len(page.encode()) < 200_000
    assert re.search("… 9,999,[0-9]{3} more characters", page)
    assert ">next<" in page


def test_ten_thousand_tests_are_counted_where_they_are_not_listed(
    tell: Tell, evidence: Evidence
) -> None:
    many = tuple((f"t::{'<' * 150}{n}", "passed") for n in range(10_000))
    side = Side("a" * 40, "ok", 0, "pytest", many)  # type: ignore[arg-type]
    gate = GateRecord(
        "tests", "test", ("pytest",), required=True, outcome="pass", base=side, patched=side
    )
    story = tell()
    attempt = replace(story.tries[1].attempt or Attempt(1, Verdict("pass")), evidence=None)
    attempt = replace(attempt, evidence=replace(evidence, gates=(gate,)))
    page = run_page(replace(story, tries=(replace(story.tries[1], attempt=attempt),)))

    assert len(page.encode()) <= MAX_PAGE_BYTES
    assert "10,000 tests passed on both sides" in page


def test_tests_are_told_by_what_became_of_them(tell: Tell) -> None:
    page = run_page(tell())

    rows = re.findall(r'<tr class="(\w+)"><th scope="row"><code>(.*?)</code>.*?</tr>', page)
    assert ("bad", "t::&lt;b&gt;") in rows
    assert ("good", "t::x[a|`b`]") in rows
    assert "1 test passed on both sides" in page
    assert "this change's tests over the base's sources" in page.replace("&#39;", "'")


@pytest.mark.parametrize(
    ("state", "held", "words"),
    [
        ("running", True, "still running"),
        ("running", False, "cut off"),
        ("failed", False, "failed"),
        ("cancelled", False, "cancelled"),
        ("nothing", False, "nothing"),
        ("accepted", False, "accepted"),
    ],
)
def test_a_run_of_any_end_has_its_page(tell: Tell, state: RunState, held: bool, words: str) -> None:  # noqa: FBT001
    story = replace(tell(state=state), is_held=held, tries=(), requests=(), effects=())
    story = replace(story, scope_map=ScopeMap(), given=(), moments=(), last_at=START, bundles=())

    page = run_page(story)

    assert f">{words}</span>" in page
    assert "Nothing landed." in page
    assert "No model was asked." in page
    assert ("changewright resume r1" in page) == (
        state in {"running", "failed", "cancelled"}
    ) ^ held


def test_without_a_diff_the_bundle_s_files_stand_by_name(tell: Tell, proposal: Proposal) -> None:
    story = tell()
    story = replace(story, tries=(replace(story.tries[1], diff=""),))
    changes = (FileChange("new.py", "100644", b"four"), FileChange("gone.py", "000000", None))
    answers = (ThreadAnswer("1", "a.py", 7, "answered", "because <b>"),)
    bundle = Bundle(
        format=BUNDLE_FORMAT,
        proposal=replace(proposal, answers=answers),
        base_commit="c" * 40,
        base_tree="a" * 40,
        applied_tree="b" * 40,
        branch="changewright/x",
        changes=changes,
        title="t",
        body="b",
        revises=3,
    )

    page = run_page(story, bundle, "bundles/r1.json")

    assert "<code>new.py</code> 4 bytes" in page
    assert "<code>gone.py</code> deleted" in page
    assert "<code>a.py:7</code> because &lt;b&gt;" in page
    assert "changewright verify bundles/r1.json --repo ." in page
    assert "unfinished work" in run_page(story, replace(bundle, partial=True), "r1.partial.json")


def test_what_neither_journal_nor_bundle_holds_is_said(tell: Tell) -> None:
    story = tell()
    story = replace(story, tries=(replace(story.tries[1], diff=""),))

    page = run_page(story)

    assert "an older version made it, or its blobs were pruned" in page
    assert "1 part of the journal could not be read" in page
