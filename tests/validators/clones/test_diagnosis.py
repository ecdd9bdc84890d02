import hashlib
import itertools
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from validators import git as git_module
from validators.checkout import open_clone
from validators.clones import branches
from validators.clones.repository import CheckoutRefusal, hashing, resolve
from validators.git import GitRefusal


def plain(folder: Path, *arguments: str) -> str:
    argv = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", *arguments]
    done = subprocess.run(argv, cwd=folder, capture_output=True, check=True)
    return done.stdout.decode().strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    plain(folder, "init", "-q", "-b", "main")
    (folder / "a.txt").write_text("one\n")
    plain(folder, "add", ".")
    plain(folder, "commit", "-q", "-m", "first")
    return folder


@pytest.fixture
def another_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[str], None]]:
    """Put a script where git is looked for."""

    def put(script: str) -> None:
        (tmp_path / "git").write_text(script)
        (tmp_path / "git").chmod(0o755)

    monkeypatch.setattr(git_module, "SEARCH_PATH", str(tmp_path))
    git_module.program.cache_clear()
    yield put
    git_module.program.cache_clear()


@pytest.mark.parametrize(
    ("revision", "words"),
    [
        ("develp", "did you mean 'develop'"),
        ("one/deep", "did you mean 'origin/one/deep'"),
        ("zzz", "no commit 'zzz' .*fetch it"),
        ("the-tree", r"names a folder \(a tree\)"),
        ("HEAD:a.txt", r"names a file \(a blob\)"),
        ("v1", "is both a branch and a tag.*refs/tags/v1"),
        ("1" * 40, "is of another repository, or was not fetched"),
    ],
)
def test_a_name_that_is_no_commit_is_told_apart(
    repository: Path, revision: str, words: str
) -> None:
    for branch in ("develop", "v1"):
        plain(repository, "branch", branch)
    plain(repository, "update-ref", "refs/remotes/origin/one/deep", "HEAD")
    plain(repository, "tag", "v1")
    plain(repository, "tag", "the-tree", "HEAD^{tree}")
    with pytest.raises(CheckoutRefusal, match=words):
        resolve(repository / ".git", revision)


@pytest.mark.parametrize("prefix", ["refs/heads/", "refs/tags/"])
def test_a_name_in_full_is_never_two_things(repository: Path, prefix: str) -> None:
    plain(repository, "branch", "v1")
    plain(repository, "tag", "v1")
    assert resolve(repository / ".git", f"{prefix}v1") == plain(repository, "rev-parse", "HEAD")


def test_a_short_hash_that_two_objects_begin_with_asks_for_more_of_it(repository: Path) -> None:
    tree = plain(repository, "rev-parse", "HEAD^{tree}")
    known: dict[str, bytes] = {}
    for number in itertools.count():
        text = f"tree {tree}\nauthor a <a> {number} +0000\ncommitter a <a> {number} +0000\n\n"
        content = text.encode()
        header = f"commit {len(content)}\0".encode()
        start = hashlib.sha1(header + content, usedforsecurity=False).hexdigest()[:4]
        if start in known:
            break
        known[start] = content
    for each in (content, known[start]):
        argv = ["git", "hash-object", "-t", "commit", "-w", "--stdin"]
        subprocess.run(argv, cwd=repository, input=each, capture_output=True, check=True)
    with pytest.raises(CheckoutRefusal, match="begins the hashes of several objects"):
        resolve(repository / ".git", start)


def test_an_object_that_an_alternate_no_longer_lends_is_traced_to_it(
    repository: Path, tmp_path: Path
) -> None:
    plain(tmp_path, "clone", "-q", "--shared", str(repository), "shared")
    repository.rename(tmp_path / "elsewhere")
    with pytest.raises(CheckoutRefusal, match=r"borrows objects from .*project.*not there"):
        open_clone(tmp_path / "shared", "HEAD", tmp_path / "clone")


def test_a_tree_with_a_missing_file_is_refused_before_work_begins(
    repository: Path, tmp_path: Path
) -> None:
    sha = plain(repository, "rev-parse", "HEAD:a.txt")
    (repository / ".git/objects" / sha[:2] / sha[2:]).unlink()
    with pytest.raises(CheckoutRefusal, match=r"is damaged or lacks objects.*git fsck"):
        open_clone(repository, "HEAD", tmp_path / "clone")


def test_a_reftable_is_refused_whatever_git_can(repository: Path) -> None:
    (repository / ".git/reftable").mkdir()
    with pytest.raises(CheckoutRefusal, match=r"reftable.*git refs migrate"):
        hashing(repository / ".git")


def test_a_branch_below_a_branch_names_the_one_in_the_way(repository: Path) -> None:
    head = plain(repository, "rev-parse", "HEAD")
    plain(repository, "branch", "changewright/task")
    with pytest.raises(branches.BranchRefusal, match=r"branch 'changewright/task'.*git branch -m"):
        branches.move(repository / ".git", "changewright/task/more", head, None)


def test_a_branch_whose_lock_is_held_says_whose_it_may_be(repository: Path) -> None:
    head = plain(repository, "rev-parse", "HEAD")
    lock = repository / ".git/refs/heads/changewright/x.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    with pytest.raises(branches.BranchRefusal, match=r"x\.lock is there: another git process"):
        branches.move(repository / ".git", "changewright/x", head, None)
    assert lock.exists()


def test_objects_that_cannot_be_written_move_no_branch(repository: Path) -> None:
    with pytest.raises(branches.BranchRefusal, match=r"could not be written.*no branch was moved"):
        branches.add_objects(repository / ".git", b"no pack")


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("#!/bin/sh\necho git version 2.20.1\n", r"is git version 2\.20\.1, which is too old"),
        ("#!/bin/sh\necho hello\n", "does not say which version"),
        ("#!/nowhere/at/all\n", "does not run on this machine"),
    ],
)
def test_a_git_that_cannot_be_used_is_refused_with_what_to_install(
    another_git: Callable[[str], None], script: str, words: str
) -> None:
    another_git(script)
    with pytest.raises(GitRefusal, match=rf"{words}.*install git 2\.39 or newer"):
        git_module.program()


def test_without_git_the_refusal_says_where_it_was_looked_for(
    another_git: Callable[[str], None], tmp_path: Path
) -> None:
    with pytest.raises(GitRefusal, match=rf"there is no git in {tmp_path}"):
        git_module.program()
