"""The figures of a journal week by week, each counted as `workflows.metrics` counts them all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from workflows.metrics import Metrics, metrics_of
from workflows.run_facts import RunFacts


@dataclass(frozen=True, slots=True)
class Week:
    """One calendar week (UTC), by the ``monday`` it begins with (YYYY-MM-DD)."""

    monday: str
    metrics: Metrics


def by_week(facts: Iterable[RunFacts], most: int) -> tuple[Week, ...]:
    """Return the last ``most`` weeks up to the newest run, oldest first, those without runs too.

    A run counts in the week in which it began, with what became of it since. All runs of one pull
    request count in the week of the first, or it would be counted several times.
    """
    groups: dict[date, list[RunFacts]] = {}
    for run, monday in _placed(list(facts)):
        groups.setdefault(monday, []).append(run)
    if not groups:
        return ()
    last = max(groups)
    mondays = [last - timedelta(weeks=back) for back in reversed(range(most))]
    first = min(groups)
    return tuple(
        Week(monday.isoformat(), metrics_of(groups.get(monday, [])))
        for monday in mondays
        if monday >= first
    )


def monday_of(at: str) -> date | None:
    """Return the first day of the week of a moment (ISO 8601); None of what is no moment."""
    try:
        day = datetime.fromisoformat(at).date()
    except ValueError:
        return None
    return day - timedelta(days=day.weekday())


def _placed(facts: Sequence[RunFacts]) -> Iterable[tuple[RunFacts, date]]:
    """Yield each run with the week it counts in."""
    first: dict[tuple[str, int], str] = {}
    for one in facts:
        if one.number:
            key = (one.repository, one.number)
            first[key] = min(first.get(key, one.started), one.started)
    for one in facts:
        monday = monday_of(first[one.repository, one.number] if one.number else one.started)
        if monday is not None:
            yield one, monday
