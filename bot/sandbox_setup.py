"""Makes a sandbox usable where a distribution forbids it by a setting that has a narrow exception.

Ubuntu, from 23.10 on, lets no program make user namespaces that AppArmor knows no profile of, and
ships the profile for bubblewrap without loading it. That profile is loaded, and nothing else is
changed: the setting protects the rest of the machine.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bot.sandboxes import Selection, select
from validators.sandbox import Guarantee, Sandbox

# 24.04 has it in the package apparmor-profiles, 25.04 and later in apparmor itself.
_PROFILES = (
    Path("/etc/apparmor.d/bwrap-userns-restrict"),
    Path("/usr/share/apparmor/extra-profiles/bwrap-userns-restrict"),
)
_RESTRICTION = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PARSER = "apparmor_parser"
_TIMEOUT_S = 60.0
_BWRAP = "bwrap"


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a machine keeps its setting and the profiles, and who may load one."""

    restriction: Path = _RESTRICTION
    profiles: tuple[Path, ...] = _PROFILES
    path: str = _PATH
    is_root: bool = field(default_factory=lambda: os.geteuid() == 0)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was done, in order, and which backend came of it; "" with why not and what mends it."""

    chosen: str
    steps: tuple[str, ...]
    why_not: str = ""
    mend: str = ""


def prepare(
    make: Callable[[], tuple[Sandbox, ...]], required: frozenset[Guarantee], machine: Machine
) -> Prepared:
    """Return which backend can be used, after loading a profile where only that is in the way.

    ``make`` makes the backends in order; they are made again after a change of the machine.
    """
    first = select(make(), required)
    if not any(one.backend == _BWRAP for one in first.passed_over):
        return _prepared(first, ())
    if not _is_restricted(machine):
        return _prepared(first, ("AppArmor does not restrict user namespaces here",))
    loaded, told = _load(machine)
    if not loaded:
        return _prepared(first, (told,))
    return _prepared(select(make(), required), (told,))


def _prepared(selection: Selection, steps: tuple[str, ...]) -> Prepared:
    over = tuple(f"passed over {one}" for one in selection.passed_over)
    probe = selection.probe
    if selection.sandbox is None:
        return Prepared("", (*steps, *over), probe.why_not, probe.mend)
    return Prepared(probe.backend, (*steps, *over, f"using {probe.backend}: {probe.version}"))


def _is_restricted(machine: Machine) -> bool:
    try:
        return machine.restriction.read_text("ascii").strip() != "0"
    except OSError:  # a kernel without that setting
        return False


def _load(machine: Machine) -> tuple[bool, str]:
    """Load the profile; return whether that worked, and what happened in words."""
    profile = next((path for path in machine.profiles if path.is_file()), None)
    if profile is None:
        return False, (
            "AppArmor keeps bubblewrap from making user namespaces, and its profile is not here;"
            " to mend it: apt-get install apparmor-profiles"
        )
    parser = shutil.which(_PARSER, path=machine.path)
    if parser is None:
        return False, f"{_PARSER} is not here; to mend it: apt-get install apparmor"
    sudo = shutil.which("sudo", path=machine.path)
    if not machine.is_root and sudo is None:
        return False, f"only root may load a profile; to mend it, as root: {parser} -r {profile}"
    rights = () if machine.is_root or sudo is None else (sudo, "--non-interactive")
    try:
        done = subprocess.run(
            [*rights, parser, "--replace", str(profile)],
            env={"PATH": machine.path, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return False, f"AppArmor's profile {profile} was not loaded: {error}"
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        said = lines[-1] if lines else f"exit code {done.returncode}"
        return False, (
            f"AppArmor's profile {profile} was not loaded: {said};"
            f" to mend it, as root: {parser} -r {profile}"
        )
    return True, f"loaded AppArmor's profile {profile} for bubblewrap"
