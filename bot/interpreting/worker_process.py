"""One sandboxed process that runs snippets, told and heard over a channel, ended when it must be.

Whatever comes from it is a stranger's: it is checked for form here, and counted here, even where
the process counts as well.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any, get_args

from validators.codemods.frames import packed, unpacked
from validators.sandbox import Channel, SandboxRefusal, Session
from workflows.snippet import STOPPED, InterpreterRefusal, SnippetLimits, SnippetOutcome

_MAX_MESSAGE = 4_000
_MAX_REASON = 300
_MAX_DUMP_BYTES = 12 * 1024**2
_LOOK_S = 0.5
_OUTCOMES = frozenset(get_args(SnippetOutcome))

# Answers one call: its name, its arguments, its named ones; {"value": ...} or {"error": words}.
Answer = Callable[[str, list[Any], dict[str, Any]], dict[str, Any]]
Clock = Callable[[], float]


@dataclass(slots=True)
class Heard:
    """What one snippet came to. ``dumped`` is the names after it, where the worker tells them.

    Of what was printed, ``dropped`` was cut here and ``left_out`` in the process, as far as known.
    """

    outcome: SnippetOutcome = "crashed"
    message: str = ""
    printed: bytearray = field(default_factory=bytearray)
    dropped: int = 0
    left_out: int = 0
    calls: int = 0
    wall_s: float = 0.0
    dumped: bytes = b""

    @property
    def can_go_on(self) -> bool:
        """Whether the process is to be used for the next snippet."""
        return self.outcome not in STOPPED


@dataclass(frozen=True, slots=True)
class Program:
    """What is started: its words, the seconds to its readiness, and those past a time limit.

    In the latter it may stop a snippet itself.
    """

    argv: tuple[str, ...]
    start_s: float
    late_s: float


class WorkerProcess:
    """A started interpreter, ``told`` what it begins with. Not safe for two threads; close it.

    It starts while the caller does something else; `await_ready` comes before the first snippet.
    """

    def __init__(
        self,
        session: Session,
        program: Program,
        told: Mapping[str, Any],
        limits: SnippetLimits,
        clock: Clock,
    ) -> None:
        self._session = session
        self._clock = clock
        self._program, self._limits = program, limits
        try:
            self._channel: Channel = session.start(program.argv)
        except BaseException:
            session.close()
            raise
        self._watchdog = _Watchdog(clock, program.start_s, session.close)
        self._is_told = self._send({"do": "begin", **told}, b"")

    def await_ready(self) -> None:
        """Wait until it takes snippets; InterpreterRefusal where it did not start."""
        self._hear_ready(is_sent=self._is_told)

    def close(self) -> None:
        """End the process and its sandbox."""
        self._watchdog.stop()
        self._session.close()

    def load(self, state: bytes) -> bool:
        """Give it the names of an earlier process; False where it does not take them."""
        try:
            self._hear_ready(is_sent=self._send({"do": "load"}, state))
        except InterpreterRefusal:
            return False
        return True

    def run(self, snippet: str, answer: Answer) -> Heard:
        """Run one snippet to its end or its limits, each of its calls answered by ``answer``."""
        heard = Heard()
        if self._send({"do": "run", "snippet": snippet}):
            while self._take_in(heard, answer):
                pass
        if not heard.can_go_on:
            self._say_how_it_ended(heard)
        return heard

    def _take_in(self, heard: Heard, answer: Answer) -> bool:
        """Take in one message; whether there are more of this snippet."""
        try:
            header, contents = unpacked(self._received(heard))
            heard.left_out = max(0, int(header["dropped"]))
            if "printed" in header:
                self._print(heard, str(header["printed"]))
                return True
            if "call" in header:
                return self._call(heard, header, answer)
            self._end(heard, header["ended"], contents[0])
        except TimeoutError:
            heard.outcome = "timeout"
        except (SandboxRefusal, ValueError, KeyError, TypeError, IndexError, RecursionError):
            heard.outcome = "crashed"
        return False

    def _received(self, heard: Heard) -> bytes:
        """Return the next message within the limit, and book how long it was waited for."""
        left = self._limits.timeout_s + self._program.late_s - heard.wall_s
        if left <= 0:  # what is there already would be returned for ever
            raise TimeoutError
        begun = self._clock()
        try:
            return self._channel.receive(left) or b""
        finally:
            heard.wall_s += self._clock() - begun

    def _call(self, heard: Heard, header: Mapping[str, Any], answer: Answer) -> bool:
        heard.calls += 1
        if heard.calls > self._limits.host_calls:
            heard.outcome = "host-calls"
            return False
        return self._send(answer(str(header["call"]), list(header["args"]), dict(header["named"])))

    def _print(self, heard: Heard, text: str) -> None:
        data = text.encode("utf-8", "replace")
        kept = data[: max(0, self._limits.output_bytes - len(heard.printed))]
        heard.printed += kept
        heard.dropped += len(data) - len(kept)

    def _end(self, heard: Heard, said: Mapping[str, Any], dumped: bytes) -> None:
        outcome = said["outcome"]
        if outcome not in _OUTCOMES or len(dumped) > _MAX_DUMP_BYTES:
            raise ValueError(outcome)
        heard.message = str(said["message"])[:_MAX_MESSAGE]
        heard.outcome, heard.dumped = outcome, dumped

    def _send(self, header: Mapping[str, Any], *contents: bytes) -> bool:
        """Send one message; whoever does not read is ended for it."""
        try:
            with self._watchdog:
                self._channel.send(packed(header, *contents))
        except (SandboxRefusal, OSError):
            return False
        return True

    def _hear_ready(self, *, is_sent: bool) -> None:
        answer: bytes | None = None
        if is_sent:
            try:
                answer = self._channel.receive(self._program.start_s)
            except (TimeoutError, SandboxRefusal):
                answer = None
        if answer is None:
            ended = self._channel.close()
            self.close()
            detail = ended.detail or ended.stderr.text.strip()[-_MAX_REASON:] or ended.outcome
            raise InterpreterRefusal(
                f"the interpreter of snippets did not start: {detail}; `changewright doctor` tells"
                " what the sandbox of this machine can do, and model.action: tools needs none"
            )

    def _say_how_it_ended(self, heard: Heard) -> None:
        """End the process, and put into one line what ended the snippet."""
        ended = self._channel.close()
        self.close()
        limits = self._limits
        if heard.outcome == "crashed" and ended.outcome == "oom":
            heard.outcome = "memory"
        heard.message = {
            "timeout": f"it was stopped after {limits.timeout_s:g} s, which is its limit",
            "memory": f"it was stopped for taking more than {limits.memory_bytes // 1024**2} MiB",
            "host-calls": f"it was stopped for making more than {limits.host_calls} calls",
        }.get(heard.outcome, f"its interpreter ended under it ({ended.outcome})")


class _Watchdog:
    """Ends a session when a message to it is not taken: one thread, however many messages."""

    def __init__(self, clock: Clock, patience_s: float, end: Callable[[], None]) -> None:
        self._clock = clock
        self._patience_s = patience_s
        self._end = end
        self._since: float | None = None
        self._stopped = Event()
        Thread(target=self._watch, daemon=True).start()

    def __enter__(self) -> None:
        self._since = self._clock()

    def __exit__(self, *_: object) -> None:
        self._since = None

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()

    def _watch(self) -> None:
        while not self._stopped.wait(_LOOK_S):
            since = self._since
            if since is not None and self._clock() - since > self._patience_s:
                self._stopped.set()
                self._end()
