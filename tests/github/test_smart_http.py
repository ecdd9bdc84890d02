"""The git server of the tests: git itself clones, pushes and is refused."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.github.smart_http import GitServer, serve


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitServer]:
    with serve(tmp_path / "served", {"w-token": "write", "r-token": "read"}) as git_server:
        git_server.create("acme/app")
        yield git_server


def plain(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    argv = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", *arguments]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "GIT_TERMINAL_PROMPT": "0"}
    return subprocess.run(
        argv, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_what_was_pushed_is_what_is_cloned_and_only_writers_push(
    server: GitServer, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    plain(work, "init", "-q", "-b", "main")
    big = bytes(range(256)) * 8_000  # over what git sends in one piece
    (work / "big.bin").write_bytes(big)
    plain(work, "add", ".")
    plain(work, "commit", "-q", "-m", "first")
    pushed: list[Path] = []
    server.received = pushed.append
    with_token = server.url.replace("//", "//x-access-token:{}@") + "/acme/app.git"
    argv = ("-c", "http.postBuffer=1000", "push", "-q")
    for token, word in (("r-token", "403"), ("gone", "Authentication failed")):
        assert word in plain(work, *argv, with_token.format(token), "main").stderr
    assert pushed == []
    done = plain(work, *argv, with_token.format("w-token"), "main")
    assert (done.returncode, len(pushed)) == (0, 1), done.stderr
    assert plain(tmp_path, "clone", "-q", f"{server.url}/acme/app", "again").returncode == 0
    assert (tmp_path / "again/big.bin").read_bytes() == big
    assert "not found" in plain(tmp_path, "clone", f"{server.url}/acme/none", "none").stderr


def test_a_private_repository_asks_who_reads(tmp_path: Path) -> None:
    with serve(tmp_path / "served", {"r-token": "read"}, is_public=False) as server:
        server.create("acme/app")
        assert plain(tmp_path, "ls-remote", server.clone_url("acme/app")).returncode != 0
        url = server.clone_url("acme/app").replace("//", "//x-access-token:r-token@")
        assert plain(tmp_path, "ls-remote", url).returncode == 0
    assert {user for _, _, user in server.seen} == {"", "x-access-token"}
