"""How root gives its rights away before it lets anything start a stranger's command.

Root's walls are no walls. So when we are root, commands start as a user that owns nothing else; and
because that user can reach next to nothing (a tree in a closed home folder, an interpreter below
one), the folders that were asked for are shown to it in a mount namespace nobody else sees.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from validators.sandbox import SandboxRefusal

# Who root becomes. Not 65534, which other services share; not above 65535, which containers often
# do not map. 60578-61183 belong to nobody in systemd's table of user ids.
UNPRIVILEGED_UID = 60777
# In the namespace of its own, a file system in memory hides what is here; any folder would do.
_STAGE = "/mnt"
_SCRIPT = Path(__file__).with_name("stage_mounts.py")


@dataclass(frozen=True, slots=True)
class Staging:
    """Where each source can be reached, by commands that start with ``prefix``.

    ``owner`` is the uid and gid they run with, None for our own. To be closed.
    """

    places: Mapping[Path, str]
    prefix: tuple[str, ...] = ()
    owner: int | None = None
    _kept: ExitStack = field(default_factory=ExitStack)

    def close(self) -> None:
        """Let the namespace go, once nothing runs in it any more."""
        self._kept.close()


def owner() -> int | None:
    """Return the uid that must own what commands may write to, None for our own."""
    return None if os.geteuid() else UNPRIVILEGED_UID


def stage(sources: Sequence[Path]) -> Staging:
    """Make every source reachable for an unprivileged user; SandboxRefusal where that is forbidden.

    For an ordinary user there is nothing to do: the sources are where they are.
    """
    uid = owner()
    if uid is None:
        return Staging({source: str(source) for source in sources})
    with ExitStack() as kept:
        namespace = _namespace([str(source.absolute()) for source in sources])
        kept.callback(os.close, namespace)
        # By this process's own list of descriptors: the command itself inherits none of it.
        enter = ("/usr/bin/nsenter", f"--mount=/proc/{os.getpid()}/fd/{namespace}", "--")
        become = (f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--no-new-privs")
        places = {source: f"{_STAGE}/{number}" for number, source in enumerate(sources)}
        return Staging(places, (*enter, "/usr/bin/setpriv", *become, "--"), uid, kept.pop_all())


def _namespace(sources: list[str]) -> int:
    """Return an open mount namespace in which source N stands at stage/N."""
    order = json.dumps({"stage": _STAGE, "sources": sources}).encode() + b"\n"
    with subprocess.Popen(
        [sys.executable, "-I", "-S", str(_SCRIPT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={},
        bufsize=0,
    ) as script:
        if script.stdin is None or script.stdout is None or script.stderr is None:
            raise AssertionError("all three streams are pipes")
        script.stdin.write(order)
        if script.stdout.readline() == b"ready\n":
            return os.open(f"/proc/{script.pid}/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
        why = script.stderr.read().decode("utf-8", "replace").strip()
    raise SandboxRefusal(
        f"root may not make a mount namespace for the sandbox here ({why});"
        " run as an ordinary user, or in a container that is allowed to mount"
    )
