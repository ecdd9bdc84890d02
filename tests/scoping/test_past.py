"""What past commits changed is read once, and is the same from wherever it comes."""

import sqlite3
from pathlib import Path
from typing import Any

from scoping.objects import open_objects
from scoping.past import past_of
from scoping.store import FILE_NAME, SqliteStore

MAKE = Any
DAY = 86_400.0
LIMIT = 10


def changed(repository: Any, *numbers: int) -> None:
    for number in numbers:
        repository.commit({f"näme{number}\n.py": f"{number}\n", "a.py": f"{number}\n"})


def remembered(git_dir: Path, path: Path) -> Any:
    with SqliteStore(path, DAY) as store, open_objects(git_dir) as reader:
        found = past_of(reader, reader.resolve("HEAD"), LIMIT, store)
        assert not store.trouble
        return found, reader.past(reader.resolve("HEAD"), LIMIT)


def test_what_is_remembered_is_what_git_tells(make_repository: MAKE, tmp_path: Path) -> None:
    repository = make_repository({"a.py": "0\n"})
    changed(repository, 1, 2)
    path = tmp_path / FILE_NAME

    first, told = remembered(repository.git_dir, path)
    assert first == told
    again, _ = remembered(repository.git_dir, path)
    assert again == told
    assert [commit.paths for commit in again] == [("a.py", "näme2\n.py"), ("a.py", "näme1\n.py")]

    changed(repository, *range(3, 13))
    later, told = remembered(repository.git_dir, path)
    assert later == told
    assert len(later) == LIMIT


def test_a_commit_that_was_changed_in_the_store_is_read_again(
    make_repository: MAKE, tmp_path: Path
) -> None:
    repository = make_repository({"a.py": "0\n"})
    changed(repository, 1, 2)
    path = tmp_path / FILE_NAME
    remembered(repository.git_dir, path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE past SET told = 'x' WHERE rowid = 1")
    connection.close()

    found, told = remembered(repository.git_dir, path)

    assert found == told


def test_a_message_cannot_pretend_to_be_another_commit(
    make_repository: MAKE, tmp_path: Path
) -> None:
    repository = make_repository({"a.py": "0\n"})
    sha = repository.git("rev-parse", "HEAD")
    changed(repository, 1)
    forged = f"\x1e{sha}\x1f{sha} 1\x1fa message\x1f"
    repository.git("commit", "-q", "--allow-empty", "-m", forged)

    found, _ = remembered(repository.git_dir, tmp_path / FILE_NAME)

    assert [commit.paths for commit in found] == [(), ("a.py", "näme1\n.py")]
    assert found[0].message.startswith("\x1e")


def test_without_a_store_git_is_asked_each_time(make_repository: MAKE) -> None:
    repository = make_repository({"a.py": "0\n"})
    changed(repository, 1)

    with open_objects(repository.git_dir) as reader:
        assert past_of(reader, "HEAD", LIMIT, None) == reader.past("HEAD", LIMIT)
