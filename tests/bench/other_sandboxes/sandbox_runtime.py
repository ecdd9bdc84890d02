"""Anthropic's sandbox-runtime, installed by npm into a folder that goes with the bench."""

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.other_sandboxes.skipped import Run, Skipped

_PACKAGE = "@anthropic-ai/sandbox-runtime@0.0.83"
_TOOLS = {"npm": "npm", "bwrap": "bubblewrap", "socat": "socat", "rg": "ripgrep"}
# As much as our own commands may do: no network, and writing to the tree alone.
_SETTINGS = {
    "network": {"allowedDomains": [], "deniedDomains": []},
    "filesystem": {"denyRead": [], "allowWrite": ["."], "denyWrite": []},
}
_TIMEOUT_S = 120


@contextmanager
def sandbox_runtime(folder: Path) -> Iterator[Run]:
    """Yield what runs a command in it; Skipped where it cannot be had."""
    missing = [package for tool, package in _TOOLS.items() if shutil.which(tool) is None]
    if missing:
        raise Skipped(f"it needs {', '.join(missing)}: apt-get install {' '.join(missing)}")
    place, tree = folder / "srt", folder / "srt-tree"
    place.mkdir()
    tree.mkdir()
    quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(place)]
    install = ["npm", "install", *quiet, _PACKAGE]
    _checked(install, folder, dict(os.environ))
    settings = place / "settings.json"
    settings.write_text(json.dumps(_SETTINGS), "utf-8")
    environment = {"PATH": os.environ["PATH"], "HOME": str(place)}
    walls = [str(place / "node_modules" / ".bin" / "srt"), "--settings", str(settings)]
    _checked([*walls, "-c", "/bin/true"], tree, environment)
    yield lambda argv: subprocess.run(
        [*walls, "-c", shlex.join(argv)], env=environment, cwd=tree, capture_output=True, check=True
    )


def _checked(argv: list[str], folder: Path, environment: dict[str, str]) -> None:
    try:
        done = subprocess.run(
            argv, cwd=folder, env=environment, capture_output=True, timeout=_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Skipped(f"{Path(argv[0]).name} did not do it: {error}") from error
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no word"]
        raise Skipped(f"{Path(argv[0]).name} failed: {lines[-1]}")
