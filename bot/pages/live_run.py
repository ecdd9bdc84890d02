"""A run while it happens, as a page shows it: where it stands, what it spent, each step so far."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from bot.pages.run_state import mood_of, standing_of
from bot.pages.run_steps import line_in_words
from bot.pages.run_timeline import duration
from validators.verdict import VerdictWord
from workflows.budget import Budget, spent
from workflows.pull_request_outcome import moment
from workflows.run import Entry, RunSummary, summarise

# What a person sees happen while the newest event is of a kind.
_PHASES: Mapping[str, str] = {
    "run.started": "choosing the code to read",
    "run.resumed": "going on where it was cut off",
    "scope.asked": "asking for an order of files",
    "scope.reranked": "choosing the code to read",
    "scope.selected": "preparing the environment",
    "environment.ready": "about to ask the model",
    "budget.reserved": "waiting for the model",
    "prompt.sent": "waiting for the model",
    "model.replied": "reading the reply",
    "budget.settled": "reading the reply",
    "command.finished": "landing what the command changed",
    "patch.landed": "running the gates",
    "gate.finished": "running the gates",
    "gate.answered": "telling the model what a gate said",
    "snippet.finished": "telling the model what its snippet did",
    "stage.entered": "going on with another model",
    "adjudication.finished": "weighing the second opinion",
    "bundle.written": "writing the bundle",
    "effect.intended": "publishing",
    "effect.settled": "publishing",
}
# With these a change is made, and what gates said before is about another.
_CHANGES = frozenset({"patch.landed", "command.finished"})
_LOUD = frozenset({"run.started", "run.finished", "attempt.finished", "stage.entered"})


@dataclass(frozen=True, slots=True)
class LiveStep:
    """One step. ``number`` is that of `changewright show`; ``mood`` a verdict's word, or none."""

    number: int
    position: int
    offset: str
    kind: str
    line: str
    mood: str
    is_loud: bool


@dataclass(frozen=True, slots=True)
class LiveGate:
    """One gate of the newest attempt: what it came to so far on the base and with the change.

    ``sides`` counts the commands that ran for the change: beside it, its tests over the base, say.
    """

    name: str
    base: str
    patched: str
    sides: int


@dataclass(frozen=True, slots=True)
class Meter:
    """What is spent of a bound: in words, and in percent, of which 100 is the bound."""

    name: str
    words: str
    percent: float


@dataclass(frozen=True, slots=True)
class LiveRun:
    """One run now. ``position`` is its newest entry; ``is_over`` that nothing more is to come.

    ``mood`` and ``state`` are for its colour and in words; ``phase`` is what happens at present;
    ``verdict`` is the word of the newest attempt that was judged.
    """

    run: RunSummary
    position: int
    mood: str
    state: str
    phase: str
    attempt: int
    most_attempts: int
    gates: tuple[LiveGate, ...]
    verdict: str
    meters: tuple[Meter, ...]
    base_commit: str
    model: str
    took: str
    steps: int
    is_over: bool


def live_run(entries: Sequence[Entry], *, is_held: bool) -> LiveRun:
    """Return how a run stands; ``is_held`` tells whether a living process writes it.

    ValueError for what is no run.
    """
    run = summarise(entries)
    begun = next(one.event.data for one in entries if one.event.kind == "run.started")
    mood, state = standing_of(run, is_held=is_held)
    ended = [one for one in entries if one.event.kind == "run.finished"]
    return LiveRun(
        run=run,
        position=entries[-1].position,
        mood=mood,
        state=state,
        phase=_phase(entries, run, is_held=is_held),
        attempt=_attempt(entries),
        most_attempts=int(begun.get("max_attempts") or 0),
        gates=_gates(entries),
        verdict=_verdict(entries),
        meters=_meters(entries, begun),
        base_commit=str(begun.get("base_commit", "")),
        model=str(begun.get("model", "")),
        took=_since(run.started, (ended or entries)[-1].at),
        steps=len(entries),
        is_over=run.state != "running" or not is_held,
    )


