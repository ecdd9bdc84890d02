"""What is kept in memory is made once, given up in order, and never a failure."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.server.kept import Kept


def test_several_who_ask_at_once_have_it_made_once() -> None:
    kept: Kept[str, int] = Kept(2)
    start, made = threading.Barrier(4), list[int]()

    def make() -> int:
        made.append(1)
        return 7

    def ask(_number: int) -> int:
        start.wait(60)
        return kept.of("a", make)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(4))) == [7] * 4
    assert made == [1]


def test_the_least_asked_for_is_given_up() -> None:
    kept: Kept[str, str] = Kept(2)
    for name in ("a", "b", "a", "c"):
        kept.of(name, lambda name=name: name)  # type: ignore[misc]

    assert kept.of("a", lambda: "anew") == "a"
    assert kept.of("b", lambda: "anew") == "anew"


def test_a_failure_is_not_kept() -> None:
    kept: Kept[str, float] = Kept(2)

    with pytest.raises(ZeroDivisionError):
        kept.of("a", lambda: 1 / 0)
    assert kept.of("a", lambda: 1.0) == 1.0
