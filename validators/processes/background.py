"""A command that is supervised in the background, until it ends or nobody needs it any more."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

from validators.sandbox import Completed


class BackgroundCommand:
    """The Pending of every backend: a thread that supervises one command.

    ``run`` is to return soon after the descriptor it is given becomes readable.
    """

    def __init__(self, run: Callable[[int], Completed]) -> None:
        self._stopped, self._stop = os.pipe()
        self._open = True
        self._executor = ThreadPoolExecutor(1, "sandboxed-command")
        self._completed = self._executor.submit(run, self._stopped)

    def wait(self) -> Completed:
        """Wait for the command's end, or its limits', and tell how it ended."""
        wait([self._completed])
        return self.close()

    def close(self, grace_s: float = 0.0) -> Completed:
        """End the command, if it still runs in ``grace_s``, and tell how it ended."""
        if self._open:
            self._open = False
            try:
                wait([self._completed], grace_s)
            finally:
                os.close(self._stop)
                self._executor.shutdown()
                os.close(self._stopped)
        return self._completed.result()
