"""A small GitHub, and the adapter before it, whose waiting is written down instead of done."""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.github_forge.access import App, GitHubAccess, Token
from bot.adapters.github_forge.client import Patience
from bot.adapters.github_forge.forge import GitHubForge
from tests.bot.adapters.github.small_github import NAME, TOKEN, Fault, SmallGitHub, small_github
from validators.checkout import Clone, commit, open_clone, write_tree
from validators.sandbox import FileChange
from workflows.pull_request import Commit, PullRequestDraft

NOW = "2026-11-21T08:11:00Z"
NOW_S = 1_795_000_000.0
BRANCH = "changewright/issue-7"
AUTHOR = "Ada <ada@example.org>"


def plain(folder: Path, *arguments: str) -> str:
    """Git as a person runs it, for setting the stage."""
    argv = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", *arguments]
    done = subprocess.run(argv, cwd=folder, capture_output=True, check=True)
    return done.stdout.decode().strip()


@dataclass(slots=True)
class Scene:
    """A small GitHub whose ``main`` has one commit; ``waits`` are the pauses asked for."""

    small: SmallGitHub
    folder: Path
    clone: Clone
    waits: list[float] = field(default_factory=list)

    @property
    def served(self) -> Path:
        return _served(self.small)

    def access(self, **more: Any) -> GitHubAccess:
        return replace(GitHubAccess(NAME, Token(TOKEN), self.small.url, self.small.git.url), **more)

    def forge(self, **more: Any) -> GitHubForge:
        patience = Patience(pause=self.waits.append, now=lambda: NOW_S)
        return GitHubForge(self.access(**more), self.clone.git_dir, patience)

    def fault(self, verb: str, path: str, status: int, **more: Any) -> None:
        self.small.faults.append(Fault(verb, path, status, **more))

    def commit(self, content: bytes = b"2\n", on: str = "", path: str = "a.txt") -> Commit:
        tree = write_tree(self.clone, self.clone.base_tree, [FileChange(path, "100644", content)])
        at = "2026-11-21T08:11:00+00:00"
        made = commit(self.clone, tree, on or self.clone.base_commit, "words\n", AUTHOR, at)
        return Commit(made.sha, made.parent, made.tree, made.pack)

    def pushed(self, forge: GitHubForge) -> str:
        made = self.commit()
        forge.push(BRANCH, made, None)
        return made.sha

    def draft(self, **more: Any) -> PullRequestDraft:
        base = self.clone.base_commit
        plainly = PullRequestDraft("key", BRANCH, "main", base, "Title", "Body", "run", "0" * 64)
        return replace(plainly, **more)

    def person_commits(self, branch: str, content: str) -> str:
        """Put a commit of somebody else on ``branch``, past us."""
        work = self.folder / f"work-{content}"
        plain(self.folder, "clone", "-q", "-b", branch, str(self.served), str(work))
        (work / "theirs.txt").write_text(content)
        plain(work, "add", ".")
        plain(work, "commit", "-q", "-m", content)
        plain(work, "push", "-q", "origin", branch)
        return plain(work, "rev-parse", "HEAD")


def _served(small: SmallGitHub) -> Path:
    return small.git.root / f"{NAME}.git"


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with one commit, made once and copied for each test."""
    work = tmp_path_factory.mktemp("template") / "first"
    work.mkdir()
    plain(work, "init", "-q", "-b", "main")
    (work / "a.txt").write_text("1\n")
    plain(work, "add", ".")
    plain(work, "commit", "-q", "-m", "first")
    return work


@pytest.fixture
def scene(tmp_path: Path, template: Path) -> Iterator[Scene]:
    with small_github(tmp_path) as small:
        work = shutil.copytree(template, tmp_path / "first")
        for part in ("objects", "refs"):
            shutil.copytree(work / ".git" / part, _served(small) / part, dirs_exist_ok=True)
        # Our clone borrows from a repository that sees nothing of what happens on GitHub.
        yield Scene(small, tmp_path, open_clone(work, "main", tmp_path / "clone"))


def app(key: str, **more: Any) -> App:
    return App("77", key, **more)
