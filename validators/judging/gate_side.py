"""One gate on one tree: its command is run in the sandbox, and its report read.

What comes out is a `Ran`: the `Side` that evidence keeps, and beside it what people and models need
to understand a failure, and the doubt where exit code and report do not agree.
"""

import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Self, cast

from scoping.refusal import Refusal
from validators.building.workspace import layered_tree, written_tree
from validators.checkout import Clone
from validators.disk import is_full
from validators.environment import Environment
from validators.evidence import LineCoverage, ReportKind, Side
from validators.judging.measuring import Measuring
from validators.judging.report_pipe import ReportPipes
from validators.judging.sentinels import Planted, plant
from validators.judging.trust import LINT_REPORTS, TEST_REPORTS, Doubt, doubt_of
from validators.linters.lint_output import LintOutput, read_lint
from validators.reports import Case, Report, Told, read_report
from validators.rules import GateRule, Rules
from validators.sandbox import Channel, Completed, Guarantee, Limits, Mount, Sandbox

_TAIL_CHARACTERS = 2_000
_END_S = 60.0
_LINT_OUTPUT_BYTES = 8 * 1024**2
_FAILED = frozenset({"failed", "error"})

SideName = Literal["base", "patched", "tests-on-base", "base-tests", "base-settings", "coverage"]


@dataclass(frozen=True, slots=True)
class GateBench:
    """What gates are run with: one target, its sandbox and environment, and who looks on.

    ``scratch`` is a folder of this run's own. ``now`` is a clock in seconds; ``nonce`` gives a few
    letters that nobody could foresee; ``observe`` is told ``gate.finished`` with the durations and
    texts that evidence leaves out. ``suspects`` are tests that failed in an earlier attempt.
    """

    clone: Clone
    sandbox: Sandbox
    environment: Environment
    rules: Rules
    scratch: Path
    limits: Limits
    now: Callable[[], float]
    observe: Callable[[str, Mapping[str, Any]], None]
    nonce: Callable[[], str]
    suspects: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be run: a tree under a name, with sentinels or without, all tests or some.

    ``select`` are names of test functions, none is all. ``touched`` are the files a patch changes:
    where there are more folders than sentinels, theirs come first. ``measuring`` tells which lines
    the tests run.
    """

    name: SideName
    tree: str
    with_sentinels: bool = False
    select: tuple[str, ...] = ()
    touched: tuple[str, ...] = ()
    measuring: Measuring | None = None


@dataclass(frozen=True, slots=True)
class Ran:
    """A side, with what evidence does not keep: texts of failures, the output's tail, a doubt.

    ``planted`` are the folders that hold a sentinel; ``side`` names those whose failed as it must.
    ``lint`` is what a linter found, where its words could be read. A side remembered from an
    earlier judgement of the same tree has no texts.
    """

    side: Side
    cases: tuple[Case, ...] = ()
    lint: LintOutput | None = None
    tail: str = ""
    doubt: Doubt | None = None
    backend: str = ""
    guarantees: frozenset[Guarantee] = frozenset()
    planted: frozenset[str] = frozenset()
    coverage: tuple[LineCoverage, ...] | None = None
    remembered: bool = False

    @property
    def succeeded(self) -> bool:
        """Whether the command ended with 0."""
        return self.side.ended == "ok"


def run_side(bench: GateBench, gate: GateRule, wanted: Wanted) -> Ran:
    """Run ``gate`` on the wanted tree with what set-up left beside it, and tell the observer."""
    with SideRun(bench, gate, wanted) as side:
        return side.run()


class SideRun:
    """One side while it is prepared, runs and is read; several may run at the same time.

    Leaving the block ends whatever still runs.
    """

    def __init__(self, bench: GateBench, gate: GateRule, wanted: Wanted) -> None:
        self._bench = bench
        self._gate = gate
        self._wanted = wanted
        self._limits = replace(bench.limits, timeout_s=gate.timeout_s)
        if gate.kind == "lint":  # of findings each one counts, also those in the middle
            self._limits = replace(self._limits, output_bytes=_LINT_OUTPUT_BYTES)
        self._stack = ExitStack()
        self._channel: Channel | None = None
        self._told: Mapping[str, Any] = {}
        self._argv = wanted.measuring.argv if wanted.measuring else gate.run

    def __enter__(self) -> Self:
        bench, wanted = self._bench, self._wanted
        bench.scratch.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            self._planted = Planted(wanted.tree)
            if wanted.with_sentinels:
                self._planted = plant(bench.clone, wanted.tree, wanted.touched, bench.nonce)
            layered = layered_tree(bench.clone, self._planted.tree, bench.environment.layer)
            folder = written_tree(bench.clone, layered, bench.scratch)
            if self._planted.folders:  # of a name that comes once, so that nobody asks for it again
                stack.callback(shutil.rmtree, folder, ignore_errors=True)
            self._pipes = stack.enter_context(ReportPipes(bench.scratch))
            require = cast("frozenset[Guarantee]", frozenset(bench.rules.require))
            select = (*wanted.select, *self._planted.folders) if wanted.select else ()
            also = self._planted.named_with(self._gate.run)
            told = Told(select, also)
            phase = bench.environment.phase(self._gate.kind, self._pipes.folder, require, told)
            if wanted.measuring is not None:
                phase = wanted.measuring.phase(phase, self._folder(stack, 0o755))
            # The sandbox's user may be another than ours.
            caches = [
                Mount(self._folder(stack, 0o777), place, writable=True)
                for place in bench.environment.writable
            ]
            phase = replace(phase, mounts=(*phase.mounts, *caches))
            self._session = stack.enter_context(bench.sandbox.open(folder, phase, self._limits))
            self._started = bench.now()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        # Not before: what the command filled the disk with is gone now, and writing works again.
        if self._told:
            self._bench.observe("gate.finished", self._told)

    def run(self) -> Ran:
        """Run the command to its end, or to its limits."""
        return self._ran(self._session.run(self._argv))

    def start(self) -> None:
        """Start the command, and come back at once; `wait` for what comes of it."""
        self._channel = self._session.start(self._argv)

    def wait(self) -> Ran:
        """Wait for a command that was started. What it says over its channel is not listened to."""
        assert self._channel is not None  # noqa: S101 - a bug of the caller
        try:
            while self._channel.receive(self._limits.timeout_s + _END_S) is not None:
                continue
        except (Refusal, TimeoutError):
            return self._ran(self._channel.close())
        return self._ran(self._channel.close())

    def _folder(self, stack: ExitStack, mode: int) -> Path:
        """Return an empty folder that is gone with this side."""
        folder = Path(tempfile.mkdtemp(prefix="side-", dir=self._bench.scratch))
        folder.chmod(mode)
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
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
        if self._wanted.measuring is not None:
            ran = replace(ran, coverage=self._wanted.measuring.read(self._session))
        data = {
            "gate": self._gate.name,
            "side": self._wanted.name,
            "outcome": ran.side.ended,
            "seconds": bench.now() - self._started,
        }
        self._told = {**data, "summary": summary(ran), "tail": ran.tail}
        return ran


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
