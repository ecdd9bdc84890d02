"""What the model asks is answered from the tree as it is, within bounds, and never raises."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validators.checkout import Clone, write_tree
from validators.sandbox import FileChange
from workflows.actions import Reader, _lines_of
from workflows.conversation import ActionCall, ActionResult

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio


def answer(clone: Clone, tree: str, name: str, arguments: Mapping[str, Any]) -> ActionResult:
    return Reader(clone, tree).answer(ActionCall("1", name, arguments))


def read(studio: "Studio", path: str, first: int, last: int, tree: str = "") -> ActionResult:
    arguments = {"path": path, "start_line": first, "end_line": last}
    return answer(studio.clone, tree or studio.clone.base_tree, "read", arguments)


def search(studio: "Studio", text: str, glob: str, tree: str = "") -> ActionResult:
    tree = tree or studio.clone.base_tree
    return answer(studio.clone, tree, "search", {"text": text, "glob": glob})


def with_file(studio: "Studio", content: bytes, path: str = "a.txt", mode: str = "100644") -> str:
    return write_tree(studio.clone, studio.clone.base_tree, [FileChange(path, mode, content)])


def test_lines_are_read_with_their_numbers(studio: "Studio") -> None:
    assert read(studio, "tally.py", 5, 99) == ActionResult(
        "1",
        "tally.py, lines 5-6 of 6:\n     5 def lines(text):\n     6     return"
        " len(text.splitlines())",
    )


def test_a_start_before_the_first_line_is_the_first_line(studio: "Studio") -> None:
    assert read(studio, "data/one.txt", -3, 1).text == "data/one.txt, lines 1-1 of 1:\n     1 one"


def test_the_edited_tree_is_what_is_read_and_searched(studio: "Studio") -> None:
    tree = with_file(studio, b"uno\n", "data/one.txt")

    assert read(studio, "data/one.txt", 1, 1, tree).text.endswith("     1 uno")
    assert search(studio, "uno", "*", tree).text == "data/one.txt:1: uno"


def test_no_more_than_400_lines_are_read(studio: "Studio") -> None:
    tree = with_file(studio, b"x\n" * 1_000)

    text = read(studio, "a.txt", 11, 1_000, tree).text

    assert text.startswith("a.txt, lines 11-410 of 1000:\n    11 x\n")
    assert text.count("\n") == 400


def test_a_minified_file_does_not_use_up_the_budget(studio: "Studio") -> None:
    tree = with_file(studio, b"y" * 500_000)

    assert read(studio, "a.txt", 1, 1, tree).text == (
        f"a.txt, lines 1-1 of 1:\n     1 {'y' * 2_000} [498000 more characters are left out]"
    )


def test_lines_are_counted_as_edits_count_them(studio: "Studio") -> None:
    tree = with_file(studio, b"one\r\n\x0ctwo\x1cand\xe2\x80\xa8more\r\nthree")

    assert read(studio, "a.txt", 1, 9, tree).text == (
        "a.txt, lines 1-3 of 3:\n     1 one\n     2 \x0ctwo\x1cand\u2028more\n     3 three"
    )


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), min_size=1)))
def test_lines_come_out_as_they_were_joined(lines: list[str]) -> None:
    assert _lines_of("\n".join(lines).encode()) == lines
    assert _lines_of("".join(f"{line}\r\n" for line in lines).encode()) == lines


def test_lines_that_are_not_there_are_refused(studio: "Studio") -> None:
    assert read(studio, "data/one.txt", 2, 9) == ActionResult(
        "1", "data/one.txt has 1 lines; none of them is asked for", failed=True
    )
    assert read(studio, "data/one.txt", 1, 0).failed
    assert read(studio, "a.txt", 1, 1, with_file(studio, b"")).text.startswith("a.txt has 0 lines")


@pytest.mark.parametrize(
    "path", ["gone.py", "data", "../tally.py", "/etc/passwd", "a\0b", ".git/config", "link.txt"]
)
def test_what_is_no_file_of_the_tree_is_not_read(studio: "Studio", path: str) -> None:
    tree = with_file(studio, b"/etc/passwd", "link.txt", "120000")

    assert read(studio, path, 1, 9, tree) == ActionResult(
        "1", f"there is no file {path!r}; search with a glob to find its name", failed=True
    )


def test_a_search_tells_path_line_and_text(studio: "Studio") -> None:
    assert search(studio, "def ", "*.py").text == (
        "tally.py:1: def words(text):\n"
        "tally.py:5: def lines(text):\n"
        "tests/test_tally.py:4: def test_two_words():"
    )
    assert search(studio, "def ", "tests/*").text.count("\n") == 0


@pytest.mark.parametrize("glob", ["**/*.py", "**/tally.py", "*", "tally.*"])
def test_a_glob_finds_files_of_the_top_folder_too(studio: "Studio", glob: str) -> None:
    assert "tally.py:1: def words(text):" in search(studio, "def words", glob).text


def test_a_search_without_a_match_says_so(studio: "Studio") -> None:
    assert search(studio, "zebra", "*.py") == ActionResult(
        "1", "no line of a file matching '*.py' contains 'zebra'"
    )


def test_a_search_is_bounded(studio: "Studio") -> None:
    tree = with_file(studio, b"z" * 1_000 + b"\n" + b"zz\n" * 59)

    lines = search(studio, "z", "*", tree).text.split("\n")

    assert lines[0] == f"a.txt:1: {'z' * 400}"
    assert len(lines) == 51
    assert lines[-1] == "(10 more lines are left out)"


def test_links_and_large_files_are_not_searched(studio: "Studio") -> None:
    link = with_file(studio, b"zebra", "link", "120000")
    large = with_file(studio, b"zebra\n" + b"-" * 1_000_000)

    for tree in (link, large):
        assert search(studio, "zebra", "*", tree).text.startswith("no line")


def test_bytes_that_are_no_text_are_shown_as_replaced(studio: "Studio") -> None:
    tree = with_file(studio, b"\xff zebra\n")

    assert search(studio, "zebra", "*", tree).text == "a.txt:1: \ufffd zebra"


@pytest.mark.parametrize(
    ("name", "arguments", "why"),
    [
        ("write", {}, "there is no action called 'write'"),
        ("read", {}, "the argument 'path' must be a text that is not empty"),
        ("read", {"path": ""}, "the argument 'path' must be a text that is not empty"),
        ("read", {"path": "tally.py"}, "the argument 'start_line' must be a whole number"),
        (
            "read",
            {"path": "tally.py", "start_line": True, "end_line": 1},
            "the argument 'start_line' must be a whole number",
        ),
        (
            "read",
            {"path": "tally.py", "start_line": 1, "end_line": "9"},
            "the argument 'end_line' must be a whole number",
        ),
        ("search", {"text": ["x"]}, "the argument 'text' must be a text that is not empty"),
        ("search", {"text": "x"}, "the argument 'glob' must be a text that is not empty"),
    ],
)
def test_bad_arguments_are_answered(
    studio: "Studio", name: str, arguments: dict[str, Any], why: str
) -> None:
    found = answer(studio.clone, studio.clone.base_tree, name, arguments)

    assert found == ActionResult("1", why, failed=True)


def test_a_turn_of_a_thousand_calls_is_answered_in_part(studio: "Studio") -> None:
    reader = Reader(studio.clone, studio.clone.base_tree)
    ask = {"text": "def", "glob": "*.py"}

    answers = [reader.answer(ActionCall(str(n), "search", ask)) for n in range(1_000)]

    assert [one.id for one in answers] == [str(n) for n in range(1_000)]
    assert [one.failed for one in answers] == [False] * 32 + [True] * 968
    assert answers[-1].text == "one turn may hold 32 calls; ask again in the next"


def test_the_answers_of_one_turn_are_so_long_together_and_no_longer(studio: "Studio") -> None:
    tree = with_file(studio, (b"x" * 1_900 + b"\n") * 400)
    reader = Reader(studio.clone, tree)
    ask = {"path": "a.txt", "start_line": 1, "end_line": 60}

    answers = [reader.answer(ActionCall("1", "read", ask)) for _ in range(5)]

    assert [one.failed for one in answers] == [False, False, True, True, True]
    assert "ask again in the next" in answers[-1].text


@pytest.mark.parametrize("name", ["read", "search", "x" * 5_000_000])
def test_what_is_asked_for_at_length_is_not_said_again_at_length(
    studio: "Studio", name: str
) -> None:
    word = "y" * 5_000_000
    ask = {"path": word, "start_line": 1, "end_line": 1, "text": word, "glob": word}

    found = answer(studio.clone, studio.clone.base_tree, name, ask)

    assert found.failed
    assert len(found.text) < 2_000
