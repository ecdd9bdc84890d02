"""Runs inside the sandbox: the channel as the interpreters there use it, and what they return."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bot.interpreting.wire import MakeRecord, read, written
from scoping.child import read_frame, write_frame
from validators.codemods.frames import packed, unpacked

_MAX_WORDS = 600
_CHUNK_CHARACTERS = 4_000


@dataclass(frozen=True, slots=True)
class Ended:
    """How one snippet ended, and the words on it; ``state`` is what `load` takes, or empty."""

    outcome: str
    message: str = ""
    state: bytes = b""


class Runner(Protocol):
    """One interpreter, already begun."""

    def run(self, snippet: str) -> Ended:
        """Run one snippet, printing to and calling over the line that it was begun with."""
        ...

    def load(self, state: bytes) -> None:
        """Take the names of an earlier process's `Ended.state`."""
        ...


class Caller(Protocol):
    """Whatever brings a call of a snippet's to our functions."""

    def call(self, name: str, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """Call one of our functions; ValueError holds why it refused."""
        ...


class Line:
    """The channel as a worker uses it: messages, calls, and what a snippet prints, up to a cap."""

    def __init__(self) -> None:
        reads, writes = map(int, os.environ["CHANGEWRIGHT_CHANNEL"].split(","))
        self._source, self._sink = os.fdopen(reads, "rb"), os.fdopen(writes, "wb")
        self._cap = self._kept = 0
        self._waiting: list[str] = []
        self._waiting_characters = 0
        self.dropped = 0

    def hear(self) -> tuple[dict[str, Any], list[bytes]] | None:
        """Return the next message, or None when there will be none."""
        frame = read_frame(self._source)
        return None if frame is None else unpacked(frame)

    def say(self, header: Mapping[str, Any], *contents: bytes) -> None:
        """Send one message."""
        write_frame(self._sink, packed(header, *contents))
        self._sink.flush()

    def call(self, name: str, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """Call one of our functions; ValueError holds why it refused."""
        return value_of(self.ask({"call": name, **asked(arguments, named)}))

    def ask(self, call: Mapping[str, Any]) -> dict[str, Any]:
        """Send a call, and return the answer to it."""
        self.flush()
        self.say({**call, "dropped": self.dropped})
        heard = self.hear()
        if heard is None:
            raise SystemExit(0)
        return heard[0]

    def begin_output(self, cap: int) -> None:
        """Print at most ``cap`` bytes from now on."""
        self._cap, self._kept, self.dropped = cap, 0, 0
        self._waiting.clear()

    def print(self, text: str) -> int:
        """Print ``text`` as far as the cap allows, and count the rest."""
        data = text.encode("utf-8", "replace")
        kept = data[: max(0, self._cap - self._kept)]
        self._kept += len(kept)
        is_first_dropped = not self.dropped
        self.dropped += len(data) - len(kept)
        if kept:
            self._waiting.append(kept.decode("utf-8", "ignore"))
            self._waiting_characters += len(kept)
        if self._waiting_characters > _CHUNK_CHARACTERS or (self.dropped and is_first_dropped):
            self.flush()
        return len(text)

    def flush(self) -> None:
        """Send what was printed: of a snippet that is stopped later, this much is known."""
        if self._waiting:
            self.say({"printed": "".join(self._waiting), "dropped": self.dropped})
            self._waiting.clear()
            self._waiting_characters = 0


def words_of(kind: str, message: str, number: int = 0) -> str:
    """Return an exception as one line: its kind, its words, and the line it was raised in."""
    told = " ".join(f"{kind}: {message}".split()).removesuffix(":")
    where = f" (line {number})" if number else ""
    return f"{told[:_MAX_WORDS]}{where}"


def said_by(error: BaseException) -> str:
    """Return an exception's words; those of a snippet's own class may be no words at all."""
    try:
        return str(error)
    except BaseException:  # noqa: BLE001 - whatever a stranger's __str__ raises
        return "its words cannot be read"


def asked(arguments: tuple[Any, ...], named: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call as they are sent; TypeError for one that cannot be."""
    return {"args": written(arguments), "named": {k: written(v) for k, v in named.items()}}


def value_of(answer: Mapping[str, Any]) -> Any:  # noqa: ANN401 - what JSON knows
    """Return what a call was answered; ValueError holds why it was refused."""
    if "error" in answer:
        raise ValueError(answer["error"])
    return answer["value"]


def function(line: Caller, name: str, make_record: MakeRecord) -> Callable[..., Any]:
    """Return what a snippet calls as ``name``."""

    def call(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - what JSON knows
        return read(line.call(name, arguments, named), make_record)

    call.__name__ = call.__qualname__ = name
    return call
