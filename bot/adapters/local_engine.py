"""Runs a campaign's targets on this machine, a few at a time, under leases of the journal.

It decides only when and where. Pause and cancel are events of the campaign in the journal, so that
another process can say them; what happened to a target is recorded by the workflow itself.
"""

import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from threading import Lock

from workflows.campaign import Campaign, EngineLimits, Target, TargetResult
from workflows.ports import Journal, JournalRefusal, RunTarget, StaleFence
from workflows.run import Event, EventKind, Fence

_POLL_S = 0.2


class LocalEngine:
    """The Engine port over threads; each target's work is mostly a process in a sandbox."""

    name = "local"

    def __init__(self, journal: Journal, owner: str) -> None:
        self._journal = journal
        self._owner = owner
        self._lock = Lock()
        self._held: set[Fence] = set()

    def execute(
        self, campaign: Campaign, run_target: RunTarget, limits: EngineLimits
    ) -> Iterator[TargetResult]:
        """Yield each target's result; a bug in one is raised only after the others finished.

        Whoever takes the results must come back for the next within ``lease_s``.
        """
        if limits.workers == 1:
            yield from self._one_by_one(campaign, run_target, limits)
        else:
            yield from self._side_by_side(campaign, run_target, limits)

    def pause(self, campaign: str) -> None:
        """Start no further target until `resume`."""
        self._say(campaign, "campaign.paused")

    def resume(self, campaign: str) -> None:
        """Undo `pause`."""
        self._say(campaign, "campaign.resumed")

    def cancel(self, campaign: str) -> None:
        """Start no further target, ever."""
        self._say(campaign, "campaign.cancelled")

    def _one_by_one(
        self, campaign: Campaign, run_target: RunTarget, limits: EngineLimits
    ) -> Iterator[TargetResult]:
        """Work in this very thread, so that an interruption reaches what it is meant for."""
        bugs: list[Exception] = []
        for target in campaign.targets:
            while (word := self._word(campaign.key)) == "campaign.paused":
                time.sleep(_POLL_S)
            if word == "campaign.cancelled":
                break
            try:
                yield self._one(campaign, target, run_target, limits)
            except Exception as bug:  # noqa: BLE001 - raised when the others are done
                bugs.append(bug)
        if bugs:
            raise bugs[0]

    def _side_by_side(
        self, campaign: Campaign, run_target: RunTarget, limits: EngineLimits
    ) -> Iterator[TargetResult]:
        waiting = list(campaign.targets)
        running: set[Future[TargetResult]] = set()
        bugs: list[BaseException] = []
        renewed = time.monotonic()
        with ThreadPoolExecutor(limits.workers, thread_name_prefix="target") as pool:
            while waiting or running:
                word = self._word(campaign.key)
                if word == "campaign.cancelled":
                    waiting.clear()
                while waiting and len(running) < limits.workers and word != "campaign.paused":
                    target = waiting.pop(0)
                    running.add(pool.submit(self._one, campaign, target, run_target, limits))
                if time.monotonic() - renewed > limits.lease_s / 3:
                    renewed = time.monotonic()
                    self._renew(limits.lease_s)
                if not running:
                    if waiting:
                        time.sleep(_POLL_S)
                    continue
                done, running = wait(running, _POLL_S, FIRST_COMPLETED)
                for future in done:
                    error = future.exception()
                    if error is None:
                        yield future.result()
                    else:
                        bugs.append(error)
        if bugs:
            raise bugs[0]

    def _one(
        self, campaign: Campaign, target: Target, run_target: RunTarget, limits: EngineLimits
    ) -> TargetResult:
        try:
            fence = self._journal.lease(f"target-{target.key}", self._owner, limits.lease_s)
        except JournalRefusal as refusal:
            return TargetResult(target.key, "pending", cause=f"not started: {refusal}")
        with self._lock:
            self._held.add(fence)
        try:
            return run_target(campaign, target, fence)
        finally:
            with self._lock:
                self._held.discard(fence)
            self._journal.release(fence)

    def _renew(self, lease_s: float) -> None:
        """Keep the leases of what runs alive: a target's work may take longer than one."""
        with self._lock:
            held = tuple(self._held)
        for fence in held:
            # Given back in this moment, or taken over: then there is nothing to keep alive.
            with suppress(StaleFence):
                self._journal.renew(fence, lease_s)

    def _word(self, campaign: str) -> EventKind:
        """Return what was last said about the campaign; a cancel is never undone."""
        kinds = [entry.event.kind for entry in self._journal.read(f"campaign-{campaign}")]
        if "campaign.cancelled" in kinds:
            return "campaign.cancelled"
        return kinds[-1] if kinds else "campaign.resumed"

    def _say(self, campaign: str, kind: EventKind) -> None:
        run = f"campaign-{campaign}"
        fence = self._journal.lease(run, self._owner)
        try:
            self._journal.append(fence, Event(kind, {"campaign": campaign}))
        finally:
            self._journal.release(fence)
