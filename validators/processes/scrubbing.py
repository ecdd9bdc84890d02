"""What commands left, made harmless to keep and possible to read.

Behind walls nobody gains rights by a file, outside of them somebody might. So the marks that make
whoever runs a file somebody else are taken away, and on request devices; and what a command closed
to its owner is opened again, or else its changes could neither be read nor removed by an ordinary
user.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path

_PERMISSIONS = 0o777
_FOLDERS_AT_LEAST = 0o700
_FILES_AT_LEAST = 0o400
_PLACE = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_SEARCH = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_MAX_DEPTH = 200  # one open descriptor a level, and nobody reads what is below


def scrub(directory: Path, *, devices: bool = False) -> None:
    """Take setuid, setgid and sticky bits from all in ``directory``, following no link.

    Folders and files are opened to their owner. With ``devices`` they are removed; one numbered 0:0
    is none, but what a layer has in place of a deleted file. Only what is in the way is changed.
    What lies deeper than anybody reads is closed to everybody else instead.
    """
    place = os.open(directory, _PLACE | os.O_DIRECTORY)
    try:
        _mend(place, os.fstat(place))
        _scrub(os.open(_path(place), _SEARCH), devices=devices, depth=0)
    finally:
        os.close(place)


def _scrub(folder: int, *, devices: bool, depth: int) -> None:
    """Scrub what is in the open ``folder``, and close it."""
    try:
        with os.scandir(folder) as listing:
            names = [entry.name for entry in listing]
        for name in names:
            # Gone since it was listed, or not ours: whoever reads it says so.
            with suppress(FileNotFoundError, PermissionError):
                _scrub_one(name, folder, devices=devices, depth=depth)
    finally:
        os.close(folder)


def _scrub_one(name: str, folder: int, *, devices: bool, depth: int) -> None:
    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if stat.S_ISDIR(status.st_mode) or _wanted(status) != stat.S_IMODE(status.st_mode):
        inside = None
        place = os.open(name, _PLACE, dir_fd=folder)
        try:
            status = os.fstat(place)  # it may be another one by now
            _mend(place, status, is_end=depth >= _MAX_DEPTH)
            if stat.S_ISDIR(status.st_mode) and depth < _MAX_DEPTH:
                inside = os.open(_path(place), _SEARCH)
        finally:
            os.close(place)
        if inside is not None:
            _scrub(inside, devices=devices, depth=depth + 1)
    elif devices and _is_device(status):
        os.unlink(name, dir_fd=folder)


def _mend(place: int, status: os.stat_result, *, is_end: bool = False) -> None:
    """Give what ``place`` was opened on the mode it may have: it is what was looked at."""
    wanted = _wanted(status)
    if is_end and stat.S_ISDIR(status.st_mode):
        wanted = _FOLDERS_AT_LEAST
    if wanted != stat.S_IMODE(status.st_mode):
        os.chmod(_path(place), wanted)  # noqa: PTH101 - a descriptor's place, nobody's path


def _wanted(status: os.stat_result) -> int:
    mode = stat.S_IMODE(status.st_mode)
    if stat.S_ISDIR(status.st_mode):
        return mode & _PERMISSIONS | _FOLDERS_AT_LEAST
    if stat.S_ISREG(status.st_mode):
        return mode & _PERMISSIONS | _FILES_AT_LEAST
    return mode


def _is_device(status: os.stat_result) -> bool:
    return stat.S_ISBLK(status.st_mode) or (
        stat.S_ISCHR(status.st_mode) and status.st_rdev != os.makedev(0, 0)
    )


def _path(place: int) -> str:
    return f"/proc/self/fd/{place}"
