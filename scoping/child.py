"""A child process that may crash, hang or eat memory without harm: requests in, answers out.

What it runs is our own code on a stranger's text, through libraries that are known to crash on
some of it. It gets no environment, cannot outgrow its limits, and is killed when it is slow; then
the caller hears None and the next request finds a new child.
"""

import struct
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

if TYPE_CHECKING:
    import subprocess

_LENGTH = struct.Struct(">I")
# How often a watchdog looks within the time limit.
_LOOKS = 8
_MAX_FRAME_BYTES = 32 * 1024 * 1024
_ROOT = str(Path(__file__).resolve().parent.parent)

# -I keeps the current folder and the user's packages out; ours are appended, not put first, so
# that no neighbour of ours can stand in for a module of the standard library.
_START = (
    "import sys; sys.path.append(sys.argv[1]); import importlib;"
    " importlib.import_module(sys.argv[2]).serve()"
)

Answer = Callable[[bytes, bytes], bytes]


class Child:
    """One child that runs ``serve()`` of ``module``; started when it is first asked.

    Not safe for two threads at once.
    """

    def __init__(self, module: str, timeout_s: float) -> None:
        self._module = module
        self._timeout_s = timeout_s
        self._process: subprocess.Popen[bytes] | None = None
        self._watchdog: _Watchdog | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The child's process id, or None while none runs."""
        return self._process.pid if self._process else None

    def ask(self, header: bytes, content: bytes) -> bytes | None:
        """Return the answer, or None when the child died or took too long over it."""
        process = self._process or self._started()
        assert process.stdin is not None  # noqa: S101 - for the type checker; PIPE was asked for
        assert process.stdout is not None  # noqa: S101 - the same
        assert self._watchdog is not None  # noqa: S101 - the same; it starts with the child
        self._watchdog.begin()
        try:
            write_frame(process.stdin, header)
            write_frame(process.stdin, content)
            process.stdin.flush()
            answer = read_frame(process.stdout)
        except BrokenPipeError:
            answer = None
        finally:
            self._watchdog.end()
        if answer is None:
            self.close()
        return answer

    def close(self) -> None:
        """End the child, if one runs."""
        process, self._process = self._process, None
        if process is None:
            return
        if self._watchdog is not None:
            self._watchdog.stop()
        process.kill()
        # A write that met a dead child left bytes in the buffer, which closing tries once more.
        for stream in (process.stdin, process.stdout):
            try:
                if stream is not None:
                    stream.close()
            except BrokenPipeError:
                continue
        process.wait()

    def _started(self) -> "subprocess.Popen[bytes]":
        import subprocess  # noqa: PLC0415 - no child needs it, and each imports this module

        argv: Sequence[str] = (sys.executable, "-I", "-c", _START, _ROOT, self._module)
        self._process = subprocess.Popen(
            argv,
            env={"LC_ALL": "C.UTF-8"},
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._watchdog = _Watchdog(self._timeout_s, self._process.kill)
        return self._process


class _Watchdog:
    """One thread that kills a child which is slow, however many questions it is asked.

    It looks a few times within the limit and is told nothing in between: a thread for each question
    costs more than most answers.
    """

    def __init__(self, timeout_s: float, kill: Callable[[], None]) -> None:
        from threading import Event  # noqa: PLC0415 - as above

        from scoping.threads import begin  # noqa: PLC0415 - as above

        self._tick_s = timeout_s / _LOOKS
        self._kill = kill
        self._asked = 0
        self._is_waiting = False
        self._stopped = Event()
        begin(self._watch, "watchdog")

    def begin(self) -> None:
        """Count from now."""
        self._asked += 1
        self._is_waiting = True

    def end(self) -> None:
        """Count no more until the next question."""
        self._is_waiting = False

    def stop(self) -> None:
        """End the thread."""
        from scoping.threads import whole  # noqa: PLC0415 - as above

        with whole:
            self._stopped.set()

    def _watch(self) -> None:
        seen = looks = 0
        while not self._stopped.wait(self._tick_s):
            is_same = self._is_waiting and seen == self._asked
            looks = looks + 1 if is_same else 0
            seen = self._asked
            if looks >= _LOOKS:
                self._kill()
                return


def answer_all(answer: Answer, memory_bytes: int, cpu_s: int) -> None:
    """Serve in the child: limit this process, then answer requests until there are no more."""
    import resource  # noqa: PLC0415 - the child's alone

    for limit, value in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        _, hard = resource.getrlimit(limit)
        lowest = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (lowest, lowest))
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    while (header := read_frame(source)) is not None:
        content = read_frame(source)
        if content is None:
            return
        write_frame(sink, answer(header, content))
        sink.flush()


def write_frame(sink: IO[bytes], frame: bytes) -> None:
    """Write one frame: four bytes of length, big-endian, and the bytes."""
    sink.write(_LENGTH.pack(len(frame)))
    sink.write(frame)


def read_frame(source: IO[bytes]) -> bytes | None:
    """Return the next frame; None at the end, and when it is cut off or absurdly long."""
    head = source.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > _MAX_FRAME_BYTES:
        return None
    frame = source.read(length)
    return frame if len(frame) == length else None
