"""The checks behind ``changewright doctor``; each says what it found and what would mend it."""

import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.settings import Settings, from_process
from validators.sandbox import Probe

# merge-tree --write-tree, which the local forge merges with, came with 2.38.
_OLDEST_GIT = (2, 38)
_INDEX_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Check:
    """One thing examined. ``mend`` is one command, or empty when there is nothing to do."""

    name: str
    works: bool
    required: bool
    found: str
    mend: str = ""


def _good(name: str, found: str) -> Check:
    return Check(name, works=True, required=True, found=found)


def _bad(name: str, found: str, mend: str) -> Check:
    return Check(name, works=False, required=True, found=found, mend=mend)


def _optional(name: str, found: str, mend: str = "") -> Check:
    """Return a check that no run depends on; it works when there is nothing to mend."""
    return Check(name, works=not mend, required=False, found=found, mend=mend)


def examine(command_line: Mapping[str, object], *, offline: bool) -> tuple[Check, ...]:
    """Return every check, in the order in which a run would meet them."""
    settings = from_process(command_line, None)
    checks = [_platform(), _state(settings.state), _git(), _sandbox(settings), _model(settings)]
    checks.append(_forge(settings))
    if not offline:
        checks += [_python_index(settings), _node_index(settings)]
    return tuple(checks)


def _platform() -> Check:
    system, version = platform.system(), sys.version.split()[0]
    found = f"{system} {platform.machine()}, Python {version}"
    if system == "Linux":
        return _good("platform", found)
    lacking = (
        "bubblewrap needs Linux namespaces: without them nothing of a repository is run"
        if system == "Darwin"
        else "bubblewrap and POSIX file modes are missing: run inside WSL 2 or a Linux container"
    )
    return _bad("platform", f"{found}; {lacking}", "use a Linux machine or container")


def _state(folder: Path) -> Check:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = folder / ".doctor"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        found = f"{folder}: {error.strerror}"
        return _bad("state", found, "changewright doctor --state DIR")
    return _good("state", str(folder))


def _git() -> Check:
    binary = shutil.which("git")
    if binary is None:
        return _bad("git", "not installed", "apt-get install git")
    said = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"(\d+)\.(\d+)", said)
    new_enough = version is not None and tuple(map(int, version.groups())) >= _OLDEST_GIT
    if new_enough:
        return _good("git", said.strip())
    mend = "apt-get install -t stable-backports git"
    return _bad("git", f"{said.strip()}; 2.38 or later is needed", mend)


def _sandbox(settings: Settings) -> Check:
    from bot.wiring import WiringRefusal, sandbox_of  # noqa: PLC0415 - wiring knows every adapter

    try:
        return _probed(sandbox_of(settings, unsafe=False).probe())
    except WiringRefusal as refusal:
        # The state folder cannot be used, which has a line of its own.
        return _bad("sandbox", f"not measured: {refusal}", "changewright doctor --state DIR")


def _probed(probe: Probe) -> Check:
    if probe.usable:
        found = f"{probe.backend} {probe.version}: {', '.join(sorted(probe.guarantees))}"
        return _good("sandbox", found)
    return _bad("sandbox", f"{probe.backend}: {probe.why_not}", probe.mend)


def _model(settings: Settings) -> Check:
    if settings.api_key:
        return _optional("model key", "ANTHROPIC_API_KEY is set (not tried: that costs)")
    found = "ANTHROPIC_API_KEY is not set; --model scripted:FILE and recorded:RUN need no key"
    return _optional("model key", found, "export ANTHROPIC_API_KEY=...")


def _forge(settings: Settings) -> Check:
    found = "the local forge needs no token"
    if settings.forge_token_is_set:
        found += "; a GitHub token is set and is never handed to propose or to the sandbox"
    return _optional("forge", found)


def _python_index(settings: Settings) -> Check:
    from uv import find_uv_bin  # noqa: PLC0415 - only doctor's index check

    argv = [find_uv_bin(), "pip", "compile", "--quiet", "--no-cache", "-"]
    works, said = _asked(argv, settings, "six\n")
    found = "answers" if works else f"does not answer: {said}"
    return _optional("python index", found, "" if works else "check UV_INDEX_URL")


def _node_index(settings: Settings) -> Check:
    binary = shutil.which("npm")
    if binary is None:
        found = "npm is not installed; only repositories with package.json need it"
        return _optional("node index", found, "apt-get install nodejs npm")
    works, said = _asked([binary, "view", "is-number", "version"], settings, "")
    found = "answers" if works else f"does not answer: {said}"
    return _optional("node index", found, "" if works else "npm config get registry")


def _asked(argv: list[str], settings: Settings, stdin: str) -> tuple[bool, str]:
    """Run one of our own tools with the installer's variables only; say how it ended."""
    from bot.wiring import network_variables  # noqa: PLC0415 - as above

    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent"}
    environment |= network_variables(settings)
    try:
        done = subprocess.run(
            argv,
            input=stdin,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_INDEX_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False, f"no answer in {_INDEX_TIMEOUT_S:.0f} s"
    except OSError as error:
        return False, str(error)
    lines = done.stderr.strip().splitlines()
    return done.returncode == 0, lines[-1][:200] if lines else f"exit code {done.returncode}"
