"""Which test holds which threat case, checked so that none of it can rot.

The cases are development data and no part of the project: here are their ids alone, each beside the
tests that hold it. Tests are named as objects and rows of their tables by a value they have, so
that one that is renamed or taken away is missed at once.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

CHECKOUT = Path(__file__).parents[3]
DATA = Path(os.environ.get("CHANGEWRIGHT_DEV_DATA", CHECKOUT.parent / "shared" / "data"))
FOLDER = DATA / "security"


@dataclass(frozen=True, slots=True)
class Held:
    """A test that holds a case, or these ``rows`` of its table of cases do."""

    test: Callable[..., object]
    rows: tuple[object, ...] = ()

    @property
    def trouble(self) -> str:
        """Why it may hold nothing; empty where it is a test that runs and has these rows."""
        name = f"{self.test.__module__}.{self.test.__name__}"
        marks = getattr(self.test, "pytestmark", ())
        if not self.test.__name__.startswith("test_"):
            return f"{name} is no test"
        if any(mark.name in {"skip", "xfail"} for mark in marks):
            return f"{name} is not run"
        tables = [mark.args[1] for mark in marks if mark.name == "parametrize"]
        known = [cell for table in tables for row in table for cell in _cells(row)]
        missing = [row for row in self.rows if row not in known]
        return f"{name} has no row {missing[0]!r}" if missing else ""


Table = Mapping[str, tuple[Held, ...]]


def held(test: Callable[..., object], *rows: object) -> Held:
    """Say that ``test`` holds a case; a row is known by its id, its name or one of its values."""
    return Held(test, rows)


def troubles(table: Table) -> list[str]:
    """Return what in a table holds nothing, each with the id of its case."""
    return [
        f"{case}: {one.trouble}" for case, tests in table.items() for one in tests if one.trouble
    ]


@cache
def ids(boundary: str) -> frozenset[str]:
    """Return the ids that the data, if there is any, has for a boundary or a group of faults."""
    found: set[str] = set()
    for name, kind in (("cases", "boundary"), ("faults", "group")):
        path = FOLDER / f"{name}.yaml"
        if path.is_file():
            entries: Iterable[Mapping[str, Any]] = YAML(typ="safe", pure=True).load(path)[name]
            found |= {str(entry["id"]) for entry in entries if entry[kind] == boundary}
    return frozenset(found)


def _cells(row: Any) -> Iterator[object]:
    """Yield what a row of a table may be known by."""
    yield row
    yield getattr(row, "id", None)
    values = getattr(row, "values", None)
    for value in values if isinstance(values, tuple) else row if isinstance(row, tuple) else (row,):
        yield value
        yield getattr(value, "name", None)
