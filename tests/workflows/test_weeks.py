"""The weeks in which runs and pull requests are counted."""

from collections.abc import Sequence

from tests.workflows.generated_history import Story, history, stories
from workflows.metrics import metrics_of
from workflows.run_facts import RunFacts, facts_of
from workflows.weeks import Week, by_week, monday_of

MONDAY, SUNDAY = "2026-01-05T00:00:00Z", "2026-01-11T23:59:59Z"


def fact(run: str, started: str, number: int = 0) -> RunFacts:
    return RunFacts(run, repository="ada/tally", started=started, number=number)


def runs_by(weeks: Sequence[Week]) -> dict[str, int]:
    return {week.monday: week.metrics.runs for week in weeks}


def test_a_week_begins_on_monday_and_ends_on_sunday() -> None:
    facts = [fact("a", MONDAY), fact("b", SUNDAY), fact("c", "2026-01-12T00:00:00Z")]
    assert runs_by(by_week(facts, 10)) == {"2026-01-05": 2, "2026-01-12": 1}


def test_a_week_without_runs_is_there_and_has_no_figures() -> None:
    weeks = by_week([fact("a", MONDAY), fact("b", "2026-01-21T10:00:00Z")], 10)
    assert runs_by(weeks) == {"2026-01-05": 1, "2026-01-12": 0, "2026-01-19": 1}
    assert weeks[1].metrics == metrics_of([])


def test_only_the_newest_weeks_are_returned() -> None:
    facts = [fact(str(day), f"2026-01-{day:02}T10:00:00Z") for day in range(5, 31)]
    assert list(runs_by(by_week(facts, 2))) == ["2026-01-19", "2026-01-26"]


def test_runs_of_one_pull_request_count_in_the_week_of_the_first() -> None:
    facts = [fact("a", MONDAY, 7), fact("b", "2026-01-20T10:00:00Z", 7)]
    weeks = by_week(facts, 10)
    assert runs_by(weeks) == {"2026-01-05": 2}
    assert weeks[0].metrics.pull_requests == 1


def test_all_weeks_together_count_what_the_whole_counts() -> None:
    facts = tuple(facts_of(history(iter([*stories(500), Story(0)]))).values())
    weeks, whole = by_week(facts, 1_000), metrics_of(facts)
    for name in ("runs", "pull_requests", "accepted", "rejected", "pending", "superseded"):
        assert sum(getattr(week.metrics, name) for week in weeks) == getattr(whole, name)
    assert round(sum(week.metrics.usd for week in weeks), 4) == round(whole.usd, 4)


def test_a_run_that_does_not_say_when_it_began_is_in_no_week() -> None:
    assert by_week([fact("a", "yesterday")], 10) == ()
    assert monday_of("yesterday") is None
