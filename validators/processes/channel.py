"""Framed messages to and from a command that is supervised in the background.

The command's own output stays what it is, output; what it says to us comes over a descriptor of its
own, in frames whose size is bounded, and is as little to be trusted.
"""

import os
import select
import struct
from collections.abc import Callable

from scoping.threads import whole
from validators.processes.background import BackgroundCommand
from validators.processes.supervise import Clock
from validators.sandbox import Completed, SandboxRefusal

MAX_FRAME_BYTES = 16 * 1024**2
_HEADER = struct.Struct(">I")
_CHUNK_BYTES = 65_536
# How long a command that sees its channel end has to end by itself.
_GRACE_S = 0.5
_GONE = "the sandboxed command ended and takes no messages"

# Runs the command with the two descriptors it reads from and writes to (and takes both over), until
# the third becomes readable.
RunCommand = Callable[[int, int, int], Completed]


class FramedChannel:
    """The Channel of every backend: two pipes and a thread that supervises the command."""

    def __init__(self, run: RunCommand, clock: Clock) -> None:
        self._clock = clock
        self._buffer = bytearray()
        self._open = True
        self._ended = False
        with whole:
            command_reads, self._write = os.pipe()
            self._read, command_writes = os.pipe()
            self._command = BackgroundCommand(lambda stop: run(command_reads, command_writes, stop))

    def send(self, message: bytes) -> None:
        """Write one frame; raise SandboxRefusal when the command is gone."""
        if not self._open:
            raise SandboxRefusal("the channel is closed; start the command again")
        if len(message) > MAX_FRAME_BYTES:
            raise SandboxRefusal(f"a message of {len(message)} bytes is larger than a frame may be")
        if self._ended:  # whoever hung up does not listen, even if it still runs
            raise SandboxRefusal(_GONE)
        left = memoryview(_HEADER.pack(len(message)) + message)
        try:
            while left:
                left = left[os.write(self._write, left) :]
        except BrokenPipeError as error:
            raise SandboxRefusal(_GONE) from error

    def receive(self, timeout_s: float) -> bytes | None:
        """Return the next frame, or None at the end of the stream; TimeoutError when none came."""
        if not self._open:
            raise SandboxRefusal("the channel is closed; start the command again")
        until = self._clock() + timeout_s
        poll = select.poll()
        poll.register(self._read, select.POLLIN)
        while True:
            frame = self._next_frame()
            if frame is not None:
                return frame
            if self._ended:
                return None
            if not poll.poll(max(0.0, until - self._clock()) * 1000):
                raise TimeoutError(f"the sandboxed command said nothing for {timeout_s:g} s")
            chunk = os.read(self._read, _CHUNK_BYTES)
            self._ended = not chunk
            self._buffer += chunk

    def close(self) -> Completed:
        """End the command, if it still runs, and tell how it ended."""
        with whole:
            if self._open:
                self._open = False
                os.close(self._write)
                os.close(self._read)
            return self._command.close(_GRACE_S)

    def _next_frame(self) -> bytes | None:
        if len(self._buffer) < _HEADER.size:
            return None
        (length,) = _HEADER.unpack_from(self._buffer)
        if length > MAX_FRAME_BYTES:
            raise SandboxRefusal(f"the sandboxed command announced a message of {length} bytes")
        end = _HEADER.size + length
        if len(self._buffer) < end:
            return None
        frame = bytes(self._buffer[_HEADER.size : end])
        del self._buffer[:end]
        return frame
