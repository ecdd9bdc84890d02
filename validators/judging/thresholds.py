"""Figures beside the tests that end a test command badly, such as a least coverage.

While a planted test fails, the exit code says nothing of them: where a project asks for one, its
command runs once more without.
"""

import re
from collections.abc import Iterator

from validators.checkout import Clone, read_file
from validators.judging.base_runs import BaseRuns
from validators.judging.gate_findings import finding
from validators.judging.gate_side import run_side
from validators.judging.sides import Wanted
from validators.rules import GateRule
from validators.verdict import Finding

_FILES = ("pyproject.toml", "setup.cfg", "tox.ini", "pytest.ini", ".coveragerc", "package.json")
_THRESHOLD = re.compile(
    r"fail[_-]under|--check-coverage|--test-coverage-(lines|branches|functions)"
)


def threshold_findings(runs: BaseRuns, applied_tree: str) -> Iterator[Finding]:
    """Yield where the command ends well on the base without sentinels, and with the patch not.

    To be asked when no test fails: then nothing but a threshold can be the reason.
    """
    bench, gate = runs.bench, runs.gate
    if not _asks_for_one(bench.clone, gate):
        return
    base = runs.run(Wanted("base", bench.clone.base_tree))
    if not base.succeeded:
        return
    patched = run_side(bench, gate, Wanted("patched", applied_tree))
    if not patched.succeeded:
        message = (
            f"no test fails, but the command ends with {patched.side.exit_code} with this change"
            " and with 0 on the base; a threshold such as --cov-fail-under is missed"
            f"\n{patched.tail}"
        )
        fix = "Test the lines that were added."
        yield finding(gate, "threshold-missed", message.rstrip(), fix)


def _asks_for_one(clone: Clone, gate: GateRule) -> bool:
    if any(_THRESHOLD.search(word) for word in gate.run):
        return True
    found = (read_file(clone, clone.base_tree, path) for path in _FILES)
    return any(_THRESHOLD.search(one[1].decode("utf-8", "replace")) for one in found if one)
