"""Workers of one machine share a campaign through the journal: its leases, fences and events.

There is no process that the others depend on. Each claims a target under the journal's write lock,
which is where pause, brake and limits are read as well; a target whose worker died or stands still
is claimed by whoever finds its lease free.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

from validators.encoding import builtins
from workflows.board import Board, Hold
from workflows.campaign import ANYBODY, Campaign, EngineLimits, Speaker, Target, TargetResult
from workflows.ports import Held, Journal, JournalRefusal, RunTarget, StaleFence, Withheld
from workflows.run import Event, EventKind, Fence

_POLL_S = 0.1
# Somebody else says something of the same campaign: that takes no longer than a few writes.
_PATIENCE_S = 30.0


class LocalEngine:
    """The Engine port; ``owner`` names this worker and no other."""

    name = "local"

    def __init__(
        self, journal: Journal, owner: str, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._journal = journal
        self._owner = owner
        self._sleep = sleep

    def execute(
        self, campaign: Campaign, run_target: RunTarget, limits: EngineLimits
    ) -> Iterator[TargetResult]:
        """Work in this very thread, so that an interruption reaches what it is meant for."""
        board = Board(self._journal, campaign)
        targets = {target.key: target for target in campaign.targets}
        bugs: list[Exception] = []
        for key, fence in self._claims(board, limits):
            target = targets[key]
            try:
                result = self._parked(board, target, fence, limits)
                result = result or self._worked(
                    target, fence, partial(run_target, campaign, target, fence), limits
                )
            except StaleFence:
                continue  # another worker has it, and its result is the one that counts
            except JournalRefusal:
                # Without it nothing more can be done or said; whoever comes next takes the target.
                self._give_back(fence)
                raise
            except Exception as bug:  # noqa: BLE001 - raised when the others are done
                bugs.append(bug)
                self._end(fence, _faulty(target, bug))
                continue
            if result.state != "running":  # else another worker has it, the same
                yield result
        if bugs:
            raise bugs[0]

    def pause(self, campaign: str, why: str = "", by: Speaker = ANYBODY) -> None:
        """Start no further target until `resume`."""
        self._say(campaign, "campaign.paused", by, why=why, by="person")

    def resume(self, campaign: str, by: Speaker = ANYBODY) -> None:
        """Undo `pause`."""
        self._say(campaign, "campaign.resumed", by)

    def cancel(self, campaign: str) -> None:
        """Start no further target, ever."""
        self._say(campaign, "campaign.cancelled")

    def _claims(self, board: Board, limits: EngineLimits) -> Iterator[tuple[str, Fence]]:
        """Yield one claimed target after the other for as long as there may be one."""
        while True:
            board.refresh()
            hold = board.hold()
            if hold is not None and hold.kind != "paused":
                self._note(board.campaign.key, hold)
                return
            if hold is None and board.is_over:
                return
            claim = None if hold else self._claim(board, limits)
            if claim is None:
                self._sleep(min(_POLL_S, limits.lease_s / 10))
            else:
                yield claim

    def _claim(self, board: Board, limits: EngineLimits) -> tuple[str, Fence] | None:
        """Claim what a dead worker left, else what nobody has begun; None when nothing is free."""
        left = (key for key in board.under_way if not self._journal.holder(f"target-{key}"))
        for candidates in (left, board.claimable()):
            for key in candidates:
                try:
                    fence = self._journal.lease(f"target-{key}", self._owner, limits.lease_s)
                except Held:
                    continue
                try:
                    said = {"campaign": board.campaign.key, "worker": self._owner}
                    self._journal.append(
                        fence,
                        Event("target.claimed", said),
                        partial(board.refused, key, limits.workers),
                    )
                except (Withheld, StaleFence):  # held back, or lost to a clock that jumped
                    self._journal.release(fence)
                    return None
                return key, fence
        return None

    def _parked(
        self, board: Board, target: Target, fence: Fence, limits: EngineLimits
    ) -> TargetResult | None:
        """End a target that was taken over once too often; None for any other."""
        board.refresh()
        takeovers = board.standings[target.key].takeovers
        if takeovers <= limits.takeovers:
            return None
        cause = (
            f"{takeovers} workers died or stood still over it, so it is left alone; look at its"
            " run, then have it tried again"
        )
        run = board.standings[target.key].run
        result = TargetResult(target.key, "failed", run, cause=cause, reason="poison")
        self._end(fence, result)
        return result

    def _worked(
        self, target: Target, fence: Fence, run: Callable[[], TargetResult], limits: EngineLimits
    ) -> TargetResult:
        """Run one target; whatever interrupts that, the target is given back."""
        try:
            result = self._undisputed(target, fence, run, limits)
        except Exception:
            raise  # a bug is recorded as the target's end
        except BaseException:
            with suppress(JournalRefusal):
                self._journal.append(fence, Event("target.released", {"worker": self._owner}))
            self._give_back(fence)
            raise
        self._journal.release(fence)
        return result

    def _undisputed(
        self, target: Target, fence: Fence, run: Callable[[], TargetResult], limits: EngineLimits
    ) -> TargetResult:
        """Run a target as soon as nobody else writes its run any more.

        A worker that stands still loses its target's lease and its run's one after the other.
        """
        pause_s = min(_POLL_S, limits.lease_s / 10)
        for _ in range(int(2 * limits.lease_s / pause_s)):
            try:
                return run()
            except Held as held:
                why = str(held)
                self._sleep(pause_s)
        result = TargetResult(target.key, "failed", cause=why, reason="refused")
        self._end(fence, result)
        return result

    def _give_back(self, fence: Fence) -> None:
        with suppress(JournalRefusal):
            self._journal.release(fence)

    def _end(self, fence: Fence, result: TargetResult) -> None:
        """Record a result of the engine's own, unless another worker has the target by now."""
        with suppress(StaleFence):
            event = Event("target.finished", {"result": builtins(result)})
            self._journal.append(fence, event)
            self._journal.release(fence)

    def _note(self, campaign: str, hold: Hold) -> None:
        """Write down why the campaign stopped by itself, if nobody has yet."""
        if hold.kind == "brake":
            self._say(campaign, "campaign.paused", why=hold.why, by="brake")

    def _say(self, campaign: str, kind: EventKind, speaker: Speaker = ANYBODY, **more: str) -> None:
        run = f"campaign-{campaign}"
        fence = self._leased(run)
        who = {"who": speaker.name} if speaker.name else {}
        try:
            event = Event(kind, {"campaign": campaign, **more, **who})
            if more.get("by") == "brake":
                # Another worker may have been first.
                with suppress(Withheld):
                    self._journal.append(fence, event, lambda: self._is_braked(run))
            else:
                self._journal.append(fence, event, lambda: self._unseen(run, speaker.seen))
        finally:
            self._journal.release(fence)

    def _unseen(self, run: str, seen: int | None) -> str:
        """Return what was said of a campaign behind what somebody had seen, or ""."""
        newest = self._journal.read(run)[-1:] if seen is not None else ()
        is_news = bool(newest) and newest[0].position != seen
        return "something was said of this campaign meanwhile" if is_news else ""

    def _is_braked(self, run: str) -> str:
        words = {"campaign.paused", "campaign.resumed", "campaign.cancelled"}
        said = [one.event for one in self._journal.read(run) if one.event.kind in words]
        is_said = bool(said) and said[-1].kind != "campaign.resumed"
        return "it is said already" if is_said else ""

    def _leased(self, run: str) -> Fence:
        for _ in range(int(_PATIENCE_S / _POLL_S)):
            with suppress(Held):
                return self._journal.lease(run, self._owner)
            self._sleep(_POLL_S)
        return self._journal.lease(run, self._owner)


def _faulty(target: Target, bug: Exception) -> TargetResult:
    cause = f"a fault of changewright: {type(bug).__name__}: {bug}"
    return TargetResult(target.key, "failed", cause=cause, reason="fault")
