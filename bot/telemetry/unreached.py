"""A receiver that could not be reached, remembered for some minutes: one command waits for it.

What is not sent meanwhile is in the files beside; whoever sends it by hand is not held up by this.
"""

import time
from collections.abc import Callable
from pathlib import Path

from bot.private_file import read_private, write_private
from bot.telemetry.destination import Destination
from validators.encoding import digest

REMEMBERED_S = 300.0


class Unreached:
    """The memory in ``file``; without one, or where it cannot be written, nothing is remembered."""

    def __init__(self, file: Path | None = None, epoch: Callable[[], float] = time.time) -> None:
        self._file = file
        self._epoch = epoch

    def is_known(self, to: Destination) -> bool:
        """Whether this very receiver could not be reached a moment ago."""
        kept = (read_private(self._file) if self._file else None) or {}
        until = kept.get("until")
        if kept.get("receiver") != _name(to) or not isinstance(until, int | float):
            return False
        # A clock that was set back makes nobody wait for longer.
        return 0 < until - self._epoch() <= REMEMBERED_S

    def note(self, to: Destination) -> None:
        """Remember that it could not be reached now."""
        if self._file:
            until = self._epoch() + REMEMBERED_S
            write_private(self._file, {"receiver": _name(to), "until": until})

    def forget(self) -> None:
        """Remember nothing: somebody was reached."""
        if self._file:
            self._file.unlink(missing_ok=True)


def _name(to: Destination) -> str:
    """Return what a receiver is known by; its path may be somebody's key."""
    return digest(to.url.encode())
