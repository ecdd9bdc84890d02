"""The quick start is played as it stands on its page, by a shell, in an empty folder."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import SCRIPTS
from tests.found_out import lend


def commands(page: str) -> str:
    """Return what the page tells its reader to type, all of it, in order."""
    return "\n".join(re.findall(r"^```sh\n(.*?)^```$", page, re.DOTALL | re.MULTILINE))


@pytest.mark.long
@pytest.mark.registry
@pytest.mark.sandbox
def test_the_quick_start_ends_with_a_merged_and_verified_change(root: Path, tmp_path: Path) -> None:
    typed = commands((root / "docs/quick-start.md").read_text("utf-8"))
    environment = os.environ | {
        "PATH": f"{SCRIPTS}:{os.environ['PATH']}",
        "HOME": str(tmp_path / "home"),
        "CHANGEWRIGHT_STATE": str(lend(tmp_path / "state")),
    }

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", typed],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "pull request 1 accepted and merged" in done.stdout
    assert "same: the gates say here what the bundle says" in done.stdout
    assert "split())" in (tmp_path / "tally/tally.py").read_text()
