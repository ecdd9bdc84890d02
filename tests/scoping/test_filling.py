"""All of a tree is made known once; what the store knows of it is not read again."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from scoping.cache import Cache
from scoping.facts import Skipped
from scoping.filling import Filled, fill
from scoping.index import index_of
from scoping.listing import Listing
from scoping.objects import open_objects
from scoping.store import FILE_NAME, SqliteStore

MAKE = Any
DAY = 86_400.0
DEEP = "x = " + "(" * 9_000 + ")" * 9_000
FILES: dict[str, str | bytes] = {
    "a.py": "import os\n\nclass A:\n    def f(self): ...\n",
    "copy.py": "import os\n\nclass A:\n    def f(self): ...\n",
    "b.js": "function area() {}\n",
    "notes.md": "about A\n",
    "nul.py": b"\0",
    "deep.py": DEEP,
    "vendor/x.py": "x = 1\n",
}


def filled(repository: Any, store: SqliteStore, **how: Any) -> tuple[Filled, int | None]:
    with open_objects(repository.git_dir) as reader:
        return fill(Listing(reader, repository.git("rev-parse", "HEAD"), **how), store), reader.pid


def test_a_second_time_reads_nothing_and_tells_the_same(
    make_repository: MAKE, tmp_path: Path
) -> None:
    repository = make_repository(FILES)
    with SqliteStore(tmp_path / FILE_NAME, DAY) as store:
        first, _ = filled(repository, store)
        again, pid = filled(repository, store)

    assert first == Filled(
        5,
        5,
        5,
        (
            Skipped("deep.py", "nested deeper than 2000 levels"),
            Skipped("nul.py", "binary"),
            Skipped("vendor/x.py", "vendored"),
        ),
    )
    assert (again.files, again.symbols, again.read, again.skipped) == (5, 5, 0, first.skipped)
    assert pid is None


def test_a_commit_costs_its_own_files_and_an_uncommitted_file_counts(
    make_repository: MAKE, tmp_path: Path
) -> None:
    repository = make_repository({f"f{n}.py": f"x{n} = 1\n" for n in range(5)})
    with SqliteStore(tmp_path / FILE_NAME, DAY) as store:
        filled(repository, store)
        repository.commit({"f1.py": "y = 1\nz = 2\n"})
        after, _ = filled(repository, store)
        overlay = {"f2.py": b"y = 1\nz = 2\n", "f3.py": None, "new.py": b"def f(): pass\n"}
        over, _ = filled(repository, store, overlay=overlay)

    assert (after.files, after.symbols, after.read) == (5, 6, 1)
    assert (over.files, over.symbols, over.read) == (5, 7, 1)


def test_whoever_asks_later_finds_what_was_made_known(
    make_repository: MAKE, tmp_path: Path
) -> None:
    repository = make_repository(FILES)
    told = []
    for is_filled in (False, True):
        with SqliteStore(tmp_path / str(is_filled) / FILE_NAME, DAY) as store:
            if is_filled:
                filled(repository, store)
            with open_objects(repository.git_dir) as reader:
                index = index_of(Listing(reader, "HEAD"), "HEAD", Cache(store))
                told.append([(facts, facts.symbols, facts.imports) for facts in index.files])
                index.close()
                assert (reader.pid is None) == is_filled

    assert told[0] == told[1]
    assert sum(len(symbols) for _, symbols, _ in told[1]) == 5


def test_what_only_was_scanned_is_parsed(make_repository: MAKE, tmp_path: Path) -> None:
    repository = make_repository(FILES)
    path = tmp_path / FILE_NAME
    with SqliteStore(path, DAY) as store:
        first, _ = filled(repository, store)
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM syntaxes")
        connection.execute("DELETE FROM scans WHERE CAST(told AS TEXT) LIKE '%about%'")
    connection.close()

    with SqliteStore(path, DAY) as store:
        again, _ = filled(repository, store)

    assert again == Filled(first.files, first.symbols, 4, first.skipped)


@pytest.mark.parametrize("is_missing", [False, True])
def test_a_store_that_keeps_nothing_costs_time_alone(
    make_repository: MAKE, tmp_path: Path, *, is_missing: bool
) -> None:
    repository = make_repository(FILES)
    if is_missing:
        sha = repository.git("rev-parse", "HEAD:notes.md")
        (repository.git_dir / "objects" / sha[:2] / sha[2:]).unlink()
    with SqliteStore(tmp_path, DAY) as store:
        told, _ = filled(repository, store)
        assert store.trouble

    assert (told.files, told.symbols) == (5 - is_missing, 5)
    assert ("notes.md" in {skip.path for skip in told.skipped}) == is_missing
