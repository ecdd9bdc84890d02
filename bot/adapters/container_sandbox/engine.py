"""The client of a container engine on this machine: podman or docker, by their common words.

Only engines of this machine are of use: folders are bound, and who runs is looked up in /proc. So
the client gets a clean environment, and an address of another machine in ours does not reach it.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from validators.sandbox import SandboxRefusal

ENGINES = ("podman", "docker")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_SYSTEMD = Path("/run/systemd/system")
_TIMEOUT_S = 60.0
_GVISOR = "runsc"
# Else it wants to serve a network that podman has not made, and opens no socket that it is shown,
# which a set-up's gateway is.
_GVISOR_FLAGS = ("--runtime-flag", "network=none", "--runtime-flag", "host-uds=open")


@dataclass(frozen=True)
class ContainerEngine:
    """One engine by its client's ``binary``; ``runtime`` is what the operator asked for, or ""."""

    binary: Path
    runtime: str = ""

    @property
    def name(self) -> str:
        """Which of the two dialects it speaks."""
        return "podman" if self.binary.name.startswith("podman") else "docker"

    @property
    def is_podman(self) -> bool:
        """Whether it is podman, which works without a daemon and without root."""
        return self.name == "podman"

    @cached_property
    def has_root(self) -> bool:
        """Whether the engine's own rights are root's: then root in a container is root outside."""
        if self.is_podman:
            return os.geteuid() == 0
        return "rootless" not in self.ask("info", "--format", "{{.SecurityOptions}}")

    @property
    def environment(self) -> Mapping[str, str]:
        """What the client needs to find its own store, and nothing of ours."""
        try:
            home = pwd.getpwuid(os.geteuid()).pw_dir
        except KeyError:  # a user without a name has no home
            home = "/nonexistent"
        return {"PATH": _PATH, "HOME": home, "LC_ALL": "C.UTF-8"}

    def command(self, *words: str) -> tuple[str, ...]:
        """Return the argv that asks the engine for ``words``."""
        options: tuple[str, ...] = ()
        if self.is_podman:
            options += ("--runtime", self.runtime) if self.runtime else ()
            # Without systemd there is nobody else who could make groups.
            options += () if _SYSTEMD.is_dir() else ("--cgroup-manager", "cgroupfs")
        return (str(self.binary), *options, *words)

    def running(self, words: Sequence[str]) -> tuple[str, ...]:
        """Return the argv of ``run``, where the runtime is chosen."""
        if not self.is_podman:
            return self.command(
                "run", *(("--runtime", self.runtime) if self.runtime else ()), *words
            )
        flags = _GVISOR_FLAGS if Path(self.runtime).name == _GVISOR else ()
        return (*self.command(*flags), "run", *words)

    def ask(self, *words: str, given: bytes = b"") -> str:
        """Return what the engine answers; SandboxRefusal with its own complaint when it fails."""
        return self.call(self.command(*words), given)

    def remove(self, container: str) -> None:
        """End everybody in a container and drop it; SandboxRefusal when it stays."""
        at_once = ("--time", "0") if self.is_podman else ()  # podman would ask nicely for 10 s
        self.ask("rm", "--force", *at_once, "--volumes", container)

    def call(self, argv: Sequence[str], given: bytes = b"") -> str:
        """Run one of the client's commands to its end, as `ask` does."""
        try:
            done = subprocess.run(
                argv,
                input=given,
                env=self.environment,
                cwd="/",
                capture_output=True,
                timeout=_TIMEOUT_S,
                check=False,
            )
        except OSError as error:
            raise SandboxRefusal(f"{self.binary}: {error.strerror}") from error
        except subprocess.TimeoutExpired as error:
            raise SandboxRefusal(f"{self.name} did not answer in {_TIMEOUT_S:g} s") from error
        if done.returncode:
            lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
            said = lines[-1] if lines else f"exit code {done.returncode}"
            raise SandboxRefusal(f"{self.name}: {said.removeprefix('Error: ')}")
        return done.stdout.decode("utf-8", "replace").strip()


def installed_engines(runtime: str = "") -> tuple[ContainerEngine, ...]:
    """Return the engines whose clients are on this machine, podman first: it needs no daemon."""
    found = (shutil.which(name, path=_PATH) for name in ENGINES)
    return tuple(ContainerEngine(Path(path), runtime) for path in found if path)
