"""The port behind which commands of the target run, and the nouns that cross it.

A sandbox is opened on a *tree* (a directory of plain files, no git directory) for a *phase*. The
tree itself is never changed: commands work on a private layer, and `Session.changes` tells what
they did to it. Implementations are adapters; they are chosen by what they were *measured* to
guarantee, never by what they claim.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal, Protocol, Self

from scoping.refusal import Refusal

Guarantee = Literal[
    "read-only-host",
    "home-hidden",
    "clean-environment",
    "no-network",
    "proxy-only-network",
    "no-host-sockets",
    "pids-limit",
    "memory-per-process",
    "memory-total",
    "disk-quota",
    "no-nested-namespaces",
    "seccomp",
    "orphans-killed",
    "original-untouched",
]

# Without these no command of a target runs, unless the operator says otherwise.
REQUIRED_BY_DEFAULT: tuple[Guarantee, ...] = (
    "read-only-host",
    "home-hidden",
    "clean-environment",
    "no-network",
    "no-host-sockets",
    "pids-limit",
    "memory-per-process",
    "orphans-killed",
    "original-untouched",
)

PhaseName = Literal["setup", "lint", "build", "test", "codemod", "snippet", "tools"]

RunOutcome = Literal["ok", "failed", "timeout", "oom", "killed", "output-limit", "sandbox-error"]

# Where the tree, its environment and the reports stand for the commands inside, on every backend.
WORKSPACE = "/workspace"
ENVIRONMENT = "/environment"
REPORTS = "/reports"
TOOLS = "/opt/changewright/bin"


class SandboxRefusal(Refusal):
    """No sandbox may be had here: what is missing, and the command that mends it."""


@dataclass(frozen=True, slots=True)
class Mount:
    """A host path seen inside: read-only unless ``writable``."""

    source: Path
    inside: str
    writable: bool = False


@dataclass(frozen=True, slots=True)
class Phase:
    """What one kind of command may see; none has a network.

    ``environment`` is everything the commands find in theirs beside PATH, HOME, LANG and TMPDIR;
    ``path`` goes before the system's folders in PATH; ``require`` are guarantees that must hold.
    """

    name: PhaseName
    mounts: tuple[Mount, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    path: tuple[str, ...] = ()
    require: frozenset[Guarantee] = frozenset()


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one session: seconds, bytes, processes. ``output_bytes`` is what is *kept*.

    A command that prints more than ``output_limit_bytes`` is stopped with ``output-limit``, and so
    is one with which the session takes more than ``disk_bytes`` or ``disk_files`` on the disk.
    """

    timeout_s: float = 900.0
    memory_bytes: int = 4 * 1024**3
    processes: int = 512
    output_bytes: int = 256 * 1024
    output_limit_bytes: int = 64 * 1024**2
    file_bytes: int = 1024**3
    changes_bytes: int = 64 * 1024**2
    disk_bytes: int = 8 * 1024**3
    disk_files: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Output:
    """One stream: its first and last bytes, and how many between them were dropped."""

    head: bytes = b""
    tail: bytes = b""
    dropped_bytes: int = 0

    @property
    def text(self) -> str:
        """The stream for a person or a model, with a line that says what was left out."""
        if not self.dropped_bytes:
            return (self.head + self.tail).decode("utf-8", "backslashreplace")
        gap = f"\n[... {self.dropped_bytes} bytes left out ...]\n"
        return (
            self.head.decode("utf-8", "backslashreplace")
            + gap
            + self.tail.decode("utf-8", "backslashreplace")
        )


@dataclass(frozen=True, slots=True)
class Completed:
    """One finished command: how it ended, what it printed, what it cost and what held it.

    ``code`` is the exit code, or None when a ``signal`` or the sandbox ended it.
    """

    outcome: RunOutcome
    code: int | None
    signal: int | None = None
    stdout: Output = field(default_factory=Output)
    stderr: Output = field(default_factory=Output)
    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_memory_bytes: int = 0
    backend: str = ""
    guarantees: frozenset[Guarantee] = frozenset()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class FileChange:
    """One path after a change. ``mode`` is git's; ``000000`` is deleted and has no ``content``.

    For a symbolic link (``120000``) the content is the target. Paths use ``/`` and, where they are
    not UTF-8, Python's surrogate escapes.
    """

    path: str
    mode: str
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What commands did to the tree, read without following a link; ``refused`` says what was not.

    ``refused`` holds (path, why) of devices, sockets, FIFOs, folders named like a git directory
    and files past the size limit.
    """

    files: tuple[FileChange, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Probe:
    """What a backend was measured to guarantee on this machine, or why it cannot be used.

    ``kept_by`` says by what each guarantee is kept; of one that is not held, what there is of it.
    """

    backend: str
    usable: bool
    guarantees: frozenset[Guarantee] = frozenset()
    why_not: str = ""
    mend: str = ""
    version: str = ""
    kept_by: Mapping[Guarantee, str] = field(default_factory=dict)


class Channel(Protocol):
    """Framed messages to and from a running command, over descriptors it inherited.

    The command finds the two descriptor numbers in ``CHANGEWRIGHT_CHANNEL`` as ``read,write``. A
    frame is a four-byte big-endian length and that many bytes.
    """

    def send(self, message: bytes) -> None:
        """Write one frame; raise SandboxRefusal when the command is gone."""
        ...

    def receive(self, timeout_s: float) -> bytes | None:
        """Return the next frame, or None at the end of the stream; TimeoutError when none came."""
        ...

    def close(self) -> Completed:
        """End the command, if it still runs, and tell how it ended."""
        ...


class Pending(Protocol):
    """A command that was started and talks to nobody."""

    def wait(self) -> Completed:
        """Wait for its end, or its limits', and tell how it ended."""
        ...

    def close(self) -> Completed:
        """End the command, if it still runs, and tell how it ended."""
        ...


class Session(Protocol):
    """One private layer over a tree, in which commands run one after the other."""

    def run(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes = b"",
        cwd: str = WORKSPACE,
        environment: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
    ) -> Completed:
        """Run one command to its end or its limits; never raises for what the command did."""
        ...

    def start(self, argv: Sequence[str], *, cwd: str = WORKSPACE) -> Channel:
        """Start one command that talks in frames."""
        ...

    def begin(self, argv: Sequence[str]) -> Pending:
        """Start one command as `run` would, and come back at once; the session's end is its own."""
        ...

    def changes(self) -> Changes:
        """Tell what commands of this session did to the tree so far."""
        ...

    def close(self) -> None:
        """Drop the layer and all that still runs in it; calling it twice is calling it once."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Sandbox(Protocol):
    """A way to run a stranger's commands."""

    @property
    def name(self) -> str:
        """What it is called in results, probes and settings."""
        ...

    def probe(self) -> Probe:
        """Run the very flags that commands will run under, and report what held."""
        ...

    def open(self, tree: Path, phase: Phase, limits: Limits) -> Session:
        """Open a private layer over ``tree``; raise SandboxRefusal when ``phase`` requires more."""
        ...
