"""The inbox: what waits, oldest first, then what was decided; inert, and in pages."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.adapters.local_forge.records import FORMAT, Record
from bot.server.ages import age
from tests.bot.server.conftest import EVIL
from workflows.review import Review
from workflows.threads import ThreadComment

if TYPE_CHECKING:
    from tests.bot.server.conftest import Town


def order(page: str, *words: str) -> list[str]:
    found = {page.index(word): word for word in words if word in page}
    return [found[place] for place in sorted(found)]


def test_nothing_waits_and_the_page_says_how_something_comes_there(town: "Town") -> None:
    assert "changewright publish" in town.page("/")


def test_what_waits_longest_is_first_and_what_was_decided_is_apart(town: "Town") -> None:
    for branch, title in enumerate(("first", "second", "third"), 1):
        town.propose(branch, f"the {title} one")
    town.decide(2, "reject:too-large")

    page = town.page("/")

    words = ("the first one", "the third one", "Decided of late", "the second one", "too-large")
    assert order(page, *words) == list(words)
    decided = town.page("/?show=decided")
    assert "the second one" in decided
    assert "the first one" not in decided


def test_what_was_accepted_waits_for_no_person(town: "Town") -> None:
    town.propose()
    assert "Nothing was decided yet" in town.page("/?show=decided")
    town.decide(1, "accept")

    assert order(town.page("/"), "Nothing waits", "Count each word") == [
        "Nothing waits",
        "Count each word",
    ]


def test_a_line_says_verdict_cost_and_talk_where_they_are_known(town: "Town") -> None:
    town.ran("r1")
    town.propose(1, run="r1")
    town.propose(2, run="r-of-another-machine")
    town.forge.begin_thread(1, ("src/tally.py", 1, "head"), ThreadComment("eve", "Why?", "t"))

    page = town.page("/")

    assert order(page, "gates: pass", "$1.25", "1 open thread", "gates: unknown") == [
        "gates: pass",
        "$1.25",
        "1 open thread",
        "gates: unknown",
    ]


def test_words_of_strangers_are_text(town: "Town") -> None:
    town.propose(title=EVIL)
    town.forge.record_review(Review(1, "changes-requested", EVIL, EVIL, EVIL))

    page = town.page("/")

    assert "<script>alert" not in page
    assert "<img" not in page
    assert "{{ 7*7 }}" in page
    assert "\u202e" not in page
    assert "U+202E" in page


@pytest.mark.parametrize(
    ("asked", "status"), [("2", 200), ("99", 200), ("0", 200), ("x", 400), ("-1", 400)]
)
def test_pages_are_asked_for_by_number(town: "Town", asked: str, status: int) -> None:
    first = town.forge.pull_request(town.propose())
    for number in range(2, 31):
        town.forge._records.write(Record(FORMAT, replace(first, number=number)))

    page = town.page(f"/?page={asked}", status)

    if status == 200:
        assert f"Page {2 if asked != '0' else 1} of 2" in page
        assert ("/review/30" in page) == (asked != "0")


def test_a_record_nobody_can_read_is_named_and_the_others_can_be_reached(town: "Town") -> None:
    town.propose()
    (town.forge._records._folder / "7.json").write_text("{")

    assert "7.json is damaged" in town.page("/", 404)
    assert "Count each word" in town.page("/review/1")


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2026-01-02T03:04:05Z", "just now"),
        ("2026-01-02T03:03:00Z", "1 minute"),
        ("2026-01-02T01:30:00Z", "94 minutes"),
        ("2026-01-01T01:04:05Z", "26 hours"),
        ("2025-12-01T03:04:05Z", "32 days"),
        ("2025-01-01T03:04:05Z", "12 months"),
        ("2001-01-01T03:04:05Z", "25 years"),
        ("2030-01-01T03:04:05Z", "just now"),
        ("yesterday", ""),
        ("2026-01-02", ""),
    ],
)
def test_ages_are_told_in_the_largest_unit_that_says_enough(at: str, words: str) -> None:
    assert age(at, "2026-01-02T03:04:05Z") == words
