"""What is known of blobs outlives a process, and nothing that befalls the file stops a run."""

import sqlite3
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from scoping import store_rows
from scoping.cache import Cache
from scoping.index import build_index
from scoping.objects import open_objects
from scoping.scan import Scan, scan
from scoping.store import FILE_NAME, Kept, SqliteStore
from scoping.syntax import Shape, Syntax
from tests.ending import LIMIT_S, all_ended

MAKE = Any
DAY = 86_400.0
SCAN = scan("def é(x): return 'no such “thing” here'\n".encode(), "python")
SYNTAX = Syntax("python", (Shape("function", "é", 0, 9, 1, 1, "def é(x)"),), ("os",))
KEY = f"{'1' * 40}:python"


def scans(count: int) -> dict[str, Scan]:
    return {f"{number:040}:python": SCAN for number in range(count)}


def filled(path: Path, now_s: float = DAY, count: int = 1) -> None:
    with SqliteStore(path, now_s) as store:
        store.keep(scans(count) | {KEY: SCAN}, {KEY: SYNTAX})
        assert not store.trouble


def test_what_is_kept_is_found_again_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "new" / FILE_NAME
    empty = {f"{'2' * 40}:": Scan(), f"{'3' * 40}:": Scan(refused="binary")}
    filled(path)

    with SqliteStore(path, DAY) as store:
        store.keep(empty, {})
        assert store.scans([KEY, *empty, "4:python"]) == {KEY: SCAN} | empty
        assert store.syntaxes([KEY, *empty]) == {KEY: SYNTAX}
        assert (store.kept().scans, store.kept().syntaxes) == (4, 1)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_second_run_reads_and_parses_nothing(make_repository: MAKE, tmp_path: Path) -> None:
    git_dir = make_repository({"a.py": "def f(): pass\n", "b": "\0"}).git_dir
    path = tmp_path / FILE_NAME

    def index() -> Any:
        with SqliteStore(path, DAY) as store, open_objects(git_dir) as reader:
            made = build_index(reader, "HEAD", cache=Cache(store))
            return made, made.by_path["a.py"].symbols, reader.pid

    first, second = index(), index()

    assert first[:2] == second[:2]
    assert first[0].skipped == second[0].skipped
    assert first[2] is not None
    assert second[2] is None


def test_another_version_of_our_code_does_not_believe_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / FILE_NAME
    filled(path)
    monkeypatch.setattr(store_rows, "_OURS", ("words.py",))
    for version in (store_rows.scan_version, store_rows._language_version):
        version.cache_clear()

    with SqliteStore(path, DAY) as store:
        assert (store.scans([KEY]), store.syntaxes([KEY])) == ({}, {})
    for version in (store_rows.scan_version, store_rows._language_version):
        version.cache_clear()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE scans SET told = CAST(replace(told, 'def', 'fed') AS BLOB)",
        "UPDATE scans SET told = 'x'",
        "UPDATE scans SET counts = 'x'",
        "UPDATE scans SET lines = 'many'",
        "UPDATE scans SET sum = sum + 1",
    ],
)
def test_a_row_that_was_changed_is_as_good_as_none(tmp_path: Path, damage: str) -> None:
    path = tmp_path / FILE_NAME
    filled(path)
    with sqlite3.connect(path) as connection:
        connection.execute(damage)
        connection.execute("UPDATE syntaxes SET told = CAST('{\"language\": 3}' AS BLOB)")
    connection.close()

    with SqliteStore(path, DAY) as store:
        assert (store.scans([KEY]), store.syntaxes([KEY])) == ({}, {})
        store.keep({KEY: SCAN}, {KEY: SYNTAX})
        assert (store.scans([KEY]), store.syntaxes([KEY])) == ({KEY: SCAN}, {KEY: SYNTAX})
        assert not store.trouble


def test_a_text_of_a_parser_that_is_none_is_as_good_as_none() -> None:
    told = b'{"language": 3}'
    right = store_rows.told_of(SYNTAX)

    assert store_rows.syntax_of(right) == SYNTAX
    assert store_rows.syntax_of(right._replace(sum=right.sum + 1)) is None
    assert (
        store_rows.syntax_of(right._replace(told=told, sum=zlib.crc32(told, zlib.crc32(b"", 1))))
        is None
    )


def test_what_is_known_is_told_without_being_looked_at(tmp_path: Path) -> None:
    refused = f"{'2' * 40}:python"
    with SqliteStore(tmp_path / FILE_NAME, DAY) as store:
        store.keep(
            {KEY: SCAN, refused: Scan(refused="binary")},
            {KEY: SYNTAX, refused: Syntax(refused="deep")},
        )
        assert store.known_scans([KEY, refused, "3:python"]) == {KEY: "", refused: "binary"}
        assert store.known_syntaxes([KEY, refused, "3:python"]) == {
            KEY: (1, ""),
            refused: (0, "deep"),
        }


