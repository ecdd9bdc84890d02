"""What a gate says of trees that hold no model's source: run once, and remembered.

The base is judged for every attempt and every change of a repository alike, so what was seen of it
is kept under its tree, the command and the environment. A difference that matters is looked at
again on the base as it is now, so that what is remembered blames nobody.
"""

from collections.abc import MutableMapping
from dataclasses import dataclass, replace

from validators.encoding import digest, encode
from validators.evidence import FileLines, Side
from validators.judging.gate_side import GateBench, run_side, start_side
from validators.judging.measuring import Measuring
from validators.judging.sides import Ran, Wanted
from validators.judging.trust import TEST_REPORTS
from validators.linters.lint_output import LintOutput
from validators.rules import GateRule

# A part of every key: raise it when a side means something else than it did.
_FORMAT = 2

# What a planted test may be the reason for, where a runner is not one we know.
_MAY_BE_SENTINELS = {"report-broken", "report-disagrees", "sentinel-passed"}


@dataclass(frozen=True, slots=True)
class Known:
    """What was seen of a gate on a tree, what a linter found, and where sentinels were planted.

    ``lines`` are those that its tests ran, where that was what was asked.
    """

    side: Side
    lint: LintOutput | None = None
    planted: tuple[str, ...] = ()
    lines: tuple[FileLines, ...] | None = None


BaseSides = MutableMapping[str, Known]
"""What was seen before, by a key of `BaseRuns`."""


@dataclass(frozen=True, slots=True)
class BaseRuns:
    """One gate on trees of the base's making; ``sides`` remembers what proved something."""

    bench: GateBench
    gate: GateRule
    sides: BaseSides

    def base(self, *, anew: bool = False) -> Ran:
        """Return the untouched base, with sentinels where its test runner takes them.

        ``anew``: as it is now, whatever was seen before.
        """
        tree = self.bench.clone.base_tree
        if self.gate.kind != "test":
            return self.run(Wanted("base", tree), anew=anew)
        planted = self.run(Wanted("base", tree, with_sentinels=True), anew=anew)
        if planted.doubt is None:
            in_doubt = planted.side.report not in TEST_REPORTS and not planted.succeeded
        else:
            in_doubt = planted.doubt.code in _MAY_BE_SENTINELS
        # What a runner without a report makes of a stranger's file is not known.
        if in_doubt and planted.planted:
            return self.run(Wanted("base", tree), anew=anew)
        return planted

    def start_base(self) -> Known | None:
        """Return what is known of the untouched base; start it, and return None, where nothing is.

        Only of what runs tests: with sentinels, as `base` runs it first.
        """
        wanted = Wanted("base", self.bench.clone.base_tree, with_sentinels=True)
        known = self.sides.get(self._key(wanted))
        if known is None:
            start_side(self.bench, self.gate, wanted)
        return known

    def run(self, wanted: Wanted, *, anew: bool = False) -> Ran:
        """Return one side, from memory where it was seen before and proved something."""
        known = None if anew else self.sides.get(self._key(wanted))
        if known is not None:
            planted = frozenset(known.planted)
            return Ran(known.side, lint=known.lint, planted=planted, remembered=True)
        ran = run_side(self.bench, self.gate, wanted)
        if not anew:  # a second look is to see what differs from the first
            self.remember(wanted, ran)
        return ran

    def lines(self) -> tuple[FileLines, ...] | None:
        """Return the lines of sources that all tests of the base run; None where not known."""
        tree = self.bench.clone.base_tree
        measuring = self.measuring(tree)
        wanted = Wanted("base-coverage", tree, measuring=measuring)
        known = self.sides.get(self._key(wanted))
        if known is not None:
            return known.lines
        ran = run_side(self.bench, self.gate, wanted)
        # A least coverage that is missed, or a test that fails, leaves the lines what they are.
        if ran.lines is None or ran.side.ended not in {"ok", "failed"}:
            return None
        side = replace(ran.side, outcomes=())  # those of the base are kept as its own side
        self.sides[self._key(wanted)] = Known(side, lines=ran.lines)
        return ran.lines

    def measuring(self, tree: str) -> Measuring:
        """Return what measures all sources of ``tree``."""
        interpreter = self.bench.environment.interpreter
        clone = self.bench.clone
        return Measuring(clone, tree, self.gate.run, interpreter, everything=True)

    def remember(self, wanted: Wanted, ran: Ran) -> None:
        """Keep a side that was run elsewhere, if it proves something."""
        if ran.doubt is None:
            known = Known(ran.side, ran.lint, tuple(sorted(ran.planted)))
            self.sides[self._key(wanted)] = known

    def knows(self, wanted: Wanted) -> bool:
        """Whether this side needs no run."""
        return self._key(wanted) in self.sides

    def _key(self, wanted: Wanted) -> str:
        gate, bench = self.gate, self.bench
        require = tuple(sorted(bench.rules.require))
        how = (gate.run, gate.kind, bench.environment.key, bench.sandbox.name, require)
        some: tuple[object, ...] = (wanted.select, sorted(wanted.within))
        if wanted.measuring is not None:
            some = (*some, "measured")
        return digest(encode((_FORMAT, wanted.tree, wanted.with_sentinels, some, how)))
