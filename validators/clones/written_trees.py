"""Trees written out once, to be shown to any number of sandboxes, which never change them.

The base's tree is kept from run to run; other trees go with the run, and share with the base's the
files that are the same in both, as hard links. Beside each tree stands a lock: who shows the tree
to a sandbox holds it, and who removes the tree must have it alone.
"""

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from validators.clones.clone import Clone
from validators.clones.materialise import Written, materialise

_OBJECT = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")
# Files reach the disk some time after they were written. What stood there when the machine went
# down may be empty; so what was kept before this start of it is not looked at.
_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class TreePlace:
    """Where trees are written: the base's below ``kept``, if given, all others below ``scratch``.

    Their files belong to ``owner`` (uid and gid), None for ourselves: who commands are. The folder
    they are in stays ours, and closed to everybody else.
    """

    scratch: Path
    kept: Path | None = None
    owner: int | None = None


def written_tree(clone: Clone, tree: str, place: TreePlace) -> Path:
    """Return the folder with the files of ``tree``, written out by whoever was first to need it."""
    shelf = place.scratch / "trees"
    like = None
    if tree != clone.base_tree:
        like = Written(clone.base_tree, written_tree(clone, clone.base_tree, place))
    elif place.kept is not None:
        shelf = place.kept / _BOOT.read_text("ascii").strip()
    folder = shelf / tree
    shelf.mkdir(parents=True, exist_ok=True, mode=0o700)
    with folder.with_name(f"{tree}.lock").open("wb") as lock:
        # Not while it is removed; and from now on it counts as used.
        fcntl.flock(lock, fcntl.LOCK_SH)
        os.utime(lock.fileno())
        if folder.exists():
            return folder
    # A name of its own: several may write the same tree at once, and the first one counts. Where
    # what is not finished goes with the run, however that ends.
    place.scratch.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix="tree-", dir=place.scratch))
    try:
        materialise(clone, tree, draft, like)
        _give(draft, place.owner)
        draft.rename(folder)
    except OSError:
        if not folder.exists():
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


@contextmanager
def use(tree: Path) -> Iterator[bool]:
    """Yield whether ``tree`` was written by `written_tree`; then it stays while this is held."""
    lock = tree.with_name(f"{tree.name}.lock")
    if not (_OBJECT.fullmatch(tree.name) and lock.is_file()):
        yield False
        return
    with lock.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_SH)
        yield tree.is_dir()


def _give(folder: Path, owner: int | None) -> None:
    if owner is None:
        return
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.chown(f"{place}/{name}", owner, owner, follow_symlinks=False)
