"""aimock, a stand-in of the Messages API that somebody else wrote, installed by npm and started.

What both stand-ins agree on is less likely to be a misunderstanding of ours.
"""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.ending import ended

PACKAGE = "@copilotkit/aimock@1.43.0"
_INSTALL_S, _START_S = 120, 20


def installed(folder: Path) -> Path:
    """Return its program, installed below ``folder``; skip where npm cannot."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed, and aimock comes by npm")
    argv = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder)]
    try:
        done = subprocess.run(
            [*argv, PACKAGE],
            capture_output=True,
            text=True,
            timeout=_INSTALL_S,
            check=False,
            cwd=folder,
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm did not install {PACKAGE} within {_INSTALL_S} s")
    program = folder / "node_modules" / ".bin" / "llmock"
    if done.returncode or not program.exists():
        pytest.skip(f"npm cannot install {PACKAGE} with this machine's settings")
    return program


@contextmanager
def serving(program: Path, folder: Path, fixtures: list[dict[str, Any]]) -> Iterator[str]:
    """Serve ``fixtures`` on 127.0.0.1; yield the address."""
    told, said = folder / "fixtures.json", folder / "aimock.log"
    told.write_text(json.dumps({"fixtures": fixtures}))
    with (
        said.open("w") as log,
        ended(
            subprocess.Popen(
                [str(program), "-p", "0", "-f", str(told)],
                stdout=log,
                stderr=subprocess.STDOUT,
                env={"PATH": os.environ["PATH"], "HOME": str(folder)},
                start_new_session=True,
            )
        ) as server,
    ):
        yield _address(said, server)


def _address(said: Path, server: "subprocess.Popen[bytes]") -> str:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and server.poll() is None:
        if found := re.search(r"http://127\.0\.0\.1:\d+", said.read_text()):
            return found[0]
        time.sleep(0.05)
    pytest.skip(f"aimock does not start here: {said.read_text()[-300:]}")
