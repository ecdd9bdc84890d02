"""What stands before every Python snippet: words to report with, and system calls by name.

Runs inside the sandbox, as a stranger's code does. An operating system's error is an attempt that
was denied; any other exception is a mistake of the snippet and must not look like a success.
"""

import ctypes
import os
import sys
from types import TracebackType

_MACHINE = os.uname().machine
_SYSCALLS = {  # name: (x86_64, aarch64)
    "add_key": (248, 217),
    "bpf": (321, 280),
    "clone": (56, 220),
    "clone3": (435, 435),
    "finit_module": (313, 273),
    "fsopen": (430, 430),
    "init_module": (175, 105),
    "io_uring_setup": (425, 425),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "memfd_create": (319, 279),
    "mount": (165, 40),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "pidfd_getfd": (438, 438),
    "pidfd_open": (434, 434),
    "process_vm_readv": (310, 270),
    "ptrace": (101, 117),
    "renameat2": (316, 276),
    "setns": (308, 268),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "shmget": (29, 194),
    "swapon": (167, 224),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
}
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long


def breach(what: object = "") -> None:
    """Say that something got through; the snippet may go on and try more."""
    print("BREACH", what, flush=True)


def syscall(name: str, *arguments: object) -> int:
    """Call the kernel directly; OSError when it refuses."""
    number = _SYSCALLS[name][0 if _MACHINE == "x86_64" else 1]
    words = [ctypes.c_long(word) if isinstance(word, int) else word for word in arguments]
    result: int = libc.syscall(ctypes.c_long(number), *words)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), name)
    return result


def opens(path: str | bytes, flags: int = os.O_RDONLY) -> bool:
    """Whether a path can be opened; nothing is read or written."""
    try:
        os.close(os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _explain(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, OSError | MemoryError):
        print("HELD", error, flush=True)
    else:
        sys.__excepthook__(kind, error, trace)


if __name__ == "__main__":  # the host takes words from here as well
    sys.excepthook = _explain
