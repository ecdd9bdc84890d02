"""What a test started is gone when it ends, and a failure tells what the process had said."""

import os
import select
import signal
import subprocess
import threading
from contextlib import suppress
from typing import Any

import pytest

from tests.ending import LIMIT_S, beside, ended, exit_code

TROUBLE = "echo trouble >&2; echo ready; "


def started(script: str, **options: Any) -> subprocess.Popen[str]:
    argv = ["sh", "-c", script]
    return subprocess.Popen(
        argv, stdout=-1, stderr=-1, text=True, start_new_session=True, **options
    )


def fail_beside(process: subprocess.Popen[str]) -> None:
    with ended(process):
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        raise ZeroDivisionError


def test_a_failure_kills_the_process_with_its_group_and_tells_what_it_said() -> None:
    here, there = os.pipe()
    process = started(f"sleep 600 & {TROUBLE} wait", pass_fds=[there])
    os.close(there)
    with pytest.raises(ZeroDivisionError) as failure:
        fail_beside(process)
    assert process.returncode == -signal.SIGKILL
    with open(here, "rb") as held:  # noqa: PTH123 - a descriptor
        assert select.select([held], [], [], LIMIT_S)[0], "the group's other process still runs"
        assert held.read() == b""
    told = f"ended with -{signal.SIGKILL:d}, and had said:\ntrouble\n"
    assert told in "\n".join(failure.value.__notes__)


def wait_in_vain(process: subprocess.Popen[str]) -> None:
    with ended(process):
        assert process.stdout is not None
        process.stdout.readline()
        process.communicate(timeout=0.01)


def test_a_wait_that_timed_out_tells_what_was_read_meanwhile() -> None:
    process = started(f"{TROUBLE} exec sleep 600")
    with pytest.raises(subprocess.TimeoutExpired) as failure:
        wait_in_vain(process)
    assert "trouble\n" in "".join(failure.value.__notes__)


def test_a_line_that_never_comes_is_waited_for_no_longer_than_the_limit() -> None:
    with ended(started("exec sleep 600"), limit_s=0.1) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == ""
        assert process.wait(LIMIT_S) == -signal.SIGKILL


def test_a_process_that_ended_is_left_as_it_did() -> None:
    with ended(started("exit 3")) as process:
        assert process.wait(LIMIT_S) == 3
    assert process.returncode == 3


def test_a_thread_has_ended_when_its_block_has() -> None:
    may_end, has_ended = threading.Event(), list[bool]()
    with suppress(ZeroDivisionError), beside(lambda: has_ended.append(may_end.wait(LIMIT_S))):
        may_end.set()
        raise ZeroDivisionError
    assert has_ended == [True]


def forked(number: int, *, code: int) -> int:
    child = os.fork()
    if child == 0:
        os.kill(os.getpid(), number)
        os._exit(code)
    return child


def test_the_code_of_a_fork_is_told_and_so_is_its_signal() -> None:
    assert exit_code(forked(0, code=3)) == 3
    assert exit_code(forked(signal.SIGKILL, code=3)) == -signal.SIGKILL
