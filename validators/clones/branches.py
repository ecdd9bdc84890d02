"""The only writes this project makes into a user's repository: objects, and one branch at a time.

A branch moves by compare-and-swap, and only when nobody works on it. Neither the config, the hooks
nor, but for `move_checked_out`, the index and the files of the user take part.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from scoping.refusal import Refusal
from validators.clones.clone import Clone, object_name, open_clone, split_paths
from validators.clones.diagnosis import shown, why_unwritable
from validators.clones.repository import Place, common_dir, locate
from validators.clones.work_tree import uncommitted_paths, work_tree_settings
from validators.git import GitRefusal, Terms, git

_OURS = re.compile(r"changewright(/[a-z0-9][a-z0-9-]*){1,4}")
_MAX_BRANCH_LENGTH = 200
_HEADS = "refs/heads/"
_REBASES = ("rebase-merge", "rebase-apply")
_LOCK_WAIT = ("core.filesRefLockTimeout=1500",)
_UNDER_WAY = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "BISECT_LOG", *_REBASES)


class BranchRefusal(Refusal):
    """A branch is left as it is: which, why, and what a person can do."""


@dataclass(frozen=True, slots=True)
class CheckedOut:
    """A work tree that stands on a branch; ``git_dir`` keeps its HEAD and its index."""

    branch: str
    work_tree: Path
    git_dir: Path


def require_ours(branch: str) -> None:
    """Raise BranchRefusal unless ``branch`` is one only this project makes."""
    if len(branch) > _MAX_BRANCH_LENGTH or not _OURS.fullmatch(branch):
        raise BranchRefusal(
            f"{branch[:80]!r} is not a branch of ours; those are changewright/ and words of a-z,"
            " 0-9 and '-' between slashes"
        )


def head_of(git_dir: Path, branch: str, *, among: str = _HEADS) -> str | None:
    """Return the commit of a branch, local unless ``among`` names others, or None without one."""
    if "\0" in branch:
        return None
    listed = git(git_dir, "for-each-ref", "--format=%(objectname) %(refname)", among + branch)
    for line in listed.decode("utf-8", "surrogateescape").splitlines():
        name, _, reference = line.partition(" ")
        if reference == among + branch:
            return name
    return None


def containing(git_dir: Path, commit: str) -> tuple[str, ...]:
    """Return the local branches that contain ``commit``."""
    asked = (f"--contains={object_name(commit)}", "--format=%(refname)", _HEADS)
    listed = git(git_dir, "for-each-ref", *asked)
    references = listed.decode("utf-8", "surrogateescape").splitlines()
    return tuple(reference.removeprefix(_HEADS) for reference in references)


def current(git_dir: Path) -> str | None:
    """Return the branch HEAD is on, or None when it is detached."""
    line = (git_dir / "HEAD").read_text("utf-8", "surrogateescape").strip()
    prefix = f"ref: {_HEADS}"
    return line.removeprefix(prefix) if line.startswith(prefix) else None


def checked_out(place: Place, branch: str) -> CheckedOut | None:
    """Return the work tree that stands on ``branch``, or rebases it, read from files alone."""
    shared = common_dir(place.git_dir)
    if _stands_on(shared, branch) and not _is_bare(shared):
        # A submodule's git directory, say, lies elsewhere than its files.
        root = shared.parent if shared.name == ".git" else place.root
        return CheckedOut(branch, root, shared)
    for entry in sorted((shared / "worktrees").glob("*/gitdir")):
        if _stands_on(entry.parent, branch):
            link = entry.read_text("utf-8", "surrogateescape").strip()
            return CheckedOut(branch, (entry.parent / link).resolve().parent, entry.parent)
    return None


def add_objects(git_dir: Path, pack: bytes) -> None:
    """Unpack ``pack`` into the repository, each object checked; having them already is no harm."""
    try:
        git(git_dir, "unpack-objects", "-q", "--strict", stdin=pack, terms=_owner_terms(git_dir))
    except GitRefusal as error:
        raise BranchRefusal(
            why_unwritable(git_dir, common_dir(git_dir))
            or f"the commit could not be written to {shown(git_dir)}: {error.said}; no branch was"
            " moved, so mend that and try again"
        ) from error


def copy_objects(git_dir: Path, commit: str, into: Path) -> None:
    """Have ``commit`` and all that it holds in another git directory, which is ours."""
    wanted = f"{object_name(commit)}\n".encode()
    pack = git(git_dir, "pack-objects", "-q", "--revs", "--stdout", stdin=wanted)
    git(into, "index-pack", "--stdin", "--strict", stdin=pack)


def move(git_dir: Path, branch: str, new: str, expected: str | None) -> None:
    """Point ``branch`` at ``new`` if it is at ``expected`` (None: does not exist).

    While another git holds the branch's lock it is asked again, for as long as `_LOCK_WAIT` says.
    """
    before = object_name(expected) if expected else "0" * len(new)
    terms = replace(_owner_terms(git_dir), config=_LOCK_WAIT)
    try:
        wanted = (_HEADS + branch, object_name(new), before)
        arguments = ("-m", "changewright", "--end-of-options", *wanted)
        git(git_dir, "update-ref", *arguments, terms=terms)
    except GitRefusal as error:
        raise BranchRefusal(_why_unmoved(git_dir, branch, expected, error)) from error


def move_checked_out(clone: Clone, place: CheckedOut, new: str) -> None:
    """Move the branch that is checked out, from the clone's base to ``new``, with its files.

    Only where no tracked file was changed, and nothing needs a filter we do not run; untracked
    files in the way stop it before anything is written.
    """
    if locate(place.work_tree) != place.git_dir:
        raise BranchRefusal(f"{place.work_tree} is no longer where its repository thinks it is")
    if any((place.git_dir / name).exists() for name in _UNDER_WAY):
        raise BranchRefusal(f"git is in the middle of something in {place.work_tree}; end it first")
    changed = uncommitted_paths(clone, place.work_tree, untracked=False)
    if changed:
        raise BranchRefusal(
            f"{place.work_tree} has {len(changed)} uncommitted changes ({changed[0]!r}...) and"
            f" stands on {place.branch}; commit or stash them, then merge again"
        )
    _refuse_filtered(clone, place, new)
    settings = work_tree_settings(place.git_dir)
    terms = replace(_owner_terms(place.git_dir), config=settings)
    index = place.git_dir / "index"
    _lend(clone.git_dir.parent, terms)

    def go(*arguments: str) -> None:
        git(clone.git_dir, *arguments, work_tree=place.work_tree, index=index, terms=terms)

    try:
        go("update-index", "-q", "--refresh")  # a copied or chowned file is not a changed one
        go("read-tree", "-m", "-u", clone.base_commit, new)
    except GitRefusal as error:
        raise BranchRefusal(
            f"the files of {place.work_tree} are in the way of the merge; move them away, then"
            f" merge again ({error})"
        ) from error
    try:
        move(place.git_dir, place.branch, new, clone.base_commit)
    except BranchRefusal:
        go("read-tree", "-m", "-u", new, clone.base_commit)
        raise


@contextmanager
def throw_away(repository: Path, revision: str) -> Iterator[Clone]:
    """Yield a clone that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="changewright-") as folder:
        yield open_clone(repository, revision, Path(folder, "clone"))


