"""One gate on one tree: its command is run in the sandbox, and its report read.

What comes out is a `Ran`: the `Side` that evidence keeps, and beside it what people and models need
to understand a failure, and the doubt where exit code and report do not agree.
"""

import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self, cast

from scoping.threads import whole
from validators.building.workspace import layered_tree
from validators.checkout import Clone
from validators.clones.written_trees import TreePlace, written_tree
from validators.disk import is_full
from validators.environment import Environment
from validators.evidence import ReportKind, Side
from validators.judging.ahead import Ahead
from validators.judging.narrowing import narrowed, narrowed_node
from validators.judging.report_pipe import ReportPipes
from validators.judging.sentinels import Planted, plant
from validators.judging.sides import SIDES_OF_BASE, Ran, SideName, Wanted
from validators.judging.trust import LINT_REPORTS, TEST_REPORTS, Doubt, doubt_of
from validators.linters.lint_output import LintOutput, read_lint
from validators.processes.layer import remove
from validators.processes.staging import owner
from validators.reports import Report, Told, read_report
from validators.rules import GateRule, Rules
from validators.sandbox import (
    Completed,
    Guarantee,
    Limits,
    Mount,
    Phase,
    RunOutcome,
    Sandbox,
    SandboxRefusal,
)

_TAIL_CHARACTERS = 2_000
_LINT_OUTPUT_BYTES = 8 * 1024**2
_LINES_OUTPUT_BYTES = 32 * 1024**2
_FAILED = frozenset({"failed", "error"})


@dataclass(frozen=True, slots=True)
class GateBench:
    """What gates are run with: one target, its sandbox and environment, and who looks on.

    ``scratch`` is a folder of this run's own. ``nonce`` gives a few
    letters that nobody could foresee; ``observe`` is told ``gate.finished`` with the durations and
    texts that evidence leaves out. ``suspects`` are tests that failed in an earlier attempt.
    ``trees`` is where the base's files are kept for later runs, None to write them anew in each.
    ``patched_environment`` is for the patch's sources, where they ask for another than the base's.
    ``gates`` are those the base declares or `detect_in` found, None to look for them. ``ahead`` are
    the sides that run already.
    """

    clone: Clone
    sandbox: Sandbox
    environment: Environment
    rules: Rules
    scratch: Path
    limits: Limits
    observe: Callable[[str, Mapping[str, Any]], None]
    nonce: Callable[[], str]
    suspects: frozenset[str] = frozenset()
    trees: Path | None = None
    patched_environment: Environment | None = None
    gates: tuple[GateRule, ...] | None = None
    ahead: Ahead = field(default_factory=Ahead)

    def environment_of(self, side: "SideName") -> Environment:
        """Return what a side finds beside its tree: whose sources run says which."""
        if side in SIDES_OF_BASE:
            return self.environment
        return self.patched_environment or self.environment


def run_side(bench: GateBench, gate: GateRule, wanted: Wanted) -> Ran:
    """Run ``gate`` on the wanted tree with what set-up left beside it, and tell the observer.

    What `start_side` started already is waited for instead.
    """
    with ExitStack() as stack:
        with whole:
            begun = bench.ahead.take((gate, wanted))
            side = stack.enter_context(begun) if begun else None
        return (side or stack.enter_context(SideRun(bench, gate, wanted))).wait()


def start_side(bench: GateBench, gate: GateRule, wanted: Wanted) -> None:
    """Start what `run_side` will be asked for, and come back; once is enough."""
    if not bench.ahead.holds((gate, wanted)):
        bench.ahead.keep((gate, wanted), SideRun(bench, gate, wanted))


