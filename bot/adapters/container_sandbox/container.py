"""The container of one session while it lives: its commands, and what they leave running.

Everybody in it dies with the command: from outside where the kernel is shared, by the kernel's own
word to everybody where it is not. A container in which that fails is thrown away.
"""

import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from bot.adapters.container_sandbox.channel_pipes import ChannelPipes
from bot.adapters.container_sandbox.control_groups import ControlGroups
from bot.adapters.container_sandbox.leftovers import new_name
from bot.adapters.container_sandbox.script import explained, script
from bot.adapters.container_sandbox.walls import CONTROL, Walls
from validators.processes.excess import Watch
from validators.processes.layered_session import Request
from validators.processes.pid_namespace import PidNamespace
from validators.processes.supervise import Launch
from validators.sandbox import Completed, Limits, SandboxRefusal

_KILL_EVERYBODY = "kill -9 -1"
_ROUNDS, _PAUSE_S = 100, 0.01


@dataclass(frozen=True, slots=True)
class _Running:
    """One container by its name. ``members`` is None where its processes are not ours to see."""

    name: str
    members: PidNamespace | None
    groups: ControlGroups


class Container:
    """The container of one session; started again by the next command when it was thrown away."""

    def __init__(self, walls: Walls, watches: tuple[Watch, ...]) -> None:
        self._walls = walls
        self._watches = watches
        self._running: _Running | None = None
        self._is_falling = False
        self._ended: list[str] = []  # nobody lives in these any more
        self._busy = threading.Lock()

    @contextmanager
    def prepare(self, request: Request, limits: Limits) -> Iterator[Launch]:
        """Yield the client that has one command run; afterwards nothing of it runs any more."""
        with ExitStack() as stack:
            if not self._busy.acquire(blocking=False):
                yield _refused(request, "commands of one session run one after the other here")
                return
            stack.callback(self._busy.release)
            if request.handed_over and not self._walls.shares_kernel:
                yield _refused(request, "a container with a kernel of its own carries no channel")
                return
            running = self.start()
            stack.callback(self._clear)
            yield self._launch(running, request, limits, stack)

    def start(self) -> _Running:
        """Start the container, unless it runs; SandboxRefusal where that cannot be."""
        if self._running is None:
            engine, name = self._walls.engine, new_name()
            try:
                engine.call(self._walls.argv(name))
            except SandboxRefusal:
                with suppress(SandboxRefusal):  # it may not have come that far
                    engine.remove(name)
                raise
            first = int(engine.ask("inspect", "--format", "{{.State.Pid}}", name))
            members = PidNamespace.of(first) if self._walls.shares_kernel else None
            self._running = _Running(name, members, ControlGroups.of(first))
            self._is_falling = False
        return self._running

    def runtime(self) -> str:
        """Return the name or path of the runtime that the engine says it used."""
        engine = self._walls.engine
        form = "{{.OCIRuntime}}" if engine.is_podman else "{{.HostConfig.Runtime}}"
        return engine.ask("inspect", "--format", form, self.start().name)

    def close(self) -> None:
        """Remove the container and everybody in it; calling it twice is calling it once."""
        if self._running is not None:
            self._ended.append(self._running.name)
            self._running = None
        while self._ended:
            self._walls.engine.remove(self._ended[-1])
            self._ended.pop()

    def _launch(
        self, running: _Running, request: Request, limits: Limits, stack: ExitStack
    ) -> Launch:
        mark = secrets.token_hex(6)
        file = self._walls.control / mark
        channel = None
        if request.handed_over:
            folder = self._walls.control
            pipes = stack.enter_context(ChannelPipes(folder, mark, *request.handed_over))
            channel = (_inside(pipes.to_command), _inside(pipes.from_command))
        os.truncate(self._walls.started, 0)
        file.write_bytes(script(request, limits, mark, channel))
        file.chmod(0o644)  # whatever our umask is: it may be read by another user than us
        stack.callback(file.unlink)
        groups = running.groups
        groups.forget_peak()
        kills, cpu_s, peak_bytes = groups.kills(), groups.cpu_s(), groups.peak_bytes()

        def explain(completed: Completed) -> Completed:
            with self._walls.started.open("rb") as stream:
                started = stream.read(2 * len(mark)).strip() == mark.encode()
            seen = completed.peak_memory_bytes
            # The group's peak is of all commands so far: it tells of this one when it rose.
            peak = max(seen, groups.peak_bytes() if groups.peak_bytes() > peak_bytes else 0)
            used_s = max(completed.cpu_s, groups.cpu_s() - cpu_s)
            charged = replace(completed, cpu_s=used_s, peak_memory_bytes=peak)
            told = explained(charged, started=started, oom_killed=groups.kills() > kills)
            if told.outcome == "oom" and not told.detail:
                most = f"{limits.memory_bytes} bytes of memory together"
                return replace(told, detail=f"its processes needed more than {most}")
            return told

        interactive = ("--interactive",) if request.stdin else ()
        engine = self._walls.engine
        return Launch(
            engine.command("exec", *interactive, running.name, "sh", _inside(file)),
            engine.environment,
            Path("/"),
            stdin=request.stdin,
            explain=explain,
            walled=True,
            watches=(*self._watches, groups.watch(limits.memory_bytes)),
            within=running.members.members if running.members else frozenset,
            fell=partial(self._fell, running.members) if running.members else None,
        )

    def _fell(self, members: PidNamespace) -> None:
        """Bring the container down with all inside; it is seen to live for some time after."""
        self._is_falling = True
        members.end()

    def _clear(self) -> None:
        """End whoever the command left behind."""
        running = self._running
        if running is None:
            return
        if running.members is None:
            kill = ("exec", running.name, "sh", "-c", _KILL_EVERYBODY)
            with suppress(SandboxRefusal):
                self._walls.engine.ask(*kill)
                return
            self.close()
        elif self._is_whole(running.members):
            return
        elif self._emptied(running.members):
            # The engine takes its time with what is left, so that waits for the session's end.
            self._ended.append(running.name)
            self._running = None
        else:
            self.close()

    def _is_whole(self, members: PidNamespace) -> bool:
        """Whether the next command may run here: it lives, goes on living, and is empty."""
        return not self._is_falling and members.is_there() and not members.members()

    def _emptied(self, members: PidNamespace) -> bool:
        """Bring a container down, and tell whether nobody lives in it any more."""
        members.end()
        pause = threading.Event()
        for _ in range(_ROUNDS):
            if not (members.is_there() or members.members()):
                return True
            pause.wait(_PAUSE_S)
        return False


def _refused(request: Request, why: str) -> Launch:
    """Return what ends at once as the sandbox's own error: running a command never raises."""

    def explain(completed: Completed) -> Completed:
        return replace(completed, outcome="sandbox-error", code=None, detail=why)

    return Launch(("/bin/false",), {}, Path("/"), handed_over=request.handed_over, explain=explain)


def _inside(path: Path) -> str:
    return f"{CONTROL}/{path.name}"
