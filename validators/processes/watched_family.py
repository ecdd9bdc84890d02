"""One process and all it started, while they live: looked at, asked to end, killed, and counted."""

import contextlib
import os
import signal
import threading
from collections.abc import Callable

from validators.processes.excess import Excess, Watch
from validators.processes.process_tree import Member, descendants, family, resident_bytes

# What was killed is usually gone at once; what hangs in the kernel is waited for about 2 s.
# Tells pid and start of those who are inside of walls right now.
Within = Callable[[], frozenset[tuple[int, int]]]
_ROUNDS_ONE_BY_ONE = 3
_KILL_PAUSES_S = (*(0.0005,) * 4, 0.001, 0.002, 0.004, *(0.01,) * 200)


class WatchedFamily:
    """``root`` and its descendants; ``walled``: a pid namespace keeps them together below it.

    Where ``within`` is given, those it tells of belong to the family, and are all that is watched,
    interrupted and charged. ``fell`` ends them all at once, where killing one by one does not: who
    makes new ones all the time is faster than we. ``peak_bytes`` and ``cpu_s`` are what was seen,
    so at least what was used.
    """

    def __init__(
        self,
        root: int,
        watches: tuple[Watch, ...],
        within: Within | None,
        fell: Callable[[], None] | None = None,
        *,
        walled: bool,
    ) -> None:
        self.peak_bytes = 0
        self.cpu_s = 0.0
        self._root = root
        self._watches = watches
        self._within = within
        self._fell = fell
        self._walled = walled
        self._known: set[tuple[int, int]] = set()
        self._charged: tuple[Member, ...] = ()

    def look(self) -> Excess | None:
        """Take the figures, and return why the family has to end now, if it has to."""
        self._members(all_processes=not self._walled)
        for watch in self._watches:
            excess = watch(self._charged)
            if excess:
                self.peak_bytes = max(self.peak_bytes, excess.memory_bytes)
                return excess
        return None

    def interrupt(self) -> None:
        """Ask everyone to end, as Ctrl-C would, but for walls: they must not fall first."""
        self._members(all_processes=not self._walled)
        for member in self._charged:
            if not (member.ended or (self._walled and member.pid == self._root)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(member.pid, signal.SIGINT)

    def kill(self, *, by_itself: bool) -> None:
        """Kill whatever is left and wait until it is gone; the root is not reaped here.

        ``by_itself``: the root ended, and with it its pid namespace, if it had one that we saw.
        """
        everywhere = not (self._walled and by_itself and len(self._known) > 1)
        pause = threading.Event()
        for number, pause_s in enumerate(_KILL_PAUSES_S):
            if self._fell and number == _ROUNDS_ONE_BY_ONE:
                self._fell()
            members = self._members(all_processes=everywhere)
            alive = [member for member in members if not member.ended]
            if not alive:
                break
            for member in alive:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(member.pid, signal.SIGKILL)
            pause.wait(pause_s)

    def charge(self, cpu_s: float, peak_bytes: int) -> None:
        """Add what the kernel says of the root and whom it waited for, unless others are meant."""
        if self._within is None:
            self.cpu_s = max(self.cpu_s, cpu_s)
            self.peak_bytes = max(self.peak_bytes, peak_bytes)

    def _members(self, *, all_processes: bool) -> tuple[Member, ...]:
        find = family if all_processes else descendants
        within = self._within() if self._within else frozenset()
        members = find(self._root, self._known | within)
        self._known.update(member.identity for member in members)
        self._charged = tuple(
            member for member in members if self._within is None or member.identity in within
        )
        self.cpu_s = max(self.cpu_s, sum(member.cpu_s for member in self._charged))
        self.peak_bytes = max(self.peak_bytes, resident_bytes(self._charged))
        return members
