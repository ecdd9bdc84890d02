"""What a campaign counts as it goes, and when that stops it."""

from workflows.budget import Charge, charged
from workflows.campaign import PauseAt
from workflows.run import Entry

# Of fewer there is no rate: the first failure would be all of them.
_LEAST = 10


class Tally:
    """Ended and failed targets, second opinions and refusals since it last went on; and its cost.

    ``usd`` and ``tokens`` count what is reserved in full until it is settled.
    """

    def __init__(self) -> None:
        self.usd = 0.0
        self.tokens = 0
        self._charges: dict[tuple[str, str], Charge] = {}
        self._runs: set[str] = set()
        self._refused: set[str] = set()
        self.go_on()

    def go_on(self) -> None:
        """Count anew what rates are made of: a person has seen what was counted so far."""
        self.finished = self.failed = self.opinions = self.vetoes = self.rejected = 0
        self.usd_before = self.usd

    def include(self, run: str) -> None:
        """Count what ``run`` costs, runs within it too, and what becomes of it."""
        self._runs.add(run)

    def ended(self, *, failed: bool) -> None:
        """Count a target that came to its end."""
        self.finished += 1
        self.failed += failed

    def refuse(self, run: str) -> None:
        """Count a pull request that people refused, once: a review says so, and so does its end."""
        self.rejected += run not in self._refused
        self._refused.add(run)

    def note(self, entry: Entry) -> None:
        """Count an event of a run, if the run is one of the campaign's."""
        kind, data = entry.event.kind, entry.event.data
        # A run within a target's run is named after it: RUN.agent-1.
        if entry.run.partition(".")[0] not in self._runs:
            return
        if kind in {"budget.reserved", "budget.settled"}:
            key = (entry.run, data["reservation"])
            before = self._charges.get(key)
            now = self._charges[key] = charged(entry, before)
            self.usd += (now.usd or 0.0) - ((before.usd or 0.0) if before else 0.0)
            self.tokens += now.tokens - (before.tokens if before else 0)
        elif kind == "adjudication.finished":
            self.opinions += 1
            self.vetoes += data["opinion"]["decision"] == "veto"
        elif kind == "review.recorded" and data["review"]["verdict"] == "rejected":
            self.refuse(entry.run)


def tripped(bounds: PauseAt, tally: Tally) -> str:
    """Return which bound has been reached, or ""; reaching it is enough."""
    spent = tally.usd - tally.usd_before
    if bounds.failure_rate is not None and tally.failed and tally.finished >= _LEAST:
        rate = tally.failed / tally.finished
        if rate >= bounds.failure_rate:
            return (
                f"{tally.failed} of {tally.finished} targets failed, and"
                f" rollout.pause_at.failure_rate is {bounds.failure_rate:g}"
            )
    if bounds.veto_rate is not None and tally.vetoes and tally.opinions >= _LEAST:
        rate = tally.vetoes / tally.opinions
        if rate >= bounds.veto_rate:
            return (
                f"{tally.vetoes} of {tally.opinions} second opinions were vetoes, and"
                f" rollout.pause_at.veto_rate is {bounds.veto_rate:g}"
            )
    if bounds.rejected is not None and tally.rejected >= bounds.rejected:
        return (
            f"people refused {tally.rejected} pull requests, and rollout.pause_at.rejected is"
            f" {bounds.rejected}"
        )
    if bounds.usd is not None and spent >= bounds.usd:
        return f"${spent:.4f} are spent, and rollout.pause_at.usd is {bounds.usd:g}"
    return ""
