"""Runs one command to its end or its limits, whatever the command does about it.

Both ends of a command are hostile: it may print without end, ignore signals, leave children behind
that hold its output open, or use memory in a hundred small processes. Which walls stand around it
is the business of the Sandbox that asks; here the time, the output and the memory are watched.
"""

import contextlib
import os
import selectors
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from scoping.threads import whole
from validators.processes.excess import Excess, Watch
from validators.processes.kept_output import KeptOutput
from validators.processes.memory_watch import MemoryWatch
from validators.processes.watched_family import WatchedFamily, Within
from validators.sandbox import Completed, Limits, RunOutcome

Clock = Callable[[], float]

_CHUNK_BYTES = 65_536
# The family is looked at soon at first, so that a short command has figures too, then seldom.
_FIRST_LOOK_S = 0.01
_LAST_LOOK_S = 0.1
_DRAIN_S = 0.2
# A command out of time may still write its report, as test runners do: before its limit, and a
# little after it.
_GRACE_AFTER_S = 0.2

_INTERRUPTED = Excess("killed")


@dataclass(frozen=True, slots=True)
class Launch:
    """A process to start, its walls included in its ``argv``.

    ``environment`` is all it gets. It inherits ``descriptors``; those ``handed_over`` too, and they
    are closed here as soon as it has them (or cannot have them). ``explain`` turns what the
    supervisor saw of the outermost process into what happened to the command within.
    ``walled``: that process is the walls, which must not fall before the command ended, and keeps
    all others in a pid namespace. ``watches`` look at memory and disk; without any, memory is
    watched as /proc tells it. ``within`` is for walls that stand elsewhere, where the command is no
    descendant of what is started here: it tells who is inside now. They are watched and ended like
    descendants, and they alone are charged; ``fell`` brings such walls down with all inside.
    """

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    cwd: Path
    stdin: bytes = b""
    descriptors: tuple[int, ...] = ()
    handed_over: tuple[int, ...] = ()
    explain: Callable[[Completed], Completed] = field(default=lambda completed: completed)
    walled: bool = False
    watches: tuple[Watch, ...] = ()
    within: Within | None = None
    fell: Callable[[], None] | None = None


def supervise(launch: Launch, limits: Limits, clock: Clock, stop: int | None = None) -> Completed:
    """Run ``launch`` within ``limits``; never raises for what the command did.

    ``clock`` gives seconds that only grow. The command is ended when the descriptor ``stop``
    becomes readable. On return nothing of it runs any more, as far as it can be found: a process
    without a pid namespace around it that leaves its session between two looks is not.
    ``cpu_s`` and ``peak_memory_bytes`` are what was seen, so at least what was used.
    """
    started = clock()
    watches = launch.watches or (MemoryWatch(limits.memory_bytes).excess,)
    with contextlib.ExitStack() as stack:
        with whole:  # it runs before this returns
            try:
                process = _spawn(launch)
            except OSError as error:
                detail = f"{error.filename or launch.argv[0]}: {error.strerror}"
                return Completed("sandbox-error", None, detail=detail)
            finally:
                for descriptor in launch.handed_over:
                    os.close(descriptor)
            pid = process.pid
            kin = WatchedFamily(pid, watches, launch.within, launch.fell, walled=launch.walled)
            supervision = _Supervision(process, launch.stdin, limits, clock, kin)
            stack.enter_context(supervision)
        until = started + limits.timeout_s
        reason = supervision.watch(until - _grace_s(limits.timeout_s), stop)
        if reason and reason.outcome == "timeout":
            kin.interrupt()
            supervision.watch(until + _GRACE_AFTER_S, stop)
        reason = supervision.end(reason)
        supervision.drain()
    return launch.explain(supervision.completed(reason, clock() - started))


def _grace_s(limit_s: float) -> float:
    """Return how long before its limit a command is asked to end: a twentieth, at most 2.5 s."""
    return min(2.5, max(limit_s / 20, min(0.5, limit_s / 4)))


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
    """One process while it lives: its streams, its end, and what was seen of both."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        stdin: bytes,
        limits: Limits,
        clock: Clock,
        kin: WatchedFamily,
    ) -> None:
        self._process = process
        self._limits = limits
        self._clock = clock
        self._family = kin
        self._stdin = memoryview(stdin)
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
        self.end(_INTERRUPTED)
        self._selector.close()
        os.close(self._exit)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream:
                stream.close()

    def watch(self, deadline: float, stop: int | None) -> Excess | None:
        """Serve the streams until the process ends (None) or must be ended (why)."""
        if stop is not None and stop not in self._selector.get_map():
            self._selector.register(stop, selectors.EVENT_READ, None)
        look_s = _FIRST_LOOK_S
        look_at = self._clock() + look_s
        while True:
            ready = self._selector.select(max(0.0, min(deadline, look_at) - self._clock()))
            self._serve(ready)
            descriptors = {key.fd for key, _ in ready}
            most = self._limits.output_limit_bytes
            if self._stdout.total_bytes + self._stderr.total_bytes > most:
                return Excess("output-limit")
            if self._exit in descriptors:
                return None
            if stop in descriptors:
                return Excess("killed")
            now = self._clock()
            if now >= deadline:
                return Excess("timeout")
            if now >= look_at:
                excess = self._family.look()
                if excess:
                    return excess
                look_s = min(2 * look_s, _LAST_LOOK_S)
                # On a machine with thousands of processes looking may take a tenth, not all.
                look_at = self._clock() + max(look_s, 10 * (self._clock() - now))

    def end(self, reason: Excess | None) -> Excess | None:
        """Kill what is left of the family and reap the process; return why it ended.

        ``reason`` is why it was ended, None when it ended by itself: then it may turn out only now
        that it had gone too far.
        """
        if self._status is not None:
            return reason
        reason = reason or self._family.look()
        self._family.kill(by_itself=reason is None)
        _, self._status, usage = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(self._status)
        self._family.charge(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)
        return reason

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

    def completed(self, reason: Excess | None, wall_s: float) -> Completed:
        """Return what was seen; ``reason`` is why it was ended, None when it ended by itself."""
        status = self._process.returncode
        by_itself: RunOutcome = "ok" if status == 0 else "failed" if status > 0 else "killed"
        return Completed(
            reason.outcome if reason else by_itself,
            code=status if status >= 0 and reason is None else None,
            signal=-status if status < 0 else None,
            stdout=self._stdout.output(),
            stderr=self._stderr.output(),
            wall_s=wall_s,
            cpu_s=self._family.cpu_s,
            peak_memory_bytes=self._family.peak_bytes,
            detail=reason.detail if reason else "",
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
