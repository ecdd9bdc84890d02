"""What of a file a request is about: by names, as whole files or as windows, within the room."""

import pytest

from workflows.passages import Passage, passages, telling_lines, telling_words

LONG = b"".join(b"line %d\n" % number for number in range(1, 201))


def letters(text: str) -> int:
    return len(text)


@pytest.mark.parametrize(
    ("request_text", "pattern", "words"),
    [
        ("Call `new_name(x)`, please.", "", {"new_name"}),
        ("Be better.", "logging.warn($$$)", {"logging", "warn"}),
        ("Replace old_name by newName and f(x)", "", {"old_name", "newName"}),
        ("Make these words longer.", "", {"Make", "these", "words", "longer"}),
        ("a b", "", set()),
    ],
)
def test_the_names_of_a_request_are_its_code_or_its_longer_words(
    request_text: str, pattern: str, words: set[str]
) -> None:
    assert telling_words(request_text, pattern) == words


def test_lines_are_told_by_whole_words_of_text() -> None:
    words = frozenset({"one", "a.b"})

    assert telling_lines(b"one\nnone\nx.one()\naxb\na.b\n", words) == (1, 3, 5)
    assert telling_lines(b"one\0", words) == telling_lines(b"\xff one", words) == ()
    assert telling_lines(b"one", frozenset()) == ()


def test_a_file_that_fits_is_shown_whole() -> None:
    assert passages("a.py", b"one\ntwo\n", (), (100, letters)) == (
        Passage("a.py", 1, 2, "one\ntwo\n", is_whole=True),
    )
    assert passages("a.py", b"\xff", (), (100, letters)) == ()
    assert passages("a.py", b"one\n", (), (0, letters)) == ()


def test_of_a_larger_file_the_lines_around_are_shown_as_far_as_there_is_room() -> None:
    found = passages("a.py", LONG, (100, 20, 25, 999), (400, letters))

    assert [(one.start_line, one.end_line) for one in found] == [(12, 33), (92, 108)]
    assert found[1].text.splitlines()[8] == "line 100"
    assert len(passages("a.py", LONG, (20, 100), (200, letters))) == 1
    assert passages("a.py", LONG, (), (400, letters)) == ()


def test_a_line_that_nobody_can_copy_is_not_shown() -> None:
    content = b"x" * 5_000 + b"\n" + LONG

    assert [one.start_line for one in passages("a.py", content, (1, 90), (9_000, letters))] == [82]
