"""Sending beside the work: bounded, never in its way, and honest about what was not sent."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from bot.telemetry.destination import Destination, TelemetryRefusal
from bot.telemetry.otlp import encoded
from bot.telemetry.run_spans import run_spans
from bot.telemetry.sending import CLOSING_S, Batch, Sender
from scoping.threads import begin
from tests.bot.telemetry.a_run import RUN, whole_run
from tests.bot.telemetry.collector import Answer, collector
from tests.interruptions import places

PATIENCE_S = 60.0
SPANS = encoded(RUN, run_spans(RUN, whole_run()))


@dataclass
class Said:
    """What a sender complained of, and how often it said that a batch was sent."""

    complaints: list[str] = field(default_factory=list)
    sent: int = 0

    def batch(self) -> Batch:
        return Batch(SPANS, "1.0", self._count)

    def _count(self) -> None:
        self.sent += 1


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Yield what a receiver waits for, opened in the end so that no thread of it stays."""
    opened = threading.Event()
    yield opened
    opened.set()


def at(url: str) -> Callable[[], Destination]:
    return lambda: Destination(f"{url}/v1/traces")


def test_what_is_offered_is_sent_before_the_end(said: Said) -> None:
    with collector() as known:
        sender = Sender(at(known.url), said.complaints.append)
        sender.offer(said.batch())
        sender.offer(said.batch())
        sender.close(60)

    assert len(known.spans) == 2 * len(SPANS)
    assert (said.sent, said.complaints) == (2, [])


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param(Answer(400), "answered 400", id="4xx"),
        pytest.param(Answer(500), "answered 500", id="5xx"),
        pytest.param(Answer(429, headers={"retry-after": "60"}), "answered 429", id="limited"),
        pytest.param(Answer(307, headers={"location": "/x"}), "no redirect", id="elsewhere"),
    ],
)
def test_who_takes_nothing_is_told_once_with_the_count(
    said: Said, answer: Answer, words: str
) -> None:
    with collector([answer]) as known:
        sender = Sender(at(known.url), said.complaints.append)
        for _ in range(3):
            sender.offer(said.batch())
        sender.close(60)

    (complaint,) = said.complaints
    assert complaint.startswith(f"{3 * len(SPANS)} spans were not sent: ")
    assert words in complaint
    assert len(known.requests) == 1  # one that took nothing is left alone for a while
    assert said.sent == 0


def test_nobody_there_is_told(said: Said) -> None:
    with collector() as known:
        pass
    sender = Sender(at(known.url), said.complaints.append)
    sender.offer(said.batch())

    for _ in range(60_000):  # it would try again for longer
        if sender._post is not None and sender._post.trouble:
            break
        time.sleep(0.001)
    sender.close(0.01)

    (complaint,) = said.complaints
    assert complaint.startswith(f"{len(SPANS)} spans were not sent: localhost:")
    assert "cannot be reached (Connection refused)" in complaint


def test_the_end_does_not_wait_for_a_receiver_that_is_slow(
    said: Said, gate: threading.Event
) -> None:
    with collector([Answer(act=gate.wait)]) as known:
        sender = Sender(at(known.url), said.complaints.append)
        sender.offer(said.batch())
        sender.close(0.05)
        gate.set()  # not before: what was closed by then had not waited

    (complaint,) = said.complaints
    assert "took longer than 0.05 s" in complaint
    assert CLOSING_S < 2


def test_more_than_can_wait_is_dropped_and_counted(said: Said, gate: threading.Event) -> None:
    with collector([Answer(act=gate.wait)]) as known:
        sender = Sender(at(known.url), said.complaints.append)
        for _ in range(100):
            sender.offer(said.batch())
        gate.set()
        sender.close(60)

    (complaint,) = said.complaints
    assert "more came than could be sent" in complaint
    assert said.sent == len(known.requests)
    assert complaint.startswith(f"{(100 - said.sent) * len(SPANS)} spans")
    assert 64 <= said.sent <= 66


def test_what_a_receiver_refuses_of_them_is_counted(said: Said) -> None:
    body = json.dumps({"partialSuccess": {"rejectedSpans": 2}}).encode()
    with collector([Answer(body=body)]) as known:
        to = Destination(f"{known.url}/v1/traces", "http/json")
        sender = Sender(lambda: to, said.complaints.append)
        sender.offer(said.batch())
        sender.close(60)

    assert said.complaints == ["2 spans were not sent: the receiver refused some of them"]


def test_wrong_settings_are_told_when_there_is_something_to_send(said: Said) -> None:
    def find() -> Destination:
        raise TelemetryRefusal("the protocol is wrong")

    idle = Sender(find, said.complaints.append)
    idle.close()
    assert said.complaints == []
    sender = Sender(find, said.complaints.append)
    sender.offer(said.batch())
    sender.close(60)

    assert said.complaints == [f"{len(SPANS)} spans were not sent: the protocol is wrong"]


def test_where_nobody_wants_traces_nothing_is_said(said: Said) -> None:
    sender = Sender(lambda: None, said.complaints.append)
    sender.offer(said.batch())
    sender.offer(said.batch())
    sender.close(60)

    assert (said.sent, said.complaints) == (0, [])


def test_a_fault_of_ours_ends_nothing(said: Said) -> None:
    def find() -> Destination:
        raise RuntimeError("oh")

    sender = Sender(find, said.complaints.append)
    sender.offer(said.batch())
    sender.close(60)

    (complaint,) = said.complaints
    assert complaint.endswith("a fault of changewright: RuntimeError")


def test_of_several_users_the_last_waits_for_all(said: Said) -> None:
    with collector([Answer(400)]) as known:
        sender = Sender(at(known.url), said.complaints.append)
        again = sender.joined()
        sender.offer(said.batch())
        again.close(60)
        assert (sender.is_over, said.complaints) == (False, [])
        sender.offer(said.batch())
        sender.close(60)

    assert sender.is_over
    (complaint,) = said.complaints
    assert complaint.startswith(f"{2 * len(SPANS)} spans were not sent: ")


def test_wherever_it_is_interrupted_the_end_does_not_stand_still(said: Said) -> None:
    begun: list[Sender] = []

    def story() -> None:
        begun.append(Sender(lambda: None, said.complaints.append))
        begun[-1].offer(said.batch())
        begun[-1].close(60)

    seen = []
    for place in places(story):
        if begun:
            assert begin(begun[-1].close, "closing").wait(PATIENCE_S), place
        seen.append(place)

    assert any("sending.py" in place for place in seen)
