"""Ctrl-C, SIGTERM and SIGHUP: the first ends the command in order, and never inside a step.

Python raises `KeyboardInterrupt` between any two instructions, so also between the call that
begins a transaction and the block that would end it. What must be done whole says so
(`scoping.threads.whole`).
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from scoping.threads import whole

INTERRUPTED = 130
# Nobody watches a process that was told to end: it must not stand still for ever, whatever is
# wrong with it. What a command does to end takes seconds.
LONGEST_S = 300.0
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SETTLING = b"changewright: still settling; once more ends it at once, and the run can be resumed\n"
_TOO_LONG = b"changewright: it did not settle in %d s and was ended; the run can be resumed\n"


@contextmanager
def settling(longest_s: float = LONGEST_S) -> Iterator[None]:
    """Turn the first signal into a `KeyboardInterrupt`, warn at the second, die at the third.

    Die as well where the block is still not left ``longest_s`` after the first.
    """
    asked = 0

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked += 1
        if asked > 2:  # noqa: PLR2004 - told twice, and warned
            os._exit(INTERRUPTED)
        if asked > 1:
            with suppress(OSError):
                os.write(2, _SETTLING)
            return
        signal.signal(signal.SIGALRM, give_up)
        signal.setitimer(signal.ITIMER_REAL, longest_s)
        if whole.depth:
            whole.waiting = True
        else:  # a run that is told to end settles as cancelled
            raise KeyboardInterrupt

    def give_up(_number: int, _frame: FrameType | None) -> None:
        with suppress(OSError):
            os.write(2, _TOO_LONG % longest_s)
        os._exit(INTERRUPTED)

    heard = [number for number in _SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
    alarm = signal.getsignal(signal.SIGALRM)
    timer = signal.getitimer(signal.ITIMER_REAL)
    for number in heard:
        signal.signal(number, interrupt)
    yield
    for number in heard:  # nothing is left to settle, and Python's own end is no place to be asked
        signal.signal(number, signal.SIG_DFL)
    if asked:
        signal.setitimer(signal.ITIMER_REAL, *timer)
        signal.signal(signal.SIGALRM, alarm)
