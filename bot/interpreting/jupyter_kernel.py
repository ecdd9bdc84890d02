"""Runs inside the sandbox: the Jupyter kernel, which calls our functions and shows only text.

A call goes out as a message of its own beside what was printed, in that order, and is answered over
a pipe. What a cell shows is reduced to text here, and is dropped past the cap: a reader that falls
behind would lose messages.
"""

import json
import os
import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from ipykernel.displayhook import ZMQShellDisplayHook
from ipykernel.iostream import OutStream
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from ipykernel.zmqshell import ZMQDisplayPublisher, ZMQInteractiveShell
from traitlets import Type
from traitlets.config import Config

from bot.interpreting.line import asked, function, said_by, value_of, words_of
from bot.interpreting.own_memory import bound_memory, use_reserve
from bot.interpreting.wire import Records
from scoping.child import read_frame

CALL, ENDED = "changewright_call", "changewright_ended"
# Frames of the kernel's that are on the stack between where they are counted and a cell's first.
_OURS = 25
_RESERVE_BYTES = 32 * 1024**2


class _Output(OutStream):  # type: ignore[misc] # the library is not typed
    """A standard stream that is cut past ``cap`` bytes of a cell, and counts those."""

    cap = 0

    def begin(self) -> None:
        self.kept = self.dropped = 0

    def write(self, string: str) -> int:
        size = len(string.encode("utf-8", "replace"))
        if self.kept < self.cap:
            self.kept += size
            super().write(string)
        else:
            self.dropped += size
        return len(string)


class _DisplayHook(ZMQShellDisplayHook):  # type: ignore[misc] # the library is not typed
    """Shows the value of a cell's last line as text."""

    msg: dict[str, Any] | None

    def finish_displayhook(self) -> None:
        shown = self.msg["content"]["data"] if self.msg else {}
        self.msg = None
        if shown:
            sys.stdout.write(_text_of(shown))


class _DisplayPublisher(ZMQDisplayPublisher):  # type: ignore[misc] # the library is not typed
    """Shows whatever a cell displays as text."""

    def publish(self, data: Mapping[str, Any], *_: object, **__: object) -> None:
        sys.stdout.write(_text_of(data))

    def clear_output(self, wait: bool = False) -> None:  # noqa: FBT001, FBT002 - as it is called
        """Do nothing: what was printed was printed."""


class _Shell(ZMQInteractiveShell):  # type: ignore[misc] # the library is not typed
    """Says nothing of exceptions: the kernel tells them, in one line."""

    displayhook_class = Type(_DisplayHook)
    display_pub_class = Type(_DisplayPublisher)

    def showtraceback(self, *_: object, **__: object) -> None:
        if isinstance(sys.exc_info()[1], MemoryError):
            use_reserve()

    def showsyntaxerror(self, *_: object, **__: object) -> None:
        pass


class _Kernel(IPythonKernel):  # type: ignore[misc] # the library is not typed
    """A kernel whose cells leave no new name when they raise."""

    shell_class = Type(_Shell)
    most: Mapping[str, int] = {}

    async def do_execute(self, code: str, *arguments: Any, **named: Any) -> dict[str, Any]:  # noqa: ANN401
        """Execute a cell, and tell how it ended before its reply does."""
        streams: tuple[Any, ...] = (sys.stdout, sys.stderr)
        for one in streams:
            one.begin()
        if self.most:
            bound_memory(self.most["memory_bytes"], _RESERVE_BYTES)
            self.recursion, self.most = self.most["recursion"], {}
        before = dict(self.shell.user_ns)
        ended: list[Any] = []
        self.shell.events.register("post_run_cell", ended.append)
        usual = sys.getrecursionlimit()
        sys.setrecursionlimit(_depth() + _OURS + self.recursion)
        try:
            reply: dict[str, Any] = await super().do_execute(code, *arguments, **named)
        finally:
            sys.setrecursionlimit(usual)
            self.shell.events.unregister("post_run_cell", ended.append)
        outcome, message = _how(ended[-1], self.shell.user_ns)
        if outcome != "ok":
            self.shell.user_ns.clear()
            self.shell.user_ns.update(before)
        dropped = sum(one.dropped for one in streams)
        self.tell(ENDED, {"outcome": outcome, "message": message, "dropped": dropped})
        return reply

    def tell(self, kind: str, content: Mapping[str, Any]) -> None:
        """Send a message after all that was printed."""
        sys.stdout.flush()
        sys.stderr.flush()
        self.session.send(self.iopub_socket, kind, content, parent=self.get_parent())


class _Caller:
    """Calls our functions from a cell."""

    def __init__(self, kernel: _Kernel, answers: int) -> None:
        self._kernel = kernel
        self._answers = os.fdopen(answers, "rb")

    def call(self, name: str, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> Any:  # noqa: ANN401
        """Call one of our functions; ValueError holds why it refused."""
        self._kernel.tell(CALL, {"call": name, **asked(arguments, named)})
        frame = read_frame(self._answers)
        if frame is None:
            raise SystemExit(0)
        return value_of(json.loads(frame))


def main(words: list[str]) -> None:
    """Be a kernel: its connection file, where its calls are answered, and what it is told."""
    file, answers, told = words[0], int(words[1]), json.loads(words[2])
    _Output.cap = told["output_bytes"]
    config = Config()
    config.HistoryManager.enabled = False
    config.IPKernelApp.outstream_class = f"{__name__}._Output"
    app = IPKernelApp.instance(
        config=config,
        connection_file=file,
        kernel_class=_Kernel,
        parent_handle=os.getppid(),
    )
    app.initialize([])
    kernel = app.kernel
    records = Records()
    caller = _Caller(kernel, answers)
    names = kernel.shell.user_ns
    for name in ("exit", "quit"):  # they would end the kernel
        names.pop(name, None)
    names |= {name: function(caller, name, records.make) for name in told["functions"]}
    kernel.most = told
    app.start()


def _how(result: Any, names: Mapping[str, Any]) -> tuple[str, str]:  # noqa: ANN401 - the library's
    """Return how a cell ended, and the words on it."""
    early, late = result.error_before_exec, result.error_in_exec
    if isinstance(early, SyntaxError):
        return "type-error", words_of(type(early).__name__, early.msg, early.lineno or 0)
    if early is not None:
        return "type-error", words_of(type(early).__name__, str(early))
    if isinstance(late, MemoryError):
        return "memory", "it took more memory than it may"
    if late is not None:
        number = _line_of(late.__traceback__, names)
        return "raised", words_of(type(late).__name__, said_by(late), number)
    return "ok", ""


def _line_of(trace: TracebackType | None, names: Mapping[str, Any]) -> int:
    number = 0
    while trace is not None:
        if trace.tb_frame.f_globals is names:
            number = trace.tb_lineno
        trace = trace.tb_next
    return number


def _depth() -> int:
    depth, frame = 0, sys._getframe()  # noqa: SLF001 - there is no other way to count them
    while frame.f_back is not None:
        depth, frame = depth + 1, frame.f_back
    return depth


def _text_of(shown: Mapping[str, Any]) -> str:
    """Return what a display comes to as text: its own, or what it would have been."""
    text = shown.get("text/plain")
    return f"{text}\n" if text is not None else f"[{', '.join(sorted(shown))}]\n"
