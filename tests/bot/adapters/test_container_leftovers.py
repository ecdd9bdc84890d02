"""A container whose engine was killed while it wrote it down: nobody lists it, and it is ended."""

import os
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.adapters.container_sandbox.engine import ContainerEngine, installed_engines
from bot.adapters.container_sandbox.leftovers import new_name, sweep
from validators.sandbox import SandboxRefusal

pytestmark = pytest.mark.sandbox

_NOBODY_HAS_IT = "4194303-1"


@pytest.fixture
def engine() -> ContainerEngine:
    for found in installed_engines("runc" if shutil.which("runc") else ""):
        if found.is_podman:
            return found
    pytest.skip("podman is not installed")


@pytest.fixture
def elsewhere(engine: ContainerEngine, tmp_path: Path) -> Iterator[list[str]]:
    """What asks for containers in a store of their own, of which the engine itself knows nothing.

    Each is made, and waits to be started, as one does whose client was killed meanwhile.
    """
    root = tmp_path / "root"
    for folder in ("usr", "proc", "sys", "dev", "etc", "tmp", "run"):
        (root / folder).mkdir(parents=True)
    for name in ("bin", "lib", "lib64", "sbin"):
        (root / name).symlink_to(f"usr/{name}")
    with tempfile.TemporaryDirectory(dir="/tmp") as short:  # podman takes no longer one
        store = ("--root", str(tmp_path / "a"), "--runroot", short)
        command = list(engine.command(*store, "--storage-driver", "vfs"))
        yield command
        subprocess.run([*command, "rm", "--all", "--force"], capture_output=True, check=False)


def made(engine: ContainerEngine, elsewhere: list[str], root: Path, name: str) -> None:
    limits = ("--ulimit", "nofile=64:64", "--ulimit", "nproc=64:64")
    more = ("--network", "none", "--log-driver", "none", *limits, "--volume", "/usr:/usr:ro")
    try:
        engine.call(
            [*elsewhere, "create", "--name", name, *more, "--rootfs", str(root), "sleep", "60"]
        )
        engine.call([*elsewhere, "init", name])
    except SandboxRefusal as refusal:
        pytest.skip(f"no container can be made here: {refusal}")


def is_monitored(name: str) -> bool:
    return any(
        name.encode() in words and words[0].endswith(b"conmon")
        for words in map(_words, Path("/proc").glob("[0-9]*/cmdline"))
    )


def _words(file: Path) -> list[bytes]:
    try:
        return file.read_bytes().split(b"\0")
    except OSError:
        return [b""]


def test_a_container_that_its_engine_forgot_is_ended_once_its_process_is_dead(
    engine: ContainerEngine, elsewhere: list[str], tmp_path: Path
) -> None:
    mine = new_name()
    start = mine.split("-")[4]
    other = mine.replace(f"-{os.getpid()}-{start}-", f"-{_NOBODY_HAS_IT}-")
    dead = f"{other.rpartition('-')[0]}-{secrets.token_hex(6)}"
    for name in (mine, dead):
        made(engine, elsewhere, tmp_path / "root", name)
        assert is_monitored(name)
        assert name not in engine.ask("ps", "--all", "--format", "{{.Names}}")

    sweep(engine)

    until = time.monotonic() + 60
    while is_monitored(dead) and time.monotonic() < until:
        time.sleep(0.05)
    assert not is_monitored(dead)
    assert is_monitored(mine)
