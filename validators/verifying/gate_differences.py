"""Where the gates of two judgements ended differently, down to single tests."""

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from validators.evidence import Evidence, GateRecord, Side
from validators.verifying.difference import NOTHING, Difference, between

_SIDES = ("base", "patched", "tests_on_base", "base_tests", "base_settings")
_LISTS = ("fail_to_pass", "pass_to_fail", "missing", "new", "steady")
# What chance may turn into each other where a test is known to be flaky.
_CHANCE = frozenset({"pass", "flaky"})


@dataclass(frozen=True, slots=True)
class GatePair:
    """One gate as the bundle has it and as it went here; either may be missing."""

    name: str
    bundle: GateRecord | None
    here: GateRecord | None

    @property
    def flaky(self) -> frozenset[str]:
        """The tests of which either machine saw that chance decides."""
        return frozenset(chain(*(one.flaky for one in (self.bundle, self.here) if one)))


def pairs_of(bundle: Evidence, here: Evidence) -> tuple[GatePair, ...]:
    """Match gates by name, in the order they ran; a second one of a name is one of its own.

    The two trees of either evidence are known by what they are: that another change was judged is
    no difference of each of its gates.
    """
    theirs, ours = _by_name(bundle), _by_name(here)
    names = dict.fromkeys((*theirs, *ours))
    return tuple(GatePair(name, theirs.get(name), ours.get(name)) for name in names)


def _by_name(evidence: Evidence) -> dict[str, GateRecord]:
    seen: Counter[str] = Counter()
    trees = {evidence.base_tree: "the base", evidence.applied_tree: "the change"}
    named = {}
    for gate in evidence.gates:
        seen[gate.name] += 1
        count = seen[gate.name]
        sides = {name: getattr(gate, name) for name in _SIDES}
        placed = {
            name: replace(side, tree=trees.get(side.tree, side.tree))
            for name, side in sides.items()
            if side
        }
        named[gate.name if count == 1 else f"{gate.name} ({count})"] = replace(gate, **placed)
    return named


def command_differences(pair: GatePair) -> Iterator[Difference]:
    """Yield what was run otherwise, before anything is said of how it ended."""
    theirs, ours = pair.bundle, pair.here
    if theirs is None or ours is None:
        yield Difference("gate", pair.name, "", _command(theirs), _command(ours))
        return
    if theirs.command != ours.command:
        yield Difference("command", pair.name, "", _command(theirs), _command(ours))
    facts = [{"kind": one.kind, "required": str(one.required)} for one in (theirs, ours)]
    yield from between("gate", pair.name, *facts)


def outcome_differences(pair: GatePair) -> Iterator[Difference]:
    """Yield where a gate that ran on both machines ended otherwise; flaky tests are left out."""
    theirs, ours = pair.bundle, pair.here
    if theirs is None or ours is None:
        return
    by_chance = bool(pair.flaky) and {theirs.outcome, ours.outcome} <= _CHANCE
    if theirs.outcome != ours.outcome and not by_chance:
        yield Difference("outcome", pair.name, "", theirs.outcome, ours.outcome)
    told: set[str] = set(pair.flaky)
    for side in _SIDES:
        for found in _side_differences(pair, side):
            yield found
            told.add(found.test)
    for name in _LISTS:
        yield from _list_differences(pair, name, told)


def _side_differences(pair: GatePair, name: str) -> Iterator[Difference]:
    theirs, ours = getattr(pair.bundle, name), getattr(pair.here, name)
    words = name.replace("_", "-")
    if theirs is None or ours is None:
        if theirs is not ours:
            ran = ["not run" if side is None else side.ended for side in (theirs, ours)]
            yield Difference(words, pair.name, "", *ran)
        return
    yield from between(words, pair.name, _facts(theirs, pair), _facts(ours, pair))
    before, after = dict(theirs.outcomes), dict(ours.outcomes)
    for test in sorted(before.keys() | after.keys()):
        found = before.get(test, NOTHING), after.get(test, NOTHING)
        if found[0] != found[1] and test not in pair.flaky:
            what = "test" if name == "patched" else f"test-{words}"
            yield Difference(what, pair.name, test, *found)


def _facts(side: Side, pair: GatePair) -> Mapping[str, str]:
    sentinels = ", ".join(side.sentinels) or NOTHING
    facts = {"tree": side.tree, "report": side.report, "sentinels": sentinels}
    # One flaky test decides alone how its command ends.
    if not pair.flaky or side.ended not in {"ok", "failed"}:
        facts |= {"ended": side.ended, "exit code": str(side.exit_code)}
    return facts


def _list_differences(pair: GatePair, name: str, told: set[str]) -> Iterator[Difference]:
    theirs, ours = set(getattr(pair.bundle, name)), set(getattr(pair.here, name))
    for test in sorted(theirs ^ ours):
        if test not in told:
            words = ("listed", "not listed") if test in theirs else ("not listed", "listed")
            yield Difference(name.replace("_", "-"), pair.name, test, *words)


def _command(gate: GateRecord | None) -> str:
    return shlex.join(gate.command) if gate else "no such gate"
