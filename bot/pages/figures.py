"""The figures of a journal as a page shows them: each with its formula, over all and by week."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.pages.metrics import ROWS
from bot.pages.plots import Part, Plot, bars, line
from workflows.metrics import Metrics
from workflows.weeks import Week

# The words of docs/metrics.md, which a test compares.
FORMULAS: Mapping[str, str] = {
    "acceptance": "accepted / (accepted + rejected)",
    "zero_touch": "zero-touch / accepted whose trees could be compared",
    "edit_distance": "mean over those of min(1, edited lines / our lines)",
    "reverted": "reverted / accepted whose trees could be compared",
    "usd": "money of all runs: what was settled; of a request that nobody settled, what was"
    " reserved",
    "cost_per_accepted": "`usd` / accepted, failed runs included",
    "time_to_draft": "median of: pull request opened - first run of it started",
    "time_to_review": "median of: first review - pull request opened",
    "time_to_merge": "median over accepted of: merged - pull request opened",
    "repair_turns": "mean over runs that were proposed of: attempts - 1",
    "review_rounds": "mean over decided of: how often changes were asked for",
    "veto_rate": "vetoes / second opinions that gave a verdict",
    "vetoes_upheld": "rejected / decided, of those shown to a person in spite of a veto",
    "scope_precision": "files that the model was shown and changed / files it was shown, over all"
    " bundles made by a model",
    "scope_recall": "files that the model was shown and changed / files it changed, over all of"
    " those",
    "reason_given": "rejected with a reason / rejected",
    "gate_failures": (
        "by gate and outcome, each attempt at which a gate did not pass, repaired or not; what is"
        " as it was on the base is no failure"
    ),
    "reasons": "rejected by kind of reason",
    "reasons_by": "the same by first folder (`.`: the top), by the model that wrote it, and by"
    " gates that did not pass at some attempt; a change in two folders counts in both",
}
_STATES = ("accepted", "rejected", "superseded", "pending")
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))
_MOST_ROWS = 40
_NOTHING = "-"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: over everything, and by week as a plot and as (week, value) beside it.

    ``plot`` is None where no week has a value, or of bars each is nought; ``none`` says so.
    ``keys`` tell the parts of bars apart, by their class and words.
    """

    name: str
    words: str
    value: str
    formula: str
    plot: Plot | None
    rows: tuple[tuple[str, str], ...]
    keys: tuple[tuple[str, str], ...] = ()
    none: str = "Nothing to count in these weeks."


@dataclass(frozen=True, slots=True)
class Counts:
    """How often something happened, by name; ``left_out`` rows are the rarest."""

    title: str
    formula: str
    rows: tuple[tuple[str, str], ...]
    left_out: int


def figures_of(whole: Metrics, weeks: Sequence[Week]) -> tuple[Figure, ...]:
    """Return everything that is one number, and what is counted by state."""
    return (
        _states(whole, weeks),
        _spent(whole, weeks),
        *(_figure(words, name, form, whole, weeks) for words, name, form in ROWS),
    )


def counts_of(whole: Metrics) -> tuple[Counts, ...]:
    """Return what is counted by name, the most frequent first."""
    tables = [
        _counts("Gates that did not pass", "gate_failures", whole.gate_failures),
        _counts("Reasons", "reasons", whole.reasons),
    ]
    for by, names in whole.reasons_by.items():
        told = {f"{name}: {kind}": n for name, kinds in names.items() for kind, n in kinds.items()}
        tables.append(_counts(f"Reasons by {by}", "reasons_by", told))
    return tuple(table for table in tables if table.rows)


def _figure(
    words: str,
    name: str,
    form: Callable[[float], str],
    whole: Metrics,
    weeks: Sequence[Week],
) -> Figure:
    values = [getattr(week.metrics, name) for week in weeks]
    told = [_told(value, form) for value in values]
    mondays = [week.monday for week in weeks]
    return Figure(
        name,
        words.capitalize(),
        _told(getattr(whole, name), form),
        FORMULAS[name],
        _line(name, mondays, values, told) if any(value is not None for value in values) else None,
        tuple(zip(mondays, told, strict=True)),
    )


def _line(
    name: str, mondays: Sequence[str], values: Sequence[float | None], told: Sequence[str]
) -> Plot:
    """Return the plot of a figure, its axis in a unit in which there is little to write."""
    if name == "cost_per_accepted":
        return line(mondays, values, told, _dollars)
    if not name.startswith("time_"):
        if name in {"repair_turns", "review_rounds"}:
            return line(mondays, values, told, "{:g}".format)
        return line(mondays, values, told, "{:.0%}".format, most=1.0)
    highest = max(value for value in values if value is not None)
    size, unit = next((one for one in _UNITS if highest >= one[0]), (1, "s"))
    scaled = [None if value is None else value / size for value in values]
    return line(mondays, scaled, told, lambda value: f"{value:g} {unit}")


def _states(whole: Metrics, weeks: Sequence[Week]) -> Figure:
    mondays = [week.monday for week in weeks]
    parts = [
        Part(state, state, tuple(float(getattr(week.metrics, state)) for week in weeks))
        for state in _STATES
    ]
    has_any = any(any(part.values) for part in parts)
    listed = (
        ", ".join(f"{getattr(week.metrics, state)} {state}" for state in _STATES) for week in weeks
    )
    return Figure(
        "pull_requests",
        "Pull requests",
        f"{whole.pull_requests:,}",
        "pull requests by what became of them",
        bars(mondays, parts, "{:,.0f}".format) if has_any else None,
        tuple(zip(mondays, listed, strict=True)),
        tuple((state, f"{getattr(whole, state):,} {state}") for state in _STATES),
        "No pull request of a run that began in these weeks.",
    )


def _spent(whole: Metrics, weeks: Sequence[Week]) -> Figure:
    mondays, values = [week.monday for week in weeks], [week.metrics.usd for week in weeks]
    money = Part("usd", "", tuple(values))
    return Figure(
        "usd",
        "Cost",
        _runs(whole),
        FORMULAS["usd"],
        bars(mondays, [money], _dollars) if any(values) else None,
        tuple((week.monday, _runs(week.metrics)) for week in weeks),
        none="The runs of these weeks cost nothing.",
    )


def _dollars(value: float) -> str:
    """Return a value of an axis, to the cent where that says all of it."""
    is_in_cents = value % 1 and math.isclose(round(value, 2), value)
    return f"${value:,.2f}" if is_in_cents else f"${value:,g}"


def _runs(counted: Metrics) -> str:
    return f"{counted.runs:,} run{'s' * (counted.runs != 1)}, ${counted.usd:,.2f}"


def _counts(title: str, name: str, counts: Mapping[str, int]) -> Counts:
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    rows = tuple((key, f"{count:,}") for key, count in ordered[:_MOST_ROWS])
    return Counts(title, FORMULAS[name], rows, max(0, len(ordered) - _MOST_ROWS))


def _told(value: float | None, form: Callable[[float], str]) -> str:
    return _NOTHING if value is None else form(value)
