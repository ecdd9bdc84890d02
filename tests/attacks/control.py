"""Builds the jail in which attacks run uncontained, and runs them there: they must succeed.

The jail is a mount, process, network and IPC namespace made by bubblewrap for an unprivileged user:
a root in memory, the system read-only, no disk, no network, nobody else's processes, and limits on
processes, file sizes and time. What is attacked in it is bait that stands in memory, too.
"""

import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.attacks.case import PYTHON
from tests.attacks.machine import has
from tests.attacks.result import Result
from tests.attacks.uncontained import HOME, JAIL

_ROOT = Path(__file__).resolve().parents[2]
_PREFIX = Path(sys.base_prefix)
_UID = 60_778  # who root becomes first: a user that owns nothing
_TIMEOUT_S = 900
_MEMORY = 256 * 1024**2
_BWRAP = "/usr/bin/bwrap"
# As root, what an unprivileged user could not reach is shown to it where nobody else sees it.
_STAGE = """\
set -e
mount -t tmpfs tmpfs /mnt
uid=$1; shift
number=0
while [ "$1" != -- ]; do
  mkdir "/mnt/$number"; mount --bind "$1" "/mnt/$number"; number=$((number + 1)); shift
done
shift
exec setpriv --reuid="$uid" --regid="$uid" --clear-groups --no-new-privs -- "$@"
"""


@functools.cache
def why_no_control() -> str:
    """Return why the control cannot be run safely on this machine, empty where it can."""
    tools = [name for name in ("bwrap", "prlimit", "setsid", "git") if not has(name)]
    if os.geteuid() == 0:
        tools += [name for name in ("unshare", "setpriv") if shutil.which(name) is None]
    if tools:
        return f"it needs {', '.join(tools)}"
    done = subprocess.run(_jail([PYTHON, "-c", ""]), capture_output=True, env={}, check=False)
    return "" if done.returncode == 0 else f"no jail can be made: {done.stderr.decode().strip()}"


def control(cases: Sequence[str] = ()) -> list[Result]:
    """Run the own cases (all, or those named) uncontained in the jail; RuntimeError with its words.

    What comes back as ``breached`` got through, as it should.
    """
    inside = [str(_python()), "-P", "-m", "tests.attacks", "--control", *cases]
    return [Result(**entry) for entry in json.loads(jailed(inside))]


def jailed(argv: Sequence[str]) -> bytes:
    """Return what a command prints in the jail, run in the checkout; RuntimeError if it failed."""
    done = subprocess.run(_jail(argv), capture_output=True, env={}, check=False, timeout=_TIMEOUT_S)
    if done.returncode:
        raise RuntimeError(f"the control failed: {done.stderr.decode('utf-8', 'replace')}")
    return done.stdout


def _python() -> Path:
    return Path(sys.prefix) / "bin" / "python"


def _jail(argv: Sequence[str]) -> list[str]:
    """Return the command that runs ``argv`` in the jail, from the checkout's folder."""
    shown = [_ROOT, Path(sys.prefix)]
    shown += [] if _PREFIX.is_relative_to("/usr") else [_PREFIX]
    as_root = os.geteuid() == 0
    places = [f"/mnt/{number}" if as_root else str(path) for number, path in enumerate(shown)]
    limits = ["prlimit", "--nproc=600", f"--fsize={2 * _MEMORY}", "--core=0", "--cpu=120"]
    walls = [_BWRAP, *_walls()]
    for place, path in zip(places, shown, strict=True):
        walls += ["--ro-bind", place, str(path)]
    walls += ["--dir", str(JAIL), "--chdir", str(_ROOT)]
    jail = [*walls, "--", *limits, "--", *argv]
    if not as_root:
        return jail
    stage = ["unshare", "--mount", "--propagation", "private", "--", "sh", "-c", _STAGE, "jail"]
    return [*stage, str(_UID), *map(str, shown), "--", *jail]


def _walls() -> list[str]:
    walls = ["--unshare-all", "--unshare-user", "--uid", "1000", "--gid", "1000"]
    walls += ["--cap-drop", "ALL", "--die-with-parent", "--new-session", "--clearenv"]
    for name, value in {
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        "HOME": str(HOME),
        "USER": "keeper",
        "LANG": "C.UTF-8",
        "TMPDIR": "/tmp",  # noqa: S108 - the jail's own
        "PYTHONDONTWRITEBYTECODE": "1",
    }.items():
        walls += ["--setenv", name, value]
    walls += ["--ro-bind", "/usr", "/usr"]
    for folder in map(Path, ("/bin", "/lib", "/lib32", "/lib64", "/sbin")):
        if folder.is_symlink():
            walls += ["--symlink", str(folder.readlink()), str(folder)]
        elif folder.is_dir():
            walls += ["--ro-bind", str(folder), str(folder)]
    for name in ("alternatives", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "nsswitch.conf"):
        walls += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    walls += ["--proc", "/proc", "--dev", "/dev"]
    for place in ("/dev/shm", "/tmp", "/var/tmp", "/run"):  # noqa: S108 - the jail's own
        walls += ["--perms", "1777", "--size", str(2 * _MEMORY), "--tmpfs", place]
    return [*walls, "--dir", str(HOME)]
