"""Next attempts that are begun from a page, each in processes of its own kind.

One that has the model's key writes it (`propose --revise`); another, which has none, publishes it
when a person says so.
"""

import json
import shlex
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.commands.own_process import own_argv
from bot.configuration.process import ProcessKind
from bot.server.revisions import Ready, Revision, RevisionRefusal
from bot.settings import environment_for
from scoping.refusal import Refusal

_LONGEST_WORDS = 4_000


class OwnRevisions:
    """Processes of ours by pull request. ``where`` are options of all, ``asked`` of attempts alone.

    ``ended`` is called with the number of the pull request when an attempt is over, in a thread.
    """

    def __init__(
        self, where: Sequence[str], asked: Sequence[str], ended: Callable[[int], None]
    ) -> None:
        self._where, self._asked = tuple(where), tuple(asked)
        self._ended = ended
        self._lock = threading.Lock()
        self._running: dict[int, subprocess.Popen[str]] = {}
        self._known: dict[int, Revision] = {}
        self._threads: list[threading.Thread] = []

    def begin(self, number: int, base: str) -> None:
        """Begin the next attempt at a pull request on commit ``base``, unless one is under way."""
        told = ["propose", "--revise", str(number), "--base", base, *self._where, *self._asked]
        with self._lock:
            if number not in self._running:
                self._start(number, "author", told, self._attempted)
                self._known[number] = Revision("attempt")

    def publish(self, number: int, ready: Ready) -> None:
        """Begin to publish a result, unless that is under way; RevisionRefusal for another one."""
        with self._lock:
            known = self._known.get(number, Revision())
            if number in self._running and known.run == ready.run:
                return
            if number in self._running or (known.is_published and known.run == ready.run):
                raise RevisionRefusal(
                    "another attempt is being made or published, or this one was; look at the page"
                    " as it is now"
                )
            self._start(number, "publisher", self._publishing(ready), self._published)
            self._known[number] = Revision("publication", ready.run, "proposed", ready.why)

    def command(self, ready: Ready) -> str:
        """Return the command line that publishes a result."""
        return shlex.join(["changewright", *self._publishing(ready)])

    def of(self, number: int) -> Revision | None:
        """Return the last one that was begun here, without its command, or None."""
        with self._lock:
            return self._known.get(number)

    def end(self) -> None:
        """Interrupt those under way, which can be resumed, and wait until they have settled."""
        with self._lock:
            running = list(self._running.values())
        for child in running:
            child.terminate()
        for thread in self._threads:
            thread.join()

    def _start(
        self,
        number: int,
        kind: ProcessKind,
        told: Sequence[str],
        came: Callable[[int, Mapping[str, Any], str], Revision],
    ) -> None:
        child = subprocess.Popen(
            own_argv([*told, "--json", "--quiet"]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env=environment_for(kind),
            start_new_session=True,  # it is told to stop once, by us
        )
        self._running[number] = child
        thread = threading.Thread(target=self._follow, args=(number, child, came), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _follow(
        self,
        number: int,
        child: "subprocess.Popen[str]",
        came: Callable[[int, Mapping[str, Any], str], Revision],
    ) -> None:
        with child:
            printed, said = child.communicate()
        said = said.strip()[-_LONGEST_WORDS:]
        known = Revision(words=said)
        try:
            known = came(number, _document(printed), said)
        finally:
            with self._lock:
                self._known[number] = known
                del self._running[number]

    def _attempted(self, number: int, document: Mapping[str, Any], said: str) -> Revision:
        run, state, why = (str(document.get(name, "")) for name in ("run", "state", "why"))
        if state == "proposed":
            # What it said beside the document is the same, and the page says it better.
            said = ""
        try:
            self._ended(number)
        except Refusal as refusal:
            said = f"{said}\nthreads are not answered: {refusal}".strip()
        return Revision("", run, state, why, words=said)

    def _published(self, number: int, document: Mapping[str, Any], said: str) -> Revision:
        known = self.of(number) or Revision()
        if document.get("state") == "open":
            return replace(known, doing="", is_published=True)
        return replace(known, doing="", words=said)

    def _publishing(self, ready: Ready) -> list[str]:
        return ["publish", ready.bundle, *self._where]


def _document(printed: str) -> Mapping[str, Any]:
    """Return what a command printed for programs; empty where it came to no end of its own."""
    try:
        found = json.loads(printed)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