class SideRun:
    """One side, which runs from the moment it is made; several may run at the same time.

    Leaving the block ends whatever still runs, and tells the observer if it was waited for.
    """

    def __init__(self, bench: GateBench, gate: GateRule, wanted: Wanted) -> None:
        self._bench = bench
        self._gate = gate
        self._wanted = wanted
        self._limits = replace(bench.limits, timeout_s=gate.timeout_s)
        if gate.kind == "lint":  # of findings each one counts, also those in the middle
            self._limits = replace(self._limits, output_bytes=_LINT_OUTPUT_BYTES)
        elif wanted.measuring and wanted.measuring.everything:
            self._limits = replace(self._limits, output_bytes=_LINES_OUTPUT_BYTES)
        self._told: Mapping[str, Any] = {}
        bench.scratch.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            folder = self._laid_out(stack)
            self._pipes = stack.enter_context(ReportPipes(bench.scratch))
            phase = self._phase(stack)
            self._session = stack.enter_context(bench.sandbox.open(folder, phase, self._limits))
            run = wanted.measuring.argv if wanted.measuring else gate.run
            self._command = self._session.begin(self._narrowed(run))
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        # Not before: what the command filled the disk with is gone now, and writing works again.
        if self._told:
            self._bench.observe("gate.finished", self._told)

    def wait(self) -> Ran:
        """Wait for the command's end, or its limits', and read what it reported."""
        return self._ran(self._command.wait())

    def _narrowed(self, run: tuple[str, ...]) -> tuple[str, ...]:
        """Return ``run`` for the files alone that the wanted tests are in, where that is enough."""
        wanted = self._wanted
        if wanted.with_sentinels:  # planted tests stand in files of their own
            return run
        if wanted.name == "new-tests":
            run = narrowed_node(run, wanted.within)
        elif not wanted.select and wanted.name != "asked":
            return run
        return narrowed(self._bench.clone, wanted.tree, run, wanted.within)

    def _laid_out(self, stack: ExitStack) -> Path:
        """Return the folder of the tree, with sentinels where they are wanted."""
        bench, wanted = self._bench, self._wanted
        self._planted = Planted(wanted.tree)
        if wanted.with_sentinels:
            self._planted = plant(bench.clone, wanted.tree, wanted.touched, bench.nonce)
        layer = bench.environment_of(wanted.name).layer
        place = TreePlace(bench.scratch, bench.trees, owner())
        folder = written_tree(
            bench.clone, layered_tree(bench.clone, self._planted.tree, layer), place
        )
        if self._planted.folders:  # of a name that comes once, so that nobody asks for it again
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
        return folder

    def _phase(self, stack: ExitStack) -> Phase:
        bench, wanted = self._bench, self._wanted
        environment = bench.environment_of(wanted.name)
        require = cast("frozenset[Guarantee]", frozenset(bench.rules.require))
        select = (*wanted.select, *self._planted.folders) if wanted.select else ()
        told = Told(select, self._planted.named_with(self._gate.run))
        phase = environment.phase(self._gate.kind, self._pipes.folder, require, told)
        if wanted.measuring is not None:
            phase = wanted.measuring.phase(phase, self._folder(stack, 0o755))
        # The sandbox's user may be another than ours.
        caches = [
            Mount(self._folder(stack, 0o777), place, writable=True)
            for place in environment.writable
        ]
        return replace(phase, mounts=(*phase.mounts, *caches))

    def _folder(self, stack: ExitStack, mode: int) -> Path:
        """Return an empty folder that is gone with this side."""
        folder = Path(tempfile.mkdtemp(prefix="side-", dir=self._bench.scratch))
        folder.chmod(mode)
        stack.callback(_remove, folder)
        return folder

    def _ran(self, completed: Completed) -> Ran:
        bench, folders = self._bench, self._planted.folders
        files = self._pipes.collect()
        is_lint = self._gate.kind == "lint"
        report = Report() if is_lint else read_report(files, folders)
        # While what the command wrote is still there: afterwards no disk is full any more.
        full = is_full(bench.scratch)
        doubt = doubt_of(completed, report, self._limits, full=full)
        lint = _lint(completed, files) if is_lint else None
        ran = _ran(self._wanted.tree, completed, report, lint, doubt)
        failed = {folders[name] for name, outcome in report.sentinels if outcome in _FAILED}
        side = replace(ran.side, sentinels=tuple(sorted(failed)))
        ran = replace(ran, side=side, planted=frozenset(folders.values()))
        measuring = self._wanted.measuring
        if measuring is not None and measuring.everything:
            ran = replace(ran, lines=measuring.read_lines(self._session))
        elif measuring is not None:
            ran = replace(ran, coverage=measuring.read(self._session))
        data = {
            "gate": self._gate.name,
            "side": self._wanted.name,
            "outcome": ended(ran),
            "seconds": completed.wall_s,
        }
        self._told = {**data, "summary": summary(ran), "tail": ran.tail}
        return ran


def _remove(folder: Path) -> None:
    """Delete what commands wrote; what stays is swept with the run's scratch folder."""
    with suppress(SandboxRefusal):
        remove(folder)


def ended(ran: Ran) -> RunOutcome:
    """Return how a side's command ended, but for the tests of ours that are planted to fail."""
    side = ran.side
    is_ours_alone = side.sentinels and ran.doubt is None and not side.count("failed", "error")
    return "ok" if side.ended == "failed" and is_ours_alone else side.ended


def summary(ran: Ran) -> str:
    """Return in a few words how a side ended."""
    side = ran.side
    if ran.doubt is not None:
        return ran.doubt.code
    if side.report in TEST_REPORTS:
        failed = side.count("failed", "error")
        return f"{side.count('passed')} passed, {failed} failed, {side.count('skipped')} skipped"
    if ran.lint is not None and side.report in LINT_REPORTS:
        return f"{len(ran.lint.marks)} findings"
    return "ok" if ran.succeeded else f"exit code {side.exit_code}"


def _lint(completed: Completed, files: Mapping[str, bytes]) -> LintOutput | None:
    """Return what a linter found; None where that is not known, or not all of it was kept."""
    stdout, stderr = completed.stdout, completed.stderr
    if stdout.dropped_bytes or stderr.dropped_bytes:
        return None
    return read_lint(stdout.text, stderr.text, files)


def _report_kind(completed: Completed, report: Report, lint: LintOutput | None) -> ReportKind:
    if lint is not None and lint.tool:
        return "ruff" if lint.tool == "ruff" else "lint"
    if report.kind == "none" and completed.outcome in {"ok", "failed"}:
        return "exit-code"
    return report.kind


def _ran(
    tree: str,
    completed: Completed,
    report: Report,
    lint: LintOutput | None,
    doubt: Doubt | None,
) -> Ran:
    kind = _report_kind(completed, report, lint)
    outcomes = tuple((case.id, case.outcome) for case in report.cases)
    return Ran(
        Side(tree, completed.outcome, completed.code, kind, outcomes),
        report.cases,
        lint,
        f"{completed.stdout.text}\n{completed.stderr.text}".strip()[-_TAIL_CHARACTERS:],
        doubt,
        completed.backend,
        completed.guarantees,
    )
