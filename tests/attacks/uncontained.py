"""The control: a sandbox that claims all and holds nothing, to show that attacks can succeed.

It starts commands as they are, on a copy of the tree, the way a careless bot would. That is only
done inside the jail that `tests.attacks.control` builds, and refused anywhere else.
"""

import os
import pty
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from tests.attacks.case import GUARANTEES
from tests.attacks.host import Host, lay_out
from tests.attacks.invariants import left_over, marked_files
from tests.attacks.prelude import syscall
from validators.sandbox import (
    ENVIRONMENT,
    WORKSPACE,
    Changes,
    Channel,
    Completed,
    FileChange,
    Limits,
    Output,
    Pending,
    Phase,
    Probe,
    RunOutcome,
    SandboxRefusal,
)

JAIL = Path("/this-is-the-jail-of-attacks")
HOME = Path("/home", "keeper")
_MOST_READ = 16 * 1024**2
_MOST_FILES = 300
_KEPT = 64 * 1024
_PATIENCE_S = 2.0
_OUTCOMES: dict[int, RunOutcome] = {0: "ok", 1: "failed", -1: "killed"}
_CLEAR = 7
_SESSION_KEYRING = -3


def why_not_jailed() -> str:
    """Return why attacks must not run uncontained right here, empty where they may."""
    if not JAIL.exists() or not os.path.ismount("/"):
        return "this is not the jail"
    if not os.geteuid() or not os.getuid():
        return "root may do too much even in the jail"
    if {name for _, name in socket.if_nameindex()} != {"lo"}:
        return "the jail has a network"
    if Path("/proc/1/comm").read_text("ascii").strip() != "bwrap":
        return "the jail sees processes that are not its own"
    mounts = Path("/proc/self/mountinfo").read_text("utf-8").splitlines()
    roots = [line for line in mounts if line.split()[4] == "/"]
    return "" if all(" - tmpfs " in root for root in roots) else "the jail stands on a disk"


def mend(host: Host) -> None:
    """Make good what an attack did, so that the next one is judged by what it does itself."""
    for word in left_over(host):
        with suppress(ProcessLookupError):
            os.kill(int(word.split()[0]), signal.SIGKILL)
    for path in marked_files(host):
        _remove(path)
    for folder in ("/tmp", "/dev/shm", "/var/tmp", "/run"):  # noqa: S108 - the jail's own
        for path in Path(folder).glob("fill-*"):
            path.unlink()
    _remove(host.kept)
    lay_out(host.kept, host.secret_text)
    syscall("keyctl", _CLEAR, _SESSION_KEYRING)


def _remove(path: Path) -> None:
    """Remove whatever it is, however deep and however closed; by programs, which have no depth."""
    if os.path.lexists(path):
        subprocess.run(["chmod", "-R", "u+rwX", path], check=False, capture_output=True)
        subprocess.run(["rm", "-rf", path], check=True, capture_output=True)


class UncontainedSandbox:
    """Commands with nothing around them but the jail; see the module."""

    name = "control"

    def probe(self) -> Probe:
        """Claim everything."""
        return Probe(self.name, usable=True, guarantees=frozenset(GUARANTEES))

    def open(self, tree: Path, phase: Phase, limits: Limits) -> "UncontainedSession":
        """Copy ``tree`` to the workspace; SandboxRefusal outside of the jail."""
        refusal = why_not_jailed()
        if refusal:
            raise SandboxRefusal(f"attacks run uncontained in their jail alone: {refusal}")
        workspace = Path(WORKSPACE)
        _remove(workspace)
        # git finds no repository of its own there, as in any other layer
        shutil.copytree(tree, workspace, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        subprocess.run(["git", "init", "-q", WORKSPACE], check=True, capture_output=True)
        for mount in phase.mounts:
            if mount.inside == ENVIRONMENT and not Path(ENVIRONMENT).is_symlink():
                Path(ENVIRONMENT).symlink_to(mount.source)
        return UncontainedSession(workspace, limits)


class UncontainedSession:
    """What `Session` asks for, done without care."""

    def __init__(self, tree: Path, limits: Limits) -> None:
        self._tree = tree
        self._limits = limits
        self._before = {change.path: change.content for change in self._walk()}

    def run(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes = b"",
        cwd: str = WORKSPACE,
        environment: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
    ) -> Completed:
        """Run one command on a terminal of ours, with our environment and an open folder."""
        folder = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
        terminal, line = pty.openpty()
        started = time.monotonic()
        process = subprocess.Popen(
            ["setsid", "--ctty", *argv],
            stdin=line,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(environment or {})},
            cwd=cwd,
            pass_fds=(folder,),
        )
        for descriptor in (folder, line):
            os.close(descriptor)
        outcome: RunOutcome = "timeout"
        stdout = stderr = b""
        try:
            stdout, stderr = process.communicate(timeout=timeout_s)
            outcome = _OUTCOMES[(process.returncode > 0) - (process.returncode < 0)]
        except subprocess.TimeoutExpired:
            process.terminate()
            # This is the mistake: whoever holds the streams is waited for, if not for ever.
            with suppress(subprocess.TimeoutExpired):
                stdout, stderr = process.communicate(timeout=_PATIENCE_S)
        finally:
            os.close(terminal)
            process.kill()
        out, errors = (Output(tail=text[-_KEPT:]) for text in (stdout, stderr))
        wall_s = time.monotonic() - started
        return Completed(outcome, None, stdout=out, stderr=errors, wall_s=wall_s)

    def start(self, argv: Sequence[str], *, cwd: str = WORKSPACE) -> Channel:
        """Refuse: no attack talks in frames."""
        raise SandboxRefusal(f"{argv[0]} cannot be talked to in {cwd}: this is the control")

    def begin(self, argv: Sequence[str]) -> Pending:
        """Refuse: every attack is waited for."""
        raise SandboxRefusal(f"{argv[0]} is not started alone: this is the control")

    def changes(self) -> Changes:
        """Read the changes as most programs would: through links, as large as they are."""
        after = [
            change for change in self._walk() if self._before.get(change.path) != change.content
        ]
        return Changes(tuple(after))

    def close(self) -> None:
        """Leave everything where it is."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _walk(self) -> list[FileChange]:
        found: list[FileChange] = []
        for folder, folders, files in os.walk(self._tree, followlinks=True):
            folders[:] = [name for name in folders if name not in {".git", "proc"}]
            for name in files:
                path = Path(folder, name)
                if len(found) > _MOST_FILES:  # links in circles have no end
                    return found
                try:
                    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as stream:  # noqa: PTH123 - a descriptor
                        content = stream.read(_MOST_READ)
                except OSError:
                    continue
                found.append(FileChange(str(path.relative_to(self._tree)), "100644", content))
        return found
