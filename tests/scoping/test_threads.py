"""Work in other threads is waited for, and no interruption of the main thread lets it stand."""

import threading
import time
from contextlib import suppress

import pytest

from scoping.threads import Future, begin, whole
from tests.ending import LIMIT_S
from tests.interruptions import places


def test_what_was_worked_out_is_returned_and_what_was_raised_is_raised() -> None:
    assert begin(lambda: 7, "seven").result() == 7

    failed = begin(lambda: int("none"), "fails")
    for _ in range(2):
        with pytest.raises(ValueError, match="none"):
            failed.result()
    assert failed.is_done


def test_nobody_waits_longer_than_was_said() -> None:
    go = threading.Event()
    future = begin(lambda: go.wait(LIMIT_S), "waits")

    assert not future.wait(0)
    assert not future.wait(0.01)
    go.set()
    assert future.result() is True
    assert future.wait(0)


def test_many_wait_for_one() -> None:
    go = threading.Event()
    future = begin(lambda: go.wait(LIMIT_S), "waits")
    waiting = [begin(future.result, "waits too") for _ in range(4)]
    go.set()

    assert [one.result() for one in waiting] == [True] * 4


def test_work_is_done_once() -> None:
    done: list[int] = []
    future = Future(lambda: done.append(1))
    future.run()
    future.run()

    assert done == [1]


def one_begun() -> None:
    future = begin(lambda: 1, "interrupted")
    assert future.result() == 1


def test_wherever_it_is_interrupted_no_thread_stands_still() -> None:
    seen = list(places(one_begun))

    assert len(seen) > 10
    assert any("scoping/threads.py" in place for place in seen)
    until = time.monotonic() + LIMIT_S
    while left := [one for one in threading.enumerate() if one.name == "interrupted"]:
        assert time.monotonic() < until, left
        with suppress(RuntimeError):
            left[0].join(0.1)


def test_the_second_wait_is_not_held_up_by_the_first_that_was_interrupted() -> None:
    begun: list[Future[None]] = []

    def story() -> None:
        begun.append(begin(lambda: None, "waits"))
        begun[-1].result()

    for _ in places(story):
        assert all(future.wait(LIMIT_S) for future in begun)


def test_what_is_whole_is_never_half_done() -> None:
    halves: list[int] = []

    def story() -> None:
        with whole:
            halves.append(1)
            halves.append(2)

    for _ in places(story):
        assert halves in ([], [1, 2])
        halves.clear()
    assert not whole.depth
    assert not whole.waiting
