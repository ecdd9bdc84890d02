"""The installed command, started in a process group of its own and followed by what it prints."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.ending import ended

_LIMIT_S = 600
_POLL_S = 0.01


class Followed:
    """A command that runs, its standard error and output in files of ``folder``."""

    def __init__(self, process: subprocess.Popen[bytes], out: Path, err: Path) -> None:
        self.process, self._out, self._err = process, out, err

    @property
    def out(self) -> str:
        return self._out.read_text()

    @property
    def err(self) -> str:
        return self._err.read_text()

    def until(self, begin: str) -> None:
        """Return as soon as a line of progress begins with ``begin``."""
        until = time.monotonic() + _LIMIT_S
        while not any(line.startswith(begin) for line in self.err.splitlines()):
            assert self.process.poll() is None, f"ended before {begin!r}: {self.out}{self.err}"
            assert time.monotonic() < until, f"no {begin!r} within {_LIMIT_S} s: {self.err}"
            time.sleep(_POLL_S)

    def signalled(self, *numbers: signal.Signals, whole_group: bool = True) -> None:
        """Send signals to the command, or as a terminal does to all that belongs to it."""
        for number in numbers:
            with suppress(ProcessLookupError):
                if whole_group:
                    os.killpg(self.process.pid, number)
                else:
                    os.kill(self.process.pid, number)

    def ended(self, within_s: float = _LIMIT_S) -> int:
        """Return its exit code."""
        return self.process.wait(within_s)


@contextmanager
def started(
    argv: Sequence[str | Path], environment: Mapping[str, str], folder: Path, name: str = "followed"
) -> Iterator[Followed]:
    """Start a command in ``folder``; whatever is left of its group at the end is killed."""
    out, err = folder / f"{name}.out", folder / f"{name}.err"
    with (
        out.open("wb") as out_file,
        err.open("wb") as err_file,
        ended(
            subprocess.Popen(
                [str(word) for word in argv],
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=out_file,
                stderr=err_file,
                start_new_session=True,
            ),
            limit_s=_LIMIT_S,
        ) as process,
    ):
        followed = Followed(process, out, err)
        try:
            yield followed
        finally:
            followed.signalled(signal.SIGKILL)
