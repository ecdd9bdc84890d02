"""A command of ours in a process of its own: an author is never a publisher, nor the other way."""

import subprocess
import sys
from collections.abc import Sequence

from bot.console import hand_over_output
from scoping.threads import whole


def run_own(words: Sequence[str]) -> int:
    """Run ``changewright`` with ``words`` and return its exit code; it hears of an interruption."""
    child = None
    try:
        with whole:  # it runs before this returns
            # In a session of its own it is told to stop once, by us, not by the terminal as well.
            child = subprocess.Popen(own_argv(words), start_new_session=True)
            hand_over_output()
        return child.wait()
    except KeyboardInterrupt:
        if child is not None:
            child.terminate()
            child.wait()
        raise


def own_argv(words: Sequence[str]) -> list[str]:
    """Return the command line of ``changewright`` with ``words``, whatever folder it starts in."""
    return [sys.executable, "-P", "-c", "from bot.cli import main; main()", *words]
