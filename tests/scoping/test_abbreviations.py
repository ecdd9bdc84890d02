"""Words that programmers shorten are found under either spelling."""

from collections import Counter

from scoping.abbreviations import with_abbreviations
from scoping.words import stem, words


def test_a_word_brings_what_it_is_shortened_to_and_the_other_way_round() -> None:
    found = with_abbreviations(words("wrong representation of the dir"))

    assert found[stem("repr")] == found[stem("representation")] == 1
    assert found[stem("directory")] == found["dir"] == 1


def test_words_that_are_there_already_keep_their_count() -> None:
    assert with_abbreviations(Counter({"dir": 3, stem("directory"): 1})) == Counter(
        {"dir": 3, stem("directory"): 1}
    )


def test_words_nobody_shortens_stay_alone() -> None:
    assert with_abbreviations(Counter({"zebra": 2})) == Counter({"zebra": 2})
