"""What all runs of a journal have cost together: the caps of one issue and of one day.

Like a run's own budget it is a view over reservations and settlements, so processes that work side
by side see each other's. It is asked again under the journal's write lock before a reservation is
written, so that of two that reserve at once the second sees the first.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from workflows.budget import Caps, Charge, charged
from workflows.run import Entry
from workflows.task import Task


class Followed(Protocol):
    """What a ledger reads: a journal, or the records of one elsewhere."""

    def follow(self, after: int = 0) -> Iterator[Entry]:
        """Yield events of all runs past a position."""
        ...


class Together:
    """What was spent ``before``, which does not change any more, and then what a journal adds."""

    def __init__(self, before: Followed, journal: Followed) -> None:
        self._before = tuple(before.follow())
        self._journal = journal

    def follow(self, after: int = 0) -> Iterator[Entry]:
        """Yield events past a position; those of the journal come behind all others."""
        count = len(self._before)
        yield from self._before[after:]
        for entry in self._journal.follow(max(0, after - count)):
            yield replace(entry, position=entry.position + count)


@dataclass(frozen=True, slots=True)
class _Scope:
    """One of the two sums: its caps, their keys for a person, and what it has been charged."""

    key: str
    words: str
    usd: float | None
    tokens: int | None


class Ledger:
    """Reads the whole journal once, then what was added; ``now_iso`` says what today is.

    What is dated later than today counts today, too: a clock that is set back opens no new purse.
    """

    def __init__(
        self, journal: Followed, task: Task, caps: Caps, now_iso: Callable[[], str]
    ) -> None:
        self._journal = journal
        self._task = (task.repository, task.key)
        self._caps = caps
        self._now_iso = now_iso
        self._position = 0
        self._charges: dict[tuple[str, str], tuple[str, Charge]] = {}
        self._runs_of_task: set[str] = set()

    def exhausted(self, reserve: Charge) -> str:
        """Return why ``reserve`` more may not be spent, or "" when it may."""
        caps = self._caps
        if caps == Caps():
            return ""
        for entry in self._journal.follow(self._position):
            self._position = entry.position
            self._note(entry)
        today = self._now_iso()[:10]
        of_issue = [
            charge for (run, _), (_, charge) in self._charges.items() if run in self._runs_of_task
        ]
        of_day = [charge for day, charge in self._charges.values() if day >= today]
        later = max((day for day, _ in self._charges.values()), default="")
        words = f"{today}, over all runs"
        if later > today:
            words += f" (some dated up to {later}: is the clock right?)"
        issue = _Scope("issue", "this issue, over all its runs", caps.issue_usd, caps.issue_tokens)
        day = _Scope("day", words, caps.day_usd, caps.day_tokens)
        return _objection(issue, of_issue, reserve) or _objection(day, of_day, reserve)

    def _note(self, entry: Entry) -> None:
        kind, data = entry.event.kind, entry.event.data
        if kind == "run.started":
            if (data["task"]["repository"], data["task_key"]) == self._task:
                self._runs_of_task.add(entry.run)
        elif kind == "scope.asked":
            if (data["repository"], data["task_key"]) == self._task:
                self._runs_of_task.add(entry.run)
        elif kind in {"budget.reserved", "budget.settled"}:
            key = (entry.run, data["reservation"])
            _, reserved = self._charges.get(key, ("", None))
            self._charges[key] = (entry.at[:10], charged(entry, reserved))


def _objection(scope: _Scope, charges: Iterable[Charge], reserve: Charge) -> str:
    known = list(charges)
    usd = sum(charge.usd or 0.0 for charge in known)
    tokens = sum(charge.tokens for charge in known)
    if scope.usd is not None:
        if reserve.usd is None and scope.tokens is None:
            return (
                f"what this model costs is not known, so ${scope.usd:.2f} on {scope.words}, could"
                f" not be kept to; set budget.{scope.key}_tokens, or ask a model with a price"
            )
        if usd + (reserve.usd or 0.0) > scope.usd:
            return (
                f"${usd:.4f} of ${scope.usd:.2f} are spent on {scope.words}, and the next request"
                f" may cost ${reserve.usd or 0.0:.4f}"
            )
    if scope.tokens is not None and tokens + reserve.tokens > scope.tokens:
        return (
            f"{tokens} of {scope.tokens} tokens are used on {scope.words}, and the next request may"
            f" need {reserve.tokens}"
        )
    return ""
