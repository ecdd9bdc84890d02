"""An interruption ends the command, but never inside what must be done whole."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import FrameType

import pytest

from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.interrupts import settling
from scoping.threads import whole
from tests.ending import LIMIT_S, beside
from workflows.run import Event


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Give the test runner its own handlers back."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def told(number: int = signal.SIGINT) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_interrupts_and_the_second_is_answered(
    number: int, capfd: pytest.CaptureFixture[str]
) -> None:
    with settling():
        with pytest.raises(KeyboardInterrupt):
            told(number)
        told(number)

    assert "still settling" in capfd.readouterr().err


def test_a_signal_inside_what_must_be_whole_waits_for_its_end() -> None:
    reached = []

    with settling(), pytest.raises(KeyboardInterrupt), whole:  # noqa: PT012 - the end is what raises
        with whole:
            told()
            reached.append("inner")
        reached.append("outer")

    assert reached == ["inner", "outer"]
    with whole:  # nothing waits any more
        reached.append("later")


def test_what_another_thread_does_whole_holds_nothing_back() -> None:
    inside, done = threading.Event(), threading.Event()

    def work() -> None:
        with whole:
            inside.set()
            done.wait(LIMIT_S)

    with beside(work):
        with settling():
            inside.wait(LIMIT_S)
            with pytest.raises(KeyboardInterrupt):
                told()
        done.set()


@pytest.mark.parametrize("statement", range(1, 5))
def test_a_journal_that_was_written_when_the_signal_came_is_written_again(
    tmp_path: Path, statement: int
) -> None:
    calls = 0

    def profile(_frame: FrameType, event: str, function: object) -> None:
        # Right behind a statement of SQLite: Python raises before the next line could run.
        nonlocal calls
        if event == "c_return" and getattr(function, "__name__", "") == "execute":
            calls += 1
            if calls == statement:
                sys.setprofile(None)
                told()

    with closing(SqliteJournal(tmp_path / "journal.db", lambda: "now", lambda: 0.0)) as journal:
        fence = journal.lease("run-1", "me")
        with settling():
            with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - the profile is set in it
                sys.setprofile(profile)
                journal.append(fence, Event("run.started"))
            journal.append(fence, Event("run.finished"))
        kinds = [recorded.event.kind for recorded in journal.read("run-1")]

    assert calls == statement
    assert kinds[-1] == "run.finished"


NEVER_SETTLES = """
import os, signal, sys, time
from bot.interrupts import settling
with settling(0.2):
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    except KeyboardInterrupt:
        print("settling", flush=True)
        time.sleep(600)
"""
SETTLES = """
import os, signal, time
from bot.interrupts import settling
with settling(0.2):
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    except KeyboardInterrupt:
        pass
time.sleep(1)
print("whole", flush=True)
"""


@pytest.mark.parametrize(
    ("program", "code", "said", "warned"),
    [(NEVER_SETTLES, 130, "settling\n", "did not settle"), (SETTLES, 0, "whole\n", "")],
)
def test_a_process_that_never_settles_is_ended_after_all(
    program: str, code: int, said: str, warned: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )

    assert (done.returncode, done.stdout) == (code, said)
    assert warned in done.stderr
