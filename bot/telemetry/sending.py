"""Traces on their way to a receiver, beside the work: bounded, given up in time, and never in it.

A thread of its own sends while the next run is at work. The end of the program waits for it no
longer than `CLOSING_S`; what was not sent by then is counted, told once, and still in its file. A
receiver that could not be reached is remembered: commands of the next minutes send it nothing.
"""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from bot import logs
from bot.telemetry.destination import Destination, TelemetryRefusal
from bot.telemetry.otlp import Encoded, lines_of
from bot.telemetry.posting import Clock, Post
from bot.telemetry.unreached import REMEMBERED_S, Unreached
from scoping.threads import Future, begin, whole

CLOSING_S = 1.5
# Of one run after the other: more than these wait for a receiver that takes nothing.
_MOST_WAITING = 64
_WITHIN_S = 10.0
# A receiver that took nothing is left alone for as long.
_REST_S = 30.0


@dataclass(frozen=True, slots=True)
class Batch:
    """Some spans of the trace of one run; ``sent`` is told when a receiver has them."""

    spans: Sequence[Encoded]
    version: str
    sent: Callable[[], None] = lambda: None


class _Spared(TelemetryRefusal):
    """An earlier command could not reach it, and said so."""


class Sender:
    """Takes batches and sends them; ``complain`` is told at the end, once, what was not sent.

    Where ``unreached`` knows the receiver nothing is sent or told: the log alone counts it.
    Several may use one, each of which closes it: the last of them waits, for all.
    """

    def __init__(
        self,
        find: Callable[[], Destination | None],
        complain: Callable[[str], None],
        unreached: Unreached | None = None,
    ) -> None:
        self._find = find
        self._complain = complain
        self._unreached = unreached or Unreached()
        self._is_spared = False
        self._waiting: queue.Queue[Batch | None] = queue.Queue(_MOST_WAITING)
        self._sending: Future[None] | None = None
        self._post: Post | None = None
        self._unsent = 0
        self._why = ""
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self._users = 1

    @property
    def is_over(self) -> bool:
        """Whether it was closed, and sends nothing more."""
        return self._is_over.is_set()

    def joined(self) -> Self:
        """Return it for one more user."""
        with self._lock:
            self._users += 1
        return self

    def offer(self, batch: Batch) -> None:
        """Have a batch sent soon; where too many wait already it is dropped and counted."""
        if not batch.spans:
            return
        self._count(len(batch.spans))
        with whole:
            try:
                self._waiting.put_nowait(batch)
            except queue.Full:
                self._why = self._why or "more came than could be sent"
                return
            if self._sending is None:
                # A daemon: a receiver that hangs does not keep the program.
                self._sending = begin(self._work, "traces")

    def close(self, within_s: float = CLOSING_S) -> None:
        """Wait until all is sent, but no longer than ``within_s``; say what was not."""
        with self._lock:
            self._users -= 1
            is_used = self._users > 0
        if is_used:
            return
        sending, self._sending = self._sending, None
        with whole:
            if sending is not None:
                until = time.monotonic() + within_s
                try:
                    self._waiting.put(None, timeout=within_s)
                except queue.Full:
                    self._why = self._why or "the receiver is slow"
                sending.wait(max(0.0, until - time.monotonic()))
            self._is_over.set()
        if sending is not None and self._unsent:
            logs.current().event("trace.dropped", "warning", spans=self._unsent)
            if not self._is_spared:
                self._tell(within_s, is_answered=sending.is_done)

    def _tell(self, within_s: float, *, is_answered: bool) -> None:
        """Say what was not sent; a receiver that nobody reached is left alone for some minutes."""
        tried = self._post.trouble if self._post is not None else ""
        why = self._why or tried or f"the receiver took longer than {within_s:g} s"
        if self._post is not None and (tried or not is_answered):
            self._unreached.note(self._post.to)
            why += f", and nothing more is within {REMEMBERED_S / 60:g} minutes"
        self._complain(f"{self._unsent} spans were not sent: {why}")

    def _count(self, spans: int) -> None:
        with self._lock:
            self._unsent += spans

    def _work(self) -> None:
        rested = 0.0
        while (batch := self._waiting.get()) is not None:
            if self._is_over.is_set():
                return
            if time.monotonic() < rested:
                continue
            try:
                self._post = self._post or self._opened()
                if self._post is not None:
                    self._send(self._post, batch)
                else:
                    self._count(-len(batch.spans))  # nobody wants it
                continue
            except TelemetryRefusal as no:
                self._is_spared = isinstance(no, _Spared)
                self._why = self._why or str(no)
            except Exception as fault:  # noqa: BLE001 - a trace is no reason to end anything
                self._why = self._why or f"a fault of changewright: {type(fault).__name__}"
            rested = time.monotonic() + _REST_S

    def _opened(self) -> Post | None:
        to = self._find()
        if to is None:
            return None
        if self._unreached.is_known(to):
            raise _Spared
        return Post(to, Clock(self._now, self._is_over.wait))

    def _now(self) -> float:
        """Return a clock's time by which, once nobody waits any more, all time is up."""
        return time.monotonic() + (_WITHIN_S if self._is_over.is_set() else 0.0)

    def _send(self, post: Post, batch: Batch) -> None:
        """Send one batch, and count what was taken of it."""
        rejected = 0
        for line in lines_of(batch.spans, batch.version):
            rejected += post.send(line, _WITHIN_S)
        if rejected:
            self._why = self._why or "the receiver refused some of them"
        self._count(min(rejected, len(batch.spans)) - len(batch.spans))
        batch.sent()
        self._unreached.forget()
