"""A command of ours in a process of its own: an author is never a publisher, nor the other way."""

import subprocess
import sys
from collections.abc import Sequence

from bot.console import hand_over_output


def run_own(words: Sequence[str]) -> int:
    """Run ``changewright`` with ``words`` and return its exit code; it hears of an interruption."""
    # In a session of its own it is told to stop once, by us, and not by the terminal as well.
    with subprocess.Popen(own_argv(words), start_new_session=True) as child:
        hand_over_output()
        try:
            return child.wait()
        except KeyboardInterrupt:
            child.terminate()
            child.wait()
            raise


def own_argv(words: Sequence[str]) -> list[str]:
    """Return the command line of ``changewright`` with ``words``, whatever folder it starts in."""
    return [sys.executable, "-P", "-c", "from bot.cli import main; main()", *words]
