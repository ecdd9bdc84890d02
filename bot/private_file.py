"""A small file of ours that holds what was found out about this machine, until that changes.

A file that is a link, belongs to or may be written by somebody else, or cannot be read, is as good
as none; where none can be written, the next start finds it all out again.
"""

import json
import os
import stat
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

_MOST_BYTES = 65_536
_FOR_US = 0o600


def read_private(file: Path) -> dict[str, Any] | None:
    """Return the JSON object in ``file``, or None where there is none of ours."""
    try:
        kept = json.loads(_contents(file))
    except (OSError, ValueError, RecursionError):
        return None
    return kept if isinstance(kept, dict) else None


def write_private(file: Path, told: Mapping[str, Any]) -> None:
    """Put ``told`` into ``file`` as one step, where that can be done."""
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.stem}-")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                json.dump(told, stream)
            Path(draft).replace(file)
        finally:
            Path(draft).unlink(missing_ok=True)


def _contents(file: Path) -> bytes:
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as stream:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or stat.S_IMODE(status.st_mode) & ~_FOR_US:
            raise PermissionError(f"{file} is not ours alone")
        if status.st_uid != os.geteuid() or status.st_nlink != 1:
            raise PermissionError(f"{file} is not ours alone")
        return stream.read(_MOST_BYTES)
