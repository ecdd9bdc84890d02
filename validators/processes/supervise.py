"""Runs one command to its end or its limits, whatever the command does about it.

Both ends of a command are hostile: it may print without end, ignore signals, leave children behind
that hold its output open, or use memory in a hundred small processes. Which walls stand around it
is the business of the Sandbox that asks; here the time, the output and the memory are watched.
"""

import contextlib
import os
import selectors
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from validators.processes.kept_output import KeptOutput
from validators.processes.process_tree import Member, family, proportional_bytes, resident_bytes
from validators.sandbox import Completed, Limits, RunOutcome

Clock = Callable[[], float]

_CHUNK_BYTES = 65_536
# The family is looked at soon at first, so that a short command has figures too, then seldom.
_FIRST_LOOK_S = 0.01
_LAST_LOOK_S = 0.1
_DRAIN_S = 1.0
_GRACE_S = 3.0  # enough for a test runner to write its report, on a busy machine too
# What was killed is usually gone at once; what hangs in the kernel is waited for about 2 s.
_KILL_PAUSES_S = (0.001, 0.002, 0.004, *(0.01,) * 200)


@dataclass(frozen=True, slots=True)
class Launch:
    """A process to start on this machine, its walls included in its ``argv``.

    ``environment`` is all it gets. It inherits ``descriptors``; those ``handed_over`` too, and they
    are closed here as soon as it has them (or cannot have them). ``explain`` turns what the
    supervisor saw of the outermost process into what happened to the command within.
    ``walled``: that process is the walls, which must not fall before the command ended.
    """

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    cwd: Path
    stdin: bytes = b""
    descriptors: tuple[int, ...] = ()
    handed_over: tuple[int, ...] = ()
    explain: Callable[[Completed], Completed] = field(default=lambda completed: completed)
    walled: bool = False


def supervise(launch: Launch, limits: Limits, clock: Clock, stop: int | None = None) -> Completed:
    """Run ``launch`` within ``limits``; never raises for what the command did.

    ``clock`` gives seconds that only grow. The command is ended when the descriptor ``stop``
    becomes readable. On return nothing of it runs any more, as far as it can be found: a process
    without a pid namespace around it that leaves its session between two looks is not.
    ``cpu_s`` and ``peak_memory_bytes`` are what was seen, so at least what was used.
    """
    started = clock()
    try:
        process = _spawn(launch)
    except OSError as error:
        detail = f"{error.filename or launch.argv[0]}: {error.strerror}"
        return Completed("sandbox-error", None, detail=detail)
    finally:
        for descriptor in launch.handed_over:
            os.close(descriptor)
    with contextlib.ExitStack() as stack:
        supervision = stack.enter_context(_Supervision(process, launch.stdin, limits, clock))
        reason = supervision.watch(started + limits.timeout_s, stop)
        if reason == "timeout" and stop is None:
            supervision.interrupt(walled=launch.walled)
        supervision.end()
        supervision.drain()
    return launch.explain(supervision.completed(reason, clock() - started))


def _spawn(launch: Launch) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        launch.argv,
        stdin=subprocess.PIPE if launch.stdin else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=launch.environment,
        cwd=launch.cwd,
        pass_fds=launch.descriptors + launch.handed_over,
        start_new_session=True,
        bufsize=0,
    )


