"""The first and the last bytes of a stream that may never end, in bounded memory."""

from validators.sandbox import Output


class KeptOutput:
    """Takes a stream chunk by chunk and keeps half of ``keep_bytes`` from each of its ends."""

    def __init__(self, keep_bytes: int) -> None:
        self.total_bytes = 0
        self._head_bytes = (keep_bytes + 1) // 2
        self._tail_bytes = keep_bytes // 2
        self._head = bytearray()
        self._tail = bytearray()

    def add(self, chunk: bytes) -> None:
        """Take the next bytes of the stream."""
        self.total_bytes += len(chunk)
        room = self._head_bytes - len(self._head)
        self._head += chunk[:room]
        self._tail += chunk[room:] if room > 0 else chunk
        # Cut only now and then: cutting copies what is kept.
        if len(self._tail) > 2 * self._tail_bytes + 65_536:
            self._cut()

    def output(self) -> Output:
        """Return what was kept and how much was not."""
        self._cut()
        dropped = self.total_bytes - len(self._head) - len(self._tail)
        return Output(bytes(self._head), bytes(self._tail), dropped)

    def _cut(self) -> None:
        del self._tail[: max(0, len(self._tail) - self._tail_bytes)]
