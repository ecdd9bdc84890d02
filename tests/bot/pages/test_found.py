"""What was found is shown with the words around it, marked, inert and redacted."""

from dataclasses import dataclass

import pytest

from bot.console import redact_with
from bot.pages.found import FoundLine, found_lines
from bot.redaction import Redactor

EVIL = '"><script>alert(1)</script>\u202e'


@dataclass(frozen=True)
class Place:
    words: str
    run: str = "r/1"
    step: int = 3
    kind: str = "task"


def shown(words: str, *terms: str) -> FoundLine:
    return found_lines([Place(words)], terms, {"r/1": "Totals"}, {})[0]


def test_words_are_marked_wherever_they_stand() -> None:
    assert shown("Totals of totals", "totals").words == (
        "<mark>Totals</mark> of <mark>totals</mark>"
    )


def test_a_term_with_signs_is_marked_whatever_its_signs() -> None:
    assert shown("in src/tally.py", "src.tally").words == "in <mark>src/tally</mark>.py"


@pytest.mark.parametrize(
    ("words", "terms", "marked"),
    [
        ("note: no, nobody", ["no", "x"], "note: <mark>no</mark>, nobody"),
        ("no notes, snow", ["no"], "<mark>no</mark> <mark>notes</mark>, snow"),
        ("Café, cafe", ["cafe"], "<mark>Café</mark>, <mark>cafe</mark>"),
        ("cafe", ["café"], "<mark>cafe</mark>"),
        ("가 각", ["가", "x"], "<mark>가</mark> 각"),
        ("a_b", ["b"], "a_<mark>b</mark>"),
    ],
)
def test_whole_words_are_marked_of_which_the_last_may_go_on(
    words: str, terms: list[str], marked: str
) -> None:
    assert shown(words, *terms).words == marked


def test_a_part_of_a_text_begins_and_ends_with_a_word() -> None:
    words = str(shown("word " * 100 + "totals" + " word" * 100, "totals").words)
    assert words.startswith("… word ")
    assert words.endswith(" word …")


def test_of_a_long_text_the_part_around_the_first_hit_is_shown() -> None:
    words = str(shown("a" * 500 + " totals " + "b" * 500, "totals").words)
    assert words.startswith("… a")
    assert "<mark>totals</mark>" in words
    assert words.endswith("b …")
    assert len(words) < 400


def test_a_strangers_words_are_inert_in_and_beside_a_mark() -> None:
    words = str(shown(EVIL, "script").words)
    assert "<script>" not in words
    assert "&lt;<mark>script</mark>&gt;" in words
    assert "U+202E" in words


def test_a_secret_that_was_looked_for_is_not_shown() -> None:
    redact_with(lambda: Redactor(("totally-secret-value",)))
    try:
        assert "totally" not in shown("key totally-secret-value", "totally").words
    finally:
        redact_with(None)


@pytest.mark.parametrize(
    ("titles", "campaigns", "path"),
    [
        ({"r/1": ""}, {}, "/run/r%2F1/step/3"),
        ({}, {"r/1": "c/1"}, "/campaign/c%2F1"),
        ({}, {}, ""),
    ],
)
def test_a_place_leads_to_the_page_that_has_it(
    titles: dict[str, str], campaigns: dict[str, str], path: str
) -> None:
    assert found_lines([Place("x")], (), titles, campaigns)[0].path == path
