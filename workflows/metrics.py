"""How well the bot does, in figures counted from the journal; `docs/metrics.md` has each formula.

What a pull request came to is what `workflows.collect` found in the repository, never what a run
says of itself. A figure of nothing is None, not nought.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from workflows.pull_request_outcome import PullRequestOutcome, moment
from workflows.run_facts import RunFacts

# A gate's verdict, and how a command ended that is one of several of its gate.
_PASSED = frozenset({"pass", "ok"})
_ENDED = frozenset({"accepted", "rejected"})


@dataclass(frozen=True, slots=True)
class Change:
    """One pull request with all the runs that worked on it, oldest first."""

    runs: tuple[RunFacts, ...]
    outcome: PullRequestOutcome

    @property
    def last(self) -> RunFacts:
        """The run whose proposal stands there: one that was stopped may end behind a later one."""
        return max(self.runs, key=lambda one: (one.drafted, one.started, one.run))


@dataclass(frozen=True, slots=True)
class Metrics:
    """The figures of a journal. Shares are between 0 and 1, times in seconds, money in US dollars.

    The times are medians. ``reasons`` are counted by kind, and by "path", "model" and "gate" in
    ``reasons_by``.
    """

    runs: int
    pull_requests: int
    pending: int
    accepted: int
    rejected: int
    superseded: int
    acceptance: float | None
    zero_touch: float | None
    edit_distance: float | None
    reverted: float | None
    usd: float
    cost_per_accepted: float | None
    time_to_draft: float | None
    time_to_review: float | None
    time_to_merge: float | None
    repair_turns: float | None
    review_rounds: float | None
    veto_rate: float | None
    vetoes_upheld: float | None
    scope_precision: float | None
    scope_recall: float | None
    reason_given: float | None
    gate_failures: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)
    reasons_by: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)


def changes_of(facts: Iterable[RunFacts]) -> tuple[Change, ...]:
    """Return the pull requests of some runs, by their number; what was not collected is pending."""
    by_number: dict[tuple[str, int], list[RunFacts]] = {}
    for one in facts:
        if one.number:
            by_number.setdefault((one.repository, one.number), []).append(one)
    return tuple(_change(number, runs) for (_, number), runs in sorted(by_number.items()))


def metrics_of(facts: Sequence[RunFacts]) -> Metrics:
    """Return the figures of all ``facts``."""
    changes = changes_of(facts)
    by_state = Counter(one.outcome.state for one in changes)
    accepted = [one for one in changes if one.outcome.state == "accepted"]
    rejected = [one for one in changes if one.outcome.state == "rejected"]
    after = [one.outcome.aftermath for one in accepted if one.outcome.aftermath is not None]
    usd = sum(one.usd for one in facts)
    return Metrics(
        runs=len(facts),
        pull_requests=len(changes),
        pending=by_state["pending"],
        accepted=len(accepted),
        rejected=len(rejected),
        superseded=by_state["superseded"],
        acceptance=_share(len(accepted), len(accepted) + len(rejected)),
        zero_touch=_share(sum(one.is_zero_touch for one in after), len(after)),
        edit_distance=_mean([one.distance for one in after]),
        reverted=_share(sum(bool(one.reverted) for one in after), len(after)),
        usd=round(usd, 6),
        cost_per_accepted=_share(usd, len(accepted)),
        time_to_draft=_median(_seconds(one.runs[0].started, _drafted(one)) for one in changes),
        time_to_review=_median(
            _seconds(one.outcome.opened, one.outcome.reviewed) for one in changes
        ),
        time_to_merge=_median(_seconds(one.outcome.opened, one.outcome.ended) for one in accepted),
        repair_turns=_mean([len(one.attempts) - 1 for one in facts if one.is_proposed]),
        review_rounds=_mean([one.outcome.rounds for one in (*accepted, *rejected)]),
        veto_rate=_veto_rate(facts),
        vetoes_upheld=_upheld(changes),
        scope_precision=_scope(facts, lambda one: one.given or 0),
        scope_recall=_scope(facts, lambda one: one.changed),
        reason_given=_share(sum(bool(one.outcome.reason) for one in rejected), len(rejected)),
        gate_failures=_counted(name for one in facts for name in _failures(one)),
        reasons=_counted(one.outcome.reason for one in rejected if one.outcome.reason),
        reasons_by=_reasons_by(rejected),
    )


def folder_of(path: str) -> str:
    """Return under which folder a path is counted: its first one, or "." at the top."""
    return path.partition("/")[0] + "/" if "/" in path else "."


def _change(number: int, runs: list[RunFacts]) -> Change:
    ordered = tuple(sorted(runs, key=lambda one: (one.started, one.run)))
    drafted = sorted(ordered, key=lambda one: one.drafted)  # as `workflows.collect` looks at them
    known = [one.outcome for one in drafted if one.outcome is not None]
    waiting = PullRequestOutcome(number, ordered[-1].task, "pending", ordered[0].drafted)
    return Change(ordered, known[-1] if known else waiting)


def _drafted(change: Change) -> str:
    return min((one.drafted for one in change.runs if one.drafted), default="")


def _veto_rate(facts: Iterable[RunFacts]) -> float | None:
    decisions = [one for run in facts for one in run.opinions if one != "none"]
    return _share(decisions.count("veto"), len(decisions))


def _upheld(changes: Iterable[Change]) -> float | None:
    """Return how often a person rejected what was shown to them in spite of a veto."""
    vetoed = [
        one.outcome.state
        for one in changes
        if one.last.opinions[-1:] == ["veto"] and one.outcome.state in _ENDED
    ]
    return _share(vetoed.count("rejected"), len(vetoed))


def _scope(facts: Iterable[RunFacts], of: Callable[[RunFacts], int]) -> float | None:
    known = [one for one in facts if one.given and one.is_proposed]  # nobody chose for a command
    return _share(sum(one.met for one in known), sum(of(one) for one in known))


def _failures(facts: RunFacts) -> list[str]:
    return [f"{gate} {word}" for _, gate, word in facts.gates if word not in _PASSED]


def _reasons_by(rejected: Iterable[Change]) -> Mapping[str, Mapping[str, Mapping[str, int]]]:
    """Return how often each reason was given, by what the change was about and was made with."""
    found: dict[str, dict[str, Counter[str]]] = {"path": {}, "model": {}, "gate": {}}
    for one in rejected:
        reason = one.outcome.reason
        if not reason:
            continue
        places = {
            "path": {folder_of(path) for path in one.outcome.paths},
            "model": {one.last.model} - {""},
            "gate": {gate for _, gate, word in one.last.gates if word not in _PASSED},
        }
        for by, names in places.items():
            for name in names:
                found[by].setdefault(name, Counter())[reason] += 1
    return {
        by: {name: dict(sorted(counts.items())) for name, counts in sorted(names.items())}
        for by, names in found.items()
    }


def _counted(names: Iterable[str]) -> Mapping[str, int]:
    return dict(sorted(Counter(names).items()))


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _mean(values: Sequence[float]) -> float | None:
    return _share(sum(values), len(values))


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _seconds(earlier: str, later: str) -> float | None:
    """Return how long it took; None where one of both is not known."""
    if not (earlier and later):
        return None
    return max(0.0, (moment(later) - moment(earlier)).total_seconds())
