"""Campaigns: how they stand, and their pause by people who do not get in each other's way."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.bot.server.watching import EVIL, Browser, browser, journal_of, started, tell
from tests.ending import beside
from validators.encoding import builtins
from workflows.campaign import Campaign, CampaignBudget, Recipe, Target, TargetResult, Template
from workflows.migrate import announce

KEY = "logging-0123456789ab"
STEPS = (Recipe("run", ("x",)),)


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Browser]:
    with browser(tmp_path) as found:
        yield found


def begin(page: Browser, count: int = 3, **more: Any) -> Campaign:
    targets = tuple(
        Target(f"t{number}", "ada/tally", ("a.py",), "HEAD", f"src/part{number}")
        for number in range(count)
    )
    campaign = Campaign(KEY, "logging", STEPS, Template("Log it"), targets, **more)
    announce(campaign, {}, page.room.journal)
    return campaign


def finish(page: Browser, target: str, state: str, cause: str = "", **more: object) -> None:
    reason: Any = "gates" if state == "failed" else ""
    result = TargetResult(target, state, f"run-{target}", "b", cause, 2, reason=reason)  # type: ignore[arg-type]
    stream = f"target-{target}"
    tell(journal_of(page), stream, ("target.claimed", {"campaign": KEY, "worker": "w"}))
    tell(journal_of(page), stream, ("target.started", {"run": f"run-{target}"}))
    spent = {"reservation": "1", "usd": 0.25, "tokens": 100, "requests": 1}
    tell(journal_of(page), f"run-{target}", started(), ("budget.settled", spent))
    tell(journal_of(page), stream, ("target.finished", {"result": builtins(result)}))
    if more:
        published = {"branch": "b", "head": "a" * 40, **more}
        tell(journal_of(page), stream, ("target.published", published))


def seen_on(text: str) -> str:
    return text.partition('name="seen" value="')[2].partition('"')[0]


def said(page: Browser) -> list[str]:
    kinds = [entry.event.kind for entry in page.room.journal.read(f"campaign-{KEY}")]
    return [kind.removeprefix("campaign.") for kind in kinds]


def test_campaigns_are_listed_with_what_has_ended(page: Browser) -> None:
    assert "No campaign was begun" in page.get("/campaigns").text
    begin(page)
    finish(page, "t0", "gated")
    text = page.get("/campaigns").text
    assert f'href="/campaign/{KEY}"' in text
    assert "1 of 3" in text
    assert "$0.2500" in text
    # What passed waits for whoever publishes it, and what is published for whoever decides.
    finish(page, "t1", "gated", number=7, url="https://forge.example/7")
    assert 'data-label="Waiting for a person" class="n">2<' in page.get("/campaigns").text


def test_a_campaign_is_shown_with_outcomes_cost_and_who_waits(page: Browser) -> None:
    begin(page, 5, budget=CampaignBudget(usd=8.0))
    finish(page, "t0", "gated", number=7, url="https://forge.example/7")
    finish(page, "t1", "gated", number=8, url=f"local:{page.room.repository}#8")
    finish(page, "t2", "failed", "tests: 3 tests fail in src/part2")
    finish(page, "t3", "gated", number=9, url="local:/elsewhere#9")
    text = page.get(f"/campaign/{KEY}").text
    assert "4 of 5 targets ended" in text
    assert "$1.0000" in text
    assert "of $8.00" in text
    assert "$1.25" in text  # for all at this rate
    assert '<a href="https://forge.example/7" rel="noreferrer">#7</a>' in text
    assert '<a href="/review/8">#8</a>' in text
    assert '<a href="/review/9">' not in text
    assert "tests: 3 tests fail in src/part2" in text
    assert 'href="/run/run-t2/live"' in text


def test_a_page_follows_what_happens_after_it_was_first_asked_for(page: Browser) -> None:
    begin(page)
    finish(page, "t0", "gated")
    assert "1 of 3 targets ended" in page.get(f"/campaign/{KEY}").text
    finish(page, "t1", "failed", "broken")
    text = page.get(f"/campaign/{KEY}").text
    assert "2 of 3 targets ended" in text
    assert "$0.5000" in text


def test_a_campaign_that_was_planned_anew_is_shown_as_it_is_now(page: Browser) -> None:
    begin(page, 3)
    assert "0 of 3 targets" in page.get(f"/campaign/{KEY}").text
    begin(page, 5)
    assert "0 of 5 targets" in page.get(f"/campaign/{KEY}").text


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["part0", "part1", "part2", "part3"]),
        ("?state=failed", ["part1", "part2"]),
        ("?state=pending", ["part3"]),
        ("?reason=gates&cause=tests:%20%E2%80%A6%20fail", ["part1", "part2"]),
        ("?cause=other", []),
        ("?state=nonsense", []),
        ("?skip=3", ["part3"]),
        ("?skip=99", []),
        ("?skip=odd&state=gated", ["part0"]),
    ],
)
def test_targets_are_filtered_by_state_and_cause(
    page: Browser, query: str, names: list[str]
) -> None:
    begin(page, 4)
    finish(page, "t0", "gated")
    finish(page, "t1", "failed", "tests: 3 fail")
    finish(page, "t2", "failed", "tests: 45 fail")
    targets = page.get(f"/campaign/{KEY}{query}").text.partition('id="targets"')[2]
    assert [f"part{n}" for n in range(4) if f"src/part{n}" in targets] == names


def test_many_targets_are_shown_page_by_page(page: Browser) -> None:
    begin(page, 120)
    text = page.get(f"/campaign/{KEY}").text
    assert "src/part49" in text
    assert "src/part50" not in text
    assert "skip=50#targets" in text
    second = page.get(f"/campaign/{KEY}?skip=100").text
    assert "src/part119" in second
    assert "101 to 120 of 120" in second


def test_a_person_pauses_and_resumes_under_their_name(page: Browser) -> None:
    begin(page)
    text = page.get(f"/campaign/{KEY}").text
    answer = page.post(f"/campaign/{KEY}/pause", seen=seen_on(text), why="CI <b>flaps</b>")
    assert (answer.status, answer.headers["location"]) == (303, f"/campaign/{KEY}")
    paused = page.get(f"/campaign/{KEY}").text
    assert "paused by ada <small>claimed</small>: CI &lt;b&gt;flaps&lt;/b&gt;" in paused
    assert page.post(f"/campaign/{KEY}/resume", seen=seen_on(paused)).status == 303
    assert "resumed by ada" in page.get(f"/campaign/{KEY}").text
    assert said(page) == ["started", "paused", "resumed"]


def test_a_double_click_says_it_once(page: Browser) -> None:
    begin(page)
    seen = seen_on(page.get(f"/campaign/{KEY}").text)
    assert page.post(f"/campaign/{KEY}/pause", seen=seen).status == 303
    again = page.post(f"/campaign/{KEY}/pause", seen=seen)
    assert again.status == 409
    assert "Not paused." in again.text
    assert "ada paused it" in again.text
    assert said(page) == ["started", "paused"]


def test_of_many_that_pause_at_once_one_does(page: Browser) -> None:
    begin(page)
    seen = seen_on(page.get(f"/campaign/{KEY}").text)
    statuses: list[int] = []

    def click() -> None:
        statuses.append(page.post(f"/campaign/{KEY}/pause", seen=seen).status)

    with beside(*[click] * 6):
        pass
    assert sorted(statuses) == [303, 409, 409, 409, 409, 409]
    assert said(page) == ["started", "paused"]


def test_what_somebody_else_said_meanwhile_is_shown_instead(page: Browser) -> None:
    begin(page)
    text = page.get(f"/campaign/{KEY}").text
    tell(journal_of(page), f"campaign-{KEY}", ("campaign.cancelled", {"campaign": KEY}))
    answer = page.post(f"/campaign/{KEY}/pause", seen=seen_on(text))
    assert answer.status == 409
    assert "it was cancelled" in answer.text
    assert said(page) == ["started", "cancelled"]


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        (f"/campaign/{KEY}/cancel", {"seen": "1"}, 404),
        (f"/campaign/{KEY}/pause", {}, 400),
        (f"/campaign/{KEY}/pause", {"seen": "²"}, 400),
        (f"/campaign/{KEY}/pause", {"seen": "1", "csrf": "other"}, 403),
        ("/campaign/none/pause", {"seen": "1"}, 404),
    ],
)
def test_what_cannot_be_said_changes_nothing(
    page: Browser, path: str, fields: dict[str, str], status: int
) -> None:
    begin(page)
    assert page.post(path, **fields).status == status
    assert said(page) == ["started"]
    assert page.room.journal.read("campaign-none") == []


@pytest.mark.parametrize("path", ["/campaign/none", "/campaign/%3Cscript%3E", "/campaign/a%2Fb"])
def test_what_is_no_campaign_is_a_page_that_says_so(page: Browser, path: str) -> None:
    answer = page.get(path)
    assert answer.status == 404
    assert "<script>" not in answer.text.lower().replace('<script src="/asset', "")


def test_a_campaign_whose_plan_is_gone_hides_no_other(page: Browser) -> None:
    campaign = begin(page)
    announce(replace(campaign, key="other-0123456789ab", name="other"), {}, page.room.journal)
    page.room.lookout.catch_up()
    plan = page.room.journal.read(f"campaign-{KEY}")[0].event.data["plan"]
    with journal_of(page).database.writing() as connection:
        connection.execute("DELETE FROM blobs WHERE sha256 = ?", (plan,))
    text = page.get("/campaigns").text
    assert "cannot be read" in text
    assert "other-0123456789ab" in text
    assert page.get(f"/campaign/{KEY}").status == 404


def test_a_strangers_words_are_inert(page: Browser) -> None:
    targets = (Target("t0", EVIL, (EVIL,), "HEAD", EVIL),)
    campaign = Campaign(KEY, "logging", STEPS, Template(EVIL), targets)
    announce(campaign, {}, page.room.journal)
    finish(page, "t0", "failed", EVIL, number=3, url="javascript:alert(1)")
    for path in ("/campaigns", f"/campaign/{KEY}", f"/campaign/{KEY}?cause=%22%3E%3Cimg%3E"):
        text = page.get(path).text
        assert "<script>alert" not in text
        assert "<img" not in text
        assert 'href="javascript' not in text
        assert "\u202e" not in text
