"""Writers of one run take turns: who has one short thing to write waits for the other."""

import time
from collections.abc import Callable
from typing import TypeVar

from workflows.ports import Held

T = TypeVar("T")
# Each writes for a second at most: a short wait says how it ended, a refusal only that it goes on.
_PATIENCE_S = 60.0
_POLL_S = 0.1


def in_turn(write: Callable[[], T]) -> T:
    """Do ``write`` as soon as nobody else holds what it needs; Held where that takes a minute.

    It is begun anew each time, and must have done nothing before it says Held.
    """
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return write()
        except Held:
            if time.monotonic() > until:
                raise
            time.sleep(_POLL_S)