def _refuse_filtered(clone: Clone, place: CheckedOut, new: str) -> None:
    listed = git(
        clone.git_dir,
        *("diff-tree", "-r", "-z", "--name-only", "--no-renames", clone.base_commit, new),
    )
    attributes = git(
        clone.git_dir,
        *("check-attr", "-z", "--stdin", "filter"),
        work_tree=place.work_tree,
        stdin=listed,
    )
    fields = split_paths(attributes)
    for path, value in zip(fields[::3], fields[2::3], strict=True):
        if value not in {"unspecified", "unset"}:
            raise BranchRefusal(
                f"{path!r} goes through the filter {value!r}, which is not run here; merge by hand"
            )


def _stands_on(git_dir: Path, branch: str) -> bool:
    if (git_dir / "HEAD").is_file() and current(git_dir) == branch:
        return True
    named = (git_dir / rebase / "head-name" for rebase in _REBASES)  # while HEAD is detached
    return any(
        name.read_text("utf-8", "surrogateescape").strip() == _HEADS + branch
        for name in named
        if name.is_file()
    )


def _why_unmoved(git_dir: Path, branch: str, expected: str | None, error: GitRefusal) -> str:
    """Return why a branch could not be moved, from what is there now."""
    head = head_of(git_dir, branch)
    if head != expected:
        return (
            f"branch {branch} is not at {expected or 'no commit'} any more, but at"
            f" {head or 'no commit'}; look at what moved it, then try again"
        )
    lock = common_dir(git_dir) / f"{_HEADS}{branch}.lock"
    if lock.exists():
        return (
            f"{lock} is there: another git process is writing this branch, or one that was killed"
            " left the file behind; wait until none runs there, delete the file if it stays, then"
            " try again"
        )
    parts = branch.split("/")
    for above in ("/".join(parts[:count]) for count in range(1, len(parts))):
        if head_of(git_dir, above) is not None:
            return (
                f"there is a branch {above!r}, so there can be none below it; rename it with:"
                f" git branch -m {above} another-name"
            )
    closed = why_unwritable(git_dir, common_dir(git_dir))
    return closed or f"branch {branch} could not be moved: {error.said}"


def _is_bare(git_dir: Path) -> bool:
    config = (f"--file={git_dir / 'config'}", "--no-includes", "--type=bool")
    try:
        return git(git_dir, "config", *config, "--get", "core.bare").strip() == b"true"
    except GitRefusal as error:
        if error.code != 1:  # 1 is: not set
            raise
        return git_dir.name != ".git"


def _owner_terms(git_dir: Path) -> Terms:
    """Root writes as the repository's owner, or its owner could no longer write there."""
    status = (common_dir(git_dir) / "objects").stat()
    foreign = os.geteuid() == 0 and status.st_uid != 0
    return Terms(owner=(status.st_uid, status.st_gid) if foreign else None)


def _lend(folder: Path, terms: Terms) -> None:
    """Give our clone to the owner that git runs as, to read it while their files are written."""
    if terms.owner is not None:
        for entry in (folder, *folder.rglob("*")):
            shutil.chown(entry, *terms.owner)
