"""A line's history is what ``git log -L`` tells, and the second question compares nothing."""

from pathlib import Path
from typing import Any

import pytest

from scoping.blobs import ObjectsRefusal
from scoping.line_history import line_history
from scoping.objects import ObjectReader, open_objects
from scoping.store import FILE_NAME, SqliteStore

MAKE = Any
PATH = "odd:na me é.py"
NOW = "new/place.py"


def text(**changed: str) -> str:
    rows = {f"l{number}": f"row {number}" for number in range(12)} | changed
    return "".join(f"{row}\n" for row in rows.values())


@pytest.fixture
def repository(make_repository: MAKE) -> Any:
    """Make a history with a merge that both sides had a part in, a renaming, and edits after it."""
    made = make_repository({PATH: text(), "other": "x\n"})
    made.commit({PATH: text(l3="three")})
    made.git("checkout", "-q", "-b", "side")
    made.commit({PATH: text(l3="three", l9="side", more="more")})
    made.git("checkout", "-q", "main")
    made.commit({PATH: text(l0="main", l1="main", l3="three")})
    made.git("merge", "-q", "--no-ff", "-m", "both", "side")
    made.commit({"other": "y\n"})
    made.commit({PATH: "before\n" + text(l0="main", l1="main", l3="three", l9="side", more="more")})
    (made.folder / "new").mkdir()
    made.git("mv", PATH, NOW)
    made.commit({NOW: "before\n" + text(l0="main", l1="main", l3="moved", l9="side", more="more")})
    made.commit({NOW: "before\n" + text(l0="main", l3="again", l9="side", more="more", end="\0")})
    return made


class Watched(ObjectReader):
    """Remembers what git was asked for."""

    asked: list[str]

    def ask(self, *arguments: str, stdin: bytes = b"") -> bytes:
        self.asked = [*getattr(self, "asked", []), arguments[0]]
        return super().ask(*arguments, stdin=stdin)


@pytest.mark.parametrize("is_kept", [False, True])
def test_every_line_has_the_history_that_git_tells(
    repository: Any, tmp_path: Path, *, is_kept: bool
) -> None:
    count = len(repository.git("show", f"HEAD:{NOW}").split("\n"))
    told, found = [], []
    with (
        SqliteStore(tmp_path / FILE_NAME, 86_400.0) as store,
        open_objects(repository.git_dir) as reader,
    ):
        for line in range(1, count + 1):
            argv = ("log", "-s", "--format=%H", f"-L{line},{line}:{NOW}")
            told.append(repository.git(*argv).split())
            commits = line_history(reader, store if is_kept else None, "HEAD", (NOW, line), 20)
            found.append([commit.sha for commit in commits])

    assert found == told
    assert max(map(len, found)) == 4


def test_a_second_question_compares_nothing(repository: Any, tmp_path: Path) -> None:
    with SqliteStore(tmp_path / FILE_NAME, 86_400.0) as store:
        first = Watched(repository.git_dir)
        one = line_history(first, store, "HEAD", (NOW, 5), 20)
        again = Watched(repository.git_dir)
        assert line_history(again, store, "HEAD", (NOW, 5), 20) == one
        assert not store.trouble

    assert {"rev-list", "diff-tree"} <= set(first.asked)
    assert not {"rev-list", "diff-tree"} & set(again.asked)


def test_no_more_commits_are_told_than_wanted(repository: Any) -> None:
    with open_objects(repository.git_dir) as reader:
        assert len(line_history(reader, None, "HEAD", (NOW, 5), 2)) == 2
        with pytest.raises(ObjectsRefusal, match="there is no commit"):
            line_history(reader, None, repository.git("rev-parse", "HEAD^{tree}"), (NOW, 1), 2)


def test_a_repository_s_own_settings_change_nothing(repository: Any, tmp_path: Path) -> None:
    with open_objects(repository.git_dir) as reader:
        plain = line_history(reader, None, "HEAD", (NOW, 5), 20)
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path / 'ran'}\n")
    program.chmod(0o755)
    (repository.git_dir / "info").mkdir(exist_ok=True)
    (repository.git_dir / "info" / "attributes").write_text("*.py diff=own\n")
    for name, value in (
        ("diff.own.command", str(program)),
        ("diff.own.textconv", str(program)),
        ("diff.external", str(program)),
        ("diff.noprefix", "true"),
        ("diff.context", "9"),
        ("diff.interHunkContext", "9"),
        ("diff.algorithm", "patience"),
        ("color.ui", "always"),
    ):
        repository.git("config", name, value)

    with open_objects(repository.git_dir) as reader:
        assert line_history(reader, None, "HEAD", (NOW, 5), 20) == plain
    assert not (tmp_path / "ran").exists()
