"""Whatever a test starts ends with it, also when it fails: a process, a thread, a server, a fork.

A block that only waits for what it started waits for ever once something inside has failed.
"""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from socketserver import BaseServer
from typing import IO, AnyStr, TypeVar

# Room for the slowest machine; what takes longer hangs.
LIMIT_S = 120.0
_POLL_S = 0.01
_SERVER_POLL_S = 0.01
_Server = TypeVar("_Server", bound=BaseServer)


@contextmanager
def ended(
    process: subprocess.Popen[AnyStr], limit_s: float | None = 2 * LIMIT_S
) -> Iterator[subprocess.Popen[AnyStr]]:
    """Kill and reap ``process`` on the way out, with its group where it leads one.

    It is killed in ``limit_s`` as well, so that nobody waits longer for a line it never writes;
    with None it may last as long as the fixture it serves. A failure in the block is told what was
    left to read of its stderr, or else of its stdout.
    """
    leads = _leads_a_group(process)
    limit = threading.Timer(limit_s or 0, _kill, (process, leads))
    limit.daemon = True
    if limit_s is not None:
        limit.start()
    try:
        yield process
    except BaseException as error:
        said = error.stderr if isinstance(error, subprocess.TimeoutExpired) else b""
        _kill(process, leads)
        process.wait(LIMIT_S)
        error.add_note(f"{process.args!r} ended with {process.returncode}, and had said:")
        error.add_note(f"{_text(said)}{_left_in(process.stderr or process.stdout)}")
        raise
    finally:
        limit.cancel()
        _kill(process, leads)
        process.wait(LIMIT_S)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                with suppress(BrokenPipeError):  # what it was never told
                    stream.close()


@contextmanager
def all_ended(
    processes: Iterable[subprocess.Popen[AnyStr]], limit_s: float | None = 2 * LIMIT_S
) -> Iterator[list[subprocess.Popen[AnyStr]]]:
    """Do the same with several."""
    with ExitStack() as stack:
        yield [stack.enter_context(ended(process, limit_s)) for process in processes]


def end(process: subprocess.Popen[AnyStr]) -> None:
    """Kill ``process``, with its group where it leads one, and reap it."""
    _kill(process, _leads_a_group(process))
    process.wait(LIMIT_S)


def line_with(stream: IO[str] | None, words: str) -> str:
    """Return the next line that has ``words`` in it.

    Raises `AssertionError` with all that came instead, where the stream ends before.
    """
    assert stream is not None
    read: list[str] = []
    for line in stream:
        if words in line:
            return line
        read.append(line)
    raise AssertionError(f"no line with {words!r} came, but:\n{''.join(read)}")


@contextmanager
def beside(*acts: Callable[[], object]) -> Iterator[tuple[threading.Thread, ...]]:
    """Run each of ``acts`` in a thread beside the block; on the way out wait for their ends."""
    threads = tuple(threading.Thread(target=act, daemon=True) for act in acts)
    for thread in threads:
        thread.start()
    try:
        yield threads
    finally:
        joined(*threads)


def joined(*threads: threading.Thread) -> None:
    """Wait for the end of ``threads``; raise `AssertionError` for one that does not come."""
    for thread in threads:
        thread.join(LIMIT_S)
    assert [thread.name for thread in threads if thread.is_alive()] == []


@contextmanager
def answering(server: _Server) -> Iterator[_Server]:
    """Let ``server`` answer beside the block, and close it on the way out."""
    with server, beside(lambda: server.serve_forever(_SERVER_POLL_S)):
        try:
            yield server
        finally:
            server.shutdown()


def exit_code(child: int, limit_s: float = LIMIT_S) -> int:
    """Reap a forked process; return its exit code, or minus the signal that ended it.

    Raises `TimeoutError` for one that does not end in ``limit_s``, and kills it.
    """
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(_POLL_S)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    raise TimeoutError(f"the forked process {child} did not end within {limit_s} s")


def _leads_a_group(process: subprocess.Popen[AnyStr]) -> bool:
    with suppress(ProcessLookupError):  # it was reaped before
        return os.getpgid(process.pid) == process.pid
    return False


def _kill(process: subprocess.Popen[AnyStr], leads: bool) -> None:  # noqa: FBT001 - a Timer's
    with suppress(ProcessLookupError):  # whoever waits for it was quicker, and nobody is left
        if leads:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _left_in(stream: IO[AnyStr] | None) -> str:
    """Return what can be read at once: somebody else may hold the other end for long."""
    if stream is None or stream.closed:
        return ""
    os.set_blocking(stream.fileno(), False)
    return _text(getattr(stream, "buffer", stream).read())


def _text(said: bytes | str | None) -> str:
    return said if isinstance(said, str) else (said or b"").decode("utf-8", "replace")
