"""Whether the kernel can stack layers here, found out by stacking one and working in it.

An old kernel, a file system that cannot be the upper one, a container that forbids mounting: each
says no in another way, and some only once a file is deleted.
"""

import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from validators.clones.snapshot import upper_changes
from validators.processes.overlay import prepare_overlay
from validators.processes.staging import stage
from validators.sandbox import Changes, FileChange, SandboxRefusal

# Deletes, replaces a folder and changes a file, which are stacked in three different ways.
_WORK = 'cd "$1" && rm -r folder gone && mkdir folder && echo new > folder/new && echo >> file'
_EXPECTED = Changes(
    (
        FileChange("file", "100644", b"old\n\n"),
        FileChange("folder/new", "100644", b"new\n"),
        FileChange("folder/old", "000000"),
        FileChange("gone", "000000"),
    )
)
_OLD = ("file", "folder/old", "gone")
_TIMEOUT_S = 20.0


@cache
def why_not_stacked(scratch: Path, owner: int | None) -> str:
    """Return why no overlay can be had in ``scratch``, empty where one can; measured once."""
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="stacking-", dir=scratch))
    except OSError as error:
        return f"{scratch} cannot be written to: {error.strerror}"
    try:
        return _tried(folder, owner)
    except (OSError, SandboxRefusal, subprocess.TimeoutExpired) as error:
        return str(error)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def file_system_of(folder: Path) -> int:
    """Return the file system that ``folder`` is or would be on, which decides whether it stacks."""
    places = (folder.absolute(), *folder.absolute().parents)
    return next(place.stat().st_dev for place in places if place.exists())


def _tried(folder: Path, owner: int | None) -> str:
    lower = folder / "original"
    (lower / "folder").mkdir(parents=True)
    for name in _OLD:
        (lower / name).write_bytes(b"old\n")
        (lower / name).chmod(0o644)
    if owner is not None:
        for path in lower.rglob("*"):
            os.chown(path, owner, owner)
    overlay = prepare_overlay(folder, lower, owner)
    staging = stage((overlay.place,), overlay)
    try:
        shell = ("/bin/sh", "-c", _WORK, "work", staging.places[overlay.place])
        done = subprocess.run(
            [*staging.prefix, *shell],
            cwd="/",
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
        found = upper_changes(overlay.upper, lower, limit_bytes=1024)
    finally:
        staging.close()
        overlay.open_up()
    if done.returncode:
        return done.stderr.decode("utf-8", "replace").strip() or f"exit code {done.returncode}"
    if found != _EXPECTED or any((lower / name).read_bytes() != b"old\n" for name in _OLD):
        return "the upper folder of an overlay does not tell what was changed"
    return ""
