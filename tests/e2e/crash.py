"""The program, with its adapters wrapped so that the process dies by SIGKILL at a chosen point.

A point is one side (before, after) of one call that writes something down or touches the outside.
Each process of a command adds what it passes to the file that ``CRASH_TRACE`` names, so points have
the same numbers each time; at number ``CRASH_AT`` the process that reaches it is gone. The clock
and the names of runs stand still: what two runs of a command made can be compared byte by byte.
"""

import functools
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any

from bot import cli, wiring
from bot.adapters.local_forge.forge import LocalForge
from bot.adapters.scripted_model import ScriptedModel
from bot.adapters.sqlite_journal.journal import SqliteJournal
from tests.ending import LIMIT_S

LINE_BYTES = 64
WHEN = "2026-01-02T03:04:05Z"
_WRAPPED: tuple[tuple[type, tuple[str, ...]], ...] = (
    (SqliteJournal, ("lease", "append", "put_blob", "release")),
    (LocalForge, ("push", "open_pull_request", "update_pull_request", "record_review")),
    (ScriptedModel, ("reply",)),
    (Path, ("rename", "replace")),
)
_lock = Lock()


def passing(name: str) -> None:
    """Note that ``name`` was reached, and die there when it is the chosen point."""
    with _lock:
        trace = os.open(os.environ["CRASH_TRACE"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            os.write(trace, name.encode().ljust(LINE_BYTES - 1)[: LINE_BYTES - 1] + b"\n")
            number = os.fstat(trace).st_size // LINE_BYTES
        finally:
            os.close(trace)
    if number == int(os.environ.get("CRASH_AT", "0")):
        os.kill(os.getpid(), signal.SIGKILL)


def _wrapped(owner: type, name: str) -> Callable[..., Any]:
    real = getattr(owner, name)

    @functools.wraps(real)
    def call(self: Any, *words: Any, **more: Any) -> Any:
        what = f"{owner.__name__}.{name}"
        if name == "append":
            what += f" {words[1].kind}"
        elif owner is Path and os.environ["CHANGEWRIGHT_STATE"] not in str(self):
            return real(self, *words, **more)
        passing(f"before {what}")
        result = real(self, *words, **more)
        passing(f"after {what}")
        return result

    return call


def _new_run(bench: wiring.Bench) -> str:
    return f"r20260102-030405-{len(bench.journal.runs()):06x}"


def _run_own(words: Sequence[str]) -> int:
    return subprocess.run(
        [sys.executable, __file__, *words], check=False, timeout=5 * LIMIT_S
    ).returncode


def main() -> None:
    """Run the program on this process's arguments, and its own processes in the same way."""
    commands = [import_module(f"bot.commands.{name}") for name in ("resume", "review")]
    swapped: list[tuple[Any, str, Any]] = [
        (wiring.Bench, "new_run", _new_run),
        (wiring, "now_iso", lambda to="seconds": WHEN),
    ]
    swapped += [(owner, name, _wrapped(owner, name)) for owner, names in _WRAPPED for name in names]
    swapped += [(module, "run_own", _run_own) for module in commands]
    for owner, name, stand_in in swapped:
        setattr(owner, name, stand_in)
    cli.main()


if __name__ == "__main__":
    main()
