"""A command that is supervised in the background, until it ends or nobody needs it any more."""

import atexit
import os
from collections.abc import Callable

from scoping.threads import begin, whole
from validators.sandbox import Completed


class BackgroundCommand:
    """The Pending of every backend: a thread that supervises one command.

    ``run`` is to return soon after the descriptor it is given becomes readable.
    """

    def __init__(self, run: Callable[[int], Completed]) -> None:
        with whole:
            stopped, self._stop = os.pipe()
            self._stopped = stopped
            self._completed = begin(lambda: run(stopped), "sandboxed-command")
            _open.add(self)

    def wait(self) -> Completed:
        """Wait for the command's end, or its limits', and tell how it ended."""
        self._completed.wait()
        return self.close()

    def close(self, grace_s: float = 0.0) -> Completed:
        """End the command, if it still runs in ``grace_s``, and tell how it ended."""
        with whole:  # it is killed, which does not last
            if self in _open:
                _open.remove(self)
                self._completed.wait(grace_s)
                os.close(self._stop)
                self._completed.wait()
                os.close(self._stopped)
        return self._completed.result()


_open: set[BackgroundCommand] = set()
# A child made by fork has none of the threads that watch over them.
os.register_at_fork(after_in_child=_open.clear)


@atexit.register
def end_all() -> None:
    """End what nobody ended: an interruption may strike whoever is about to."""
    for command in tuple(_open):
        command.close()
