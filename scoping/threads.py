"""Work in other threads, for a main thread that may be interrupted between any two instructions.

The standard library's events, queues, executors and joining are Python code around a lock. An
interruption that strikes the main thread right behind the lock's call leaves it locked for good,
and the other thread, whoever waits for that one, and the end of the process with them stand still
(https://github.com/python/cpython/issues/74174). Here the main thread waits at single calls of the
interpreter alone, and what takes more than one of them is done whole.
"""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Generic, TypeVar, cast

_T = TypeVar("_T")
# A waiting that was interrupted may have taken the lock of one that comes later.
_LOOK_S = 1.0


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
"""``with whole:`` runs its block to the end; an interruption that came meanwhile follows it.

Whoever handles signals asks it, as `bot.interrupts` does; Python's own handler does not.
"""


class Future(Generic[_T]):
    """What will come of ``work``, which another thread calls."""

    def __init__(self, work: Callable[[], _T]) -> None:
        self._work: Callable[[], _T] | None = work
        self._error: BaseException | None = None
        self._value: Any = None
        self.is_done = False
        self._ended = threading.Lock()
        self._ended.acquire()

    def run(self) -> None:
        """Do the work, once; whatever it raises is for who asks for the result."""
        work, self._work = self._work, None
        if work is None:
            return
        try:
            self._value = work()
        except BaseException as error:  # noqa: BLE001 - raised again by `result`
            self._error = error
        # In this order: whoever gets the lock finds it done.
        self.is_done = True
        self._ended.release()

    def wait(self, within_s: float | None = None) -> bool:
        """Wait for its end, no longer than ``within_s`` seconds; return whether it has ended."""
        if within_s is None:
            while not self.is_done:
                self._look(_LOOK_S)
        elif not self.is_done:
            self._look(within_s)
        return self.is_done

    def result(self) -> _T:
        """Wait for its end, and return or raise what came of it."""
        self.wait()
        if self._error is not None:
            raise self._error
        return cast("_T", self._value)

    def _look(self, within_s: float) -> None:
        if self._ended.acquire(timeout=within_s):
            self._ended.release()


def begin(work: Callable[[], _T], name: str, *, daemon: bool = True) -> Future[_T]:
    """Have ``work`` done by a thread of its own; the process ends without it if it is a ``daemon``.

    The others are for what must not be left half done: temporary files, other processes.
    """
    future = Future(work)
    with whole:
        threading.Thread(target=future.run, name=name, daemon=daemon).start()
    return future


def _handles_signals() -> bool:
    return threading.current_thread() is threading.main_thread()
