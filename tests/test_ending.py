"""What a test started is gone when it ends, and a failure tells what the process had said."""

import os
import select
import signal
import subprocess
import threading
from contextlib import suppress
from typing import Any

import pytest

from tests.ending import LIMIT_S, beside, ended, exit_code, line_with

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


def is_let_go(held: int) -> bool:
    """Whether nobody has the other end of a pipe any more, which is read at ``held``."""
    with open(held, "rb") as end:
        return bool(select.select([end], [], [], LIMIT_S)[0]) and end.read() == b""


def test_a_failure_kills_the_process_with_its_group_and_tells_what_it_said() -> None:
    here, there = os.pipe()
    process = started(f"sleep 600 & {TROUBLE} wait", pass_fds=[there])
    os.close(there)
    with pytest.raises(ZeroDivisionError) as failure:
        fail_beside(process)
    assert process.returncode == -signal.SIGKILL
    assert is_let_go(here)
    told = f"ended with -{signal.SIGKILL:d}, and had said:\ntrouble\n"
    assert told in "\n".join(failure.value.__notes__)


def test_what_a_process_that_ended_has_left_of_its_group_is_killed() -> None:
    here, there = os.pipe()
    with ended(started("sleep 600 & exit 3", pass_fds=[there])) as process:
        os.close(there)
        assert process.wait(LIMIT_S) == 3
    assert is_let_go(here)


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


def test_a_line_is_found_behind_others_and_one_that_is_missing_tells_them_all() -> None:
    with ended(started("echo one; echo two; echo three")) as process:
        assert line_with(process.stdout, "tw") == "two\n"
        with pytest.raises(AssertionError, match="no line with 'four' came, but:\nthree\n"):
            line_with(process.stdout, "four")


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
