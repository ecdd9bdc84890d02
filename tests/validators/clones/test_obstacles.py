import os
import socket
from pathlib import Path

import pytest

from validators.clones.obstacles import refuse_blocking, refuse_unreadable
from validators.clones.repository import CheckoutRefusal

AS_USER = pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")


@pytest.mark.parametrize("name", [".gitignore", ".gitattributes", "inner/.git/HEAD"])
def test_a_pipe_that_git_would_wait_at_is_refused_by_its_path(tmp_path: Path, name: str) -> None:
    place = tmp_path / "deep" / name
    place.parent.mkdir(parents=True)
    os.mkfifo(place)
    with pytest.raises(CheckoutRefusal, match=rf"{name} is a pipe where there should be a file"):
        refuse_blocking(tmp_path)


def test_files_and_links_of_these_names_and_pipes_of_others_are_let_be(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.log\n")
    (tmp_path / ".gitattributes").symlink_to("/dev/zero")
    (tmp_path / "config").mkdir()
    os.mkfifo(tmp_path / "pipe")
    refuse_blocking(tmp_path)


def test_a_socket_in_a_files_place_is_refused(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(tmp_path / "a.txt"))
        with pytest.raises(CheckoutRefusal, match=r"a\.txt is a socket"):
            refuse_unreadable(tmp_path, ["gone.txt", "a.txt"])


def test_what_git_takes_is_not_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("one\n")
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "folder").mkdir()
    refuse_unreadable(tmp_path, ["file", "link", "folder", "gone", "file/below"])


@AS_USER
def test_a_file_that_may_not_be_read_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch(mode=0)
    with pytest.raises(CheckoutRefusal, match=r"a\.txt cannot be read.*make it readable"):
        refuse_unreadable(tmp_path, ["a.txt"])
