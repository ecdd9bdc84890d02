"""Next attempts that are begun from a page: each a `changewright propose --revise` of its own."""

import subprocess
import threading
from collections.abc import Callable, Sequence
from typing import IO

from bot.commands.own_process import own_argv
from bot.server.revisions import Revision
from scoping.refusal import Refusal

_LONGEST_WORDS = 4_000


class OwnRevisions:
    """Processes of ours by pull request. ``words`` are the options all of them are given.

    ``ended`` is called with the number of the pull request when one is over, in a thread.
    """

    def __init__(self, words: Sequence[str], ended: Callable[[int], None]) -> None:
        self._words = tuple(words)
        self._ended = ended
        self._lock = threading.Lock()
        self._running: dict[int, subprocess.Popen[str]] = {}
        self._said: dict[int, str] = {}
        self._threads: list[threading.Thread] = []

    def begin(self, number: int, base: str) -> None:
        """Begin the next attempt at a pull request on commit ``base``, unless one is under way."""
        told = ["propose", "--revise", str(number), "--base", base, "--quiet", *self._words]
        with self._lock:
            if number in self._running:
                return
            child = subprocess.Popen(
                own_argv(told),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,  # it is told to stop once, by us
            )
            self._running[number] = child
            thread = threading.Thread(target=self._follow, args=(number, child), daemon=True)
            self._threads.append(thread)
        thread.start()

    def of(self, number: int) -> Revision | None:
        """Return the last one that was begun here, or None."""
        with self._lock:
            if number in self._running:
                return Revision(is_running=True)
            said = self._said.get(number)
            return None if said is None else Revision(is_running=False, words=said)

    def end(self) -> None:
        """Interrupt those under way, which can be resumed, and wait until they have settled."""
        with self._lock:
            running = list(self._running.values())
        for child in running:
            child.terminate()
        for thread in self._threads:
            thread.join()

    def _follow(self, number: int, child: "subprocess.Popen[str]") -> None:
        with child:
            said = _end_of(child.stdout)
            child.wait()
        try:
            self._ended(number)
        except Refusal as refusal:
            said = f"{said}\nthreads are not answered: {refusal}".strip()
        finally:
            with self._lock:
                self._said[number] = said
                del self._running[number]


def _end_of(stream: IO[str] | None) -> str:
    """Read a stream to its end and return the last of it."""
    kept = ""
    for line in stream or ():
        kept = (kept + line)[-_LONGEST_WORDS:]
    return kept.strip()
