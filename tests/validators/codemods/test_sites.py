"""The independent count finds the same bytes, in a file of ASCII and in any other."""

import pytest

from validators.codemods.sites import compiled, compiled_for_ascii, spans_in


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
