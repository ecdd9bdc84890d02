"""The runs a test gate needs beside the base: what is small goes along with what is long."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from validators.checkout import list_files
from validators.judging.ahead import processors
from validators.judging.base_runs import BaseRuns
from validators.judging.gate_side import run_side, start_side
from validators.judging.measuring import Measuring
from validators.judging.narrowing import files_of
from validators.judging.sentinels import takes_sentinels
from validators.judging.sides import Ran, SideName, Wanted
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
    wanted = patched_side(touched, with_sentinels=with_sentinels)
    beside = {**_beside(touched), **_measured(runs, touched, red)}
    start_side(bench, gate, wanted)
    found: dict[SideName, Ran] = {}
    # While all tests of the patched tree still run, which take longest.
    for one in _start(runs, beside.values()):
        found[one.name] = _run(runs, one)
    patched = run_side(bench, gate, wanted)
    if patched.doubt is not None or not patched.side.outcomes:
        return TestSides(patched)
    for name, one in beside.items():
        if name not in found:
            found[name] = _run(runs, one)
    return TestSides(
        patched, found.get("tests-on-base"), found.get("base-tests"), found.get("coverage")
    )


def start_early(runs: BaseRuns, touched: TouchedTests) -> None:
    """Start what judging any test gate begins with: the patched tree, and an unknown base.

    Whether sentinels are planted is a guess where the base is not known yet; a wrong one costs
    another run.
    """
    known, clone = runs.start_base(), runs.bench.clone
    with_sentinels = (
        bool(known.side.sentinels) if known else takes_sentinels(clone, clone.base_tree)
    )
    start_side(runs.bench, runs.gate, patched_side(touched, with_sentinels=with_sentinels))


def start_beside(runs: BaseRuns, touched: TouchedTests) -> None:
    """Start, while the base's tests run, what is asked for whatever comes of them."""
    clone = runs.bench.clone
    if processors() > 1 and takes_sentinels(clone, clone.base_tree):
        _start(runs, _beside(touched).values())


def _start(runs: BaseRuns, beside: Iterable[Wanted]) -> list[Wanted]:
    """Start those of a few tests alone that are not known; return all those of a few tests."""
    small = [one for one in beside if one.select or one.measuring]
    for one in small:
        if not runs.knows(one):
            start_side(runs.bench, runs.gate, one)
    return small


def patched_side(
    touched: TouchedTests, *, with_sentinels: bool, select: tuple[str, ...] = ()
) -> Wanted:
    """Return the side of the patched tree, with all of its tests or some."""
    return Wanted("patched", touched.applied_tree, with_sentinels, select, touched.files)


def _run(runs: BaseRuns, wanted: Wanted) -> Ran:
    is_of_base = wanted.name == "tests-on-base"
    return runs.run(wanted) if is_of_base else run_side(runs.bench, runs.gate, wanted)


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
    red = list(red)
    chosen = few({*touched.own_names, *(name_of(test) for test in red)})
    if not measuring.files or not (chosen or measuring.runs_all):
        return {}
    paths = {file.path for file in list_files(bench.clone, touched.applied_tree)}
    places = files_of(red, paths)
    within = touched.own_files | places if places or not red else frozenset()
    tree = touched.applied_tree
    wanted = Wanted("coverage", tree, select=chosen, measuring=measuring, within=within)
    return {"coverage": wanted}


def _beside(touched: TouchedTests) -> Mapping[SideName, Wanted]:
    found: dict[SideName, Wanted] = {}
    if touched.on_base and touched.on_base != touched.applied_tree:
        names, files = touched.own_names, touched.own_files
        found["tests-on-base"] = Wanted(
            "tests-on-base", touched.on_base, select=names, within=files
        )
    if touched.of_base and touched.of_base != touched.applied_tree:
        tree, names, files = touched.of_base, touched.old_names, touched.old_files
        found["base-tests"] = Wanted("base-tests", tree, select=names, within=files)
    return found
