"""Thresholds on the figures of `workflows.metrics`, as a scheduled job states them."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import get_type_hints

from scoping.refusal import Refusal
from workflows.metrics import Metrics

_SIGNS: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "==": operator.eq,
}
_SHAPE = re.compile(r"\s*([a-z_]+)\s*(>=|<=|==|>|<)\s*(\d+(?:\.\d+)?)\s*")


class ThresholdRefusal(Refusal):
    """A threshold cannot be read: which, and how it is written."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """What one figure has to be."""

    name: str
    sign: str
    bound: float

    def failure(self, metrics: Metrics) -> str:
        """Return what is wrong with the figures, or ""; a figure of nothing holds nothing."""
        value = getattr(metrics, self.name)
        wanted = f"{self.name} {self.sign} {self.bound:g}"
        if value is None:
            return f"{wanted}: there is nothing to count it from yet"
        return "" if _SIGNS[self.sign](value, self.bound) else f"{wanted}: it is {value:g}"


def threshold_of(text: str) -> Threshold:
    """Return the threshold in ``text``, as in "acceptance>=0.5"; ThresholdRefusal otherwise."""
    found = _SHAPE.fullmatch(text)
    names = figures()
    if found is None:
        raise ThresholdRefusal(f"{text[:80]!r} is no threshold; write it like 'acceptance>=0.5'")
    if found[1] not in names:
        near = get_close_matches(found[1], names, 1)
        hint = f"; do you mean {near[0]}?" if near else f"; there are {', '.join(names)}"
        raise ThresholdRefusal(f"there is no figure {found[1]!r}{hint}")
    return Threshold(found[1], found[2], float(found[3]))


def figures() -> tuple[str, ...]:
    """Return the names of the figures that are one number each."""
    kinds = get_type_hints(Metrics)
    return tuple(one.name for one in fields(Metrics) if kinds[one.name] in _NUMBERS)


_NUMBERS = (int, float, float | None)
