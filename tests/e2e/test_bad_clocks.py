"""Zones, changes to summer time and clocks that jump: what is stored is UTC, what is timed is not.

A duration that was taken from the wall clock would end a run early, or never, when somebody sets
that clock; so the packages that wait and measure may not even look at it.
"""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.sqlite_journal.journal import SqliteJournal
from tests.e2e.bad_input import Row, Setting, judge
from tests.e2e.repositories import made, proposed
from workflows.proposal import unseal

pytestmark = pytest.mark.sandbox

# By rule, not by name: a machine need not know the names. New Zealand's summer begins in September.
ZONES = {
    "of New Zealand": "NZST-12NZDT,M9.5.0,M4.1.0/3",
    "west of everybody": "XXX+23:59",
    "whose summer began a moment ago": "AAA0BBB-1,J1/0,J365/23",
    "that there is not": ":No/Where",
    "that is empty": "",
}
STORED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
WALL_CLOCK = {"time", "time_ns", "now", "utcnow", "today", "localtime", "gmtime", "ctime"}


def in_zone(folder: Path, zone: str) -> Setting:
    """Return a run in a time zone."""
    setting = proposed(made(folder))
    return Setting(setting.argv, setting.repo, env={"TZ": zone})


def rows() -> list[Row]:
    """Return every clock of this file as a row."""
    return [
        Row(
            f"a time zone {name}",
            lambda folder, zone=zone: in_zone(folder, zone),  # type: ignore[misc]
            0,
            r"^run \S+: proposed",
        )
        for name, zone in ZONES.items()
    ]


@pytest.mark.sampled(3)
@pytest.mark.parametrize("row", rows(), ids=lambda row: row.name)
def test_every_stored_time_is_the_present_in_utc(row: Row, tmp_path: Path) -> None:
    begun = datetime.now(UTC) - timedelta(seconds=1)

    shown = judge(row, tmp_path)

    assert not shown.wrong, "\n".join(shown.wrong)
    ended = datetime.now(UTC) + timedelta(seconds=1)
    stored = list(times(tmp_path / "home" / "state"))
    assert len(stored) > 5
    for text in stored:
        assert STORED.fullmatch(text), text
        assert begun <= datetime.fromisoformat(text) <= ended, text


def times(state: Path) -> Iterator[str]:
    """Yield the time of each event of the journal, and of the bundle."""
    journal = SqliteJournal(state / "journal.sqlite", lambda: "", lambda: 0.0)
    try:
        for run in journal.runs():
            for entry in journal.read(run):
                yield entry.at
    finally:
        journal.close()
    for path in (state / "bundles").glob("*.json"):
        yield unseal(path.read_bytes())[0].proposal.created


@pytest.mark.parametrize("package", ["scoping", "validators", "workflows"])
def test_nothing_that_waits_or_measures_looks_at_the_wall_clock(root: Path, package: str) -> None:
    looked = [
        f"{path.relative_to(root)}:{node.lineno}"
        for path in sorted((root / package).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Attribute)
        and node.attr in WALL_CLOCK
        and isinstance(node.value, ast.Name)
        and node.value.id in {"time", "datetime", "date"}
    ]

    assert looked == []
