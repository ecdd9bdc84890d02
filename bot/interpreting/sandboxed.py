"""The Interpreter port over a process in a sandbox: what its adapters differ in is a `Kind`."""

import inspect
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bot.interpreting.namespaces import plain_name, prelude
from bot.interpreting.state import State
from bot.interpreting.wire import no_record, read, written
from bot.interpreting.worker_process import Answer, WorkerProcess
from scoping.refusal import Refusal
from validators.sandbox import Guarantee, Limits, Mount, Phase, Sandbox, Session
from workflows.snippet import Functions, SnippetLimits, SnippetResult

_CODE = "/opt/changewright/code"
LIBRARIES = "/opt/changewright/libraries"
# Places that are mounts are words of their own: without walls those stand elsewhere.
_START = """
import os, sys
sys.path += map(os.path.dirname, sys.argv[1:3])
from bot.interpreting.worker import main
main(sys.argv[3:])
"""
# What an interpreter takes before any snippet runs.
_OWN_MEMORY_BYTES = 512 * 1024**2
# Monty has a process of its own, and threads count as well.
_PROCESSES = 32
_HOURS_S = 12 * 3_600.0
_MAX_ANSWER_CHARACTERS = 4_000_000
_MAX_WORDS = 2_000


@dataclass(frozen=True, slots=True)
class Kind:
    """One interpreter: its worker's words, what it needs to see, and how its names are kept.

    ``library`` is the place of a package inside that its worker imports, or empty. ``late_s`` is
    what it is given past the time limit to stop a snippet itself, which keeps better words on it.
    """

    name: str
    library: str
    words: tuple[str, ...]
    mounts: tuple[Mount, ...]
    state: Callable[[], State]
    late_s: float = 0.0


class SandboxedInterpreter:
    """Sessions of one kind of interpreter, each a process of its own in ``sandbox``.

    ``scratch`` is a folder for the sandbox's empty tree; ``require`` must be guaranteed.
    """

    def __init__(
        self,
        kind: Kind,
        sandbox: Sandbox,
        scratch: Path,
        require: frozenset[Guarantee] = frozenset(),
    ) -> None:
        self.name = kind.name
        self._kind = kind
        self._sandbox = sandbox
        self._empty = scratch / "no-tree"
        self._phase = _phase(kind, require)

    def open(self, functions: Functions, stubs: str, limits: SnippetLimits) -> "SandboxedSession":
        """Return a session; its process is started with the first snippet."""
        before = prelude(functions)
        functions = {plain_name(name): function for name, function in functions.items()}
        told = {
            **asdict(limits),
            "functions": list(functions),
            "stubs": stubs,
            "prelude": before,
        }

        def start() -> WorkerProcess:
            opened, late_s = self._opened(limits), self._kind.late_s
            return WorkerProcess(opened, self._argv(), told, limits, late_s, time.monotonic)

        return SandboxedSession(start, functions, self._kind.state())

    def _opened(self, limits: SnippetLimits) -> Session:
        self._empty.mkdir(exist_ok=True)
        memory = limits.memory_bytes + _OWN_MEMORY_BYTES
        bounds = Limits(
            timeout_s=_HOURS_S,
            memory_bytes=memory,
            processes=_PROCESSES,
            output_bytes=4_096,
            disk_bytes=16 * 1024**2,
            disk_files=100,
        )
        return self._sandbox.open(self._empty, self._phase, bounds)

    def _argv(self) -> list[str]:
        python = str(Path(sys.executable).resolve())
        # No -I: it would leave PYTHONHASHSEED unread, and this environment is all ours.
        start = [python, "-S", "-B", "-P", "-s", "-c", _START]
        return [*start, f"{_CODE}/validators", self._kind.library, *self._kind.words]


class SandboxedSession:
    """The snippets of one conversation, and the process they run in while there is one."""

    def __init__(
        self,
        start: Callable[[], WorkerProcess],
        functions: Functions,
        state: State,
    ) -> None:
        self._start = start
        self._functions = functions
        self._state = state
        self._worker: WorkerProcess | None = None

    def run(self, snippet: str) -> SnippetResult:
        """Run one snippet, in a new process where the last one was ended."""
        is_lost = False
        if self._worker is None:
            self._worker, is_lost = self._started()
        answers: list[Any] = []
        worker = self._worker
        try:
            heard = worker.run(snippet, self._answering(answers))
        except BaseException:  # of a function of ours: the snippet waits for ever
            self.close()
            raise
        if heard.outcome in {"ok", "raised"}:
            self._state.note(snippet, answers, heard.dumped)
        if not heard.can_go_on:
            self._worker = None
        return SnippetResult(
            heard.outcome,
            heard.printed.decode("utf-8", "ignore"),
            heard.dropped + heard.left_out,
            heard.message,
            heard.calls,
            heard.wall_s,
            self._state.kept,
            is_lost,
        )

    def restore(self, snapshot: bytes) -> None:
        """Continue from what an earlier result kept; it is read when the next snippet runs."""
        self.close()
        self._state.take(snapshot)

    def close(self) -> None:
        """End the process, if there is one."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()

    def _started(self) -> tuple[WorkerProcess, bool]:
        """Return a new process with the names so far, or without, and whether they are lost."""
        worker = self._start()
        if self._state.is_new or self._state.bring_back(worker):
            return worker, False
        worker.close()
        return self._start(), True

    def _answering(self, answers: list[Any]) -> Answer:
        def answer(name: str, args: list[Any], named: dict[str, Any]) -> dict[str, Any]:
            said = _said(self._functions.get(name), name, args, named)
            answers.append(said)
            return said

        return answer


def _said(
    function: Callable[..., Any] | None, name: str, args: list[Any], named: dict[str, Any]
) -> dict[str, Any]:
    """Call one of our functions as a stranger asks for it."""
    if function is None:
        return {"error": f"there is no function {name[:80]!r}"}
    try:
        plain = [read(one, no_record) for one in args]
        by_name = {key: read(one, no_record) for key, one in named.items()}
        bound = inspect.signature(function).bind(*plain, **by_name)
    except (TypeError, KeyError, AttributeError) as error:
        return {"error": f"{name}: {error}"[:_MAX_WORDS]}
    try:
        value = written(function(*bound.args, **bound.kwargs))
    except Refusal as no:
        return {"error": str(no)[:_MAX_WORDS]}
    if _size(value) > _MAX_ANSWER_CHARACTERS:
        return {"error": f"{name} has too much to say; ask for less at once"}
    return {"value": value}


def _size(value: Any) -> int:  # noqa: ANN401 - what `written` returns
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list | dict):
        return sum(map(_size, value.values() if isinstance(value, dict) else value))
    return 8


def _phase(kind: Kind, require: frozenset[Guarantee]) -> Phase:
    """Return what a worker may see: our code and its libraries, read-only, and an empty tree."""
    ours = Path(__file__).resolve().parent.parent.parent
    names = ("scoping", "validators", "bot/interpreting")
    mounts = [Mount(ours / name, f"{_CODE}/{name}") for name in names]
    prefix = Path(sys.base_prefix)
    if not prefix.is_relative_to("/usr"):
        mounts.append(Mount(prefix, str(prefix)))
    # Snippets that are run again are to see sets in the same order.
    fixed = {"PYTHONHASHSEED": "0"}
    return Phase("snippet", (*mounts, *kind.mounts), environment=fixed, require=require)
