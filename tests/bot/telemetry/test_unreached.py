"""A receiver that could not be reached is waited for by one command, and asked again later."""

import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.telemetry.destination import Destination
from bot.telemetry.otlp import encoded
from bot.telemetry.run_spans import run_spans
from bot.telemetry.sending import Batch, Sender
from bot.telemetry.unreached import REMEMBERED_S, Unreached
from tests.bot.telemetry.a_run import RUN, whole_run
from tests.bot.telemetry.collector import Answer, collector

THERE = Destination("http://localhost:4318/v1/traces/key-9f3k")
SPANS = encoded(RUN, run_spans(RUN, whole_run()))


@dataclass
class Clock:
    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def unreached(tmp_path: Path, clock: Clock) -> Unreached:
    return Unreached(tmp_path / "traces" / "unreached.json", clock)


def sent(url: str, unreached: Unreached, within_s: float = 60.0) -> list[str]:
    """Send one batch as a command does; return what it complained of."""
    said: list[str] = []
    sender = Sender(lambda: Destination(f"{url}/v1/traces"), said.append, unreached)
    sender.offer(Batch(SPANS, "1.0"))
    sender.close(within_s)
    return said


def test_a_receiver_is_remembered_for_some_minutes(unreached: Unreached, clock: Clock) -> None:
    assert not unreached.is_known(THERE)
    unreached.note(THERE)
    assert unreached.is_known(THERE)
    assert not unreached.is_known(Destination("http://localhost:4318/v1/traces"))
    clock.now += REMEMBERED_S
    assert not unreached.is_known(THERE)
    clock.now -= 2 * REMEMBERED_S  # set back
    assert not unreached.is_known(THERE)


def test_whoever_is_reached_is_forgotten(unreached: Unreached) -> None:
    unreached.forget()
    unreached.note(THERE)
    unreached.forget()
    assert not unreached.is_known(THERE)


@pytest.mark.parametrize("kept", ["", "[]", '{"receiver": 1, "until": "x"}', "{", "\0"])
def test_a_file_that_says_nothing_is_none(tmp_path: Path, clock: Clock, kept: str) -> None:
    file = tmp_path / "unreached.json"
    file.write_text(kept)
    file.chmod(0o600)
    assert not Unreached(file, clock).is_known(THERE)


def test_no_key_in_its_address_is_kept(tmp_path: Path, unreached: Unreached) -> None:
    unreached.note(THERE)
    (file,) = tmp_path.glob("traces/*")
    assert "9f3k" not in file.read_text()


def test_without_a_place_for_it_each_command_asks_anew(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for nowhere in (Unreached(), Unreached(tmp_path / "file" / "unreached.json")):
        nowhere.note(THERE)
        assert not nowhere.is_known(THERE)


def test_the_first_command_tells_and_the_next_ask_nobody_until_later(
    unreached: Unreached, clock: Clock
) -> None:
    with collector([Answer(429, headers={"retry-after": "60"}), Answer()]) as known:
        (told,) = sent(known.url, unreached)
        assert "answered 429, and nothing more is within 5 minutes" in told
        for _ in range(3):
            assert sent(known.url, unreached) == []
        assert len(known.requests) == 1
        clock.now += REMEMBERED_S
        for requests in (2, 3):
            assert sent(known.url, unreached) == []
            assert len(known.requests) == requests


def test_one_that_is_silent_is_remembered(unreached: Unreached) -> None:
    asked, gate = threading.Event(), threading.Event()

    def keep_silent() -> None:
        asked.set()
        gate.wait(60)

    said: list[str] = []
    try:
        with collector([Answer(act=keep_silent)]) as known:
            sender = Sender(lambda: Destination(f"{known.url}/v1/traces"), said.append, unreached)
            sender.offer(Batch(SPANS, "1.0"))
            assert asked.wait(60)
            sender.close(0.01)
            assert sent(known.url, unreached) == []
            gate.set()
    finally:
        gate.set()
    (told,) = said
    assert "took longer than 0.01 s, and nothing more is within 5 minutes" in told


def test_one_that_says_no_is_asked_again(unreached: Unreached) -> None:
    with collector([Answer(401)]) as known:
        for _ in range(2):
            (told,) = sent(known.url, unreached)
            assert told.endswith("answered 401")
        assert len(known.requests) == 2
