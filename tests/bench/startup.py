"""How long a person waits for `changewright --help`, beside the bare interpreter it runs on.

Both are started in turn, so that a busy machine slows both; the median of the paired differences
and of the paired ratios is printed.
"""

import json
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

PAIRS = 20


def wall_ms(argv: list[str], folder: str) -> float:
    started = time.perf_counter()
    subprocess.run(argv, cwd=folder, stdout=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - started) * 1000


def main() -> None:
    program = [str(Path(sysconfig.get_path("scripts"), "changewright")), "--help"]
    yardstick = [sys.executable, "-c", "pass"]
    with tempfile.TemporaryDirectory() as folder:
        wall_ms(program, folder)  # the first start compiles and warms the disk's cache
        pairs = [(wall_ms(yardstick, folder), wall_ms(program, folder)) for _ in range(PAIRS)]
    figures = {
        "python -c pass, ms": statistics.median(bare for bare, _ in pairs),
        "changewright --help, ms": statistics.median(ours for _, ours in pairs),
        "difference, ms": statistics.median(ours - bare for bare, ours in pairs),
        "ratio": statistics.median(ours / bare for bare, ours in pairs),
    }
    print(json.dumps({"pairs": PAIRS} | {name: round(n, 1) for name, n in figures.items()}))


if __name__ == "__main__":
    main()
