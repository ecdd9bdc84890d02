"""The runs a test gate needs beside the base: what is small goes along with what is long."""

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from validators.judging.base_runs import BaseRuns
from validators.judging.gate_side import Ran, SideName, SideRun, Wanted, run_side
from validators.judging.measuring import Measuring
from validators.judging.touched_tests import TouchedTests, few, name_of


@dataclass(frozen=True, slots=True)
class TestSides:
    """The patched tree, the patch's tests on the base, and the base's tests on the patch.

    ``own`` and ``old`` are None where the patch has no such tests, ``measured`` where it changes no
    line that they could run.
    """

    patched: Ran
    own: Ran | None = None
    old: Ran | None = None
    measured: Ran | None = None


def run_sides(
    runs: BaseRuns, touched: TouchedTests, red: Iterable[str], *, with_sentinels: bool
) -> TestSides:
    """Run the patched tree, and beside it what can be told by a few tests alone.

    ``red`` are the tests that fail on the base, which the patch may turn green.
    """
    bench, gate = runs.bench, runs.gate
    wanted = Wanted("patched", touched.applied_tree, with_sentinels, touched=touched.files)
    beside = {**_beside(touched), **_measured(runs, touched, red)}
    with ExitStack() as stack:
        main = stack.enter_context(SideRun(bench, gate, wanted))
        started = {}
        for name, one in beside.items():
            if (one.select or one.measuring) and not runs.knows(one):
                started[name] = stack.enter_context(SideRun(bench, gate, one))
                started[name].start()
        patched = main.run()
        if patched.doubt is not None or not patched.side.outcomes:
            return TestSides(patched)
        found: dict[SideName, Ran] = {}
        for name, side in started.items():
            found[name] = side.wait()
            if name == "tests-on-base":
                runs.remember(beside[name], found[name])
    for name, one in beside.items():
        if name not in found:
            on_base = name == "tests-on-base"
            found[name] = runs.run(one) if on_base else run_side(bench, gate, one)
    return TestSides(
        patched, found.get("tests-on-base"), found.get("base-tests"), found.get("coverage")
    )


def own_tests_again(
    runs: BaseRuns, touched: TouchedTests, sides: TestSides, new: set[str]
) -> Ran | None:
    """Return the patch's tests on the base, all that turned out to be new among them.

    Which tests there are is known from the report alone: a table that a test reads may have grown.
    """
    chosen = touched.own_names
    if sides.own is None or sides.own.doubt is not None or not chosen:
        return sides.own
    if {name_of(test) for test in new} <= set(chosen):
        return sides.own
    return runs.run(Wanted("tests-on-base", touched.on_base))


def _measured(
    runs: BaseRuns, touched: TouchedTests, red: Iterable[str]
) -> Mapping[SideName, Wanted]:
    bench, gate = runs.bench, runs.gate
    if bench.rules.policies.coverage == "allow":
        return {}
    interpreter = bench.environment.interpreter
    measuring = Measuring(bench.clone, touched.applied_tree, gate.run, interpreter)
    chosen = few({*touched.own_names, *(name_of(test) for test in red)})
    if not measuring.files or not (chosen or measuring.runs_all):
        return {}
    wanted = Wanted("coverage", touched.applied_tree, select=chosen, measuring=measuring)
    return {"coverage": wanted}


def _beside(touched: TouchedTests) -> Mapping[SideName, Wanted]:
    found: dict[SideName, Wanted] = {}
    if touched.on_base and touched.on_base != touched.applied_tree:
        found["tests-on-base"] = Wanted("tests-on-base", touched.on_base, select=touched.own_names)
    if touched.of_base and touched.of_base != touched.applied_tree:
        found["base-tests"] = Wanted("base-tests", touched.of_base, select=touched.old_names)
    return found
