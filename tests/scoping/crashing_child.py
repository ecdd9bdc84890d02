"""A child of our own making that fails in every way a parser can; the request says which."""

import os
import signal
import sys
import time

from scoping.child import answer_all


def answer(header: bytes, content: bytes) -> bytes:
    match header:
        case b"crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case b"hang":
            time.sleep(600)
        case b"eat":
            return bytes(len(bytearray(2 * 1024**3)))
        case b"raise":
            raise ValueError
        case b"environment":
            return repr(sorted(os.environ)).encode()
        case b"path":
            return repr(sys.path[0]).encode()
        case b"quit":
            os._exit(0)
    return header + b":" + content


def serve() -> None:
    answer_all(answer, memory_bytes=512 * 1024**2, cpu_s=60)
