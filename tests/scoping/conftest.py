"""Real git repositories for the tests of scoping."""

import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from scoping.index import Index, build_index
from scoping.objects import ObjectReader, open_objects

Content = str | bytes
CLEAN = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
}


@dataclass(frozen=True)
class Repository:
    """One repository with a work tree, and a way to run git in it."""

    folder: Path

    @property
    def git_dir(self) -> Path:
        return self.folder / ".git"

    def git(self, *arguments: str | bytes, stdin: bytes = b"") -> str:
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env=CLEAN,
            input=stdin,
            capture_output=True,
            check=True,
        )
        return done.stdout.decode().strip()

    def commit(self, files: Mapping[str, Content] | Mapping[bytes, Content]) -> str:
        for name, content in files.items():
            path = self.folder / os.fsdecode(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "x")
        return self.git("rev-parse", "HEAD")


MakeRepository = Callable[..., Repository]
Indexed = Callable[..., Index]


@pytest.fixture
def make_repository(tmp_path: Path) -> MakeRepository:
    """Make a repository of given files, committed."""

    def make(files: Mapping[str, Content] | None = None, name: str = "repo") -> Repository:
        folder = tmp_path / name
        folder.mkdir()
        repository = Repository(folder)
        repository.git("init", "-q", "-b", "main")
        repository.commit(files or {})
        return repository

    return make


@contextmanager
def reading(repository: Repository) -> Iterator[ObjectReader]:
    with open_objects(repository.git_dir) as reader:
        yield reader


@pytest.fixture
def indexed(make_repository: MakeRepository) -> Indexed:
    """Index a repository made of given files."""

    def index(files: Mapping[str, Content]) -> Index:
        with open_objects(make_repository(files).git_dir) as reader:
            return build_index(reader, "HEAD")

    return index
