"""Other programs that end with the block that started them, wherever it is interrupted.

`subprocess.Popen` waits until its program runs, and an interruption just then is raised by it: the
program goes on, and nobody knows of it.
"""

import atexit
import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from scoping.threads import whole


class Running:
    """A program that runs for the block; what of it still does then is killed.

    ``how`` are the options of `subprocess.Popen`. The leader of a session takes its group along.
    """

    def __init__(self, argv: Sequence[str], **how: Any) -> None:  # noqa: ANN401 - theirs
        self._argv = argv
        self._how = how
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "subprocess.Popen[bytes]":
        try:
            with whole:
                self._process = subprocess.Popen(self._argv, **self._how)
                _open.add(self)
        except BaseException:
            self.end()
            raise
        return self._process

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Kill it if it still runs, and let go of its streams."""
        with whole:
            process, self._process = self._process, None
            _open.discard(self)
            if process is None:
                return
            if process.poll() is None:
                with suppress(ProcessLookupError):  # it may have just ended
                    if self._how.get("start_new_session"):
                        os.killpg(process.pid, signal.SIGKILL)
                    else:
                        process.kill()
                process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    with suppress(BrokenPipeError):  # what it was never told
                        stream.close()


_open: set[Running] = set()
# What a child made by fork knows of is its parent's.
os.register_at_fork(after_in_child=_open.clear)


@atexit.register
def end_all() -> None:
    """End what nobody ended: an interruption may strike whoever is about to."""
    for running in tuple(_open):
        running.end()
