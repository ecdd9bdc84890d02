"""Leases that are held are renewed from a thread of their own for as long as this process lives.

A lease can therefore be short: a process that died is found out soon, and one that waits for a
model or a test suite keeps its run all the same.
"""

import os
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass

from scoping.threads import Future, begin, whole
from workflows.ports import JournalRefusal, StaleFence
from workflows.run import Fence

_PER_TTL = 3


@dataclass(slots=True)
class _Held:
    ttl_s: float
    due: float


class Heartbeat:
    """Calls ``renew`` for each lease in hand, three times in its life; ``rest`` when it pauses.

    The thread starts with the first lease and ends when it finds none to renew, so a lease that is
    soon given back costs an entry in a table.
    """

    def __init__(self, renew: Callable[[Fence, float], None], rest: Callable[[], None]) -> None:
        self._renew = renew
        self._rest = rest
        self._changed = threading.Condition(threading.RLock())
        self._held: dict[Fence, _Held] = {}
        self._beating: Future[None] | None = None
        _all.add(self)

    def hold(self, fence: Fence, ttl_s: float) -> None:
        """Renew ``fence`` from now on; nothing to do for a lease that ends at once."""
        if ttl_s <= 0:
            return
        with whole, self._changed:
            due = time.monotonic() + ttl_s / _PER_TTL
            sooner = not self._held or due < min(held.due for held in self._held.values())
            self._held[fence] = _Held(ttl_s, due)
            if self._beating is None:
                self._beating = begin(self._beat, "journal-heartbeat")
            elif sooner:
                self._changed.notify()

    def drop(self, fence: Fence) -> None:
        """Renew ``fence`` no more; the thread finds out when it wakes."""
        with whole, self._changed:
            self._held.pop(fence, None)

    def stop(self) -> None:
        """Renew nothing any more, and return when the thread has ended."""
        with whole, self._changed:
            self._held.clear()
            beating = self._beating
            self._changed.notify()
        if beating is not None:
            beating.wait()

    def _beat(self) -> None:
        try:
            while self._wait():
                pass
        finally:
            self._rest()

    def _wait(self) -> bool:
        """Sleep until the next lease is due and renew it; False when none is held."""
        with self._changed:
            if not self._held:
                self._beating = None
                return False
            due = min(held.due for held in self._held.values())
            pause = due - time.monotonic()
            if pause > 0:
                self._changed.wait(pause)
                return True
            for fence, held in list(self._held.items()):
                if held.due <= time.monotonic():
                    held.due = time.monotonic() + held.ttl_s / _PER_TTL
                    self._renew_quietly(fence, held.ttl_s)
            return True

    def _renew_quietly(self, fence: Fence, ttl_s: float) -> None:
        try:
            self._renew(fence, ttl_s)
        except StaleFence:
            self._held.pop(fence, None)
        except JournalRefusal:
            # A full or busy disk: the next append says so to somebody who can act on it.
            return

    def _forget(self) -> None:
        self._changed = threading.Condition(threading.RLock())
        self._held = {}
        self._beating = None


# A child made by fork has the locks of its parent as they were in that moment, and none of its
# threads: so no process is forked in the middle of a renewal, and a child begins with no lease.
_all: "weakref.WeakSet[Heartbeat]" = weakref.WeakSet()


class _Paused(threading.local):
    """The heartbeats that the calling thread holds still while it forks."""

    def __init__(self) -> None:
        self.all: list[Heartbeat] = []


_paused = _Paused()


def _before_fork() -> None:
    _paused.all = list(_all)
    for heartbeat in _paused.all:
        heartbeat._changed.acquire()  # noqa: SLF001 - its own module


def _after_in_parent() -> None:
    for heartbeat in _paused.all:
        heartbeat._changed.release()  # noqa: SLF001 - the same
    _paused.all = []


def _after_in_child() -> None:
    for heartbeat in _paused.all:
        heartbeat._forget()  # noqa: SLF001 - the same
    _paused.all = []


os.register_at_fork(
    before=_before_fork, after_in_parent=_after_in_parent, after_in_child=_after_in_child
)
