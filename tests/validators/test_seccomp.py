"""The filter by itself, put on a process of our own: what it refuses, and what still works."""

import errno
import os
import platform
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ending import LIMIT_S
from validators.processes import seccomp_calls
from validators.processes.seccomp import seccomp_filter

MACHINE = platform.machine()
FILTER = seccomp_filter(MACHINE)
PRELUDE = """
import ctypes, errno, os, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
code = ctypes.create_string_buffer(bytes.fromhex(sys.argv[1]))
class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]
program = Program((len(code) - 1) // 8, ctypes.addressof(code))
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.byref(program), 0, 0) == 0
def call(number, *arguments):
    ctypes.set_errno(0)
    libc.syscall(ctypes.c_long(number), *(ctypes.c_long(argument) for argument in arguments))
    return errno.errorcode.get(ctypes.get_errno(), "ok")
"""

pytestmark = pytest.mark.skipif(FILTER is None, reason=f"no filter was written for {MACHINE}")


def filtered(script: str, *words: str) -> subprocess.CompletedProcess[str]:
    assert FILTER is not None
    python = [sys.executable, "-I", "-S", "-c", PRELUDE + script, FILTER.hex()]
    return subprocess.run(
        [*python, *words], capture_output=True, text=True, check=False, timeout=LIMIT_S
    )


def number(numbers: seccomp_calls.Numbers) -> int:
    found = numbers[seccomp_calls.ARCHITECTURES.index(MACHINE)]
    assert found is not None
    return found


def test_every_refused_call_answers_that_it_may_not() -> None:
    column = seccomp_calls.ARCHITECTURES.index(MACHINE)
    known = [row[column] for row in seccomp_calls.REFUSED.values() if row[column] is not None]
    # Arguments that nothing could be done with, should the kernel ever see them.
    done = filtered(f"for number in {known}: print(call(number, -1, -1, -1, -1, -1))")
    assert done.stdout.split() == ["EPERM"] * len(known)


def test_calls_younger_than_the_list_do_not_exist() -> None:
    assert filtered("print(call(471, 0), call(5000, 0))").stdout.split() == ["ENOSYS", "ENOSYS"]


def test_families_of_sockets_but_the_usual_do_not_exist() -> None:
    script = """
for family, protocol in ((1, 0), (2, 0), (10, 0), (16, 0), (16, 15), (17, 0), (38, 0), (40, 0)):
    print(call(int(sys.argv[2]), family, 2 if family != 38 else 5, protocol))
print(call(int(sys.argv[2]), (1 << 32) | 40, 1, 0))
print(call(int(sys.argv[3]), 40, 1, 0, 0))
print(bool(socket.if_nameindex()), len(socket.socketpair()))
"""
    done = filtered(
        script, str(number(seccomp_calls.SOCKET)), str(number(seccomp_calls.SOCKETPAIR))
    )
    allowed, refused, rest = (
        done.stdout.split()[:4],
        done.stdout.split()[4:10],
        done.stdout.split()[10:],
    )
    assert set(allowed) <= {"ok", "EAFNOSUPPORT"}  # a kernel without IPv6 says so itself
    assert allowed[0] == allowed[1] == allowed[3] == "ok"
    assert refused == ["EAFNOSUPPORT"] * 6
    assert rest == ["True", "2"]


def test_new_namespaces_are_refused_and_new_processes_are_not() -> None:
    script = """
unshare, clone, clone3 = map(int, sys.argv[2:])
for flag in (0x80, 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
    print(call(unshare, flag), call(clone, flag | 17) if flag != 0x80 else "EPERM")
print(call(unshare, 0x200), call(unshare, (1 << 32) | 0x10000000), call(clone3, 0, 0))
import threading
thread = threading.Thread(target=print, args=("thread",))
thread.start()
thread.join()
print(os.waitstatus_to_exitcode(os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)[1]))
"""
    wanted = (seccomp_calls.UNSHARE, seccomp_calls.CLONE, seccomp_calls.CLONE3)
    done = filtered(script, *(str(number(numbers)) for numbers in wanted))
    assert done.stdout.split() == ["EPERM"] * 16 + ["ok", "EPERM", "ENOSYS", "thread", "0"]


