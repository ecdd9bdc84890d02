"""How root gives its rights away before it lets anything start a stranger's command.

Root's walls are no walls. So when we are root, commands start as a user that owns nothing else; and
because that user can reach next to nothing (a tree in a closed home folder, an interpreter below
one), the folders that were asked for are shown to it in a mount namespace nobody else sees.
"""

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from validators.processes.mount_namespaces import overlay_namespaces, staged_namespace
from validators.processes.overlay import Overlay
from validators.processes.user_namespaces import how_to_allow
from validators.sandbox import SandboxRefusal

# Who root becomes. Not 65534, which other services share; not above 65535, which containers often
# do not map. 60578-61183 belong to nobody in systemd's table of user ids.
UNPRIVILEGED_UID = 60777
# In the namespace of its own, a file system in memory hides what is here; any folder would do.
_STAGE = "/mnt"
_NSENTER = "/usr/bin/nsenter"


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


def stage(sources: Sequence[Path], overlay: Overlay | None = None) -> Staging:
    """Make every source reachable for an unprivileged user; SandboxRefusal where that is forbidden.

    The source that is the place of ``overlay`` is mounted first. For an ordinary user without one
    there is nothing to do: the sources are where they are.
    """
    uid = owner()
    if uid is not None:
        return _staged_by_root(sources, overlay, uid)
    places = {source: str(source) for source in sources}
    if overlay is None:
        return Staging(places)
    try:
        user, mount = overlay_namespaces(overlay)
    except OSError as error:
        raise SandboxRefusal(
            f"an ordinary user may not mount an overlay here ({error.strerror}); {how_to_allow()}"
        ) from error
    with ExitStack() as kept:
        kept.callback(os.close, user)
        kept.callback(os.close, mount)
        # Who owns a namespace may enter it, and stays who that is.
        prefix = (_NSENTER, f"--user={_held(user)}", f"--mount={_held(mount)}")
        return Staging(places, (*prefix, "--preserve-credentials", "--"), None, kept.pop_all())


def _staged_by_root(sources: Sequence[Path], overlay: Overlay | None, uid: int) -> Staging:
    try:
        namespace = staged_namespace(_STAGE, [source.absolute() for source in sources], overlay)
    except OSError as error:
        raise SandboxRefusal(
            "root may not make a mount namespace for the sandbox here"
            f" ({error.filename}: {error.strerror}); run as an ordinary user, or in a container"
            " that is allowed to mount"
        ) from error
    with ExitStack() as kept:
        kept.callback(os.close, namespace)
        become = (f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--no-new-privs")
        enter = (_NSENTER, f"--mount={_held(namespace)}", "--", "/usr/bin/setpriv", *become, "--")
        places = {source: f"{_STAGE}/{number}" for number, source in enumerate(sources)}
        return Staging(places, enter, uid, kept.pop_all())


def _held(namespace: int) -> str:
    """Return where a command finds a namespace: in our list of descriptors, as it inherits none."""
    return f"/proc/{os.getpid()}/fd/{namespace}"
