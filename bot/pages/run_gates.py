"""What the gates of one attempt found, base against change, test by test, for a page."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.pages.gate_section import command_text, side_text
from validators.evidence import Evidence, GateRecord, Side

_LONGEST_COMMAND = 600


@dataclass(frozen=True, slots=True)
class TestRow:
    """One test by its id; ``meaning`` says what its two outcomes come to, ``mood`` how good."""

    id: str
    base: str
    patched: str
    meaning: str
    mood: str


@dataclass(frozen=True, slots=True)
class GateView:
    """One gate: how it ended on both sides, the tests worth a look first, and the rest.

    ``alike`` are tests with one outcome on both sides, as (outcome, ids, how many there are).
    """

    record: GateRecord
    command: str
    base: str
    patched: str
    runs: tuple[tuple[str, str], ...]
    tests: tuple[TestRow, ...]
    tests_left_out: int
    alike: tuple[tuple[str, tuple[str, ...], int], ...]


def gate_views(evidence: Evidence, most: int) -> tuple[GateView, ...]:
    """Return each gate of ``evidence``, with about ``most`` tests of each sort in all."""
    each = max(1, most // max(1, len(evidence.gates)))
    return tuple(_view(gate, each) for gate in evidence.gates)


def _view(gate: GateRecord, most: int) -> GateView:
    base, patched = _outcomes(gate.base), _outcomes(gate.patched)
    told = {row.id: row for row in _told(gate, base, patched)}
    alike: dict[str, list[str]] = {}
    for test, outcome in patched.items():
        if test not in told:
            alike.setdefault(outcome, []).append(test)
    rows = tuple(told.values())
    return GateView(
        gate,
        command_text(gate.command)[:_LONGEST_COMMAND],
        side_text(gate.base),
        side_text(gate.patched),
        tuple(_runs(gate)),
        rows[:most],
        max(0, len(rows) - most),
        tuple((word, tuple(ids[:most]), len(ids)) for word, ids in alike.items()),
    )


def _outcomes(side: Side | None) -> dict[str, str]:
    return {test: str(outcome) for test, outcome in side.outcomes} if side else {}


def _told(gate: GateRecord, base: dict[str, str], patched: dict[str, str]) -> Iterator[TestRow]:
    """Yield the tests that differ or fail, what a reviewer looks for first in front."""
    groups = (
        ("broken by this change", "bad", gate.pass_to_fail),
        ("gone", "bad", gate.missing),
        ("mended by this change", "good", gate.fail_to_pass),
        ("flips on the base as well, counts for nothing", "odd", gate.flaky),
        ("new, and passes five times out of five", "good", gate.steady),
        ("new", "new", gate.new),
    )
    seen: set[str] = set()
    on_base = _outcomes(gate.tests_on_base)
    for meaning, mood, tests in groups:
        for test in tests:
            if test in seen:
                continue
            seen.add(test)
            after = patched.get(test, "not there")
            is_red = after in {"failed", "error"}
            before = base.get(test) or (f"{on_base[test]}, new" if test in on_base else "not there")
            yield TestRow(test, before, after, meaning, "bad" if is_red and mood != "odd" else mood)
    for test, after in patched.items():
        before = base.get(test, "not there")
        if test not in seen and (before != after or after in {"failed", "error"}):
            is_red = after in {"failed", "error"}
            meaning = "fails on both" if before == after else "differs"
            yield TestRow(test, before, after, meaning, "odd" if is_red else "new")


def _runs(gate: GateRecord) -> Iterator[tuple[str, str]]:
    """Yield what else was run, in words, and how that ended."""
    for words, side in (
        ("this change's tests over the base's sources", gate.tests_on_base),
        ("the base's version of the touched tests over this change", gate.base_tests),
        ("this change under the base's own test settings", gate.base_settings),
    ):
        if side:
            yield words, side_text(side)
    planted = len(gate.patched.sentinels) if gate.patched else 0
    if planted:
        yield "tests planted to fail, which did", str(planted)
