"""Search over runs and campaigns, with links to the step that was found."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.server.watching import EVIL, Browser, browser, ended, journal_of, started, tell
from workflows.campaign import Campaign, Recipe, Target, Template
from workflows.migrate import announce


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Browser]:
    with browser(tmp_path) as found:
        yield found


def test_words_lead_to_the_step_they_stand_in(page: Browser) -> None:
    finding = {"gate": "tests", "code": "E1", "path": "t.py", "message": "the totals differ"}
    attempt = {"number": 1, "verdict": {"word": "fail", "findings": [finding]}}
    found = ("attempt.finished", {"attempt": attempt})
    tell(journal_of(page), "r1", started("Names"), found, ended("failed"))
    text = page.get("/search?q=totals+differ").text
    assert 'href="/run/r1/step/2"' in text
    assert "the <mark>totals</mark> <mark>differ</mark>" in text


def test_a_name_and_a_number_lead_to_their_runs(page: Browser) -> None:
    intended = ("effect.intended", {"key": "k", "kind": "pull-request", "request": {}})
    settled = ("effect.settled", {"key": "k", "outcome": {"number": 12}})
    tell(journal_of(page), "r20260102-aa", started("Names"), intended, settled)
    for query in ("12", "%2312", "r20260102-aa"):
        assert 'href="/run/r20260102-aa/live"' in page.get(f"/search?q={query}").text
    assert "stand together in no step" in page.get("/search?q=13").text


def test_what_a_target_came_to_leads_to_its_campaign(page: Browser) -> None:
    targets = (Target("t0", "ada/tally", ("a.py",), "HEAD", "src"),)
    steps = (Recipe("run", ("x",)),)
    campaign = Campaign("logging-1", "logging", steps, Template("x"), targets)
    announce(campaign, {}, page.room.journal)
    published = {"number": 3, "url": "https://forge.example/3", "branch": "say/it", "head": ""}
    tell(journal_of(page), "target-t0", ("target.published", published))
    tell(journal_of(page), "target-strange", ("target.published", published))
    text = page.get("/search?q=say/it").text
    assert text.count('href="/campaign/logging-1"') == 1
    assert "target-strange" in text


def test_many_hits_are_shown_page_by_page(page: Browser) -> None:
    for number in range(35):
        tell(journal_of(page), f"r{number:02}", started("The parser"))
    first = page.get("/search?q=parser").text
    assert "r34" in first
    assert "r04" not in first
    older = first.partition("?q=parser&amp;before=")[2].partition('"')[0]
    second = page.get(f"/search?q=parser&before={older}").text
    assert "r04" in second
    assert "r05" not in second
    assert "There is nothing older" in page.get("/search?q=parser&before=1").text


@pytest.mark.parametrize(
    "query",
    [
        "",
        "%00",
        "%22",
        "*",
        "NEAR(a,b)",
        "text:a",
        "%F0%28",
        "a%20" * 300,
        "%3Cscript%3E",
        "%EF%BF%BE",
    ],
)
def test_an_odd_query_is_a_page_like_any_other(page: Browser, query: str) -> None:
    tell(journal_of(page), "r1", started(EVIL))
    answer = page.get(f"/search?q={query}")
    assert answer.status == 200
    assert "<script>alert" not in answer.text
    assert "<img" not in answer.text
    assert "\u202e" not in answer.text
