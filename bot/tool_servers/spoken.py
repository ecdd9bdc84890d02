"""Runs inside the sandbox: a server that is spoken to in lines over its standard streams.

The package's own transport waits politely at the end and reads lines of any length; here whoever
sends too much is not listened to any longer, and ends with the sandbox.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress

import anyio
from anyio.abc import ByteReceiveStream, Process
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.client._transport import TransportStreams
from mcp.shared.message import SessionMessage
from mcp_types import jsonrpc_message_adapter

ENDED = "it ended"
MAX_LINE_BYTES = 4 * 1024**2
# What some print among their messages, by mistake.
_MAX_STRAY_LINES = 1_000
_LOOK_S = 0.1

_Heard = MemoryObjectSendStream[SessionMessage | Exception]
_Told = MemoryObjectReceiveStream[SessionMessage]


class Server:
    """One server's process, started by `spoken`; ``fault`` says why it is not listened to."""

    def __init__(self) -> None:
        self.fault = ""

    @asynccontextmanager
    async def spoken(
        self, argv: Sequence[str], environment: Mapping[str, str]
    ) -> AsyncIterator[TransportStreams]:
        """Start the server and yield its messages and the way to it; OSError where none starts."""
        async with (
            await anyio.open_process(argv, env=dict(environment), stderr=None) as process,
            anyio.create_task_group() as tasks,
        ):
            heard, to_session = anyio.create_memory_object_stream[SessionMessage | Exception](0)
            from_session, told = anyio.create_memory_object_stream[SessionMessage](0)
            tasks.start_soon(self._listen, process, heard)
            tasks.start_soon(_tell, process, told)
            try:
                yield to_session, from_session
            finally:
                with suppress(ProcessLookupError):  # it has ended by itself
                    process.kill()
                tasks.cancel_scope.cancel()

    async def _listen(self, process: Process, heard: _Heard) -> None:
        """Hand on what it says until it ends: the pipe alone may be held open by its children."""
        async with heard:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_end_with, process, tasks.cancel_scope)
                await self._hand_on(process, heard)
                tasks.cancel_scope.cancel()
            self.fault = self.fault or ENDED

    async def _hand_on(self, process: Process, heard: _Heard) -> None:
        assert process.stdout is not None  # noqa: S101 - for the type checker; it is a pipe
        strays = 0
        async for line in self._lines(process.stdout):
            try:
                message = jsonrpc_message_adapter.validate_json(line, by_name=False)
            except (ValueError, RecursionError):
                strays += bool(line.strip())
                if strays > _MAX_STRAY_LINES:
                    self.fault = f"it printed more than {_MAX_STRAY_LINES} lines of no protocol"
                    return
            else:
                with suppress(anyio.BrokenResourceError):  # nobody listens any more
                    await heard.send(SessionMessage(message))

    async def _lines(self, stream: ByteReceiveStream) -> AsyncIterator[bytes]:
        held = bytearray()
        async for chunk in stream:
            first, *others = chunk.split(b"\n")
            held += first
            if len(held) > MAX_LINE_BYTES:
                self.fault = f"it sent a message of more than {MAX_LINE_BYTES} bytes"
                return
            for other in others:
                yield bytes(held)
                held = bytearray(other)


async def _end_with(process: Process, scope: anyio.CancelScope) -> None:
    """Cancel ``scope`` when the process has ended, and what it said by then was heard."""
    while process.returncode is None:  # noqa: ASYNC110 - its `wait` waits for the pipe as well
        await anyio.sleep(_LOOK_S)
    await anyio.sleep(_LOOK_S)
    scope.cancel()


async def _tell(process: Process, told: _Told) -> None:
    assert process.stdin is not None  # noqa: S101 - as above
    async with told:
        async for one in told:
            # One that reads no more has ended, or is found not to answer.
            text = one.message.model_dump_json(by_alias=True, exclude_unset=True)
            with suppress(anyio.BrokenResourceError):
                await process.stdin.send(text.encode() + b"\n")
