"""Who descends from a process, and what they cost: the kernel's own list, not what they say.

A limit on one process says nothing about its children, and a process group is left by one call; so
the supervisor looks at the whole family now and then, and remembers whom it has seen.
"""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PROC = "/proc"
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Member:
    """One process. ``pid`` and ``start`` together are never used twice between two boots.

    ``cpu_s`` includes children that ended and were waited for; ``resident_bytes`` counts pages
    shared with others in full.
    """

    pid: int
    start: int
    parent: int
    session: int
    ended: bool
    cpu_s: float
    resident_bytes: int

    @property
    def identity(self) -> tuple[int, int]:
        """What tells this process from a later one with the same number."""
        return self.pid, self.start


def family(root: int, known: Iterable[tuple[int, int]] = ()) -> tuple[Member, ...]:
    """Return ``root``, its descendants, its session, and those ``known`` before that still are.

    Whoever loses its parent is handed to the machine's first process and cannot be found from
    ``root`` any more, unless it stayed in the session or was seen earlier.
    """
    everyone = _everyone()
    seen = set(known)
    found = {
        pid
        for pid, member in everyone.items()
        if root in {pid, member.session} or member.identity in seen
    }
    children: dict[int, list[int]] = {}
    for pid, member in everyone.items():
        children.setdefault(member.parent, []).append(pid)
    waiting = list(found)
    while waiting:
        below = [pid for pid in children.get(waiting.pop(), ()) if pid not in found]
        found.update(below)
        waiting.extend(below)
    return tuple(everyone[pid] for pid in sorted(found))


def descendants(root: int, known: Iterable[tuple[int, int]] = ()) -> tuple[Member, ...]:
    """Return what `family` does of processes that a pid namespace keeps together, much faster.

    Only they are asked for their children, not every process of the machine.
    """
    if not os.path.exists(f"{_PROC}/{root}/task/{root}/children"):  # noqa: PTH110 - called often
        return family(root, known)  # it ended, or the kernel was built without
    seen = dict(known)
    found: dict[int, Member] = {}
    waiting = [root, *seen]
    while waiting:
        pid = waiting.pop()
        member = None if pid in found else _member(pid)
        # Somebody else's by now, if it has another start than the one we knew.
        if member and seen.get(pid, member.start) == member.start:
            found[pid] = member
            waiting += _children(pid)
    return tuple(found[pid] for pid in sorted(found))


def resident_bytes(members: Iterable[Member]) -> int:
    """Return the memory of all members, shared pages counted once for each: never too little."""
    return sum(member.resident_bytes for member in members)


def proportional_bytes(members: Iterable[Member]) -> int:
    """Return the memory of all members, a shared page counted once; slower than `resident_bytes`.

    Where a process is not ours to look at, its resident bytes stand in. One that ended meanwhile
    has none any more: when a family dies, many do so between two looks.
    """
    return sum(_proportional(member) for member in members)


def _everyone() -> Mapping[int, Member]:
    members = (_member(int(name)) for name in os.listdir(_PROC) if name.isdecimal())  # noqa: PTH208 - as above
    return {member.pid: member for member in members if member}


def _children(pid: int) -> list[int]:
    """Return whom each thread of ``pid`` started."""
    found: list[int] = []
    with suppress(OSError):  # it ended meanwhile
        for thread in os.listdir(f"{_PROC}/{pid}/task"):  # noqa: PTH208 - as above
            with open(f"{_PROC}/{pid}/task/{thread}/children", "rb", 0) as stream:  # noqa: PTH123
                found += map(int, stream.read().split())
    return found


def _member(pid: int) -> Member | None:
    try:
        with open(f"{_PROC}/{pid}/stat", "rb", 0) as stream:  # noqa: PTH123 - as above
            line = stream.read()
    except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
        return None
    # The name stands in parentheses and may hold some itself: fields are counted from the last.
    fields = line.rpartition(b")")[2].split()
    return Member(
        pid=pid,
        start=int(fields[19]),
        parent=int(fields[1]),
        session=int(fields[3]),
        ended=fields[0] in {b"Z", b"X"},
        cpu_s=sum(map(int, fields[11:15])) / _TICKS_PER_S,
        resident_bytes=int(fields[21]) * _PAGE_BYTES,
    )


def _proportional(member: Member) -> int:
    try:
        rollup = Path(f"{_PROC}/{member.pid}/smaps_rollup").read_text("utf-8", "replace")
    except ProcessLookupError:
        return 0
    except OSError:
        if not os.path.exists(f"{_PROC}/{member.pid}"):  # noqa: PTH110 - as above
            return 0
        return member.resident_bytes
    for line in rollup.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return member.resident_bytes
