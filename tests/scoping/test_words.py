"""Code and prose become the same words."""

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoping.words import Sieve, spellings, split, stem, tokens, words


@pytest.mark.parametrize(
    ("token", "parts"),
    [
        ("HTTPServerError", ("http", "server", "error", "httpservererror")),
        ("parse_args", ("pars", "arg", "parse_args")),
        ("__init__", ("init",)),
        ("URLs", ("url",)),
        ("L027", ("027", "l027")),
        ("x", ()),
        ("_", ()),
        ("为空", ("为空",)),
    ],
)
def test_an_identifier_is_split_where_its_case_changes(token: str, parts: tuple[str]) -> None:
    assert split(token) == parts


@pytest.mark.parametrize(
    "forms",
    [
        ("parse", "parses", "parsed", "parsing"),
        ("file", "files"),
        ("class", "classes"),
        ("query", "queries"),
        ("box", "boxes"),
    ],
)
def test_the_forms_of_a_word_are_one_word(forms: tuple[str, ...]) -> None:
    assert len({stem(form) for form in forms}) == 1


def test_a_name_inside_chinese_prose_is_found() -> None:
    assert tokens("当Foo.bar为空时") == {"当": 1, "Foo": 1, "bar": 1, "为空时": 1}


def test_stop_words_are_left_out() -> None:
    assert words("the parser is not the Parser") == {"parser": 2}


def test_words_are_told_as_they_were_written() -> None:
    spelled = spellings(tokens("Parsing show_default"))

    assert spelled["pars"] == "Parsing"
    assert spelled["show_default"] == "show_default"
    assert spelled["default"] == "default"


def test_an_endless_token_is_not_a_word() -> None:
    assert tokens("x" * 81) == {}


@given(st.text())
def test_any_text_has_words_and_a_spelling_for_each(text: str) -> None:
    assert words(text).keys() <= spellings(tokens(text)).keys()


@given(st.text(alphabet="aZ_09 .-é为٣\n\ud800", max_size=200))
def test_identifiers_and_words_of_other_scripts_are_counted_apart(text: str) -> None:
    found = re.findall(r"[A-Za-z_][A-Za-z0-9_]*|[^\W\d_a-zA-Z]+", text)

    assert tokens(text) == Counter(found)


def test_what_is_too_long_for_an_identifier_is_left_out() -> None:
    assert tokens("a" * 81 + " 0" + "b" * 80 + " 9" + "c" * 81) == {"b" * 80: 1}


@given(
    st.lists(st.text(alphabet="abIDsé为_19", min_size=1, max_size=12), max_size=20),
    st.lists(st.text(alphabet="abIDsé为_19", min_size=1, max_size=12), max_size=5),
)
def test_a_sieve_finds_every_identifier_that_holds_a_word_and_splits_it(
    written: list[str], sought: list[str]
) -> None:
    wanted = {word for token in sought for word in split(token)}

    found = Sieve(wanted).words_of(written)

    own = {token: tuple(word for word in split(token) if word in wanted) for token in written}
    assert found == {token: words for token, words in own.items() if words}


def test_a_sieve_without_words_keeps_nothing() -> None:
    assert Sieve(()).words_of(("a", "B1", "é")) == {}
