"""The checks behind ``changewright doctor``; each says what it found and what would mend it."""

import platform
import re
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.configuration.endpoints import KEY_VARIABLES, endpoint_of, fallback_of
from bot.settings import TARGET_FILE, Settings, from_process
from scoping.refusal import Refusal
from validators.sandbox import TOOLS, Limits, Phase, Probe

# merge-tree --write-tree, which the local forge merges with, came with 2.38.
_OLDEST_GIT = (2, 38)
_INDEX_TIMEOUT_S = 20.0
_MOST_SECONDS_APART = 60
_LEAST_FREE_BYTES = 256 * 1024 * 1024


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
    checks = [_platform(platform.system()), *_state(settings.state), _git(), _sandbox(settings)]
    checks += [_model(settings), _interpreters(settings), _forge(settings)]
    if not offline:
        checks += [_indexes(settings), _python_index(settings), _node_index(settings)]
    return tuple(checks)


def settings_at(repo: Path, base: str, command_line: Mapping[str, object]) -> tuple[Settings, str]:
    """Return the settings for ``repo`` at ``base``, and what was read of the target's file.

    A folder without a repository has no target's file; a base that was asked for must be there.
    """
    import tempfile  # noqa: PLC0415 - only doctor's page of settings

    from bot.target_file import target_file  # noqa: PLC0415 - keeps --help fast
    from validators.checkout import CheckoutRefusal, open_clone  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="changewright-") as folder:
        try:
            clone = open_clone(repo, base, Path(folder) / "clone")
        except CheckoutRefusal as refusal:
            if base != "HEAD":
                raise
            return from_process(command_line), f"not read: {refusal}"
        content = target_file(clone)
        read = f"{TARGET_FILE} at {clone.base_commit[:12]} of {repo.resolve()}"
        if content is None:
            read = f"no {read}"
        return from_process(command_line, content), read


def _platform(system: str) -> Check:
    found = f"{system} {platform.machine()}, Python {platform.python_version()}"
    if system == "Linux":
        return _good("platform", found)
    lacking = (
        "bubblewrap needs Linux namespaces: without them nothing of a repository is run"
        if system == "Darwin"
        else "bubblewrap and POSIX file modes are missing: run inside WSL 2 or a Linux container"
    )
    return _bad("platform", f"{found}; {lacking}", "use a Linux machine or container")


