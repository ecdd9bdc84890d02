"""Replies as stories: a scenario is a folder with files, a reply, and what becomes of both."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from validators.edits.edit import Operation
from validators.edits.syntax import Unmade
from validators.encoding import decode, encode
from validators.patch import Edit, SourceSyntax, land, landing_report, parse

SCENARIOS = sorted((Path(__file__).parent / "patches").iterdir())

PIECES = (
    "<<<<<<< SEARCH",
    "=======",
    ">>>>>>> REPLACE",
    "------- SEARCH",
    "+++++++ REPLACE",
    "*** Begin Patch",
    "*** Update File: a.py",
    "*** Add File: a.py",
    "*** Delete File: a.py",
    "*** Move to: ../b",
    "*** End of File",
    "*** End Patch",
    "@@ def f():",
    "--- a/a.py",
    "+++ b/a.py",
    "--- /dev/null",
    "diff --git a/a.py b/a.py",
    "rename from a.py",
    "rename to b.py",
    "```",
    "````python a.py",
    "a.py",
    ".git/config",
    '{"command": "str_replace", "path": "a.py", "old_str": "x", "new_str": "\\ud800"}',
    '{"command": "insert", "path": "a.py", "insert_line": 99, "insert_text": "y"}',
    '[{"old_str": 1},',
    '{"command": "rename_symbol", "path": "a.py", "name": "x", "new_name": "y"}',
    '{"command": "add_import", "paths": [[]], "import": 1}',
    '{"command": "view", "path": "a.py"}',
    " x = 1",
    "-x = 1",
    "+y = 2",
    "x = 1",
    "\\=======",
    "",
    "\x00\u202e\x1b[2J",
)


class Unread:
    """Files in no language that is known."""

    def error_lines(self, path: str, content: bytes) -> None:
        """Tell nothing."""

    def undefined_names(self, path: str, content: bytes) -> None:
        """Tell nothing."""

    def splices(self, path: str, content: bytes, operation: Operation) -> Unmade:
        """Refuse: only the syntax knows where a definition is."""
        assert content is not None
        return Unmade("no-match", f"{operation.name} is not known in {path}")


def tree_of(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def lines_of_replies() -> Iterator[str]:
    for scenario in SCENARIOS:
        yield from (scenario / "reply.txt").read_text(encoding="utf-8").split("\n")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.name)
def test_a_reply_makes_exactly_the_expected_files(scenario: Path) -> None:
    tree = tree_of(scenario / "input")
    patch = parse((scenario / "reply.txt").read_text(encoding="utf-8"))
    with SourceSyntax() as syntax:
        landing = land(patch, lambda path: ("100644", tree[path]) if path in tree else None, syntax)
    for change in landing.files:
        if change.content is None:
            del tree[change.path]
        else:
            tree[change.path] = change.content
    expected = json.loads((scenario / "report.json").read_text(encoding="utf-8"))
    assert landing_report(landing) == expected
    assert tree == tree_of(scenario / "expected")


def test_prose_is_what_is_left_without_edits_paths_and_fences() -> None:
    scenario = Path(__file__).parent / "patches" / "search_replace_in_two_files"
    patch = parse((scenario / "reply.txt").read_text(encoding="utf-8"))
    prose = patch.prose.split("\n")
    assert prose[0] == "The count of an item was never used."
    assert prose[-1] == "That is all."
    assert not any("SEARCH" in line or "cart" in line for line in prose)


def test_a_reply_that_is_too_long_is_not_read() -> None:
    patch = parse("x" * 2_000_001)
    assert not patch.edits
    assert [edit.reason for edit in patch.malformed] == ["too-large"]


def test_a_reply_with_too_many_edits_is_refused() -> None:
    block = "a.py\n<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n"
    patch = parse(block * 500)
    assert "more than 400 edits" in patch.malformed[-1].message


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    "line",
    [
        "<<<<<<< SEARCH",
        "a.py\n```",
        "a.py\n```x",
        "```py a.py",
        "*** Begin Patch",
        "*** Update File: a.py",
        "--- a\n+++ b\n@@",
        "diff --git a/a b/a",
        '{"command": "create",',
        '{"old_str": [',
        "[{",
        "@@ x",
        "=" * 7,
        "`" * 300,
        " " * 300 + "SEARCH",
        "a/" * 150,
        "1 | x",
    ],
)
def test_time_to_read_grows_with_the_length_alone(line: str) -> None:
    # A quadratic reader would take minutes for this; the test then fails by its sheer length.
    reply = f"{line}\n" * (400_000 // (len(line) + 1))
    patch = parse(reply)
    assert len(patch.edits) + len(patch.malformed) <= 402


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=20), max_size=25))
def test_no_reply_raises_and_every_rejection_has_words(pieces: list[str]) -> None:
    patch = parse("\n".join(pieces))
    tree = {"a.py": b"x = 1\ny = 2\nx = 1\n", "b.bin": b"\0"}
    landing = land(patch, lambda path: ("100644", tree[path]) if path in tree else None, Unread())
    assert all(edit.message for edit in landing.rejected)
    assert not (landing.files and landing.rejected)
    for change in landing.files:
        assert ".git" not in change.path.split("/")
        assert ".." not in change.path.split("/")


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(
    st.lists(st.sampled_from(["x = 1", "  y = 2", "\tz", "", "é", "end"]), min_size=2, max_size=12),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "last"]),
    st.data(),
)
def test_an_exact_edit_changes_its_own_lines_and_no_other_byte(
    lines: list[str], end: str, last: str, data: st.DataObject
) -> None:
    marked = [f"{number}:{line}" for number, line in enumerate(lines, 1)]
    at = data.draw(st.integers(0, len(marked) - 1))
    before = end.join([*marked, last])
    after = end.join([*marked[:at], "new one", "new two", *marked[at + 1 :], last])
    reply = f"a.txt\n<<<<<<< SEARCH\n{marked[at]}\n=======\nnew one\nnew two\n>>>>>>> REPLACE"
    landing = land(parse(reply), lambda _: ("100755", before.encode()), Unread())
    assert [(c.mode, c.content) for c in landing.files] == [("100755", after.encode())]


def test_a_landing_can_be_stored_as_json() -> None:
    landing = land(parse("\n".join(lines_of_replies())), lambda _: None, Unread())
    assert landing.rejected
    assert decode(encode(landing_report(landing)), dict) == landing_report(landing)


def test_half_a_character_is_refused_wherever_it_stands() -> None:
    (whole,) = parse("some prose \ud800").malformed
    (call,) = parse('{"path": "a\\ud800.py", "old_str": "x", "new_str": "y"}').malformed
    assert whole.message == "the reply is not Unicode text (it holds half a character)."
    assert "half a character" in call.message
    assert encode([whole, call])


def test_an_edit_says_by_itself_that_it_replaces_whole_lines() -> None:
    assert Edit("a.py").kind == "replace"
    assert Edit("a.py").whole_lines
