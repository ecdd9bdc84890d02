"""`podman exec` by itself: a container that runs already, and nothing of ours around a command."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.adapters.container_sandbox.engine import installed_engines
from bot.adapters.container_sandbox.images import image_of
from bot.adapters.container_sandbox.leftovers import new_name
from bot.adapters.container_sandbox.walls import LABEL
from tests.bench.other_sandboxes.skipped import Run, Skipped
from tests.found_out import containers
from validators.sandbox import SandboxRefusal


@contextmanager
def podman_exec(scratch: Path) -> Iterator[Run]:
    """Yield what runs a command in a container of this machine's own folders; Skipped."""
    probe = containers(scratch).probe()
    runtime = "runc" if "runtime runc" in probe.version else ""
    engines = [engine for engine in installed_engines(runtime) if engine.is_podman]
    if not (probe.usable and engines):
        raise Skipped(probe.why_not or "podman is not installed: apt-get install podman")
    engine, name = engines[0], new_name()
    try:
        image = image_of(engine, "")
        words = ["--detach", "--name", name, "--label", LABEL, "--network", "none", "--read-only"]
        # Its own bounds are more than root may give that has not all rights.
        words += ["--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096"]
        for path in image.binds:
            words += ["--mount", f"type=bind,source={path},destination={path},readonly"]
        engine.ask("run", *words, image.identity, "sleep", "3600")
    except SandboxRefusal as refusal:
        raise Skipped(str(refusal)) from refusal
    try:
        yield lambda argv: subprocess.run(
            engine.command("exec", name, *argv),
            env=engine.environment,
            cwd="/",
            capture_output=True,
            check=True,
        )
    finally:
        engine.remove(name)
