"""Two commits merge to one tree, or to the paths in which a person has to choose."""

import subprocess
from pathlib import Path

import pytest

from validators.clones.merged_tree import Merged, merged
from validators.git import GitRefusal, git


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A repository whose branches differ: two merge, two do not, one shares no history."""
    run(tmp_path, "init", "--quiet", "--initial-branch=main")
    for branch, start, path, text in (
        ("main", "", "a.txt", "1\n"),
        ("left", "main", "a.txt", "2\n"),
        ("right", "main", "a.txt", "3\n"),
        ("beside", "main", "b.txt", "4\n"),
        ("strange", "--orphan", "a.txt", "1\n"),
    ):
        if start:
            made = (start, branch) if start == "--orphan" else ("-c", branch, start)
            run(tmp_path, "switch", "--quiet", *made)
        (tmp_path / path).write_text(text)
        run(tmp_path, "add", "--all")
        run(tmp_path, "commit", "--quiet", f"--message={branch}")
    return tmp_path / ".git"


def run(folder: Path, *words: str) -> str:
    argv = ["git", "-c", "user.name=ada", "-c", "user.email=ada@localhost", *words]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(place: Path, branch: str) -> str:
    return run(place.parent, "rev-parse", branch)


def test_what_does_not_meet_is_one_tree(place: Path) -> None:
    found = merged(place, commit(place, "left"), commit(place, "beside"))

    shown = [git(place, "cat-file", "blob", f"{found.tree}:{name}") for name in ("a.txt", "b.txt")]
    assert (shown, found.conflicts) == ([b"2\n", b"4\n"], ())


def test_what_one_holds_already_is_its_own_tree(place: Path) -> None:
    left = commit(place, "left")

    found = merged(place, commit(place, "main"), left)

    assert found == Merged(run(place.parent, "rev-parse", f"{left}^{{tree}}"))


def test_where_both_changed_a_line_the_paths_are_named(place: Path) -> None:
    assert merged(place, commit(place, "left"), commit(place, "right")) == Merged("", ("a.txt",))


def test_what_shares_no_history_is_refused(place: Path) -> None:
    with pytest.raises(GitRefusal, match="unrelated histories"):
        merged(place, commit(place, "main"), commit(place, "strange"))
