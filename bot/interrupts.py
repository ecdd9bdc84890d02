"""Ctrl-C, SIGTERM and SIGHUP: the first ends the command in order, and never inside a step.

Python raises `KeyboardInterrupt` between any two instructions, so also between the call that
begins a transaction and the block that would end it. What must be done whole says so.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType, TracebackType

INTERRUPTED = 130
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SETTLING = b"changewright: still settling; once more ends it at once, and the run can be resumed\n"


class _Whole:
    """Holds an interruption back while at least one block of the main thread is open."""

    # No generator: one that is suspended when the exception strikes ends whenever it is collected.

    def __init__(self) -> None:
        self.depth = 0
        self.waiting = False

    def __enter__(self) -> None:
        if _handles_signals():
            self.depth += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if _handles_signals():
            self.depth -= 1
            if self.waiting and not self.depth:
                self.waiting = False
                raise KeyboardInterrupt


whole = _Whole()
"""``with whole:`` runs its block to the end; an interruption that came meanwhile follows it."""


@contextmanager
def settling() -> Iterator[None]:
    """Turn the first signal into a `KeyboardInterrupt`, warn at the second, die at the third."""
    asked = 0

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked += 1
        if asked > 2:  # noqa: PLR2004 - told twice, and warned
            os._exit(INTERRUPTED)
        if asked > 1:
            with suppress(OSError):
                os.write(2, _SETTLING)
        elif whole.depth:
            whole.waiting = True
        else:  # a run that is told to end settles as cancelled
            raise KeyboardInterrupt

    heard = [number for number in _SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
    for number in heard:
        signal.signal(number, interrupt)
    yield
    for number in heard:  # nothing is left to settle, and Python's own end is no place to be asked
        signal.signal(number, signal.SIG_DFL)


def _handles_signals() -> bool:
    return threading.current_thread() is threading.main_thread()