def test_what_commits_did_to_a_path_is_kept_and_checked(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    told = {"1:2:a": b"[false,[]]", "1:3:a": b""}
    with SqliteStore(path, DAY) as store:
        store.keep_changes(told)
        assert store.changes([*told, "none"]) == told
    with sqlite3.connect(path) as connection:
        connection.execute(
            "UPDATE changes SET told = CAST('[true]' AS BLOB) WHERE length(told) > 0"
        )
    connection.close()

    with SqliteStore(path, DAY) as store:
        assert store.changes(list(told)) == {"1:3:a": b""}


@pytest.mark.parametrize(
    "content", [b"no database at all" * 400, b"SQLite format 3\0" + b"\1" * 99]
)
def test_a_damaged_file_is_removed_and_made_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(content)

    with SqliteStore(path, DAY) as store:
        assert store.scans([KEY]) == {}
        assert "will be made anew" in store.trouble
        store.keep({KEY: SCAN}, {})
        assert store.kept() == Kept(0, 0, 0)
    filled(path)


def test_a_file_damaged_in_the_middle_stops_nothing(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    filled(path, count=300)
    whole = bytearray(path.read_bytes())
    whole[8_192 : len(whole) - 4_096] = b"\xff" * (len(whole) - 12_288)
    path.write_bytes(whole)

    with SqliteStore(path, DAY) as store:
        assert store.scans(scans(300)) == {}
        assert str(path) in store.trouble


@pytest.mark.parametrize("place", ["file/x", "folder"])
def test_a_place_that_holds_no_file_costs_nothing_but_time(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()

    with SqliteStore(tmp_path / place, DAY) as store:
        store.keep({KEY: SCAN}, {KEY: SYNTAX})
        assert store.scans([KEY]) == {}
        assert "cannot be used" in store.trouble


def test_a_lock_that_does_not_come_free_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scoping.store._BUSY_S", 0.05)
    path = tmp_path / FILE_NAME
    filled(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with SqliteStore(path, DAY) as store:
        assert store.scans([KEY]) == {KEY: SCAN}
        store.keep(scans(3), {})
        assert "locked" in store.trouble
    other.close()
    assert path.exists()


def test_it_stays_within_its_bounds_and_forgets_what_was_longest_unused(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    filled(path, now_s=DAY, count=2_000)
    size = path.stat().st_size

    with SqliteStore(path, 5 * DAY) as store:
        assert store.scans([KEY]) == {KEY: SCAN}
        store.trim(size // 2)
        kept = store.kept()
        assert store.scans([KEY]) == {KEY: SCAN}
    assert 500 < kept.scans < 1_000
    assert kept.size_bytes <= size // 2
    assert path.stat().st_size <= size // 2


def test_a_file_that_may_not_grow_stops_nothing(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / FILE_NAME, DAY, most_bytes=40_000) as store:
        store.keep(scans(2_000), {})
        assert "full" in store.trouble
        assert store.scans([KEY]) == {}


def test_what_no_run_used_for_a_month_is_collected(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    filled(path, now_s=DAY, count=10)

    with SqliteStore(path, 20 * DAY) as store:
        store.scans([KEY])
        store.collect()
        assert store.kept().scans == 11
    with SqliteStore(path, 40 * DAY) as store:
        store.collect()
        assert (store.kept().scans, store.kept().syntaxes) == (1, 0)


_WRITER = """
import sys
import zlib
from pathlib import Path
from scoping.scan import scan
from scoping.store import SqliteStore
told = scan(b"def f(): pass", "python")
with SqliteStore(Path(sys.argv[1]), 86400.0) as store:
    for number in range(40):
        store.keep({f"{sys.argv[2]}-{number}:python": told, f"shared-{number}:python": told}, {})
    sys.exit(store.trouble or 0)
"""


def test_processes_that_make_it_at_the_same_moment_wait_for_nothing(tmp_path: Path) -> None:
    for attempt in range(20):
        path = tmp_path / str(attempt) / FILE_NAME
        starts = Barrier(4)
        with ThreadPoolExecutor(4) as threads:
            assert set(threads.map(_made, [path] * 4, [starts] * 4)) == {""}
        assert all(it.is_file() for it in path.parent.iterdir())


def _made(path: Path, starts: Barrier) -> str:
    with SqliteStore(path, DAY) as store:
        starts.wait(60)
        store.keep(scans(1), {})
        return store.trouble


def test_several_processes_write_at_once(tmp_path: Path, root: Path) -> None:
    path = tmp_path / FILE_NAME
    argv = [sys.executable, "-c", _WRITER, str(path)]
    started = [subprocess.Popen([*argv, str(number)], cwd=root) for number in range(3)]

    with all_ended(started) as writers:
        assert [writer.wait(LIMIT_S) for writer in writers] == [0, 0, 0]
    with SqliteStore(path, DAY) as store:
        assert store.kept().scans == 160
