"""Sides of one judgement that run before they are asked for.

Judging is mostly waiting for tests. While they run, everything that is read and compared without
them is read and compared.
"""

import os
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from validators.judging.sides import Ran, Wanted
from validators.rules import GateRule

Asked = tuple[GateRule, Wanted]


class Running(Protocol):
    """A side that was begun: leaving its block ends what of it still runs."""

    def wait(self) -> Ran:
        """Wait for its end, and tell what came of it."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def processors() -> int:
    """Return how many commands can run here without waiting for each other."""
    return len(os.sched_getaffinity(0))


@dataclass(frozen=True, slots=True)
class Ahead:
    """The sides that were begun and not yet asked for; closing ends them, and nobody is told."""

    _kept: list[tuple[Asked, Running]] = field(default_factory=list)

    def keep(self, asked: Asked, side: Running) -> None:
        """Keep a side until it is asked for."""
        self._kept.append((asked, side))

    def holds(self, asked: Asked) -> bool:
        """Whether this very side was begun, and nobody took it."""
        return any(other == asked for other, _ in self._kept)

    def take(self, asked: Asked) -> Running | None:
        """Return a side that was begun, to whoever asks first; None where it was not."""
        for place, (other, side) in enumerate(self._kept):
            if other == asked:
                del self._kept[place]
                return side
        return None

    def close(self) -> None:
        """End whatever nobody asked for."""
        with ExitStack() as stack:  # each is ended whatever becomes of the others
            for _, side in self._kept:
                stack.push(side)
            self._kept.clear()
