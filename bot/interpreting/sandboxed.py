"""The Interpreter port over a process in a sandbox: what its adapters differ in is a `Kind`."""

import inspect
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bot.interpreting.kind import Kind
from bot.interpreting.namespaces import plain_name, prelude
from bot.interpreting.state import State
from bot.interpreting.wire import no_record, read, written
from bot.interpreting.worker_process import Answer, Program, WorkerProcess
from scoping.refusal import Refusal
from validators.sandbox import Guarantee, Limits, Sandbox, Session
from workflows.snippet import Functions, SnippetLimits, SnippetResult

# Monty has a process of its own, and threads count as well.
_PROCESSES = 32
_HOURS_S = 12 * 3_600.0
_MAX_ANSWER_CHARACTERS = 4_000_000
_MAX_WORDS = 2_000


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
        self._phase = kind.phase(require)

    def open(self, functions: Functions, stubs: str, limits: SnippetLimits) -> "SandboxedSession":
        """Return a session; its process is begun at once, and waited for by the first snippet."""
        before = prelude(functions)
        functions = {plain_name(name): function for name, function in functions.items()}
        told = {
            **asdict(limits),
            "functions": list(functions),
            "stubs": stubs,
            "prelude": before,
        }

        def start() -> WorkerProcess:
            kind = self._kind
            program = Program(tuple(kind.argv(limits)), kind.start_s, kind.late_s)
            return WorkerProcess(self._opened(limits), program, told, limits, time.monotonic)

        return SandboxedSession(start, functions, self._kind.state())

    def _opened(self, limits: SnippetLimits) -> Session:
        self._empty.mkdir(exist_ok=True)
        memory = limits.memory_bytes + self._kind.own_memory_bytes
        bounds = Limits(
            timeout_s=_HOURS_S,
            memory_bytes=memory,
            processes=_PROCESSES,
            output_bytes=4_096,
            disk_bytes=16 * 1024**2,
            disk_files=100,
        )
        return self._sandbox.open(self._empty, self._phase, bounds)


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
        self._fresh: WorkerProcess | None = start()

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
            # While the model reads why, the next one starts.
            self._worker, self._fresh = None, self._start()
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
        if self._worker is not None:
            self.close()
        self._state.take(snapshot)

    def close(self) -> None:
        """End the process, if there is one."""
        for worker in (self._worker, self._fresh):
            if worker is not None:
                worker.close()
        self._worker = self._fresh = None

    def _started(self) -> tuple[WorkerProcess, bool]:
        """Return a new process with the names so far, or without, and whether they are lost."""
        worker = self._next()
        if self._state.is_new or self._state.bring_back(worker):
            return worker, False
        worker.close()
        return self._next(), True

    def _next(self) -> WorkerProcess:
        """Return a process that no snippet ran in, ready for one."""
        worker, self._fresh = self._fresh or self._start(), None
        worker.await_ready()
        return worker

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