def _state(folder: Path) -> list[Check]:
    """Check that the state folder takes a file, at the right time, with room for more."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = folder / ".doctor"
        probe.write_bytes(b"doctor")
        written = probe.stat().st_mtime
        probe.unlink()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        found = f"{folder}: {error.strerror}"
        return [_bad("state", found, "changewright doctor --state DIR")]
    return [_good("state", str(folder)), _room(free), _clock(written - time.time())]


def _room(free_bytes: int) -> Check:
    found = f"{free_bytes // 1_000_000:,} MB are free in the state folder"
    if free_bytes >= _LEAST_FREE_BYTES:
        return _good("room", found)
    least = f"{_LEAST_FREE_BYTES // 1_000_000} MB"
    found += f", a run needs {least}: make room there, or choose another folder with --state"
    return _bad("room", found, "changewright journal prune")


def _clock(seconds_ahead: float) -> Check:
    """``seconds_ahead``: how far the state folder's clock is before this machine's."""
    if abs(seconds_ahead) <= _MOST_SECONDS_APART:
        return _optional("clock", "this machine and the state folder agree")
    side = "before" if seconds_ahead > 0 else "behind"
    found = f"the state folder is {abs(seconds_ahead):.0f} s {side} this machine"
    return _optional("clock", f"{found}; leases and times may be wrong", "timedatectl set-ntp true")


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
    from bot.wiring import sandbox_of  # noqa: PLC0415 - wiring knows every adapter

    try:
        return _probed(sandbox_of(settings, unsafe=False).probe())
    except Refusal as refusal:
        # The state folder cannot be used, which has a line of its own.
        return _bad("sandbox", f"not measured: {refusal}", "changewright doctor --state DIR")


def _probed(probe: Probe) -> Check:
    if probe.usable:
        found = f"{probe.backend} {probe.version}: {', '.join(sorted(probe.guarantees))}"
        return _good("sandbox", found)
    return _bad("sandbox", f"{probe.backend}: {probe.why_not}", probe.mend)


def _model(settings: Settings) -> Check:
    places = [
        settings.model_endpoint,
        *(fallback_of(words)[1] for words in settings.model_fallback),
    ]
    needed = dict.fromkeys(
        endpoint_of(place or settings.model_endpoint).service for place in places
    )
    missing = [KEY_VARIABLES[one] for one in needed if one not in settings.service_keys]
    if not missing:
        names = ", ".join(KEY_VARIABLES[one] for one in needed)
        is_or_are = "is" if len(needed) == 1 else "are"
        return _optional("model key", f"{names} {is_or_are} set (not tried: that costs)")
    found = f"{missing[0]} is not set; --model scripted:FILE and recorded:RUN need no key"
    return _optional("model key", found, f"export {missing[0]}=...")


def _interpreters(settings: Settings) -> Check:
    """Say which interpreters of snippets are there; only the one that is chosen is missed."""
    from bot.adapters.none_sandbox import NoneSandbox  # noqa: PLC0415 - nothing is run in it
    from bot.interpreters import Ground, missing_interpreters  # noqa: PLC0415 - only here

    place = settings.state
    missing = missing_interpreters(Ground(settings, NoneSandbox(place), place))
    there = ", ".join(name for name, why in missing.items() if not why)
    found = f"for snippets there are {there}"
    chosen = settings.model_interpreter
    if settings.model_action != "code" or not missing[chosen]:
        return _optional("interpreters", found)
    return _optional("interpreters", f"{found}; {missing[chosen]}", "changewright config")


def _forge(settings: Settings) -> Check:
    found = "the local forge needs no token"
    if settings.forge_token_is_set:
        found += "; a GitHub token is set and is never handed to propose or to the sandbox"
    return _optional("forge", found)


def _indexes(settings: Settings) -> Check:
    """Say whom a set-up may read from; whether they answer is asked after."""
    from bot.wiring import indexes_of  # noqa: PLC0415 - wiring knows every adapter

    machine = indexes_of(settings)
    reached = {index.origin.authority for index in (*machine.indexes, *machine.defaults)}
    named = [f"{host}:{port} (setup.hosts)" for host, port in machine.hosts]
    places = ", ".join([*sorted(reached), *map(str, machine.folders), *named])
    found = "; ".join((f"set-ups may read {places}", *machine.warnings, *machine.unknown))
    return _optional("package indexes", found, "pip config list" if machine.warnings else "")


def _python_index(settings: Settings) -> Check:
    argv = ["uv", "pip", "compile", "--quiet", "--no-cache", "-"]
    works, said = _asked(argv, settings, "six\n")
    found = "answers" if works else f"does not answer: {said}"
    return _optional("python index", found, "" if works else "check UV_INDEX_URL")


def _node_index(settings: Settings) -> Check:
    binary = shutil.which("npm")
    if binary is None:
        found = "npm is not installed; only repositories with package.json need it"
        return _optional("node index", found, "apt-get install nodejs npm")
    works, said = _asked(["npm", "view", "is-number", "version"], settings, "")
    found = "answers" if works else f"does not answer: {said}"
    return _optional("node index", found, "" if works else "npm config get registry")


def _asked(
    argv: list[str], settings: Settings, stdin: str, timeout_s: float = _INDEX_TIMEOUT_S
) -> tuple[bool, str]:
    """Run a tool as a set-up would: in the sandbox, with the door to the indexes; say how it ended.

    What it was not let through to is more to the point than its own last words.
    """
    from bot.scratch import scratch  # noqa: PLC0415 - only doctor's index checks
    from bot.wiring import sandbox_of, supply_of, tools  # noqa: PLC0415 - as above

    try:
        with scratch(settings.state) as place, supply_of(settings, place).open() as door:
            mounts, path = (*tools(), *door.mounts), (TOOLS,)
            phase = Phase("setup", mounts=mounts, environment=door.environment, path=path)
            (place / "tree").mkdir()
            sandbox = sandbox_of(settings, unsafe=False, scratch=place)
            with sandbox.open(place / "tree", phase, Limits(timeout_s=timeout_s)) as session:
                done = session.run((*door.prefix, *argv), stdin=stdin.encode())
            refused = door.refused()
    except Refusal as refusal:
        return False, f"not asked: {refusal}"
    if done.outcome == "timeout":
        return False, f"no answer in {timeout_s:g} s"
    lines = done.stderr.text.strip().splitlines()
    said = lines[-1][:200] if lines else f"exit code {done.code}"
    return done.outcome == "ok", next(iter(refused), said)
