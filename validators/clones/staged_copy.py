"""Files of a user's folder copied to a folder of ours, while somebody may be swapping them.

Git looks at a file first and opens it then, and would follow a link that was put there in between.
Here no link is followed: each folder is opened beside its parent's descriptor, each file without
following, and what was opened must be what was looked at.
"""

import errno
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from validators.clones.repository import CheckoutRefusal
from validators.clones.tree_names import parents, refuse_names

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC

_IN_THE_WAY = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})


def copy_files(root: Path, paths: Iterable[str], into: Path) -> frozenset[str]:
    """Copy those of ``paths`` that are files or links below ``root``, and return them.

    Links stay links. What is not there, is a folder, or lies behind a link is left out: to git it
    is deleted.
    CheckoutRefusal when one changes while it is read, or may not be read.
    """
    copied: set[str] = set()
    for path in paths:
        refuse_names([path])
        with folder_of(root, path) as folder:
            if folder is None:
                continue
            if not copied.isdisjoint(parents(path)):
                raise _changed(root, path)
            if _copy(folder, path, root, into):
                copied.add(path)
    return frozenset(copied)


@contextmanager
def folder_of(root: Path, path: str) -> Iterator[int | None]:
    """Yield the descriptor of the folder that holds ``path``, or None when a link is on the way."""
    with ExitStack() as stack:
        place: int | None = None
        for name in (os.fspath(root), *path.split("/")[:-1]):
            try:
                # The user's own folder may be reached through links; what is in it may not.
                flags = _FOLDER if place is not None else _FOLDER & ~os.O_NOFOLLOW
                place = os.open(name, flags, dir_fd=place)
            except OSError as error:
                if error.errno not in _IN_THE_WAY:
                    raise _unreadable(root, path, error) from error
                yield None
                return
            stack.callback(os.close, place)
        yield place


def _copy(folder: int, path: str, root: Path, into: Path) -> bool:
    name = path.rpartition("/")[2]
    place = into / path
    try:
        seen = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if stat.S_ISLNK(seen.st_mode):
            target = os.readlink(name, dir_fd=folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(target)
            return True
        if stat.S_ISDIR(seen.st_mode):
            return False
        descriptor = os.open(name, _FILE, dir_fd=folder)
    except FileNotFoundError:
        return False
    except OSError as error:
        # A link or a socket where a file was, or a file of ours where a link is to be.
        if error.errno in {errno.ELOOP, errno.ENXIO, errno.EEXIST}:
            raise _changed(root, path) from error
        raise _unreadable(root, path, error) from error
    with os.fdopen(descriptor, "rb") as stream:
        if not _is_same(seen, os.fstat(descriptor)) or not stat.S_ISREG(seen.st_mode):
            raise _changed(root, path)
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as copy:
            shutil.copyfileobj(stream, copy, 1024**2)
        if not _is_same(seen, os.fstat(descriptor)):
            raise _changed(root, path)
    place.chmod(0o700 if seen.st_mode & stat.S_IXUSR else 0o600)
    return True


def _is_same(first: os.stat_result, second: os.stat_result) -> bool:
    return (
        first.st_dev == second.st_dev
        and first.st_ino == second.st_ino
        and first.st_mode == second.st_mode
        and first.st_size == second.st_size
        and first.st_mtime_ns == second.st_mtime_ns
        and first.st_ctime_ns == second.st_ctime_ns
    )


def _changed(root: Path, path: str) -> CheckoutRefusal:
    return CheckoutRefusal(
        f"{root / path} changed while it was read; stop what writes there, and start again"
    )


def _unreadable(root: Path, path: str, error: OSError) -> CheckoutRefusal:
    return CheckoutRefusal(
        f"{root / path} cannot be read: {error.strerror}; make it readable, or put it into"
        " .gitignore"
    )
