"""Figures of a history that is known, and what holds of the figures of any."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.pages.metrics import metrics_text
from tests.workflows.generated_history import Story, history, stories
from validators.judging.sides import SIDES_OF_BASE, SideName
from workflows.metrics import Metrics, changes_of, metrics_of
from workflows.pull_request_outcome import Aftermath, PullRequestOutcome
from workflows.run import Entry, Event
from workflows.run_facts import RunFacts, facts_of
from workflows.thresholds import ThresholdRefusal, figures, threshold_of


def counted(told: Sequence[Story]) -> Metrics:
    return metrics_of(tuple(facts_of(history(iter(told))).values()))


@pytest.fixture(scope="module")
def five_thousand() -> Metrics:
    told = [*stories(5_000), *(Story(0, usd=0.01, attempts=3) for _ in range(1_000))]
    entries = list(history(iter(told)))
    begun = time.process_time()
    found = metrics_of(tuple(facts_of(entries).values()))
    assert time.process_time() - begun < 4.0  # a second is the limit, where nothing is traced
    return found


def test_of_two_runs_at_one_pull_request_the_last_to_get_there_knows_its_outcome() -> None:
    outcome = PullRequestOutcome(1, "issue-1", "pending", "2026-01-01T00:00:00Z")
    first = RunFacts("r1", started="2026-01-01T00:00:00Z", number=1, model="large")
    second = RunFacts("r2", started="2026-01-01T01:00:00Z", number=1, model="small")
    second.drafted, second.outcome = "2026-01-01T02:00:00Z", outcome
    first.drafted, first.outcome = "2026-01-01T03:00:00Z", replace(outcome, state="rejected")

    (found,) = changes_of([second, first])

    assert (found.outcome.state, found.last.model) == ("rejected", "large")
    assert [one.run for one in found.runs] == ["r1", "r2"]


def test_a_gate_that_passed_is_not_among_those_that_did_not() -> None:
    # A command of a gate ends "ok", and its verdict is "pass".
    gates = (("lint", "ok"), ("tests", "failed"), ("tests", "pass"), ("lint", "timeout"))
    found = counted([Story(1, gates=gates)])
    assert found.gate_failures == {"lint timeout": 1, "tests fail": 1}


def attempt_judged(**told: object) -> Entry:
    data = {"attempt": {"number": 1, "verdict": {"word": "pass"}}, **told}
    return Entry(2, "r1", "2026-11-21T09:01:00Z", Event("attempt.finished", data))


def test_a_command_that_ends_with_1_for_a_planted_test_is_no_gate_that_failed() -> None:
    facts = RunFacts("r1")
    data = {"gate": "tests", "side": "patched", "outcome": "failed", "seconds": 1.0}
    ended = Entry(1, "r1", "2026-11-21T09:00:00Z", Event("gate.finished", data))
    for judged in (["tests", "pass"], ["lint", "flaky"]):
        facts.note(ended)
        facts.note(attempt_judged(gates=[judged]))
    facts.note(ended)  # and this one nobody judged any more

    assert metrics_of([facts]).gate_failures == {"lint flaky": 1}


@pytest.mark.parametrize("side", get_args(SideName))
def test_what_fails_on_the_base_is_no_failure_of_the_change(side: SideName) -> None:
    facts = RunFacts("r1")
    for name in ("base", side):
        data = {"gate": "tests", "side": name, "outcome": "failed", "seconds": 1.0}
        facts.note(Entry(1, "r1", "2026-11-21T09:00:00Z", Event("gate.finished", data)))
    facts.note(attempt_judged())
    found = metrics_of([facts])
    assert found.gate_failures == ({} if side in SIDES_OF_BASE else {"tests fail": 1})


def test_five_thousand_pull_requests_have_the_figures_they_were_made_with(
    five_thousand: Metrics,
) -> None:
    assert replace(five_thousand, reasons_by={}) == Metrics(
        runs=6_000,
        pull_requests=5_000,
        pending=500,
        accepted=2_500,
        rejected=1_500,
        superseded=500,
        acceptance=2_500 / 4_000,
        zero_touch=0.6,
        edit_distance=0.1,
        reverted=50 / 2_500,
        usd=110.0,
        cost_per_accepted=five_thousand.cost_per_accepted,
        time_to_draft=600.0,
        time_to_review=3_600.0,
        time_to_merge=86_400.0,
        repair_turns=0.5,
        review_rounds=1_500 / 4_000,
        veto_rate=0.2,
        vetoes_upheld=0.5,
        scope_precision=7_500 / 20_000,
        scope_recall=7_500 / 10_000,
        reason_given=1_000 / 1_500,
        gate_failures={"tests fail": 2_500},
        reasons={"not-wanted": 500, "too-large": 500},
        reasons_by={},
    )
    assert five_thousand.cost_per_accepted == pytest.approx(110 / 2_500)


def test_reasons_are_counted_by_place_model_and_gate(five_thousand: Metrics) -> None:
    by = five_thousand.reasons_by
    assert set(by["path"]) == {".", "docs/", "src/"}
    assert by["path"]["."] == {"not-wanted": 500, "too-large": 500}  # README.md is in each
    assert sum(by["path"]["docs/"].values()) + sum(by["path"]["src/"].values()) == 667
    assert by["model"] == {"small": {"not-wanted": 500, "too-large": 500}}
    assert by["gate"] == {"tests": {"too-large": 500}}


def test_nothing_has_no_figures_and_no_share() -> None:
    found = counted([])
    assert (found.runs, found.usd, found.acceptance, found.time_to_draft) == (0, 0.0, None, None)
    assert "acceptance           -\n" in metrics_text(found)


def test_a_change_costs_all_the_runs_that_worked_on_it() -> None:
    outcome = PullRequestOutcome(7, "issue-7", "accepted", "2026-01-01T00:10:00Z")
    first, second = Story(7, None, usd=0.5), Story(7, outcome, usd=0.25)
    entries = [*history(iter([first]))]
    entries += [replace(one, run="later") for one in history(iter([second]))]

    found = metrics_of(tuple(facts_of(entries).values()))

    assert (found.pull_requests, found.accepted, found.cost_per_accepted) == (1, 1, 0.75)


def test_the_last_outcome_counts_and_a_lost_reservation_is_money() -> None:
    pending = PullRequestOutcome(1, "issue-1", "pending", "2026-01-01T00:10:00Z")
    entries = list(history(iter([Story(1, pending)])))
    last = entries[-1]
    data = {"outcome": {**last.event.data["outcome"], "state": "rejected"}}
    entries.append(replace(last, event=replace(last.event, data=data)))
    entries = [one for one in entries if one.event.kind != "budget.settled"]

    found = metrics_of(tuple(facts_of(entries).values()))

    assert (found.rejected, found.pending, found.usd) == (1, 0, 1.0)


def test_the_table_says_every_figure_in_words(five_thousand: Metrics) -> None:
    shown = metrics_text(five_thousand)
    assert "pull requests        5000 (2500 accepted, 1500 rejected, 500 pending, 500 sup" in shown
    assert "acceptance           62.5%" in shown
    assert "time to draft        10.0 minutes" in shown
    assert "time to merge        1.0 days" in shown
    assert "\nreasons\n  not-wanted                   500\n" in shown


# --- any history ---------------------------------------------------------------------------------

AFTER = st.builds(
    Aftermath,
    lines=st.integers(0, 50),
    edited=st.integers(0, 80),
    files=st.integers(0, 2),
    commits=st.integers(0, 2),
    reverted=st.sampled_from(["", "2026-01-05T00:00:00Z"]),
)
OUTCOMES = st.builds(
    PullRequestOutcome,
    number=st.just(0),
    task=st.just("issue-1"),
    state=st.sampled_from(["pending", "accepted", "rejected", "superseded"]),
    opened=st.just("2026-01-02T00:00:00Z"),
    reviewed=st.sampled_from(["", "2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z"]),
    ended=st.sampled_from(["", "2026-01-04T00:00:00Z"]),
    rounds=st.integers(0, 3),
    lines=st.integers(0, 900),
    paths=st.lists(st.sampled_from(["a.py", "src/b.py", "docs/c/d.md"]), unique=True).map(tuple),
    reason=st.sampled_from(["", "wrong", "style", "too-large"]),
    aftermath=st.none() | AFTER,
)
SCOPES = st.integers(0, 9).flatmap(
    lambda met: st.tuples(st.integers(met, 12), st.integers(met, 12), st.just(met))
)
STORIES = st.lists(
    st.builds(
        Story,
        number=st.just(0),
        outcome=st.none() | OUTCOMES,
        usd=st.floats(0, 5),
        attempts=st.integers(1, 4),
        opinion=st.sampled_from(["", "veto", "accept", "none"]),
        scope=SCOPES,
        gates=st.lists(
            st.tuples(st.sampled_from(["lint", "tests"]), st.sampled_from(["pass", "fail"]))
        ).map(tuple),
    ),
    max_size=12,
).map(
    lambda told: [
        replace(one, number=number, outcome=one.outcome and replace(one.outcome, number=number))
        for number, one in enumerate(told, 1)
    ]
)
SHARES = (
    *("acceptance", "zero_touch", "edit_distance", "reverted", "veto_rate", "vetoes_upheld"),
    *("scope_precision", "scope_recall", "reason_given"),
)
FEW = settings(max_examples=20, deadline=None)


@FEW
@given(STORIES)
def test_every_share_is_one_and_the_states_add_up(told: list[Story]) -> None:
    found = counted(told)
    for name in SHARES:
        value = getattr(found, name)
        assert value is None or 0.0 <= value <= 1.0, name
    by_state = (found.pending, found.accepted, found.rejected, found.superseded)
    assert sum(by_state) == found.pull_requests == len(told)
    assert sum(found.reasons.values()) <= found.rejected
    assert found.usd == pytest.approx(sum(one.usd for one in told), abs=1e-5)
    times = (found.time_to_draft, found.time_to_review, found.time_to_merge)
    assert all(value is None or value >= 0 for value in times)


@FEW
@given(STORIES, st.randoms(use_true_random=False))
def test_the_order_of_runs_does_not_matter(told: list[Story], random: object) -> None:
    entries = list(history(iter(told)))
    by_run = {run: [one for one in entries if one.run == run] for run in {e.run for e in entries}}
    shuffled = sorted(by_run)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis' own
    mixed = [one for run in shuffled for one in by_run[run]]

    def figures_of(entries: list[object]) -> Metrics:
        found = metrics_of(tuple(facts_of(entries).values()))  # type: ignore[arg-type]  # entries
        return replace(found, usd=round(found.usd, 4), cost_per_accepted=None, edit_distance=None)

    assert figures_of([*entries]) == figures_of([*mixed])


@FEW
@given(STORIES)
def test_what_is_undecided_moves_no_share_of_the_decided(told: list[Story]) -> None:
    waiting = PullRequestOutcome(99, "issue-99", "pending", "2026-01-02T00:00:00Z")
    before, after = counted(told), counted([*told, Story(99, waiting, usd=0.0)])
    for name in ("acceptance", "zero_touch", "reverted", "vetoes_upheld", "reason_given"):
        assert getattr(before, name) == getattr(after, name)


def test_two_repositories_with_the_same_numbers_are_kept_apart() -> None:
    entries = list(history(stories(2)))
    more = [
        replace(one, run=f"other-{one.run}", event=replace(one.event, data=_elsewhere(one)))
        for one in entries
    ]
    assert len(changes_of(facts_of([*entries, *more]).values())) == 4


def _elsewhere(entry: object) -> dict[str, object]:
    data = dict(entry.event.data)  # type: ignore[attr-defined]  # an Entry
    if "task" in data:
        data["task"] = {**data["task"], "repository": "ada/other"}
    return data


# --- thresholds ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        ("acceptance>=0.5", ""),
        ("acceptance >= 0.7", "acceptance >= 0.7: it is 0.625"),
        ("cost_per_accepted<0.04", "cost_per_accepted < 0.04: it is 0.044"),
        ("pending==500", ""),
    ],
)
def test_a_threshold_says_what_fails(five_thousand: Metrics, text: str, failure: str) -> None:
    assert threshold_of(text).failure(five_thousand) == failure


def test_a_figure_of_nothing_holds_no_threshold() -> None:
    said = threshold_of("acceptance>=0.5").failure(counted([]))
    assert said == "acceptance >= 0.5: there is nothing to count it from yet"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("acceptance", "is no threshold; write it like 'acceptance>=0.5'"),
        ("acceptance>=half", "is no threshold"),
        ("aceptance>=1", "do you mean acceptance?"),
        ("reasons>=1", "do you mean"),
        ("zzz>=1", "there are runs, pull_requests"),
    ],
)
def test_a_threshold_that_cannot_be_read_is_refused(text: str, told: str) -> None:
    with pytest.raises(ThresholdRefusal, match=told.replace("?", r"\?")):
        threshold_of(text)


def test_every_figure_that_is_a_number_can_be_checked() -> None:
    assert {"acceptance", "runs", "usd", *SHARES} <= set(figures())
    assert not {"reasons", "gate_failures"} & set(figures())
