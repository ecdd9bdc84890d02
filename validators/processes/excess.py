"""What a family of processes may not do for longer than a look: the noun, and who looks for it."""

from collections.abc import Callable
from dataclasses import dataclass

from validators.processes.process_tree import Member
from validators.sandbox import RunOutcome


@dataclass(frozen=True, slots=True)
class Excess:
    """Why a command has to end, in the words of its result; ``memory_bytes`` is what it had."""

    outcome: RunOutcome
    detail: str = ""
    memory_bytes: int = 0


# Asked at each look at a family, and once more when it ended.
Watch = Callable[[tuple[Member, ...]], Excess | None]


def watch_of_kills(kills: Callable[[], int], limit_bytes: int, keeper: str) -> Watch:
    """Return what tells whether ``kills``, the kernel's for want of memory, are more than now.

    A command may lose several processes that way, some of them after it was said to have ended: the
    next one has nothing to do with those. ``keeper`` is who keeps the limit, for a person.
    """
    before = kills()

    def excess(_members: tuple[Member, ...]) -> Excess | None:
        if kills() == before:
            return None
        needed = f"its processes needed more than {limit_bytes} bytes of memory together"
        return Excess("oom", f"{needed} ({keeper} stopped it)", limit_bytes)

    return excess
