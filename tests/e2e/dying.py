"""The program, which dies by SIGKILL in the function that ``DIE_IN`` names as ``module:name``."""

import os
import signal
from importlib import import_module

from bot import cli


def _die(*_words: object, **_more: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Run the program on this process's arguments."""
    module, _, name = os.environ.pop("DIE_IN", "").partition(":")
    if module:
        setattr(import_module(module), name, _die)
    cli.main()


if __name__ == "__main__":
    main()
