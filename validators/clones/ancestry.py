"""How two commits of one git directory stand to each other."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from validators.clones.clone import object_name, split_paths
from validators.git import GitRefusal, git


def is_ancestor(git_dir: Path, older: str, newer: str) -> bool:
    """Whether ``newer`` holds ``older`` in its history; False where git lacks ``older``."""
    asked = ("merge-base", "--is-ancestor", object_name(older), object_name(newer))
    try:
        git(git_dir, "cat-file", "-e", f"{object_name(newer)}^{{commit}}")
        git(git_dir, *asked)
    except GitRefusal as error:
        if error.code == 1 or not has_commit(git_dir, older):
            return False
        raise
    return True


def has_commit(git_dir: Path, commit: str) -> bool:
    """Whether git has ``commit`` there."""
    try:
        git(git_dir, "cat-file", "-e", f"{object_name(commit)}^{{commit}}")
    except GitRefusal:
        return False
    return True


def changed_between(git_dir: Path, older: str, newer: str) -> tuple[str, ...]:
    """Return the paths in which the trees of two commits differ; a renamed file is two."""
    between = (object_name(older), object_name(newer))
    listed = git(git_dir, "diff-tree", "-r", "-z", "--name-only", "--no-renames", *between)
    return split_paths(listed)


def tree_of(git_dir: Path, commit: str) -> str:
    """Return the tree of a commit that git has there."""
    asked = f"{object_name(commit)}^{{tree}}"
    return git(git_dir, "rev-parse", "--verify", asked).decode().strip()


def parents_of(git_dir: Path, commit: str) -> tuple[str, ...]:
    """Return the parents of a commit, the one it was made on first."""
    asked = ("rev-list", "--parents", "--max-count=1", object_name(commit))
    return tuple(git(git_dir, *asked).decode().split()[1:])


@dataclass(frozen=True, slots=True)
class CommitWords:
    """What a commit says of itself; ``committer`` is ``name <address>``, ``at`` when, ISO 8601."""

    sha: str
    at: str
    committer: str
    message: str


def first_parents(git_dir: Path, head: str, most: int, without: str = "") -> Iterator[CommitWords]:
    """Yield ``head`` and what it was committed on, newest first, but for what was merged into it.

    It ends before the history that ``without`` has too.
    """
    return _listed(git_dir, head, most, without, "--first-parent")


def added_commits(git_dir: Path, head: str, most: int, without: str) -> Iterator[CommitWords]:
    """Yield what ``head`` holds and ``without`` does not, what was merged into it included."""
    return _listed(git_dir, head, most, without)


def _listed(
    git_dir: Path, head: str, most: int, without: str, *options: str
) -> Iterator[CommitWords]:
    form = "--format=%H%x00%cI%x00%cn <%ce>%x00%B"
    commits = [object_name(head), *([f"^{object_name(without)}"] if without else [])]
    asked = ("log", "-z", *options, f"--max-count={most}", form, *commits)
    fields = iter(split_paths(git(git_dir, *asked)))
    for sha, at, committer, message in zip(fields, fields, fields, fields, strict=True):
        yield CommitWords(sha, at, committer, message)