def test_nobody_types_for_a_terminals_owner() -> None:
    script = """
ours, theirs = os.openpty()
for request in (0x5412, 0x541C, 0x5423, (1 << 32) | 0x5412, 0x5413):
    space = ctypes.create_string_buffer(16)
    print(call(int(sys.argv[2]), theirs, request, ctypes.addressof(space)))
"""
    done = filtered(script, str(number(seccomp_calls.IOCTL)))
    assert done.stdout.split() == ["EPERM"] * 4 + ["ok"]


def test_a_personality_may_be_asked_and_addresses_be_fixed_and_nothing_else() -> None:
    script = """
for persona in (0xffffffff, 0x40000, 0x20000, 0, 0x400000, 0x100000, 6):
    print(call(int(sys.argv[2]), persona))
"""
    done = filtered(script, str(number(seccomp_calls.PERSONALITY)))
    assert done.stdout.split() == ["ok"] * 4 + ["EPERM"] * 3


@pytest.mark.skipif(MACHINE != "x86_64", reason="x86_64 alone has other ways to call")
def test_calls_in_other_numbers_do_not_get_by(tmp_path: Path) -> None:
    done = filtered("print(call(0x40000000 | 39), call(0x40000000 | 165, -1, -1, -1, -1, -1))")
    assert done.stdout.split() == ["ENOSYS", "ENOSYS"]
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("the second half needs a C compiler")
    source, binary = tmp_path / "old.c", tmp_path / "old"
    # getpid as 32-bit programs call it, where the numbers mean other calls.
    source.write_text('int main(){long r;__asm__("int $0x80":"=a"(r):"a"(20L));return r<0;}')
    subprocess.run([compiler, source, "-o", binary], check=True)
    old = filtered(f"os.execv({os.fspath(binary)!r}, ['old'])")
    assert old.returncode == -31  # SIGSYS


@pytest.mark.parametrize(
    ("machine", "header"),
    [
        ("x86_64", "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
        ("aarch64", "/usr/include/asm-generic/unistd.h"),
    ],
)
def test_the_numbers_are_those_of_the_kernels_own_headers(machine: str, header: str) -> None:
    if not Path(header).exists():
        pytest.skip(f"{header} is not here: apt-get install linux-libc-dev")
    defined = dict(
        re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", Path(header).read_text("ascii"))
    )
    column = seccomp_calls.ARCHITECTURES.index(machine)
    closely = ("clone", "clone3", "unshare", "personality", "ioctl", "socket", "socketpair")
    rows = dict(seccomp_calls.REFUSED) | {
        name: getattr(seccomp_calls, name.upper()) for name in closely
    }
    found = {name: int(defined[name]) for name in rows if name in defined}
    ours = {name: row[column] for name, row in rows.items() if name in found}
    assert ours == found
    # A header older than this table does not know the youngest calls.
    assert {name for name, row in rows.items() if row[column] and name not in found} <= {
        "open_tree_attr"
    }


def test_an_architecture_nobody_looked_at_has_no_filter() -> None:
    assert seccomp_filter("riscv64") is None
    assert seccomp_filter("aarch64_be") is None


@pytest.mark.parametrize("machine", seccomp_calls.ARCHITECTURES)
def test_a_filter_is_small_and_every_way_through_it_ends(machine: str) -> None:
    program = seccomp_filter(machine)
    assert program is not None
    assert len(program) < 2048
    instructions = list(struct.iter_unpack("=HBBI", program))
    for place, (code, true, false, _) in enumerate(instructions):
        if code in {0x15, 0x35}:
            assert place + 1 + max(true, false) < len(instructions)
    assert instructions[-1] == (0x06, 0, 0, 0x7FFF0000)
    codes = {value & 0xFFFF for code, _, _, value in instructions if value >> 16 == 5}
    assert codes == {errno.EPERM, errno.ENOSYS, errno.EAFNOSUPPORT}
