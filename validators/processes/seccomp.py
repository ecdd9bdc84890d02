"""The seccomp filter of every sandboxed command, as the kernel's own little programs (BPF).

A list of what is refused, not of what is allowed: test suites use calls that no list of ours would
know. Each refusal answers as a kernel does that lacks the rights or the feature, so that programs
fall back instead of dying. Arguments behind pointers cannot be seen: clone3 therefore does not
exist in here, and the C library uses clone.
"""

import errno
import struct
from collections.abc import Sequence

from validators.processes import seccomp_calls as calls

Instruction = tuple[int, int, int, int]

_INSTRUCTION = struct.Struct("=HBBI")
# Codes of linux/bpf_common.h: load a word, jump when equal or not less, and, return.
_LOAD, _JUMP_EQUAL, _JUMP_LEAST, _AND, _RETURN = 0x20, 0x15, 0x35, 0x54, 0x06
# What is returned, of linux/seccomp.h.
_ALLOW, _REFUSE, _KILL = 0x7FFF_0000, 0x0005_0000, 0x8000_0000
# Where struct seccomp_data holds the call, the architecture and the low half of each argument.
_CALL, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_AUDIT = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}
# The first call younger than our list (Linux 6.18), and with it the numbers of x86_64's x32: they
# do not exist in here, as on the kernels that most programs still run on.
_UNKNOWN = 471

# CLONE_NEW* of linux/sched.h: time, mounts, cgroup, names, ipc, users, processes, network. To
# clone, the bit of time is part of the signal that a child ends with.
_NAMESPACES_OF_CLONE = 0x7E02_0000
_NAMESPACES = _NAMESPACES_OF_CLONE | 0x80
# The kernel version told, addresses not randomised (debuggers and sanitizers), no change.
_PERSONALITY_BITS = 0x0002_0000 | 0x0004_0000 | 0x0000_0008
_PERSONALITY_QUERY = 0xFFFF_FFFF
# Typing for a terminal's owner (TIOCSTI, TIOCLINUX), and drivers loaded by name (TIOCSETD).
_TERMINAL_CALLS = (0x5412, 0x541C, 0x5423)
_UNIX, _INET, _INET6, _NETLINK = 1, 2, 10, 16
_NETLINK_ROUTE = 0


def seccomp_filter(machine: str) -> bytes | None:
    """Return the filter for ``machine`` as `uname -m` names it, None for one nobody wrote it for.

    It is what `prctl(PR_SET_SECCOMP)` and `bwrap --seccomp` take: an array of sock_filter.
    """
    if machine not in calls.ARCHITECTURES:
        return None
    column = calls.ARCHITECTURES.index(machine)
    program: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_JUMP_EQUAL, 1, 0, _AUDIT[machine]),
        # Calls in the numbers of another architecture would pass by everything below.
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _CALL),
    ]
    program += [(_JUMP_LEAST, 0, 1, _UNKNOWN), _refused(errno.ENOSYS)]
    for numbers in calls.REFUSED.values():
        program += _on(numbers[column], [_refused(errno.EPERM)])
    for numbers, body in _looked_at():
        program += _on(numbers[column], body)
    program.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(_INSTRUCTION.pack(*instruction) for instruction in program)


def _looked_at() -> Sequence[tuple[calls.Numbers, list[Instruction]]]:
    """Return the calls whose arguments decide; each body ends in a return."""
    allowed = (_RETURN, 0, 0, _ALLOW)
    sockets = [*_allowed_among(0, (_UNIX, _INET, _INET6)), *_netlink()]
    terminal = [_load(1)]
    for call in _TERMINAL_CALLS:
        terminal += [(_JUMP_EQUAL, 0, 1, call), _refused(errno.EPERM)]
    personality = [
        *_allowed_among(0, (_PERSONALITY_QUERY,)),
        *_allowed_without(0, ~_PERSONALITY_BITS & 0xFFFF_FFFF),
    ]
    return (
        (calls.CLONE3, [_refused(errno.ENOSYS)]),
        (calls.CLONE, _allowed_without(0, _NAMESPACES_OF_CLONE)),
        (calls.UNSHARE, _allowed_without(0, _NAMESPACES)),
        (calls.PERSONALITY, personality),
        (calls.IOCTL, [*terminal, allowed]),
        (calls.SOCKET, sockets),
        (calls.SOCKETPAIR, sockets),
    )


def _on(number: int | None, body: Sequence[Instruction]) -> list[Instruction]:
    """Return ``body`` for the call ``number`` alone; the call's number stays loaded for others."""
    return [] if number is None else [(_JUMP_EQUAL, 0, len(body), number), *body]


def _load(argument: int) -> Instruction:
    """Load the low half, as the kernel does: these arguments are 32 bits, the rest is ignored."""
    return (_LOAD, 0, 0, _ARGUMENTS + 8 * argument)


def _refused(code: int) -> Instruction:
    return (_RETURN, 0, 0, _REFUSE | code)


def _allowed_among(argument: int, values: Sequence[int]) -> list[Instruction]:
    body = [_load(argument)]
    for value in values:
        body += [(_JUMP_EQUAL, 0, 1, value), (_RETURN, 0, 0, _ALLOW)]
    return body


def _allowed_without(argument: int, bits: int) -> list[Instruction]:
    return [
        _load(argument),
        (_AND, 0, 0, bits),
        (_JUMP_EQUAL, 0, 1, 0),
        (_RETURN, 0, 0, _ALLOW),
        _refused(errno.EPERM),
    ]


def _netlink() -> list[Instruction]:
    """Allow the family that lists interfaces, behind a load of the socket's family."""
    return [
        (_JUMP_EQUAL, 0, 3, _NETLINK),
        _load(2),
        (_JUMP_EQUAL, 0, 1, _NETLINK_ROUTE),
        (_RETURN, 0, 0, _ALLOW),
        _refused(errno.EAFNOSUPPORT),
    ]
