"""A check that always says "held" would be a guarantee out of thin air: here nothing holds.

Run without walls, each check must say no. Only the one that writes into system folders is not run
without walls, for it would write there.
"""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

from bot.adapters import bwrap_checks

RUN = """
import json, sys
sys.path.insert(0, sys.argv[1])
import bwrap_checks
names = [name for name in bwrap_checks.CHECKS if name != "read-only-host"]
facts = json.loads(sys.argv[2])
print(json.dumps({name: bwrap_checks.CHECKS[name](facts) for name in names}))
"""


def test_without_walls_no_check_says_that_one_held(tmp_path: Path) -> None:
    (tmp_path / "private").write_text("seen")
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(f"\0changewright-checks-{os.getpid()}")
        unix.listen()
        facts = {
            "hidden": [str(tmp_path / "private"), str(tmp_path / "nothing")],
            "variables": [],
            "tcp": tcp.getsockname(),
            "unix": [f"\0changewright-checks-{os.getpid()}"],
            "processes": 3,
            "memory_bytes": 1024**2,
        }
        folder = str(Path(bwrap_checks.__file__).parent)
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", RUN, folder, json.dumps(facts)],
            capture_output=True,
            check=True,
        )
    held = json.loads(done.stdout)
    # Some machines forbid this to everybody, with walls or without.
    held.pop("no-nested-namespaces")
    assert held == dict.fromkeys(held, False)
    assert len(held) == len(bwrap_checks.CHECKS) - 2


def test_a_place_that_takes_a_file_is_found_writable(tmp_path: Path) -> None:
    assert bwrap_checks.can_write(str(tmp_path / "new"))
    assert not bwrap_checks.can_write(str(tmp_path / "no" / "folder"))
