"""How a test runner's report leaves the sandbox: through pipes that tested code cannot rewrite.

The folder that commands see is read-only, and what stands in it are named pipes: whoever runs there
may add words, and take none back. A report written at the end of the process, in the place of the
runner's own, comes out as a second one beside it.
"""

import os
import selectors
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from scoping.threads import Future, begin, whole
from validators.reports import REPORT_FILES, REPORT_LIMIT_BYTES

_CHUNK_BYTES = 65_536
_WRITABLE_ALONE = 0o222


class ReportPipes:
    """A folder of named pipes, read from `__enter__` on until `collect` or the end of the block.

    A runner waits while its pipe is full, so a thread reads all the time; what is beyond the limit
    is dropped, and shows as a report that is too large.
    """

    def __init__(self, scratch: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="reports-", dir=scratch))
        self.folder.chmod(0o755)
        self._found: dict[str, bytearray] = {name: bytearray() for name in REPORT_FILES}
        self._selector = selectors.DefaultSelector()
        self._descriptors: list[int] = []
        self._read: Future[None] | None = None

    def __enter__(self) -> Self:
        for name in REPORT_FILES:
            path = self.folder / name
            os.mkfifo(path, 0o600)
            reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            # A writer of our own: without one, a pipe whose writer has gone is at its end for good.
            writing = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            path.chmod(_WRITABLE_ALONE)  # nobody inside reads what another process has written
            self._descriptors += [reading, writing]
            self._selector.register(reading, selectors.EVENT_READ, self._found[name])
        with whole:
            stopped, self._stop = os.pipe()
            self._descriptors.append(stopped)
            self._selector.register(stopped, selectors.EVENT_READ, None)
            self._read = begin(self._read_all, "reports")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end_reading()
        self._selector.close()
        for descriptor in self._descriptors:
            os.close(descriptor)
        for name in REPORT_FILES:
            (self.folder / name).unlink(missing_ok=True)
        self.folder.rmdir()

    def collect(self) -> Mapping[str, bytes]:
        """Return what was written so far, by name of report; call it once the command has ended."""
        self._end_reading()
        return {name: bytes(content) for name, content in self._found.items() if content}

    def _end_reading(self) -> None:
        with whole:  # it reads what lies there already and ends
            read, self._read = self._read, None
            if read is not None:
                os.close(self._stop)
                read.result()

    def _read_all(self) -> None:
        while True:
            ready = [key for key, _ in self._selector.select()]
            for key in ready:
                if key.data is not None:
                    self._take(key.fd, key.data)
            # Told to stop, and nothing lies in a pipe any more.
            if ready and all(key.data is None for key in ready):
                return

    @staticmethod
    def _take(descriptor: int, content: bytearray) -> None:
        try:
            chunk = os.read(descriptor, _CHUNK_BYTES)
        except BlockingIOError:
            return
        room = REPORT_LIMIT_BYTES + 1 - len(content)
        content += chunk[: max(0, room)]
