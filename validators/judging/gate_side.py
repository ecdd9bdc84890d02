"""One gate on one tree: its command is run in the sandbox, and its report read.

What comes out is a `Ran`: the `Side` that evidence keeps, and beside it what people and models need
to understand a failure, and the doubt where exit code and report do not agree.
"""

import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, cast

from validators.building.workspace import layered_tree, written_tree
from validators.checkout import Clone
from validators.disk import is_full
from validators.environment import Environment
from validators.evidence import ReportKind, Side
from validators.judging.trust import Doubt, doubt_of
from validators.reports import Case, LintMark, Report, read_report
from validators.rules import GateRule, Rules
from validators.sandbox import Completed, Guarantee, Limits, Sandbox

_TAIL_CHARACTERS = 2_000

SideName = Literal["base", "patched", "tests-on-base"]


@dataclass(frozen=True, slots=True)
class GateBench:
    """What gates are run with: one target, its sandbox and environment, and who looks on.

    ``scratch`` is a folder of this run's own. ``now`` is a clock in seconds; ``observe`` is told
    ``gate.finished`` with the durations and texts that evidence leaves out.
    """

    clone: Clone
    sandbox: Sandbox
    environment: Environment
    rules: Rules
    scratch: Path
    limits: Limits
    now: Callable[[], float]
    observe: Callable[[str, Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Ran:
    """A side, with what evidence does not keep: texts of failures, the output's tail, a doubt.

    A side remembered from an earlier judgement of the same tree has no texts.
    """

    side: Side
    cases: tuple[Case, ...] = ()
    marks: tuple[LintMark, ...] = ()
    tail: str = ""
    doubt: Doubt | None = None
    backend: str = ""
    guarantees: frozenset[Guarantee] = frozenset()

    @property
    def succeeded(self) -> bool:
        """Whether the command ended with 0."""
        return self.side.ended == "ok"


def run_side(bench: GateBench, gate: GateRule, tree: str, name: SideName) -> Ran:
    """Run ``gate`` on ``tree`` with what set-up left beside it, and tell the observer."""
    bench.scratch.mkdir(parents=True, exist_ok=True)
    layered = layered_tree(bench.clone, tree, bench.environment.layer)
    folder = written_tree(bench.clone, layered, bench.scratch)
    reports = Path(tempfile.mkdtemp(prefix="reports-", dir=bench.scratch))
    reports.chmod(0o777)  # the sandbox's user may be another than ours
    require = cast("frozenset[Guarantee]", frozenset(bench.rules.require))
    phase = bench.environment.phase(gate.kind, reports, require)
    limits = replace(bench.limits, timeout_s=gate.timeout_s)
    started = bench.now()
    try:
        with bench.sandbox.open(folder, phase, limits) as session:
            completed = session.run(gate.run)
            report = read_report(reports)
            # While what the command wrote is still there: afterwards no disk is full any more.
            doubt = doubt_of(completed, report, limits, full=is_full(bench.scratch))
    finally:
        shutil.rmtree(reports, ignore_errors=True)
    ran = _ran(tree, completed, report, doubt)
    seconds = bench.now() - started
    data = {"gate": gate.name, "side": name, "outcome": ran.side.ended, "seconds": seconds}
    bench.observe("gate.finished", {**data, "summary": summary(ran), "tail": ran.tail})
    return ran


def summary(ran: Ran) -> str:
    """Return in a few words how a side ended."""
    side = ran.side
    if ran.doubt is not None:
        return ran.doubt.code
    if side.report in {"pytest", "node"}:
        failed = side.count("failed", "error")
        return f"{side.count('passed')} passed, {failed} failed, {side.count('skipped')} skipped"
    if side.report == "ruff":
        return f"{len(ran.marks)} findings"
    return "ok" if ran.succeeded else f"exit code {side.exit_code}"


def _ran(tree: str, completed: Completed, report: Report, doubt: Doubt | None) -> Ran:
    kind: ReportKind = report.kind
    if kind == "none" and completed.outcome in {"ok", "failed"}:
        kind = "exit-code"
    outcomes = tuple((case.id, case.outcome) for case in report.cases)
    return Ran(
        Side(tree, completed.outcome, completed.code, kind, outcomes),
        report.cases,
        report.marks,
        f"{completed.stdout.text}\n{completed.stderr.text}".strip()[-_TAIL_CHARACTERS:],
        doubt,
        completed.backend,
        completed.guarantees,
    )
