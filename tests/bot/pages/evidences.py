"""Evidence in which there is something of every sort, its words those of a stranger."""

from dataclasses import replace

from validators.evidence import Evidence, FileLines, GateRecord, LineCoverage, Side
from validators.verdict import Finding

BASE_TREE, PATCHED_TREE = "a" * 40, "b" * 40


def _side(tree: str, *outcomes: tuple[str, str], code: int = 0) -> Side:
    ended = "failed" if code else "ok"
    return Side(tree, ended, code, "pytest", outcomes)  # type: ignore[arg-type]


def judged_evidence() -> Evidence:
    """Evidence of a lint gate that broke, a test gate that was mended and a build that hung."""
    tests = GateRecord(
        name="tests|@team",
        kind="test",
        command=("pytest", "a|b`c`"),
        required=True,
        outcome="pass",
        base=_side(BASE_TREE, ("t::old", "passed"), ("t::x[a|`b`]", "failed"), code=1),
        patched=_side(PATCHED_TREE, ("t::old", "passed"), ("t::x[a|`b`]", "passed")),
        fail_to_pass=("t::x[a|`b`]",),
        pass_to_fail=("t::<b>",),
        missing=("t::@gone",),
    )
    ruff = Side(BASE_TREE, "failed", 1, "ruff")
    lint = GateRecord(
        "lint",
        "lint",
        ("ruff", "check", "."),
        required=True,
        outcome="fail",
        base=ruff,
        patched=ruff,
    )
    build = GateRecord(
        name="build",
        kind="build",
        command=("make",),
        required=False,
        outcome="infrastructure",
        base=None,
        patched=Side(PATCHED_TREE, "timeout", None, "none"),
    )
    return Evidence(
        base_commit="c" * 40,
        base_tree=BASE_TREE,
        applied_tree=PATCHED_TREE,
        rules_sha256="d" * 64,
        environment="e" * 16,
        backend="bwrap",
        backend_version="bubblewrap 0.8.0",
        guarantees=("read-only-host", "no-network"),
        gates=(lint, build, tests),
        findings=(
            Finding("policy", "protected", "ask", "ask @team, see #1", "a|b\n## c.yml"),
            Finding("policy", "size", "ask", "it is **large**"),
            Finding("tests", "regression", "block", "\n<b>red</b>\nmore", "t.py", 3, "mend it"),
            Finding("lint", "F401", "note", ""),
        ),
    )


def with_everything(evidence: Evidence) -> Evidence:
    """The same evidence with everything in it that there can be."""
    lint, build, tests = evidence.gates
    assert tests.patched is not None
    tests = replace(
        tests,
        patched=replace(tests.patched, sentinels=("t", "t|u")),
        tests_on_base=_side(BASE_TREE, ("t::x[a|`b`]", "failed"), code=1),
        base_tests=_side(PATCHED_TREE, ("t::old", "passed"), ("t::|@x", "failed"), code=1),
        base_settings=_side(PATCHED_TREE, ("t::old", "passed")),
        flaky=("t::<i>#3",),
        steady=("t::@new",),
    )
    flaky = Finding("tests", "flaky", "warn", "see www.example.org |", "a|b.py")
    return replace(
        evidence,
        gates=(lint, build, tests),
        findings=(*evidence.findings, flaky),
        kind="feature",
        coverage=(LineCoverage("a|b.py", 9, (1, 2, 3, 7)), LineCoverage("t.py", 4)),
        newly_covered=(FileLines("a|@b.py", (4, 5, 8)),),
    )
