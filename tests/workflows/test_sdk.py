"""Questions and edits of one conversation: what is asked is answered from what was edited."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from scoping.blobs import ObjectsRefusal
from scoping.questions import Hit, Imports, Lines, QuestionRefusal
from validators.checkout import write_tree
from validators.clones.trees import EXECUTABLE
from validators.patch import parse
from validators.rules import GateKind
from validators.sandbox import FileChange
from validators.verdict import Verdict
from workflows.proposal import EditReport
from workflows.sdk import Sdk, Shown
from workflows.working_tree import WorkingTree

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

Edit = Callable[[str, str, str], str]
LINE = '    return len(text.split(" "))'


@pytest.fixture
def working(studio: "Studio") -> Iterator[WorkingTree]:
    with closing(WorkingTree(studio.clone, studio.clone.base_tree)) as working:
        yield working


@pytest.fixture
def asked() -> list[tuple[GateKind, str]]:
    return []


@pytest.fixture
def sdk(studio: "Studio", working: WorkingTree, asked: list[tuple[GateKind, str]]) -> Iterator[Sdk]:
    def gate(kind: GateKind, tree: str) -> Verdict:
        asked.append((kind, tree))
        return Verdict("pass")

    with closing(Sdk(studio.clone, working, gate)) as sdk:
        yield sdk


def test_questions_are_answered_from_the_tree_as_edited(sdk: Sdk) -> None:
    assert [one.qualified_name for one in sdk.symbols("words").symbols] == [
        "words",
        "test_two_words",
    ]

    sdk.create("more.py", "import tally\n\n\ndef words_of(line):\n    return tally.words(line)\n")
    sdk.edit("tally.py", "def lines(", "def rows(")
    sdk.delete("docs/three.txt")

    assert sdk.read("tally.py", 5, 5) == Lines("tally.py", 5, 5, "def rows(text):\n", 6)
    assert sdk.search("tally.words", "more.py").hits == (
        Hit("more.py", 5, "    return tally.words(line)"),
    )
    assert [one.id for one in sdk.definition("words_of").symbols] == ["more.py::words_of"]
    assert sdk.symbols("lines").symbols == ()
    assert {hit.path for hit in sdk.references("words").hits} == {
        *("more.py", "tally.py", "tests/test_tally.py")
    }
    assert sdk.imports("tally.py") == Imports("tally.py", (), ("more.py", "tests/test_tally.py"))
    assert sdk.files().paths == (
        *("data/one.txt", "data/two.txt", "more.py", "tally.py", "tests/test_tally.py"),
    )
    with pytest.raises(QuestionRefusal, match=r"there is no file docs/three\.txt"):
        sdk.read("docs/three.txt")


def test_a_tree_is_made_of_the_edits_once_it_is_needed(
    studio: "Studio", sdk: Sdk, working: WorkingTree
) -> None:
    assert working.written() == studio.clone.base_tree
    assert sdk.edit("./data/one.txt", "one", "uno") == EditReport(
        "data/one.txt", landed=True, how="exact"
    )
    assert (working.below, working.overlay) == (studio.clone.base_tree, {"data/one.txt": b"uno\n"})

    tree = working.written()

    assert studio.file(tree, "data/one.txt") == "uno\n"
    assert (working.below, working.overlay, working.written()) == (tree, {}, tree)
    assert "+uno" in sdk.diff()
    assert sdk.read("data/one.txt").text == "uno\n"


def test_an_edit_that_does_not_land_changes_nothing_and_says_why(
    studio: "Studio", sdk: Sdk, working: WorkingTree
) -> None:
    gone = sdk.edit("tally.py", "return 42", "return 43")
    broken = sdk.edit("tally.py", "def lines(text):", "def lines(text:")
    there = sdk.create("tally.py", "x = 1\n")
    outside = sdk.create("../x.py", "x = 1\n")

    told = [(one.landed, one.how) for one in (gone, broken, there, outside)]
    assert told == [(False, how) for how in ("no-match", "breaks-syntax", "exists", "bad-path")]
    assert "the old lines are not in tally.py" in gone.message
    assert working.written() == studio.clone.base_tree


def test_the_bits_and_the_line_ends_of_a_file_stay(studio: "Studio", edit: Edit) -> None:
    files = [FileChange("run.sh", EXECUTABLE, b"echo one\r\necho two\r\n")]
    tree = write_tree(studio.clone, studio.clone.base_tree, files)
    with closing(WorkingTree(studio.clone, tree)) as working:
        working.land(
            parse("run.sh\n<<<<<<< SEARCH\necho one\n=======\necho uno\n>>>>>>> REPLACE\n")
        )

        assert working.read("run.sh") == (EXECUTABLE, b"echo uno\r\necho two\r\n")


def test_a_line_number_counts_only_in_a_file_as_it_was_read(sdk: Sdk) -> None:
    assert sdk.insert("tally.py", 0, '"""Counts."""').landed
    assert sdk.insert("tally.py", 0, "# Counts.").landed  # the top is the top

    stale = sdk.insert("tally.py", 2, "    # here")
    sdk.read("tally.py")
    at_once = sdk.insert("tally.py", 2, "    # here")
    sdk.next_turn()
    read = sdk.insert("tally.py", 4, "    # here")

    assert (stale.landed, stale.how) == (False, "changed-since-read")
    assert stale.message == (
        "tally.py changed since you read it, by an edit of yours: line 2 may be another now. Read"
        " it again, or replace lines by their text."
    )
    assert at_once == stale  # what it was told it has not read yet
    assert (read.landed, read.how) == (True, "inserted")
    assert sdk.read("tally.py", 5, 5).text == "    # here\n"


def test_an_edit_of_a_file_that_changed_since_is_told_so(sdk: Sdk) -> None:
    sdk.edit("tally.py", LINE, "    return len(text.split())")

    again = sdk.edit("tally.py", LINE + "  # words", "    return 0")

    assert again.message.endswith("\nIt changed since you read it, by an edit of yours.")
    sdk.read("tally.py")
    sdk.next_turn()
    assert "It changed since" not in sdk.edit("tally.py", LINE, "    return 0").message


def test_the_history_of_a_file_is_that_of_the_base(studio: "Studio", sdk: Sdk) -> None:
    sdk.edit("tally.py", "def lines(", "def rows(")

    (commit,) = sdk.history("tally.py")

    assert (commit.sha, commit.subject) == (studio.clone.base_commit, "tally 1.0")
    assert sdk.history(":(glob)**") == ()
    with pytest.raises(QuestionRefusal, match="a limit from 1 to 30"):
        sdk.history("tally.py", 31)
    with pytest.raises((QuestionRefusal, ObjectsRefusal)):
        sdk.history("../outside")


def test_a_gate_judges_the_tree_as_edited(
    sdk: Sdk, working: WorkingTree, asked: list[tuple[GateKind, str]]
) -> None:
    sdk.edit("data/one.txt", "one", "uno")

    assert sdk.run_gate("lint") == Verdict("pass")
    assert asked == [("lint", working.written())]


def test_what_is_hidden_is_neither_read_nor_edited(studio: "Studio", edit: Edit) -> None:
    with (
        closing(WorkingTree(studio.clone, studio.clone.base_tree, _is_data)) as working,
        closing(
            Sdk(studio.clone, working, lambda *_: Verdict("pass"), Shown((), ("data/",)))
        ) as sdk,
    ):
        assert sdk.search("one").hits[0].path == "tests/test_tally.py"
        assert "data/one.txt" not in sdk.files().paths
        with pytest.raises(QuestionRefusal):
            sdk.read("data/one.txt")
        report = sdk.edit("data/one.txt", "on", "uno")
        assert (report.landed, report.how) == (False, "hidden")
        assert "one\n" not in report.message
        landing = working.land(
            parse(
                edit("tally.py", "def lines(text):\n", "def rows(text):\n")
                + edit("./data/one.txt", "one\n", "uno\n")
            )
        )
        assert (len(landing.rejected), landing.files) == (1, ())


def passing(kind: GateKind, tree: str) -> Verdict:
    return Verdict("pass")


def _is_data(path: str) -> bool:
    return path.startswith("data/")
