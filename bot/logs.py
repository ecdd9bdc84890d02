"""What a process did, one JSON object per line in a file of its own, and with `-v` on the terminal.

A line says that something happened, never what was in it: counts, names of steps and verdicts, no
prompt, file content, path or test output. The journal has those; a log is what one may pass on.
Every text goes through the redactor all the same.

Neither the standard library's logging nor structlog stands behind this. Both cost what they bring
(12 ms to import, measured; structlog imports logging too), and what they bring is unwanted here: a
tree of loggers that any library may write to, as the vendor's does with whole prompts. Here only
what is listed below can reach the file, and nothing is imported that was not there already.
"""

import errno
import os
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from bot.console import one_line, printable

if TYPE_CHECKING:
    from bot.redaction import Redactor
    from workflows.run import Entry

Level = Literal["debug", "info", "warning", "error"]

_DETAILS, _ALL = 1, 2  # how often -v was given
_RECENT = 20
_LONGEST = 200
# Texts of an entry that are words of ours or hashes; any other may hold what a stranger wrote.
_OUR_WORDS = frozenset(
    (
        *("base_commit", "campaign", "command", "decision", "gate", "how", "key", "kind", "model"),
        *("outcome", "reservation", "sha256", "side", "state", "status", "tree", "verdict", "word"),
    )
)
# Nouns inside an entry whose own figures and words are told too.
_OPENED = frozenset(("attempt", "opinion", "verdict", "result"))
_HEAD = frozenset(("at", "level", "event", "run", "pid"))
_DETAIL_KINDS = frozenset(("budget.reserved", "budget.settled", "prompt.sent"))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a log is written, and how much of it is also shown."""

    state: Path
    run: str = ""
    verbosity: int = 0


class Log:
    """The log of one process; made by `open_log`. Without a place it keeps the last events only."""

    def __init__(
        self, place: Place | None, redact: Callable[[str], str], now: Callable[[], str]
    ) -> None:
        self._place = place
        self._redact = redact
        self._now = now
        self._file: int | None = None
        self.recent: deque[tuple[str, str]] = deque(maxlen=_RECENT)

    @property
    def place(self) -> Place | None:
        """Where it is written; None when no state folder was known."""
        return self._place

    @property
    def speaks(self) -> bool:
        """Whether it is shown on standard error too."""
        return self._place is not None and self._place.verbosity >= _DETAILS

    @property
    def tells_all(self) -> bool:
        """Whether its details are shown on standard error too."""
        return self._place is not None and self._place.verbosity >= _ALL

    def event(
        self, kind: str, level: Level = "info", /, *, run: str = "", **fields: object
    ) -> None:
        """Write that something happened; ``fields`` hold counts and words of ours, nothing more."""
        at = self._now()
        self.recent.append((at, kind))
        if self._place is None:
            return
        head = {"at": at, "level": level, "event": kind, "run": run or self._place.run}
        line: dict[str, object] = head | {"pid": os.getpid()}
        line |= {name: self._clean(value) for name, value in fields.items() if name not in line}
        self._write(line)
        if self._place.verbosity >= (_ALL if level == "debug" else _DETAILS):
            _show(line)

    def entry(self, entry: "Entry") -> None:
        """Write that the journal took an entry."""
        if self._place is not None and not self._place.run:  # what comes after belongs to it too
            self._place = replace(self._place, run=entry.run)
        kind = entry.event.kind
        level: Level = "debug" if kind in _DETAIL_KINDS else "info"
        told = dict(_small(entry.event.data))
        if kind == "budget.settled" and entry.event.data.get("trouble"):
            # A code there; elsewhere it may be what a stranger wrote.
            told["trouble"] = entry.event.data["trouble"]
        self.event(kind, level, run=entry.run, **told)

    def close(self) -> None:
        """Write no more to the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def open(self, path: Path) -> None:
        """Append to ``path`` from now on; a log that cannot be written ends no run."""
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            how = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            self._file = os.open(path, how, 0o600)
        except OSError as error:
            self._complain(str(error.strerror))

    def _clean(self, value: object) -> object:
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, float):
            return round(value, 6)
        text = self._redact(str(value))
        return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."

    def _write(self, line: Mapping[str, object]) -> None:
        import json  # noqa: PLC0415 - 8 ms that --help does not need

        if self._file is None:
            return
        written = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        try:
            # One call: with O_APPEND no other process or thread can write into the line.
            whole = os.write(self._file, written) == len(written)
            trouble = "" if whole else os.strerror(errno.ENOSPC)
        except OSError as error:
            trouble = str(error.strerror)
        if trouble:
            self.close()
            self._complain(trouble)

    def _complain(self, trouble: str) -> None:
        folder = self._place.state / "logs" if self._place else ""
        text = f"note: no log is kept in {folder}: {trouble}; the work goes on without it"
        with suppress(OSError):
            sys.stderr.write(printable(self._redact(text)) + "\n")


NO_LOG = Log(None, str, str)


class _Process:
    """What this process is doing: which command, and its log once there is one."""

    command = ""
    log = NO_LOG
    verbosity = 0


def begin(command: str) -> None:
    """Forget an earlier command's log; the next one belongs to ``command``."""
    _Process.log.close()
    _Process.command, _Process.log = command, Log(None, str, _now)
    _Process.verbosity = 0


def speak(verbosity: int) -> None:
    """Show the log that is opened from now on as it is written: 1, or 2 with its details."""
    _Process.verbosity = verbosity


def current() -> Log:
    """Return this process's log; one that writes nothing before `open_log` was called."""
    return _Process.log


def command() -> str:
    """Return the name of the command that runs, without its arguments; empty where none does."""
    return _Process.command


def open_log(
    state: Path,
    run: str,
    redactor: "Redactor",
    verbosity: int | None = None,
    now: Callable[[], str] | None = None,
) -> Log:
    """Open the log of this process under ``state`` and make it the current one; never raises.

    A ``verbosity`` that is not given is as `speak` said. The file is named for ``run``, or else for
    the command, the time and the process. `bot.cli` writes the end of the command into it and
    closes it.
    """
    clock = now or _now
    shown = _Process.verbosity if verbosity is None else verbosity
    log = Log(Place(state, run, shown), redactor.text, clock)
    moment = clock()[:19].replace(":", "").replace("-", "")
    name = run or f"{command() or 'process'}-{moment}-{os.getpid()}"
    log.open(state / "logs" / f"{_file_name(name)}.jsonl")
    _Process.log.close()
    _Process.log = log
    log.event("process.started", command=command())
    return log


def _now() -> str:
    from datetime import UTC, datetime  # noqa: PLC0415 - --help needs no clock

    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _file_name(name: str) -> str:
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in name)
    return kept.lstrip(".")[:_LONGEST] or "_"


def _small(data: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """Yield what of an entry's data may stand in a log: figures, our words, and how many."""
    for name, value in data.items():
        if isinstance(value, bool | int | float) or (name in _OUR_WORDS and isinstance(value, str)):
            yield name, value
        elif isinstance(value, list | tuple):
            yield name, len(value)
        elif isinstance(value, dict) and name in _OPENED:
            yield from _small(value)


def _show(line: Mapping[str, object]) -> None:
    told = {name: value for name, value in line.items() if name not in _HEAD}
    words = [
        str(line["at"])[11:23],
        f"run={line['run']}" if line["run"] else "",
        str(line["event"]),
    ]
    words += [f"{name}={value}" for name, value in told.items()]
    shown = printable(one_line(" ".join(word for word in words if word)))
    with suppress(OSError):
        sys.stderr.write(shown + "\n")
        sys.stderr.flush()
