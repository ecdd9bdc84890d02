"""A user's repository, only read: where its git directory is, and which commit a word means.

Finding it is file reading alone: git itself would obey the config of whatever it found first.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from scoping.refusal import Refusal
from validators.clones import diagnosis
from validators.git import GitRefusal, git

_READ_FIRST = ("config", "packed-refs", "shallow", "objects/info/alternates")
_MAX_POINTER_BYTES = 8192
_MAX_REVISION_LENGTH = 250


class CheckoutRefusal(Refusal):
    """A repository, a commit or a change cannot be used: what, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a repository is: ``root`` holds the files (a bare one: the git directory itself)."""

    root: Path
    git_dir: Path


def locate(path: Path) -> Path:
    """Return the git directory of ``path``: a work tree, a folder in one, or a bare repository."""
    return find(path).git_dir


def find(path: Path) -> Place:
    """Return the repository ``path`` is or lies in; CheckoutRefusal when there is none.

    Only ``path`` itself may be a bare repository: a folder above that merely looks like one could
    have been committed by anybody.
    """
    try:
        with _permitted(path):
            return _find(path)
    except (OSError, RuntimeError) as error:  # a loop of links, a name too long for the disk
        raise CheckoutRefusal(
            f"{path} cannot be followed to a folder; give the path of a git repository"
        ) from error


@contextmanager
def _permitted(path: Path) -> Iterator[None]:
    """Turn what this user may not read into a refusal."""
    try:
        yield
    except PermissionError as error:
        raise CheckoutRefusal(
            f"{error.filename or path} cannot be read: {error.strerror}; ask its owner for access"
        ) from error


def _find(path: Path) -> Place:
    start = path.resolve()
    if not start.is_dir():
        what = "is a file, not a folder" if start.exists() else "is not a folder that exists"
        raise CheckoutRefusal(f"{path} {what}; give the path of a git repository")
    halves = []
    for folder in (start, *start.parents):
        entry = folder / ".git"
        if entry.is_file():
            return Place(folder, _pointed_at(entry))
        if _is_git_dir(entry):
            return Place(folder, entry.resolve())
        if folder == start and _is_git_dir(folder):
            return Place(folder.parent if folder.name == ".git" else folder, folder)
        if entry.is_dir():
            halves.append(entry)
    if halves:
        raise CheckoutRefusal(
            f"{halves[0]} is not a whole git directory (HEAD, objects or refs is missing); clone"
            " the repository again, or make one with: git init"
        )
    raise CheckoutRefusal(
        f"{path} is not in a git repository; go to one, or make one with: git init"
    )


def common_dir(git_dir: Path) -> Path:
    """Return where objects and branches are: another folder only for a linked work tree."""
    pointer = git_dir / "commondir"
    return (git_dir / _read_pointer(pointer)).resolve() if pointer.is_file() else git_dir


def hashing(git_dir: Path) -> str:
    """Return by which hash objects are named there; CheckoutRefusal when git cannot use it."""
    shared = common_dir(git_dir)
    if (shared / "reftable").is_dir():
        raise CheckoutRefusal(
            f"{diagnosis.shown(git_dir)} keeps its branches in a reftable, which is not read here;"
            " convert it with: git refs migrate --ref-format=files"
        )
    with _permitted(git_dir):
        odd = [p for name in _READ_FIRST if (p := shared / name).exists() and not p.is_file()]
    if odd:
        raise CheckoutRefusal(f"{odd[0]} is no file; clone {diagnosis.shown(git_dir)} again")
    try:
        return git(git_dir, "rev-parse", "--show-object-format").decode().strip()
    except GitRefusal as error:
        if error.code is None:
            raise
        raise CheckoutRefusal(diagnosis.why_unusable(git_dir, shared, error)) from error


def resolve(git_dir: Path, revision: str) -> str:
    """Return the commit that ``revision`` (HEAD, a branch, a tag, a hash) names there."""
    if (
        not revision
        or revision.startswith("-")
        or not revision.isprintable()
        or len(revision) > _MAX_REVISION_LENGTH
    ):
        raise CheckoutRefusal(f"{revision[:80]!r} is not the name of a commit; give a branch")
    try:
        name = git(git_dir, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    except GitRefusal as error:
        if error.code is None:
            raise
        why = diagnosis.why_unresolved(git_dir, common_dir(git_dir), revision, error)
        raise CheckoutRefusal(why) from error
    commit = name.decode().strip()
    if revision not in {"HEAD", commit} and diagnosis.both_branch_and_tag(git_dir, revision):
        raise CheckoutRefusal(
            f"{revision!r} is both a branch and a tag in {diagnosis.shown(git_dir)}; write"
            f" refs/heads/{revision} or refs/tags/{revision}"
        )
    return commit


def _pointed_at(entry: Path) -> Path:
    """Return what a ``.git`` file of a linked work tree or a submodule points at, one hop only."""
    line = _read_pointer(entry)
    target = (entry.parent / line.removeprefix("gitdir:").strip()).resolve()
    if not line.startswith("gitdir:") or not _is_git_dir(target):
        raise CheckoutRefusal(
            f"{entry} does not point at a git directory; mend it with: git worktree repair"
        )
    return target


def _read_pointer(pointer: Path) -> str:
    with pointer.open("rb") as stream:
        content = stream.read(_MAX_POINTER_BYTES)
    if b"\0" in content:
        raise CheckoutRefusal(f"{pointer} is damaged; mend it with: git worktree repair")
    return content.decode("utf-8", "surrogateescape").rstrip("\r\n")


def _is_git_dir(folder: Path) -> bool:
    """Whether ``folder`` has what git itself asks of a git directory."""
    head = folder / "HEAD"
    if not (head.is_file() or head.is_symlink()):
        return False
    if (folder / "commondir").is_file():
        shared = (folder / _read_pointer(folder / "commondir")).resolve()
        return (shared / "objects").is_dir() and (shared / "refs").is_dir()
    return (folder / "objects").is_dir() and (folder / "refs").is_dir()
