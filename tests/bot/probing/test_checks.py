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

from bot.probing import checks
from tests.ending import LIMIT_S

RUN = """
import json, sys
sys.path.insert(0, sys.argv[1])
import checks
names = [name for name in checks.CHECKS if name != "read-only-host"]
facts = json.loads(sys.argv[2])
print(json.dumps({name: checks.CHECKS[name](facts) for name in names}))
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
        folder = str(Path(checks.__file__).parent)
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", RUN, folder, json.dumps(facts)],
            capture_output=True,
            check=True,
            timeout=LIMIT_S,
        )
    held = json.loads(done.stdout)
    # Some machines forbid this to everybody, with walls or without.
    held.pop("no-nested-namespaces")
    assert held == dict.fromkeys(held, False)
    assert len(held) == len(checks.CHECKS) - 2


OPEN_FILTER = """
import ctypes, struct
code = ctypes.create_string_buffer(struct.pack("=HBBI", 6, 0, 0, 0x7FFF0000))
class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]
libc = ctypes.CDLL(None)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.byref(Program(1, ctypes.addressof(code))), 0, 0) == 0
import sys
sys.path.insert(0, sys.argv[1])
import checks
print(checks.seccomp_refuses({}), checks.is_refused(int(sys.argv[2])))
"""


def test_a_filter_that_refuses_nothing_is_no_filter() -> None:
    folder = str(Path(checks.__file__).parent)
    getpid = "39" if os.uname().machine == "x86_64" else "172"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", OPEN_FILTER, folder, getpid],
        capture_output=True,
        check=True,
        timeout=LIMIT_S,
    )
    assert done.stdout == b"False False\n"


def test_a_place_that_takes_a_file_is_found_writable(tmp_path: Path) -> None:
    assert checks.can_write(str(tmp_path / "new"))
    assert not checks.can_write(str(tmp_path / "no" / "folder"))
