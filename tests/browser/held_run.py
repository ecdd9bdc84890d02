"""The program, whose scripted model waits for a line on standard input before each reply.

So a test can look at a run in the middle of it for as long as it wants to.
"""

import functools
import sys
from typing import Any

from bot import cli
from bot.adapters.scripted_model import ScriptedModel


def main() -> None:
    """Run the program on this process's arguments."""
    real = ScriptedModel.reply

    @functools.wraps(real)
    def held(self: ScriptedModel, *words: Any, **more: Any) -> Any:
        sys.stdin.readline()
        return real(self, *words, **more)

    ScriptedModel.reply = held  # type: ignore[method-assign]
    cli.main()


if __name__ == "__main__":
    main()
