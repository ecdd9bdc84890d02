"""When a run did what, as bars over one axis: waiting for models, for the environment, for gates.

Times in the journal are whole seconds; what takes less is drawn as wide as can be seen.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from workflows.pull_request_outcome import moment
from workflows.run_story import Story

_NARROWEST = 0.4
_MINUTE_S = 60


@dataclass(frozen=True, slots=True)
class Bar:
    """Something that took time: where it begins and how wide it is, in percent of the axis."""

    x: float
    width: float
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Lane:
    """The bars of one thing."""

    name: str
    bars: tuple[Bar, ...]
    seconds: float


def span_s(story: Story) -> float:
    """Return how many seconds lie between a run's first and last event."""
    return max(0.0, (moment(story.last_at) - moment(story.summary.started)).total_seconds())


def lanes(story: Story) -> tuple[Lane, ...]:
    """Return what took time, in the order in which it first happened; nothing where none did."""
    whole = span_s(story)
    if whole <= 0:
        return ()
    start = moment(story.summary.started)
    groups: dict[str, list[tuple[float, float, str, str]]] = {}
    for name, begin, seconds, kind, words in sorted(_spans(story, start), key=lambda one: one[1]):
        groups.setdefault(name, []).append((begin, seconds, kind, words))
    return tuple(
        Lane(name, tuple(_bar(one, whole) for one in spans), sum(one[1] for one in spans))
        for name, spans in groups.items()
    )


def ticks(story: Story) -> tuple[str, ...]:
    """Return the words of five marks along the axis."""
    whole = span_s(story)
    return tuple(duration(whole * part / 4) for part in range(5))


def duration(seconds: float) -> str:
    """Return seconds as a person says them."""
    if seconds < _MINUTE_S:
        # Whole seconds are all that the journal knows of most things.
        return f"{round(seconds, 1):g} s"
    minutes, rest = divmod(round(seconds), _MINUTE_S)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def _bar(span: tuple[float, float, str, str], whole: float) -> Bar:
    begin, seconds, kind, words = span
    width = min(100.0, max(_NARROWEST, 100 * seconds / whole))
    x = min(100 - width, max(0.0, 100 * begin / whole))
    return Bar(round(x, 2), round(width, 2), kind, words)


def _spans(story: Story, start: datetime) -> Iterator[tuple[str, float, float, str, str]]:
    """Yield (lane, begin, seconds, kind, words) of all that took time."""

    def since(at: str) -> float:
        return (moment(at) - start).total_seconds()

    for at, kind, data in story.moments:
        if kind == "environment.ready" and data.get("seconds"):
            seconds = float(data["seconds"])
            words = f"environment {data.get('how', '')}: {duration(seconds)}"
            yield "environment", since(at) - seconds, seconds, "env", words
    for one in story.requests:
        begin = since(one.sent_at)
        seconds = max(0.0, since(one.ended_at or story.last_at) - begin)
        words = f"{one.stage}, attempt {one.attempt}: {duration(seconds)}"
        yield "model", begin, seconds, "model", words
    for attempt in story.tries:
        for gate in attempt.gates:
            words = (
                f"attempt {attempt.number}, {gate.side}: {gate.summary}, {duration(gate.seconds)}"
            )
            begin = since(gate.at) - gate.seconds
            yield f"gate {gate.gate}", begin, gate.seconds, "gate", words


def offset(story: Story, at: str) -> str:
    """Return how long after a run's start something happened, for a list."""
    if not at:
        return ""
    return f"+{duration((moment(at) - moment(story.summary.started)).total_seconds())}"
