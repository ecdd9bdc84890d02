"""What all runs of a journal have cost together: the caps of one issue and of one day.

Like a run's own budget it is a view over reservations and settlements, so processes that work side
by side see each other's; only two that reserve in the same instant may both pass.
"""

from collections.abc import Callable
from dataclasses import dataclass

from workflows.ports import Journal
from workflows.run import Entry
from workflows.task import Task


@dataclass(frozen=True, slots=True)
class Caps:
    """Upper bounds in US dollars over all runs of one issue, and of one day (UTC); None is none."""

    issue_usd: float | None = None
    day_usd: float | None = None


@dataclass(frozen=True, slots=True)
class _Charge:
    run: str
    day: str
    usd: float


class Ledger:
    """Reads the whole journal once, then what was added; ``now_iso`` says what today is."""

    def __init__(
        self, journal: Journal, task: Task, caps: Caps, now_iso: Callable[[], str]
    ) -> None:
        self._journal = journal
        self._task = (task.repository, task.key)
        self._caps = caps
        self._now_iso = now_iso
        self._position = 0
        self._charges: dict[tuple[str, str], _Charge] = {}
        self._runs_of_task: set[str] = set()

    def exhausted(self, reserve_usd: float) -> str:
        """Return why ``reserve_usd`` more may not be spent, or "" when it may."""
        caps = self._caps
        if caps.issue_usd is None and caps.day_usd is None:
            return ""
        for entry in self._journal.follow(self._position):
            self._position = entry.position
            self._note(entry)
        today = self._now_iso()[:10]
        charges = self._charges.values()
        of_issue = sum(one.usd for one in charges if one.run in self._runs_of_task)
        of_day = sum(one.usd for one in charges if one.day == today)
        for cap, used, words in (
            (caps.issue_usd, of_issue, "this issue, over all its runs"),
            (caps.day_usd, of_day, f"{today}, over all runs"),
        ):
            if cap is not None and used + reserve_usd > cap:
                return (
                    f"${used:.4f} of ${cap:.2f} are spent on {words}, and the next request may cost"
                    f" ${reserve_usd:.4f}"
                )
        return ""

    def _note(self, entry: Entry) -> None:
        kind, data = entry.event.kind, entry.event.data
        if kind == "run.started":
            if (data["task"]["repository"], data["task_key"]) == self._task:
                self._runs_of_task.add(entry.run)
        elif kind in {"budget.reserved", "budget.settled"}:
            key = (entry.run, data["reservation"])
            self._charges[key] = _Charge(entry.run, entry.at[:10], data["usd"] or 0.0)
