"""The figures of a journal as a terminal shows them, and as Prometheus reads them."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import get_args

from bot.console import one_line
from validators.sandbox import RunOutcome
from validators.verdict import VerdictWord
from workflows.metrics import Metrics
from workflows.review import RejectionKind

_MINUTE_S, _HOUR_S, _DAY_S = 60, 3_600, 86_400
_SHOWN = 12


def metrics_text(found: Metrics) -> str:
    """Return a line for each figure, then the counts by name."""
    counted = f"{found.accepted} accepted, {found.rejected} rejected, {found.pending} pending"
    lines = [
        f"{'pull requests':<20} {found.pull_requests} ({counted}, {found.superseded} superseded)",
        f"{'runs':<20} {found.runs}, ${found.usd:.2f}",
    ]
    lines += [f"{words:<20} {_shown(getattr(found, name), form)}" for words, name, form in ROWS]
    lines += _table("reasons", found.reasons)
    for by, names in found.reasons_by.items():
        told = {
            name: ", ".join(f"{k} {n}" for k, n in kinds.items()) for name, kinds in names.items()
        }
        lines += _table(f"reasons by {by}", told)
    lines += _table("gates that did not pass", found.gate_failures)
    return "\n".join(lines)


def _table(title: str, rows: Mapping[str, object]) -> list[str]:
    if not rows:
        return []
    listed = [f"  {one_line(name):<28} {one_line(str(value))}" for name, value in rows.items()]
    more = len(listed) - _SHOWN
    tail = [f"  and {more} more (--json has all)"] if more > 0 else []
    return ["", title, *listed[:_SHOWN], *tail]


def _shown(value: float | None, form: Callable[[float], str]) -> str:
    return "-" if value is None else form(value)


def _percent(value: float) -> str:
    return f"{value:.1%}"


def _dollars(value: float) -> str:
    return f"${value:.4f}"


def _plain(value: float) -> str:
    return f"{value:.2f}"


def _time(seconds: float) -> str:
    for unit, words in ((_DAY_S, "days"), (_HOUR_S, "hours"), (_MINUTE_S, "minutes")):
        if seconds >= unit:
            return f"{seconds / unit:.1f} {words}"
    return f"{seconds:.0f} seconds"


# What each figure that is one number is called, its field, and how it is written.
ROWS: tuple[tuple[str, str, Callable[[float], str]], ...] = (
    ("acceptance", "acceptance", _percent),
    ("zero-touch", "zero_touch", _percent),
    ("edit distance", "edit_distance", _percent),
    ("reverted", "reverted", _percent),
    ("cost per accepted", "cost_per_accepted", _dollars),
    ("time to draft", "time_to_draft", _time),
    ("time to review", "time_to_review", _time),
    ("time to merge", "time_to_merge", _time),
    ("repair turns", "repair_turns", _plain),
    ("review rounds", "review_rounds", _plain),
    ("veto rate", "veto_rate", _percent),
    ("vetoes upheld", "vetoes_upheld", _percent),
    ("scope precision", "scope_precision", _percent),
    ("scope recall", "scope_recall", _percent),
    ("reason given", "reason_given", _percent),
)


_COUNTS = ("pending", "accepted", "rejected", "superseded")
# What we call gates ourselves, and how their commands may end.
_GATES = frozenset({"tests", "build", "lint", "floor", "ruff", "mypy", "pyright", "eslint", "tsc"})
_OUTCOMES = frozenset({*get_args(RunOutcome), *get_args(VerdictWord)})
_UNITS = {"time_to_draft": "seconds", "time_to_review": "seconds", "time_to_merge": "seconds"}
_UNITS |= {"cost_per_accepted": "usd", "repair_turns": "", "review_rounds": ""}


def prometheus_text(found: Metrics) -> str:
    """Return each figure as a gauge in Prometheus's text format; one of nothing is left out."""
    lines = _gauge("runs", "Runs that began", [("", found.runs)])
    lines += _gauge("cost_usd", "What all runs cost, in US dollars", [("", found.usd)])
    states = [(_labels(state=state), getattr(found, state)) for state in _COUNTS]
    lines += _gauge("pull_requests", "Pull requests by what became of them", states)
    for words, name, _ in ROWS:
        value = getattr(found, name)
        unit = _UNITS.get(name, "ratio")
        told = f"{name}_{unit}" if unit else name
        lines += _gauge(told, words.capitalize(), [] if value is None else [("", value)])
    reasons = [
        (_labels(reason=name), count)
        for name, count in found.reasons.items()
        if name in get_args(RejectionKind)
    ]
    lines += _gauge("rejections", "Rejections by their reason", reasons)
    failures: Counter[str] = Counter()
    for name, count in found.gate_failures.items():
        gate, _, outcome = name.rpartition(" ")
        failures[_labels(gate=_known(gate, _GATES), outcome=_known(outcome, _OUTCOMES))] += count
    lines += _gauge("gate_failures", "Gates that did not pass", [*failures.items()])
    return "\n".join(lines)


def _gauge(name: str, words: str, samples: Sequence[tuple[str, float]]) -> list[str]:
    full = f"changewright_{name}"
    head = [f"# HELP {full} {words}", f"# TYPE {full} gauge"]
    return [*head, *(f"{full}{labels} {value!r}" for labels, value in samples)] if samples else []


def _known(word: str, words: Collection[str]) -> str:
    """Return ``word`` where it is one of a closed list: each value of a label is a series for ever.

    Names of gates are chosen by repositories, and there is no end of them.
    """
    return word if word in words else "other"


def _labels(**labels: str) -> str:
    """Return labels as the format writes them; their values are words of ours."""
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}"
