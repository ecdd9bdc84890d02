"""The throw-away clone: a git directory of our own that borrows the objects of a user's repository.

A linked work tree would not do: what runs in one can change the main repository's config and hooks.
The clone shares nothing but objects, through ``objects/info/alternates``, so it is made in
milliseconds, and nothing git does in it can reach the original.
"""

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from validators.clones import diagnosis
from validators.clones.repository import (
    CheckoutRefusal,
    Place,
    common_dir,
    find,
    hashing,
    resolve,
)
from validators.git import GitRefusal, Terms, git

_FRESH = "fresh"
_DAMAGE = re.compile(
    r"corrupt|unable to (read|unpack)|inflate|Could not read|bad (file|object|tree)"
)


@dataclass(frozen=True, slots=True)
class Clone:
    """One commit of a repository, to work on: ``git_dir`` is ours, the rest is only read.

    ``repository`` is the folder with the user's files, ``original_git_dir`` its git directory.
    """

    git_dir: Path
    repository: Path
    original_git_dir: Path
    base_commit: str
    base_tree: str

    @property
    def is_bare(self) -> bool:
        """Whether the original has no files of its user beside its git directory."""
        return self.repository == self.original_git_dir


def open_clone(
    repository: Path, revision: str, into: Path, *, may_lack_files: bool = False
) -> Clone:
    """Make a clone of ``repository`` at ``revision`` in the new or empty folder ``into``.

    CheckoutRefusal when there is no repository, no such commit, or some of its files are missing
    (a partial clone, damage); the repository is read and never written. Who only reads what is
    there may go on with a partial clone that lacks the lesser part.
    """
    place = find(repository)
    shared = common_dir(place.git_dir)
    named_by = hashing(place.git_dir)
    target = into.resolve()
    if target.is_relative_to(shared) or (target.exists() and any(target.iterdir())):
        raise CheckoutRefusal(f"{into} is not an empty folder of our own; name another one")
    base_commit = resolve(place.git_dir, revision)
    _lay_out(target, shared, base_commit, named_by)
    _refuse_missing_objects(target, place, base_commit, may_lack_files=may_lack_files)
    base_tree = git(target, "rev-parse", "--verify", f"{base_commit}^{{tree}}").decode().strip()
    return Clone(target, place.root, place.git_dir, base_commit, base_tree)


def resolve_tree(clone: Clone, revision: str) -> str:
    """Return the tree of a commit of the original, which may be younger than the clone."""
    commit = resolve(clone.original_git_dir, revision)
    place = Place(clone.repository, clone.original_git_dir)
    _refuse_missing_objects(clone.git_dir, place, commit)
    return git(clone.git_dir, "rev-parse", "--verify", f"{commit}^{{tree}}").decode().strip()


@contextmanager
def undamaged(clone: Clone) -> Iterator[None]:
    """Say it in words for a person when git stumbles over a damaged object of the original."""
    try:
        yield
    except GitRefusal as error:
        if not _DAMAGE.search(error.said):
            raise
        shared = common_dir(clone.original_git_dir)
        what = f"what commit {clone.base_commit[:12]} holds"
        why = diagnosis.why_incomplete(clone.original_git_dir, shared, what)
        raise CheckoutRefusal(why) from error


def split_paths(listed: bytes) -> tuple[str, ...]:
    """Return the NUL-ended fields of git's ``-z`` output, odd bytes as surrogate escapes."""
    return tuple(field.decode("utf-8", "surrogateescape") for field in listed.split(b"\0")[:-1])


@contextmanager
def scratch_index(clone: Clone, tree: str) -> Iterator[Path]:
    """Yield the path of an index that holds ``tree``, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(dir=clone.git_dir) as folder:
        index = Path(folder, "index")
        git(clone.git_dir, "read-tree", object_name(tree), index=index)
        yield index


def unborrowed(clone: Clone) -> Terms:
    """Return the terms under which git writes objects without seeing the borrowed ones.

    Where git finds an object it is about to write, it renews the time stamp of the file that holds
    it, also in the repository it is borrowed from: that would be writing there.
    """
    return Terms(environment={"GIT_OBJECT_DIRECTORY": str(clone.git_dir / _FRESH)})


def write_index(clone: Clone, index: Path) -> str:
    """Write the tree that ``index`` holds to the clone and return its name."""
    written = git(clone.git_dir, "write-tree", "--missing-ok", index=index, terms=unborrowed(clone))
    return written.decode().strip()


def object_name(text: str) -> str:
    """Return ``text``, which must be a full hash: a bundle's word for a tree is a stranger's."""
    if len(text) not in {40, 64} or not set(text) <= set("0123456789abcdef"):
        raise CheckoutRefusal(f"{text[:80]!r} is not the hash of a git object")
    return text


def git_folders(target: Path, borrows: tuple[Path, ...] = ()) -> None:
    """Make the folders of a git directory that sees its own objects, then those it ``borrows``."""
    for folder in ("objects/info", "objects/pack", _FRESH, "refs/heads", "info"):
        (target / folder).mkdir(parents=True, exist_ok=True)
    lines = "".join(_alternate(place) for place in (target / _FRESH, *borrows))
    (target / "objects/info/alternates").write_bytes(lines.encode("utf-8", "surrogateescape"))


def _lay_out(target: Path, shared: Path, base_commit: str, named_by: str) -> None:
    """Write the few files a git directory consists of: no template, no hook, no remote."""
    git_folders(target, borrows=(shared / "objects",))
    version, extension = 0, ""
    if named_by != "sha1":
        version, extension = 1, f"[extensions]\n\tobjectFormat = {named_by}\n"
    config = f"[core]\n\trepositoryformatversion = {version}\n\tbare = false\n{extension}"
    (target / "config").write_text(config, "utf-8")
    (target / "HEAD").write_text(f"{base_commit}\n", "utf-8")
    if (shared / "shallow").is_file():
        shutil.copyfile(shared / "shallow", target / "shallow")


def _alternate(place: Path) -> str:
    """Return the line that names an object directory; C's quoting is for line breaks alone."""
    path = str(place)
    if "\n" in path:
        for odd, quoted in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n")):
            path = path.replace(odd, quoted)
        path = f'"{path}"'
    return f"{path}\n"


def _refuse_missing_objects(
    git_dir: Path, place: Place, base_commit: str, *, may_lack_files: bool = False
) -> None:
    """Refuse a base whose objects are not all there, before anything else stumbles over it."""
    shared = common_dir(place.git_dir)
    asked = ("rev-list", "--objects", "--no-walk", "--missing=print", base_commit, "--")
    try:
        listed = git(git_dir, *asked)
    except GitRefusal as error:
        if error.code is None:
            raise
        why = diagnosis.why_incomplete(place.git_dir, shared, f"commit {base_commit[:12]}")
        raise CheckoutRefusal(why) from error
    objects = listed.splitlines()
    missing = sum(line.startswith(b"?") for line in objects)
    if not missing:
        return
    if any((shared / "objects/pack").glob("*.promisor")):
        if may_lack_files and missing < len(objects) / 2:
            return
        raise CheckoutRefusal(
            f"{place.root} is a partial clone: {missing} objects of {base_commit} are not on this"
            " machine; get them with: git fetch --refetch --no-filter"
        )
    what = f"commit {base_commit[:12]}"
    raise CheckoutRefusal(diagnosis.why_incomplete(place.git_dir, shared, what))
