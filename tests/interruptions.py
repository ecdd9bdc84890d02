"""A signal that strikes a story at a chosen place, of all those where Python listens."""

import dis
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from types import CodeType, FrameType
from typing import Any

from bot.interrupts import settling

# Behind these the interpreter looks whether a signal came (its `CHECK_EVAL_BREAKER`), and nowhere
# else; which ones a version has more or less of makes no difference here.
_LISTENING = ("CALL", "JUMP_BACKWARD", "RESUME")


def interrupted(story: Callable[[], object], point: int) -> str:
    """Run ``story`` and interrupt it behind the ``point``-th look of the interpreter for signals.

    Return where that was, empty where the story had ended before. What is waited for in C, without
    an instruction in between, is one point.
    """
    struck = _Strike(point)
    with _own_signals(), settling():
        try:
            sys.settrace(struck.trace)
            story()
        except KeyboardInterrupt:
            assert struck.place
        finally:
            sys.settrace(None)
            struck.forget()
    return struck.place


def places(story: Callable[[], object], step: int = 1) -> Iterator[str]:
    """Interrupt ``story`` once at each ``step``-th place, until it is through before that."""
    point = 1
    while place := interrupted(story, point):
        yield place
        point += step


class _Strike:
    def __init__(self, point: int) -> None:
        self.place = ""
        self._left = point
        self._before: dict[FrameType, str] = {}

    def forget(self) -> None:
        """Let the frames go that were seen: what they hold is not to live longer for that."""
        for frame in self._before:
            frame.f_trace = None
        self._before.clear()

    def trace(self, frame: FrameType, event: str, _: object) -> Any:
        frame.f_trace_opcodes = True
        if event == "return":
            self._before.pop(frame, None)
        elif event == "opcode":
            before = self._before.get(frame, "")
            self._before[frame] = _names(frame.f_code).get(frame.f_lasti, "")
            if before.startswith(_LISTENING):
                self._left -= 1
                if not self._left:
                    code = frame.f_code
                    self.place = f"{code.co_filename}:{frame.f_lineno} in {code.co_qualname}"
                    os.kill(os.getpid(), signal.SIGINT)
        return self.trace


@cache
def _names(code: CodeType) -> dict[int, str]:
    return {instruction.offset: instruction.opname for instruction in dis.get_instructions(code)}


@contextmanager
def _own_signals() -> Iterator[None]:
    """Give the test runner its own handlers and trace function back."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    handlers = [signal.getsignal(number) for number in numbers]
    trace = sys.gettrace()
    try:
        yield
    finally:
        sys.settrace(trace)
        for number, handler in zip(numbers, handlers, strict=True):
            signal.signal(number, handler)
