"""The independent count finds the same bytes, in a file of ASCII and in any other."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validators.codemods.sites import compiled, compiled_for_ascii, is_of_one_line, spans_in


@pytest.mark.parametrize(
    ("sites", "is_for_bytes"), [(r"(?<!def )\bf\(", True), (r"\bf\((?#é)", False), ("f\\(", True)]
)
def test_sites_are_the_same_bytes_whatever_stands_around_them(
    sites: str, *, is_for_bytes: bool
) -> None:
    plain, other = b"f(1)\nf(f(2))\n", "é = 'ä'; f(1)\nf(f(2))\n".encode()

    shift = len(other) - len(plain)

    assert (compiled_for_ascii(sites) is not None) is is_for_bytes
    assert list(spans_in(plain, compiled(sites))) == [(0, 2), (5, 7), (7, 9)]
    found = [(start - shift, stop - shift) for start, stop in spans_in(other, compiled(sites))]
    assert found == [(0, 2), (5, 7), (7, 9)]


def test_what_only_text_can_say_is_asked_of_text() -> None:
    assert compiled_for_ascii(r"(?u:\w)f") is None
    assert list(spans_in(b"af", compiled(r"\u0061f"))) == [(0, 2)]


@given(st.text(alphabet="fF( .\né#", max_size=60))
@pytest.mark.parametrize(
    "sites", [r"(?<!F )\bff\(", r"^ff", r"ff\b.?$", r"(?:é|\.)ff", r"ff[ .]*f", r"ff(?=\s)", r"f+"]
)
def test_looking_for_a_word_first_finds_what_looking_everywhere_finds(
    sites: str, text: str
) -> None:
    everywhere = re.finditer(sites, text, re.MULTILINE)
    expected = [
        (len(text[: found.start()].encode()), len(text[: found.end()].encode()))
        for found in everywhere
    ]

    assert list(spans_in(text.encode(), compiled(sites))) == expected


@pytest.mark.parametrize(
    ("sites", "is_so"),
    [
        (r"(?<!def )\bassertRaisesMessage\(", True),
        (r"\.get\((?:a|b)\)[ ,]", True),
        (r"f\(\S*\w+.*$", True),
        (r"f\(\s*a", False),
        (r"f[^a]b", False),
        ("f\nb", False),
        (r"f\nb", False),
        (r"f\x0ab", False),
        (r"f\W", False),
        (r"(?s:f.b)", False),
        (r"(?s)f.b", False),
        (r"f[!-~]b[\t-\r]", False),
    ],
)
def test_it_is_known_which_matches_are_of_one_line(sites: str, *, is_so: bool) -> None:
    assert is_of_one_line(sites) is is_so
