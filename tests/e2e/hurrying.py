"""The program, in whose sandboxes time leaps to a limit's end once a command says that it hangs."""

from typing import Any

from bot import cli
from tests.hurried import hurry
from validators.processes.layered_session import LayeredSession
from validators.sandbox import Limits, Phase

# What a command that is interrupted has to say what it has, and a little more.
_LAST_S = 3.0
_open = LayeredSession.__init__


def _opened(
    self: LayeredSession, layer: Any, phase: Phase, limits: Limits, ground: Any, clock: Any
) -> None:
    _open(self, layer, phase, limits, ground, clock)
    hurry(self, limits.timeout_s, _LAST_S)


def main() -> None:
    """Run the program on this process's arguments."""
    setattr(LayeredSession, "__init__", _opened)  # noqa: B010 - mypy lets nobody assign to it
    cli.main()


if __name__ == "__main__":
    main()
