"""Where a set-up gets packages from, without a network: as much of it as a set-up needs to know."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from validators.sandbox import Mount


def _nothing() -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Door:
    """The way out of one set-up, for as long as it is open.

    Commands are started behind ``prefix``; without it they reach nobody. ``environment`` tells the
    tools what they are to ask. ``refused`` says what was asked for and not allowed.
    """

    mounts: tuple[Mount, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    prefix: tuple[str, ...] = ()
    refused: Callable[[], tuple[str, ...]] = _nothing


@contextmanager
def _closed() -> Iterator[Door]:
    yield Door()


@dataclass(frozen=True, slots=True)
class Supply:
    """The package indexes of a machine. ``facts`` name them, without secrets.

    ``open`` yields the door to them, shut again when its block is left.
    """

    open: Callable[[], AbstractContextManager[Door]] = _closed
    facts: tuple[str, ...] = ()


NO_SUPPLY = Supply()
"""Nothing is to be had: whatever a set-up needs must be there."""
