"""What a command prints costs whoever reads it next to nothing, however much it is."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ending import LIMIT_S

pytestmark = pytest.mark.sandbox

# A process of its own: the peak of one that has run other tests says nothing.
READING = """
import resource, sys
from pathlib import Path
from bot.adapters.bwrap_sandbox import BwrapSandbox
from bot.adapters.container_sandbox.sandbox import ContainerSandbox
from validators.sandbox import Limits, Phase
backend, runtime, place = sys.argv[1:]
scratch, tree = Path(place, "scratch"), Path(place, "tree")
tree.mkdir()
sandbox = BwrapSandbox(scratch) if backend == "bwrap" else ContainerSandbox(scratch, runtime)
if not sandbox.probe().usable:
    sys.exit(sandbox.probe().why_not)
limits = Limits(timeout_s=600, output_limit_bytes=1024**3)
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with sandbox.open(tree, Phase("test"), limits) as session:
    session.run(["true"])
    before = peak()
    done = session.run(["head", "-c", "200000000", "/dev/zero"])
kept = len(done.stdout.head) + len(done.stdout.tail)
print(done.outcome, kept + done.stdout.dropped_bytes, kept, (peak() - before) // 1024)
"""


@pytest.mark.sampled
@pytest.mark.parametrize("backend", ["bwrap", "container"])
def test_200_megabytes_of_output_cost_less_than_64_mebibytes(
    backend: str, tmp_path: Path, root: Path
) -> None:
    runtime = "runc" if shutil.which("runc") else ""
    argv = [sys.executable, "-c", READING, backend, runtime, str(tmp_path)]
    done = subprocess.run(
        argv, cwd=root, capture_output=True, text=True, check=False, timeout=LIMIT_S
    )
    if done.returncode:
        assert "Traceback" not in done.stderr, done.stderr
        pytest.skip(done.stderr.strip())
    outcome, printed, kept, grown_mib = done.stdout.split()
    assert (outcome, int(printed)) == ("ok", 200_000_000)
    assert int(kept) <= 256 * 1024
    assert int(grown_mib) < 64
