"""What passes between a snippet and the functions it calls: plain values and records, as JSON.

Both ends read what the other wrote as a stranger's. A record is a frozen dataclass on our side, and
an object with the same attributes on the snippet's.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, make_dataclass
from typing import Any

RECORD = "record"
_PLAIN = (bool, int, float, str, type(None))
_MAX_DEPTH = 20

MakeRecord = Callable[[str, dict[str, Any]], Any]


def written(value: Any) -> Any:  # noqa: ANN401 - what JSON knows
    """Return ``value`` as JSON can hold it; TypeError names what cannot pass."""
    if isinstance(value, str):
        # Half a character, as a path may hold one, cannot be sent to a model either.
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, list | tuple):
        return [written(one) for one in value]
    if is_dataclass(value) and not isinstance(value, type):
        held = {one.name: written(getattr(value, one.name)) for one in fields(value)}
        return {RECORD: type(value).__name__, "fields": held}
    raise TypeError(f"a {type(value).__name__} cannot pass between a snippet and our functions")


def read(value: Any, make_record: MakeRecord, depth: int = 0) -> Any:  # noqa: ANN401 - as above
    """Return what `written` wrote; TypeError or KeyError where it is something else."""
    if depth > _MAX_DEPTH:
        raise TypeError("a value is nested too deeply")
    if isinstance(value, list):
        return [read(one, make_record, depth + 1) for one in value]
    if isinstance(value, dict):
        held = {name: read(one, make_record, depth + 1) for name, one in value["fields"].items()}
        return make_record(value[RECORD], held)
    return value


class Records:
    """Makes the objects that stand for our records on the snippet's side."""

    def __init__(self) -> None:
        self._classes: dict[tuple[str, ...], type] = {}

    def make(self, name: str, held: dict[str, Any]) -> Any:  # noqa: ANN401 - a made class
        """Return an object with the attributes ``held``; those of one name are of one class."""
        key = (name, *held)
        if key not in self._classes:
            self._classes[key] = make_dataclass(name, held.keys(), frozen=True)
        return self._classes[key](**held)


def no_record(name: str, held: dict[str, Any]) -> Any:  # noqa: ANN401, ARG001 - a MakeRecord
    """Refuse a record where only plain values may come, from the snippet's side."""
    raise TypeError(f"a {name} cannot be an argument; hand over its attributes")
