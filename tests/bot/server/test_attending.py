"""Who has a proposal before them is told to the others: for a while, and in nobody's way."""

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from tests.bot.server.conftest import ADDRESS, EVIL, Town

if TYPE_CHECKING:
    from collections.abc import Callable

TIME = r'<time datetime="[^"]+">(?:[\d-]+ )?\d\d:\d\d UTC</time>'
OPENED = "Take it in hand"


@pytest.fixture
def other(town: Town) -> Town:
    """The same pages in the browser of somebody else."""
    browser = TestClient(town.browser.app, base_url=ADDRESS.url, follow_redirects=False)
    browser.get("/sign-in", params={"token": town.room.sessions.invite()})
    found = replace(town, browser=browser)
    assert found.send("/name", name="grace")[0] == 303
    return found


def notes(page: str) -> list[str]:
    """Return what a page says of others."""
    return re.findall('<p class="at-it">(.*?)</p>', page)


def test_two_who_have_it_open_see_each_other(town: Town, other: Town) -> None:
    town.propose()

    assert notes(town.page("/review/1")) == []
    page = other.page("/review/1")
    polled = town.page("/review/1/readers")

    assert re.fullmatch(
        f"<b>ada</b> <small>claimed</small> is looking at this since {TIME}", notes(page)[0]
    )
    assert re.fullmatch(
        f"<b>grace</b> <small>claimed</small> is looking at this since {TIME}", notes(polled)[0]
    )
    assert "<html" not in polled
    assert notes(town.page("/")) == notes(polled)
    assert 'hx-get="/review/1/readers" hx-trigger="every 30s"' in page


def test_one_who_takes_it_is_told_to_the_others_until_it_is_given_back(
    town: Town, other: Town
) -> None:
    town.propose()

    assert OPENED in town.page("/review/1")
    assert town.send("/review/1/hand", act="take") == (303, "/review/1")

    assert "You have this in hand since" in town.page("/review/1")
    assert "has this in hand since" in notes(other.page("/"))[0]
    assert "has this in hand since" in notes(other.page("/review/1"))[0]
    assert town.send("/review/1/hand", act="give-back") == (303, "/review/1")
    assert notes(other.page("/")) == []
    assert OPENED in town.page("/review/1")


@pytest.mark.parametrize("began", ["comment", "thread"])
def test_one_who_begins_to_say_something_has_it_in_hand(
    town: Town, other: Town, began: str
) -> None:
    town.propose()
    words = {"words": "Why?", "head": town.known(1).head}
    town.send("/review/1/comment", **words)
    if began == "thread":
        town.send("/review/1/hand", act="give-back")
        town.send("/review/1/thread", act="reply", words="So.", thread="1", turns="1")

    assert "has this in hand since" in notes(other.page("/"))[0]


@pytest.mark.parametrize(
    "decide",
    [
        lambda town: town.decide(1, "accept"),
        lambda town: town.decide(1, "changes", "Shorter."),
        lambda town: town.decide(1, "reject:wrong"),
    ],
)
def test_it_keeps_nobody_from_deciding_and_ends_with_the_decision(
    town: Town, other: Town, decide: "Callable[[Town], tuple[int, str]]"
) -> None:
    town.propose()
    town.send("/review/1/hand", act="take")
    other.send("/review/1/hand", act="take")

    assert decide(other)[0] == 303

    assert notes(town.page("/")) == []
    assert town.known(1).reviews[0].reviewer == "grace"


def test_one_that_has_ended_is_in_nobodys_hand(town: Town, other: Town) -> None:
    town.propose()
    town.send("/review/1/hand", act="take")
    other.decide(1, "merge")

    for page in (town.page("/review/1"), other.page("/review/1"), other.page("/")):
        assert OPENED not in page
        assert notes(page) == []


@pytest.mark.parametrize(
    ("number", "act", "status"),
    [("1", "", 400), ("1", "burn", 400), ("9", "take", 409), ("x", "take", 400)],
)
def test_what_cannot_be_taken_is_not(town: Town, number: str, act: str, status: int) -> None:
    town.propose()

    assert town.send(f"/review/{number}/hand", act=act)[0] == status
    assert OPENED in town.page("/review/1")


def test_many_readers_are_counted(town: Town) -> None:
    town.propose()
    for _ in range(7):
        browser = TestClient(town.browser.app, base_url=ADDRESS.url, follow_redirects=False)
        browser.get("/sign-in", params={"token": town.room.sessions.invite()})
        browser.get("/review/1")

    assert len(notes(town.page("/review/1"))) == 6
    assert notes(town.page("/review/1"))[-1] == "and 2 more"


def test_a_name_that_is_evil_is_text(town: Town, other: Town) -> None:
    town.propose()
    other.send("/name", name=EVIL)
    other.page("/review/1")

    for page in (town.page("/review/1"), town.page("/review/1/readers"), town.page("/")):
        assert "&lt;script&gt;" in notes(page)[0]
        assert "\u202e" not in page
