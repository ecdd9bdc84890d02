"""The Session of every backend that runs local processes over a layer.

Backends differ in the walls they put around a command and in nothing else: this is the rest, so
that limits, output, channels and changes mean the same on all of them.
"""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

from scoping.threads import whole
from validators.processes.background import BackgroundCommand
from validators.processes.channel import FramedChannel
from validators.processes.layer import Layer
from validators.processes.supervise import Clock, Launch, supervise
from validators.sandbox import (
    WORKSPACE,
    Changes,
    Completed,
    Guarantee,
    Limits,
    Phase,
    SandboxRefusal,
)

HOME = "/home/changewright"
TEMPORARY = "/tmp"  # noqa: S108 - a place inside the sandbox, its own
_SYSTEM_PATH = ("/usr/local/bin", "/usr/bin", "/bin")
_CHANNEL = "CHANGEWRIGHT_CHANNEL"


@dataclass(frozen=True, slots=True)
class Request:
    """One command as it is asked for: places and environment as seen inside."""

    argv: tuple[str, ...]
    cwd: str
    environment: Mapping[str, str]
    stdin: bytes = b""
    handed_over: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Ground:
    """What a backend puts under a session.

    ``prepare`` turns a request into a process with walls around it, and keeps what that needs until
    it ended. ``close`` drops what was kept for the whole session.
    """

    backend: str
    prepare: Callable[[Request, Limits], AbstractContextManager[Launch]]
    guarantees: frozenset[Guarantee] = frozenset()
    close: Callable[[], None] = field(default=lambda: None)


class LayeredSession:
    """One private layer over a tree, in which commands run one after the other.

    ``tree`` is where what commands wrote stands on the host, hostile once one ran; ``layer`` tells
    whether that is all of the tree, and why.
    """

    def __init__(
        self, layer: Layer, phase: Phase, limits: Limits, ground: Ground, clock: Clock
    ) -> None:
        self.tree = layer.written
        self.layer = layer
        self._environment = _environment(phase)
        self._limits = limits
        self._ground = ground
        self._clock = clock
        self._started: list[FramedChannel | BackgroundCommand] = []
        self._open = True

    def run(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes = b"",
        cwd: str = WORKSPACE,
        environment: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
    ) -> Completed:
        """Run one command to its end or its limits; never raises for what the command did.

        ``timeout_s`` may only be shorter than the session's, ``environment`` comes on top of the
        phase's. PWD is set to ``cwd``.
        """
        request = self._request(argv, cwd, environment or {})
        most_s = self._limits.timeout_s
        limits = replace(self._limits, timeout_s=min(most_s, timeout_s or most_s))
        return self._supervise(replace(request, stdin=stdin), limits)

    def start(self, argv: Sequence[str], *, cwd: str = WORKSPACE) -> FramedChannel:
        """Start one command that talks in frames; it lives no longer than the session's limit."""
        request = self._request(argv, cwd, {})

        def run(reads: int, writes: int, stop: int) -> Completed:
            told = {**request.environment, _CHANNEL: f"{reads},{writes}"}
            talking = replace(request, environment=told, handed_over=(reads, writes))
            return self._supervise(talking, self._limits, stop)

        with whole:
            channel = FramedChannel(run, self._clock)
            self._started.append(channel)
        return channel

    def begin(self, argv: Sequence[str]) -> BackgroundCommand:
        """Start one command as `run` would, and come back at once."""
        request = self._request(argv, WORKSPACE, {})
        with whole:
            command = BackgroundCommand(lambda stop: self._supervise(request, self._limits, stop))
            self._started.append(command)
        return command

    def changes(self) -> Changes:
        """Tell what commands of this session did to the tree so far."""
        self._check_open()
        return self.layer.changes(self._limits.changes_bytes)

    def close(self) -> None:
        """Drop the layer and all that still runs in it; calling it twice is calling it once."""
        with whole:
            if not self._open:
                return
            self._open = False
            with ExitStack() as stack:  # each is done whatever becomes of the others
                stack.callback(self.layer.close)
                stack.callback(self._ground.close)
                for command in self._started:
                    stack.callback(command.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _request(self, argv: Sequence[str], cwd: str, environment: Mapping[str, str]) -> Request:
        self._check_open()
        everything = {**self._environment, **environment, "PWD": cwd}
        if not argv or any("\0" in word for word in (*argv, cwd)):
            raise SandboxRefusal("a command needs a name, and none of its words may hold a NUL")
        for name, value in everything.items():
            if not name or "=" in name or "\0" in name + value:
                raise SandboxRefusal(f"{name!r} cannot be set in a command's environment")
        return Request(tuple(argv), cwd, everything)

    def _supervise(self, request: Request, limits: Limits, stop: int | None = None) -> Completed:
        with ExitStack() as stack:
            try:
                launch = stack.enter_context(self._ground.prepare(request, limits))
            except BaseException:
                for descriptor in request.handed_over:
                    os.close(descriptor)
                raise
            completed = supervise(launch, limits, self._clock, stop)
        ground = self._ground
        return replace(completed, backend=ground.backend, guarantees=ground.guarantees)

    def _check_open(self) -> None:
        if not self._open:
            raise SandboxRefusal("the sandbox session is closed; open another one")


def check_mounts(phase: Phase) -> None:
    """Raise SandboxRefusal naming a mount that cannot be one, before anything is made for it."""
    for mount in phase.mounts:
        if not mount.source.exists():
            raise SandboxRefusal(f"{mount.source} does not exist and cannot be seen in a sandbox")
        plain = os.path.normpath(mount.inside) == mount.inside
        if not plain or not re.match("/[^/]", mount.inside):
            raise SandboxRefusal(
                f"{mount.inside!r} is no place in a sandbox: not a plain absolute path"
            )


def _environment(phase: Phase) -> Mapping[str, str]:
    base = {
        "PATH": ":".join((*phase.path, *_SYSTEM_PATH)),
        "HOME": HOME,
        "LANG": "C.UTF-8",
        "TMPDIR": TEMPORARY,
    }
    return {**base, **phase.environment}
