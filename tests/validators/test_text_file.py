"""Files as lines: what is read comes back byte for byte."""

from hypothesis import given, settings
from hypothesis import strategies as st

from validators.edits.text_file import pairs, read_text, splice


@settings(deadline=None, derandomize=True, database=None)
@given(st.lists(st.sampled_from([b"a", b"\n", b"\r\n", b"\r", b"\xef\xbb\xbf", b"\xff", b" "])))
def test_every_text_comes_back_byte_for_byte(pieces: list[bytes]) -> None:
    content = b"".join(pieces)
    file = read_text(content)
    assert file is not None
    assert file.to_bytes() == content
    assert splice(file, 0, 0, ()).to_bytes() == content


@settings(deadline=None, derandomize=True, database=None)
@given(st.lists(st.sampled_from("abc"), max_size=30), st.lists(st.sampled_from("abc"), max_size=30))
def test_paired_lines_are_equal_and_in_order(old: list[str], new: list[str]) -> None:
    found = pairs(old, new)
    assert all(old[found[at]] == new[at] for at in found)
    order = [found[at] for at in sorted(found)]
    assert order == sorted(set(order))


def test_a_binary_file_is_no_text() -> None:
    assert read_text(b"a\0b") is None


def test_a_great_many_differing_lines_are_not_paired_in_the_middle() -> None:
    old = ["head", *"ab" * 300, "tail"]
    new = ["head", *"ba" * 300, "x", "tail"]
    assert pairs(old, new) == {0: 0, 602: 601}
