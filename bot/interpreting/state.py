"""What a session's names outlive their process in: bytes, whichever way an interpreter allows.

Both are read by a new process in a sandbox and by nobody else. What is larger than a bound is not
kept, and then the names are gone with their process.
"""

import json
import zlib
from dataclasses import dataclass
from typing import Any, Protocol

from bot.interpreting.worker_process import Answer, WorkerProcess

_MOST_BYTES = 8 * 1024**2
_MOST_PLAIN_BYTES = 64 * 1024**2
_FASTEST = 1


class State(Protocol):
    """The names of one session after its last snippet; ``kept`` is None where they are not kept."""

    kept: bytes | None
    is_new: bool

    def note(self, snippet: str, answers: list[Any], dumped: bytes) -> None:
        """Take in what one more snippet did, which was answered so."""
        ...

    def take(self, kept: bytes) -> None:
        """Go on from what an earlier session kept."""
        ...

    def bring_back(self, worker: WorkerProcess) -> bool:
        """Give a new process the names; False where they cannot be had."""
        ...


class Dumped:
    """Names as the interpreter itself writes them down."""

    def __init__(self) -> None:
        self.kept: bytes | None = None
        self.is_new = True

    def note(self, _snippet: str, _answers: list[Any], dumped: bytes) -> None:
        """Keep what was dumped after the snippet; nothing changes where nothing was."""
        if dumped:
            self.is_new = False
            self.kept = _packed(dumped)

    def take(self, kept: bytes) -> None:
        """Go on from what an earlier session kept."""
        self.is_new, self.kept = False, kept

    def bring_back(self, worker: WorkerProcess) -> bool:
        """Load the names into a new process."""
        plain = None if self.kept is None else _unpacked(self.kept)
        return plain is not None and worker.load(plain)


@dataclass(frozen=True, slots=True)
class _Said:
    snippet: str
    answers: list[Any]


class Replayed:
    """Names as the snippets that made them, each with what it was answered: they are run again.

    No function is called for that. A snippet that does otherwise the second time (by the clock, or
    by chance) may leave other names, and one that asks for something else ends it.
    """

    def __init__(self) -> None:
        self.kept: bytes | None = None
        self.is_new = True
        self._said: list[_Said] = []

    def note(self, snippet: str, answers: list[Any], _dumped: bytes) -> None:
        """Keep the snippet and its answers."""
        self.is_new = False
        self._said.append(_Said(snippet, answers))
        plain = json.dumps([[one.snippet, one.answers] for one in self._said]).encode("ascii")
        self.kept = _packed(plain)

    def take(self, kept: bytes) -> None:
        """Go on from what an earlier session kept."""
        plain = _unpacked(kept)
        self.is_new, self.kept = False, None if plain is None else kept
        self._said = [_Said(*one) for one in json.loads(plain or b"[]")]

    def bring_back(self, worker: WorkerProcess) -> bool:
        """Run the snippets again in a new process."""
        if self.kept is None:
            self._said.clear()
            return False
        return all(worker.run(one.snippet, _from(one.answers)).can_go_on for one in self._said)


def _from(answers: list[Any]) -> Answer:
    left = iter(answers)

    def answer(_name: str, _args: list[Any], _named: dict[str, Any]) -> dict[str, Any]:
        return dict(next(left, {"error": "it was not asked for before"}))

    return answer


def _packed(plain: bytes) -> bytes | None:
    packed = zlib.compress(plain, _FASTEST)
    return packed if len(packed) <= _MOST_BYTES and len(plain) <= _MOST_PLAIN_BYTES else None


def _unpacked(kept: bytes) -> bytes | None:
    """Return what was packed; None where it is larger than it may be, or was never packed."""
    unpacking = zlib.decompressobj()
    try:
        plain = unpacking.decompress(kept, _MOST_PLAIN_BYTES)
    except zlib.error:
        return None
    return plain if unpacking.eof else None
