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
