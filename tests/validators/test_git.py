import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from validators.clones.repository import CheckoutRefusal, find, locate, resolve
from validators.git import GitRefusal, Terms, git

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root may act as somebody else")


def plain(folder: Path, *arguments: str) -> str:
    """Git as a person runs it, for setting the stage."""
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
def open_folder() -> Iterator[Path]:
    """A folder that any user may reach: pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_git_sees_nothing_of_our_environment(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Mallory")
    monkeypatch.setenv("SOME_API_KEY", "secret")
    alias = Terms(config=("alias.show-environment=!env",))
    seen = git(repository / ".git", "show-environment", terms=alias).decode()
    assert "secret" not in seen
    assert "Mallory" not in seen
    assert "HOME=/nonexistent" in seen


def test_a_refusal_carries_the_exit_code_and_what_git_said(repository: Path) -> None:
    with pytest.raises(GitRefusal, match=r"git cat-file failed in .*bad file") as caught:
        git(repository / ".git", "cat-file", "blob", "f" * 40)
    assert caught.value.code == 128


def test_control_characters_of_a_hostile_name_do_not_reach_the_terminal(repository: Path) -> None:
    with pytest.raises(GitRefusal) as caught:
        git(repository / ".git", "rev-parse", "--verify", "--end-of-options", "\x1b[31mred")
    assert "\x1b" not in str(caught.value)


def test_a_git_that_hangs_is_stopped_with_its_children(repository: Path, tmp_path: Path) -> None:
    late = tmp_path / "late"
    terms = Terms(timeout_s=0.3, config=(f"alias.hang=!sleep 1; touch '{late}'",))
    with pytest.raises(GitRefusal, match=r"took longer than 0\.3 s") as caught:
        git(repository / ".git", "hang", terms=terms)
    assert caught.value.code is None
    time.sleep(1.2)
    assert not late.exists()


def test_a_config_that_names_another_work_tree_is_not_followed(
    repository: Path, tmp_path: Path
) -> None:
    plain(repository, "config", "core.worktree", str(tmp_path / "not-there"))
    assert (
        resolve(repository / ".git", "HEAD")
        == git(repository / ".git", "rev-parse", "main").decode().strip()
    )


def test_what_a_partial_clone_lacks_is_not_fetched(repository: Path, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    for key, value in {
        "remote.origin.url": f"ext::sh -c touch% {canary}",
        "remote.origin.promisor": "true",
        "protocol.ext.allow": "always",
        "protocol.allow": "always",
    }.items():
        plain(repository, "config", key, value)
    plain(repository, "config", "core.repositoryFormatVersion", "1")
    plain(repository, "config", "extensions.partialClone", "origin")
    with pytest.raises(GitRefusal):
        git(repository / ".git", "cat-file", "blob", "e" * 40)
    assert not canary.exists()
    subprocess.run(["git", "cat-file", "blob", "e" * 40], cwd=repository, check=False)
    assert canary.exists(), "the trap itself must work, or this test proves nothing"


@ROOT_ONLY
def test_root_may_read_and_write_as_the_owner(open_folder: Path) -> None:
    folder = open_folder / "theirs.git"
    plain(open_folder, "init", "-q", "--bare", str(folder))
    subprocess.run(["chown", "-R", "65534:65534", str(folder)], check=True)
    name = git(folder, "hash-object", "-w", "--stdin", stdin=b"x").decode().strip()
    other = git(
        folder, "hash-object", "-w", "--stdin", stdin=b"y", terms=Terms(owner=(65534, 65534))
    )
    other_name = other.decode().strip()
    assert (folder / "objects" / name[:2] / name[2:]).stat().st_uid == 0
    assert (folder / "objects" / other_name[:2] / other_name[2:]).stat().st_uid == 65534


# --- where a repository is -----------------------------------------------------------------------


def test_a_work_tree_a_folder_in_it_and_its_git_directory_are_one_repository(
    repository: Path,
) -> None:
    (repository / "deep" / "down").mkdir(parents=True)
    for path in (repository, repository / "deep" / "down", repository / ".git"):
        assert find(path).root == repository
        assert locate(path) == repository / ".git"


def test_a_bare_repository_is_found_only_when_it_is_named(repository: Path) -> None:
    bare = repository / "planted"
    plain(repository, "init", "-q", "--bare", str(bare))
    (bare / "inner").mkdir()
    assert locate(bare) == bare
    assert locate(bare / "inner") == repository / ".git"


def test_a_linked_work_tree_leads_to_its_own_git_directory(
    repository: Path, tmp_path: Path
) -> None:
    linked = tmp_path / "linked"
    plain(repository, "worktree", "add", "-q", "-b", "side", str(linked))
    assert locate(linked) == repository / ".git" / "worktrees" / "linked"
    assert resolve(locate(linked), "HEAD") == plain(repository, "rev-parse", "side")


@pytest.mark.parametrize(
    "pointer", ["", "gitdir: /nowhere\n", "/etc\n", "gitdir: a\0b\n", "gitdir: .\n"]
)
def test_a_git_file_that_points_nowhere_is_refused(tmp_path: Path, pointer: str) -> None:
    (tmp_path / ".git").write_text(pointer)
    with pytest.raises(CheckoutRefusal, match="git worktree repair"):
        locate(tmp_path)


def test_a_folder_without_a_repository_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CheckoutRefusal, match="git init"):
        locate(tmp_path)
    with pytest.raises(CheckoutRefusal, match="is not a folder"):
        locate(tmp_path / "missing")


# --- which commit a word means -------------------------------------------------------------------


def test_branches_tags_hashes_and_steps_back_are_commits(repository: Path) -> None:
    first = plain(repository, "rev-parse", "HEAD")
    plain(repository, "tag", "-a", "-m", "words", "v1")
    plain(repository, "commit", "-q", "--allow-empty", "-m", "second")
    for word in ("v1", first, first[:10], "main~1", "refs/tags/v1"):
        assert resolve(repository / ".git", word) == first


@pytest.mark.parametrize("word", ["", "-x", "--git-dir=/etc", "a\nb", "a\0b", "x" * 300])
def test_what_can_be_no_name_of_a_commit_never_reaches_git(repository: Path, word: str) -> None:
    with pytest.raises(CheckoutRefusal, match="is not the name of a commit"):
        resolve(repository / ".git", word)


def test_an_unknown_commit_is_refused_with_what_to_do(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(CheckoutRefusal, match=r"no commit 'nowhere'.*fetch it"):
        resolve(repository / ".git", "nowhere")
    with pytest.raises(CheckoutRefusal, match=r"'HEAD:a.txt' names a file"):
        resolve(repository / ".git", "HEAD:a.txt")
    plain(repository, "commit", "-q", "--allow-empty", "-m", "second")
    plain(tmp_path, "clone", "-q", "--depth=1", repository.as_uri(), "shallow")
    with pytest.raises(CheckoutRefusal, match="--unshallow"):
        resolve(tmp_path / "shallow" / ".git", "HEAD~1")


def test_a_repository_without_commits_is_refused_with_what_to_do(tmp_path: Path) -> None:
    plain(tmp_path, "init", "-q")
    with pytest.raises(CheckoutRefusal, match="has no commit yet"):
        resolve(tmp_path / ".git", "HEAD")
