"""A bare git directory of our own that borrows nothing: for a branch that only we write."""

from pathlib import Path

from validators.clones.clone import Clone, git_folders
from validators.git import git


def open_own(into: Path) -> Clone:
    """Lay out a git directory without any commit in the new or empty folder ``into``."""
    target = into.resolve()
    git_folders(target)
    (target / "config").write_text(
        "[core]\n\trepositoryformatversion = 0\n\tbare = true\n", "utf-8"
    )
    (target / "HEAD").write_text("ref: refs/heads/main\n", "utf-8")
    empty_tree = git(target, "mktree").decode().strip()
    return Clone(target, target, target, "", empty_tree)