def live_steps(
    entries: Sequence[Entry], tell: Callable[[Entry], str], after: int = 0
) -> tuple[LiveStep, ...]:
    """Return the steps past a position, oldest first, in the words of ``tell``."""
    start = entries[0].at if entries else ""
    return tuple(
        LiveStep(
            number,
            entry.position,
            f"+{_since(start, entry.at)}",
            entry.event.kind,
            line_in_words(entry, tell),
            _mood_of(entry),
            entry.event.kind in _LOUD,
        )
        for number, entry in enumerate(entries, 1)
        if entry.position > after
    )


def _phase(entries: Sequence[Entry], run: RunSummary, *, is_held: bool) -> str:
    if run.state != "running":
        return run.why
    if not is_held:
        return "no process writes it any more: it died, or was stopped"
    newest = entries[-1].event
    if newest.kind == "attempt.finished":
        word = newest.data["attempt"]["verdict"]["word"]
        return "writing the bundle" if word == "pass" else "deciding what to try next"
    return _PHASES.get(newest.kind, "at work")


def _attempt(entries: Sequence[Entry]) -> int:
    """Return the number of the newest attempt that anything is known of; 0 before the first."""
    for entry in reversed(entries):
        data = entry.event.data
        if entry.event.kind == "attempt.finished":
            return int(data["attempt"]["number"])
        if isinstance(data.get("attempt"), int) and data["attempt"]:
            return int(data["attempt"])
    return 0


def _verdict(entries: Sequence[Entry]) -> str:
    judged = [_mood_of(one) for one in entries if one.event.kind == "attempt.finished"]
    return judged[-1] if judged else ""


def _gates(entries: Sequence[Entry]) -> tuple[LiveGate, ...]:
    """Return what gates said of the newest change, and of the base, which is asked once a run."""
    base: dict[str, str] = {}
    sides: dict[str, dict[str, str]] = {}
    for entry in entries:
        data = entry.event.data
        if entry.event.kind in _CHANGES:
            sides = {}
        elif entry.event.kind == "gate.finished":
            name, side, words = (str(data.get(one, "")) for one in ("gate", "side", "summary"))
            if side == "base":
                base[name] = words
            else:
                sides.setdefault(name, {})[side] = words
    return tuple(
        LiveGate(name, base.get(name, ""), known.get("patched", ""), len(known))
        for name in dict.fromkeys([*base, *sides])
        for known in [sides.get(name, {})]
    )


def _meters(entries: Sequence[Entry], begun: Mapping[str, Any]) -> tuple[Meter, ...]:
    """Return what was spent, beside the run's own bounds where it has some."""
    used, bounds = spent(entries), begun.get("budget")
    if not isinstance(bounds, Mapping):
        money = Meter("Cost", f"${used.usd:.4f}", 0.0)
        return (money, Meter("Tokens", f"{used.tokens:,}", 0.0))
    budget = Budget(**{name: bounds[name] for name in Budget.__slots__ if name in bounds})
    pairs = (
        ("Cost", used.usd, budget.usd, f"${used.usd:.4f} of ${budget.usd:.2f}"),
        ("Tokens", used.tokens, budget.tokens, f"{used.tokens:,} of {budget.tokens:,}"),
        ("Replies", used.turns, budget.turns, f"{used.turns} of {budget.turns}"),
    )
    return tuple(
        Meter(name, words, round(min(100.0, 100 * value / most), 1) if most else 0.0)
        for name, value, most, words in pairs
    )


def _mood_of(entry: Entry) -> str:
    data = entry.event.data
    if entry.event.kind == "attempt.finished":
        word = str(data["attempt"]["verdict"]["word"])
        return word if word in get_args(VerdictWord) else ""
    if entry.event.kind == "run.finished":
        return "pass" if mood_of(data["state"], data.get("verdict")) == "good" else "fail"
    return ""


def _since(start: str, at: str) -> str:
    return duration(max(0.0, (moment(at) - moment(start)).total_seconds()))
