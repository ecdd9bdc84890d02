"""Files are copied out of a folder that somebody else is writing to, and no link is followed."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.ending import beside
from validators.checkout import Clone, read_file, working_tree
from validators.clones.repository import CheckoutRefusal
from validators.clones.staged_copy import copy_files

Files = dict[str, str | bytes | None]
SECRET = b"what no tree may hold\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "user"
    (folder / "in").mkdir(parents=True)
    (folder / "in/a.txt").write_bytes(b"one\n")
    (folder / "run.sh").write_bytes(b"#!/bin/sh\n")
    (folder / "run.sh").chmod(0o755)
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/a.txt").write_bytes(SECRET)
    return folder


@pytest.fixture
def copy(tmp_path: Path, root: Path) -> Callable[..., dict[str, bytes | str]]:
    """Copy paths and return what came of them: a file's content, or where a link leads."""

    def make(*paths: str) -> dict[str, bytes | str]:
        into = tmp_path / "ours"
        into.mkdir()
        copy_files(root, paths, into)
        found: dict[str, bytes | str] = {}
        for place in into.rglob("*"):
            name = str(place.relative_to(into))
            if place.is_symlink():
                found[name] = str(place.readlink())
            elif place.is_file():
                found[name] = place.read_bytes()
        return found

    return make


Copy = Callable[..., dict[str, bytes | str]]


def test_files_come_with_content_and_the_right_to_run(
    copy: Copy, root: Path, tmp_path: Path
) -> None:
    assert copy("in/a.txt", "run.sh") == {"in/a.txt": b"one\n", "run.sh": b"#!/bin/sh\n"}
    assert (tmp_path / "ours/run.sh").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "ours/in/a.txt").stat().st_mode & 0o777 == 0o600


def test_a_link_stays_a_link_wherever_it_leads(copy: Copy, root: Path, tmp_path: Path) -> None:
    (root / "out").symlink_to(tmp_path / "secret/a.txt")
    (root / "loop").symlink_to("loop")
    assert copy("out", "loop") == {"out": str(tmp_path / "secret/a.txt"), "loop": "loop"}


def test_what_lies_behind_a_link_is_not_there(copy: Copy, root: Path, tmp_path: Path) -> None:
    (root / "sly").symlink_to(tmp_path / "secret")
    assert copy("sly/a.txt", "sly") == {"sly": str(tmp_path / "secret")}


def test_what_is_gone_or_a_folder_is_left_out(copy: Copy) -> None:
    assert copy("gone", "in", "in/gone/a.txt", "in/a.txt/b.txt") == {}


def test_a_file_below_what_was_copied_as_a_link_is_never_written_through_it(
    root: Path, tmp_path: Path
) -> None:
    (root / "sly").symlink_to(tmp_path / "secret")

    def paths() -> Iterator[str]:
        yield "sly"
        (root / "sly").unlink()
        (root / "sly").mkdir()
        (root / "sly/a.txt").write_bytes(b"overwritten\n")
        yield "sly/a.txt"

    (tmp_path / "ours").mkdir()
    with pytest.raises(CheckoutRefusal, match=r"sly/a\.txt changed while it was read"):
        copy_files(root, paths(), tmp_path / "ours")
    assert (tmp_path / "secret/a.txt").read_bytes() == SECRET


@pytest.mark.parametrize("kind", ["pipe", "socket"])
def test_what_nobody_can_read_to_its_end_is_not_waited_for(
    copy: Copy, root: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    if kind == "pipe":
        os.mkfifo("odd")
    else:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind("odd")
    with pytest.raises(CheckoutRefusal, match="odd changed while it was read"):
        copy("odd")


@pytest.mark.parametrize("path", ["../secret/a.txt", "/etc/passwd", ".git/config", "in//a.txt"])
def test_a_path_that_leaves_the_folder_is_refused(copy: Copy, path: str) -> None:
    with pytest.raises(CheckoutRefusal, match="is refused"):
        copy(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_a_refusal(copy: Copy, root: Path) -> None:
    (root / "run.sh").chmod(0)
    with pytest.raises(CheckoutRefusal, match=r"run\.sh cannot be read: Permission denied"):
        copy("run.sh")


@contextmanager
def swapping(first: Callable[[], None], second: Callable[[], None]) -> Iterator[None]:
    """Do one and the other in turn, as fast as it goes, for as long as the block lasts."""
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            for step in (first, second):
                with suppress(OSError):
                    step()

    with beside(swap):
        try:
            yield
        finally:
            stop.set()


def fill(place: Path, content: bytes) -> None:
    place.write_bytes(content)


def put(place: Path, make: Callable[[Path], None]) -> None:
    fresh = place.with_name(f".{place.name}.fresh")
    make(fresh)
    fresh.replace(place)


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_file_swapped_for_a_link_while_it_is_read_lets_nothing_in(
    clone_of: Callable[[Files], Clone], tmp_path: Path, what: str
) -> None:
    clone = clone_of({"in/a.txt": "one\n"})
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "a.txt").write_bytes(SECRET)
    user, aside = clone.repository, clone.repository / ".aside"

    def honest() -> None:
        if what == "file":
            put(user / "in/a.txt", lambda place: fill(place, b"two\n"))
        else:
            (user / "in").unlink()
            aside.replace(user / "in")

    def evil() -> None:
        if what == "file":
            put(user / "in/a.txt", lambda place: place.symlink_to(secret / "a.txt"))
        else:
            (user / "in").replace(aside)
            (user / "in").symlink_to(secret)

    trees = set()
    with swapping(honest, evil):
        for _ in range(12):
            with suppress(CheckoutRefusal):
                trees.add(working_tree(clone, user))
    for tree in trees:
        for path in ("in/a.txt", "in", ".aside/a.txt"):
            found = read_file(clone, tree, path)
            assert found is None or found[1] != SECRET