class _Supervision:
    """One process while it lives: its streams, its family and the figures about both."""

    def __init__(
        self, process: subprocess.Popen[bytes], stdin: bytes, limits: Limits, clock: Clock
    ) -> None:
        self._process = process
        self._limits = limits
        self._clock = clock
        self._stdin = memoryview(stdin)
        self._known: set[tuple[int, int]] = set()
        self._peak_bytes = 0
        self._cpu_s = 0.0
        self._status: int | None = None
        self._stdout = KeptOutput(limits.output_bytes)
        self._stderr = KeptOutput(limits.output_bytes)
        self._selector = selectors.DefaultSelector()
        self._exit = os.pidfd_open(process.pid)

    def __enter__(self) -> Self:
        self._selector.register(self._exit, selectors.EVENT_READ, None)
        for stream, kept in (
            (self._process.stdout, self._stdout),
            (self._process.stderr, self._stderr),
        ):
            if stream:
                os.set_blocking(stream.fileno(), False)
                self._selector.register(stream.fileno(), selectors.EVENT_READ, kept)
        if self._process.stdin:
            os.set_blocking(self._process.stdin.fileno(), False)
            self._selector.register(self._process.stdin.fileno(), selectors.EVENT_WRITE, None)
        return self

    def __exit__(self, *_: object) -> None:
        # Also on the way out of an interrupt: nothing is left running.
        self.end()
        self._selector.close()
        os.close(self._exit)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream:
                stream.close()

    def watch(self, deadline: float, stop: int | None) -> RunOutcome | None:
        """Serve the streams until the process ends (None) or must be ended (why)."""
        if stop is not None:
            self._selector.register(stop, selectors.EVENT_READ, None)
        look_s = _FIRST_LOOK_S
        look_at = self._clock() + look_s
        while True:
            ready = self._selector.select(max(0.0, min(deadline, look_at) - self._clock()))
            self._serve(ready)
            descriptors = {key.fd for key, _ in ready}
            if self._stdout.total_bytes + self._stderr.total_bytes > (
                self._limits.output_limit_bytes
            ):
                return "output-limit"
            if self._exit in descriptors:
                return None
            if stop in descriptors:
                return "killed"
            now = self._clock()
            if now >= deadline:
                return "timeout"
            if now >= look_at:
                if self._is_too_large(self._look()):
                    return "oom"
                look_s = min(2 * look_s, _LAST_LOOK_S)
                # On a machine with thousands of processes looking may take a twentieth, not all.
                look_at = self._clock() + max(look_s, 20 * (self._clock() - now))

    def interrupt(self, *, walled: bool) -> None:
        """Ask the family to end, as Ctrl-C would: a test runner then reports what it has so far."""
        for member in self._look():
            if not (member.ended or (walled and member.pid == self._process.pid)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(member.pid, signal.SIGINT)
        self.watch(self._clock() + _GRACE_S, None)

    def end(self) -> None:
        """Kill whatever is left of the family, wait until it is gone, and reap the process."""
        if self._status is not None:
            return
        pause = threading.Event()
        for pause_s in _KILL_PAUSES_S:
            alive = [member for member in self._look() if not member.ended]
            if not alive:
                break
            for member in alive:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(member.pid, signal.SIGKILL)
            pause.wait(pause_s)
        _, self._status, usage = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(self._status)
        self._cpu_s = max(self._cpu_s, usage.ru_utime + usage.ru_stime)
        self._peak_bytes = max(self._peak_bytes, usage.ru_maxrss * 1024)

    def drain(self) -> None:
        """Read what was written before the end; a stranger that holds a stream open is left."""
        until = self._clock() + _DRAIN_S
        streams = {self._stdout, self._stderr}
        for key in list(self._selector.get_map().values()):
            if key.data not in streams:
                self._selector.unregister(key.fd)
        most = self._limits.output_limit_bytes + _CHUNK_BYTES
        while self._selector.get_map():
            self._serve(self._selector.select(max(0.0, until - self._clock())))
            total_bytes = self._stdout.total_bytes + self._stderr.total_bytes
            if total_bytes > most or self._clock() >= until:
                return

    def completed(self, reason: RunOutcome | None, wall_s: float) -> Completed:
        """Return what was seen; ``reason`` is why it was ended, None when it ended by itself."""
        status = self._process.returncode
        by_itself: RunOutcome = "ok" if status == 0 else "failed" if status > 0 else "killed"
        return Completed(
            reason or by_itself,
            code=status if status >= 0 and reason is None else None,
            signal=-status if status < 0 else None,
            stdout=self._stdout.output(),
            stderr=self._stderr.output(),
            wall_s=wall_s,
            cpu_s=self._cpu_s,
            peak_memory_bytes=self._peak_bytes,
        )

    def _serve(self, ready: list[tuple[selectors.SelectorKey, int]]) -> None:
        for key, mask in ready:
            if mask & selectors.EVENT_WRITE:
                self._write(key.fd)
            elif isinstance(key.data, KeptOutput):
                chunk = os.read(key.fd, _CHUNK_BYTES)
                key.data.add(chunk)
                if not chunk:
                    self._selector.unregister(key.fd)

    def _write(self, descriptor: int) -> None:
        try:
            written = os.write(descriptor, self._stdin[:_CHUNK_BYTES])
            self._stdin = self._stdin[written:]
        except BrokenPipeError:  # the command does not want the rest
            self._stdin = self._stdin[:0]
        if not self._stdin and self._process.stdin:
            self._selector.unregister(descriptor)
            self._process.stdin.close()

    def _look(self) -> tuple[Member, ...]:
        members = family(self._process.pid, self._known)
        self._known.update(member.identity for member in members)
        self._peak_bytes = max(self._peak_bytes, resident_bytes(members))
        self._cpu_s = max(self._cpu_s, sum(member.cpu_s for member in members))
        return members

    def _is_too_large(self, members: tuple[Member, ...]) -> bool:
        most = self._limits.memory_bytes
        return resident_bytes(members) > most and proportional_bytes(members) > most
