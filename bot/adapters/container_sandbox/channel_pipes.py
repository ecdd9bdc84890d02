"""A channel into a container: named pipes that the command opens, joined to those of the session.

An engine hands no descriptors over. But a named pipe is one and the same on both sides of a bind,
as long as both share the kernel.
"""

import os
import selectors
from pathlib import Path
from types import TracebackType
from typing import Self

from scoping.threads import begin, whole

_CHUNK_BYTES = 65_536


class ChannelPipes:
    """Two named pipes in ``folder``, served by a thread between `__enter__` and the block's end.

    ``reads`` and ``writes`` are the command's ends of the session's own pipes: taken over, closed.
    """

    def __init__(self, folder: Path, name: str, reads: int, writes: int) -> None:
        self.to_command = folder / f"{name}.to"
        self.from_command = folder / f"{name}.from"
        self._taken = (reads, writes)

    def __enter__(self) -> Self:
        for path in (self.to_command, self.from_command):
            os.mkfifo(path)
            path.chmod(0o666)  # the command's user may be another than ours
        # Neither open waits for the other side: one has both ends, one reads without a writer.
        to_command = os.open(self.to_command, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        from_command = os.open(self.from_command, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        reads, writes = self._taken
        self._joined = {reads: to_command, from_command: writes}
        for descriptor in (reads, writes):
            os.set_blocking(descriptor, False)
        with whole:
            self._stopped, self._stop = os.pipe()
            self._served = begin(self._serve, "channel")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with whole:  # it carries over what lies there already and ends
            os.close(self._stop)
            self._served.result()
            os.close(self._stopped)
        for path in (self.to_command, self.from_command):
            path.unlink(missing_ok=True)

    def _serve(self) -> None:
        """Carry bytes both ways until both sources ended or the block did; then all is closed."""
        waiting: dict[int, bytes] = {}
        joined = dict(self._joined)
        stopping = False
        with selectors.DefaultSelector() as selector:
            selector.register(self._stopped, selectors.EVENT_READ)
            for source in joined:
                selector.register(source, selectors.EVENT_READ, source)
            while joined and not stopping:
                for key, _ in selector.select():
                    if key.fd == self._stopped:
                        stopping = True  # what the command wrote before it ended still arrives
                    elif key.data in joined:
                        _carry(selector, joined, waiting, key.data)
            for source in list(joined):
                _carry(selector, joined, waiting, source)
                _hang_up(joined, waiting, source)


def _carry(
    selector: selectors.BaseSelector,
    joined: dict[int, int],
    waiting: dict[int, bytes],
    source: int,
) -> None:
    """Take what ``source`` has, or give what waits for its target; one at a time."""
    target = joined[source]
    try:
        if source not in waiting:
            waiting[source] = os.read(source, _CHUNK_BYTES)
            selector.unregister(source)
            selector.register(target, selectors.EVENT_WRITE, source)
        left = waiting[source]
        if left:
            waiting[source] = left[os.write(target, left) :]
    except BlockingIOError:
        return
    except BrokenPipeError:
        left = b""
    if not left:
        selector.unregister(target)
        _hang_up(joined, waiting, source)
    elif not waiting[source]:
        del waiting[source]
        selector.unregister(target)
        selector.register(source, selectors.EVENT_READ, source)


def _hang_up(joined: dict[int, int], waiting: dict[int, bytes], source: int) -> None:
    waiting.pop(source, None)
    if source in joined:
        os.close(joined.pop(source))
        os.close(source)
