"""Plots as SVG that a server writes: lines and bars, legible without colour, script or mouse.

Geometry only: each mark carries the words of its value as a title, colours and letters are classes
of the page's style. Beside each plot its page has a table of the same values.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 320, 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 10, 10, 22
_NICE = (1.0, 2.0, 2.5, 5.0, 10.0)
_TICKS = 3
# A line's points are marked when there are few enough to tell them apart.
_MOST_MARKS = 60
_MOST_LABELS = 3
# A line that is level all over stands in the upper part of its plot, and not on the edge of it.
_HEADROOM = 4 / 3
ALONE = "alone"
# Of less no third can be told.
_LEAST = 1e-300


@dataclass(frozen=True, slots=True)
class Tick:
    """A value of an axis: where it stands, in the plot's units, and its words."""

    at: float
    words: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Mark:
    """One value: its place, the words that tell it, and for a bar its size.

    ``kind`` is the class of a bar, or ALONE for a point that no line leads to.
    """

    x: float
    y: float
    words: str
    width: float = 0.0
    height: float = 0.0
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """What a template draws. ``paths`` are the pieces of a line, broken where nothing is known."""

    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    marks: tuple[Mark, ...]
    paths: tuple[str, ...] = ()
    width: int = WIDTH
    height: int = HEIGHT
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    base: float = HEIGHT - _BOTTOM


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of thing in a stack of bars: ``kind`` is its class, ``words`` what it is called."""

    kind: str
    words: str
    values: tuple[float, ...]


def line(
    labels: Sequence[str],
    values: Sequence[float | None],
    words: Sequence[str],
    form: Callable[[float], str],
    most: float = math.inf,
) -> Plot:
    """Return a line over evenly spaced ``labels``; None is a gap, never nought.

    ``words`` tell each value, ``form`` writes those of the axis. More than ``most`` no value can
    be: where all are the same the axis ends there, or somewhat above them.
    """
    known = [value for value in values if value is not None]
    top, ticks = _scale([*known, *_above(known, most)], form)
    spots = [
        None if value is None else (_x(at, len(values)), _y(value, top))
        for at, value in enumerate(values)
    ]
    is_marked = len(known) <= _MOST_MARKS
    marks = tuple(
        Mark(spot[0], spot[1], f"{labels[at]}: {words[at]}", kind=ALONE * _is_alone(spots, at))
        for at, spot in enumerate(spots)
        if spot is not None and (is_marked or _is_alone(spots, at))
    )
    return Plot(_labels(labels), ticks, marks, _pieces(spots))


def bars(labels: Sequence[str], parts: Sequence[Part], form: Callable[[float], str]) -> Plot:
    """Return a stack of bars for each label, the first part at the bottom."""
    totals = [sum(part.values[at] for part in parts) for at in range(len(labels))]
    top, ticks = _scale(totals, form)
    room = (WIDTH - _LEFT - _RIGHT) / max(1, len(labels))
    width = min(room * 0.72, 36.0)
    marks = []
    for at, label in enumerate(labels):
        below = 0.0
        for part in parts:
            value = part.values[at]
            if value:
                upper, lower = _y(below + value, top), _y(below, top)
                x = _LEFT + room * (at + 0.5) - width / 2
                words = f"{label}: {part.words} {form(value)}".replace(":  ", ": ")
                size = (_rounded(width), _rounded(lower - upper))
                marks.append(Mark(_rounded(x), upper, words, *size, part.kind))
                below += value
    centres = [_rounded(_LEFT + room * (at + 0.5)) for at in range(len(labels))]
    return Plot(_labels(labels, centres), ticks, tuple(marks))


def steps(points: Sequence[tuple[float, float, str]], ends: tuple[str, str], top: float) -> Plot:
    """Return a line of steps through (x between 0 and 1, value, words), from ``top`` at 0."""
    form = "{:,.0f}".format
    highest, ticks = _scale([top], form)
    path = f"M{_LEFT} {_y(top, highest)}"
    marks = []
    for share, value, words in points:
        x, y = _rounded(_LEFT + share * (WIDTH - _LEFT - _RIGHT)), _y(value, highest)
        path += f"H{x}V{y}"
        marks.append(Mark(x, y, words))
    first, last = ends
    across = (Tick(_LEFT, first, "start"), Tick(WIDTH - _RIGHT, last, "end"))
    return Plot(across, ticks, tuple(marks), (path,))


def _above(values: Sequence[float], most: float) -> tuple[float, ...]:
    """Return where the axis is to end whose values are all the same; nothing for any others."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite or max(finite) - min(finite) > max(finite) * 1e-9:
        return ()
    return (most,) if math.isfinite(most) else (max(finite) * _HEADROOM,)


def _is_alone(spots: Sequence[tuple[float, float] | None], at: int) -> bool:
    beside = [*spots[max(0, at - 1) : at], *spots[at + 1 : at + 2]]
    return all(one is None for one in beside)


def _pieces(spots: Sequence[tuple[float, float] | None]) -> tuple[str, ...]:
    pieces: list[list[tuple[float, float]]] = [[]]
    for spot in spots:
        if spot is None:
            pieces.append([])
        else:
            pieces[-1].append(spot)
    return tuple("M" + "L".join(f"{x} {y}" for x, y in piece) for piece in pieces if len(piece) > 1)


def _labels(labels: Sequence[str], places: Sequence[float] | None = None) -> tuple[Tick, ...]:
    """Return as many labels as can be read, the first and the last among them."""
    count = len(labels)
    if not count:
        return ()
    known = places or [_x(at, count) for at in range(count)]
    step = max(1, math.ceil((count - 1) / (_MOST_LABELS - 1)))
    chosen = list(range(0, count, step))
    if chosen[-1] != count - 1:
        # The last replaces what stands too near to it.
        chosen = [at for at in chosen if count - 1 - at >= step / 2] + [count - 1]
    return tuple(Tick(known[at], labels[at], _anchor(known[at])) for at in chosen)


def _anchor(x: float) -> str:
    near = 24
    return "start" if x < _LEFT + near else "end" if x > WIDTH - _RIGHT - near else "middle"


def _scale(values: Sequence[float], form: Callable[[float], str]) -> tuple[float, tuple[Tick, ...]]:
    """Return the highest value of an axis from nought, a round one, and its ticks."""
    highest = max([value for value in values if math.isfinite(value)], default=0.0)
    if highest < _LEAST:
        return 1.0, (Tick(_y(0, 1), form(0.0)), Tick(_y(1, 1), form(1.0)))
    size = 10 ** math.floor(math.log10(highest / _TICKS))
    step = next(size * nice for nice in _NICE if size * nice * _TICKS >= highest * 0.999)
    count = math.ceil(highest / step * 0.999)
    top = step * count
    return top, tuple(Tick(_y(step * at, top), form(step * at)) for at in range(count + 1))


def _x(at: int, count: int) -> float:
    share = 0.5 if count == 1 else at / (count - 1)
    return _rounded(_LEFT + share * (WIDTH - _LEFT - _RIGHT))


def _y(value: float, top: float) -> float:
    return _rounded(HEIGHT - _BOTTOM - value / top * (HEIGHT - _TOP - _BOTTOM))


def _rounded(value: float) -> float:
    return round(value, 1)
