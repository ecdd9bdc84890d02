import errno
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.hurried import HANGS, HurriedSandbox
from validators.encoding import encode
from validators.environment import Environment
from validators.evidence import GateRecord
from validators.judging.base_runs import Known
from validators.rules import GateRule, Protected, Rules
from validators.sandbox import Completed, FileChange, Output, Sandbox, SandboxRefusal
from validators.verdict import Finding, Verdict

Judge = Any  # conftest's Bench
MakeBench = Callable[..., Judge]

SOURCE = """\
def double(number):
    return number + number


def half(number):
    return number / 2
"""
TESTS = """\
import calc


def test_double():
    assert calc.double(4) == 8


def test_half():
    assert calc.half(4) == 2
"""
PROJECT = {
    "calc.py": SOURCE,
    "tests/test_calc.py": TESTS,
    "pytest.ini": "[pytest]\npythonpath = .\n",
}
TEST_GATE = GateRule("tests", "test", ("python", "-m", "pytest", "-q"), timeout_s=30)
ONLY_TESTS = Rules(kind="refactor", gates=(TEST_GATE,))


def codes(verdict: Verdict) -> list[str]:
    return [found.code for found in verdict.findings]


def only(verdict: Verdict, code: str) -> Finding:
    found = [found for found in verdict.findings if found.code == code]
    assert len(found) == 1, verdict
    return found[0]


def shell(script: str, kind: str = "test", **more: Any) -> Rules:
    gate = GateRule("check", kind, ("sh", "-ec", script), timeout_s=20, **more)  # type: ignore[arg-type]
    return Rules(kind="refactor", gates=(gate,))


def record(evidence: Any, name: str = "tests") -> GateRecord:
    found: GateRecord = next(gate for gate in evidence.gates if gate.name == name)
    return found


@pytest.fixture(scope="module")
def remembered() -> dict[str, Known]:
    """What the base's gates said, from one test to the next: their base is the same tree."""
    return {}


# --- stories on a real sandbox --------------------------------------------------------------------


@pytest.mark.sandbox
def test_a_mended_bug_with_its_test_passes_and_shows_what_it_mends(
    bench_of: MakeBench, sandbox: Sandbox
) -> None:
    bench = bench_of({**PROJECT, "calc.py": SOURCE.replace("/ 2", "/ 3")}, sandbox)
    test = TESTS + "\n\ndef test_half_of_two():\n    assert calc.half(2) == 1\n"

    verdict, evidence = bench.judge({"calc.py": SOURCE, "tests/test_calc.py": test})

    assert (verdict.word, verdict.findings) == ("pass", ())
    gate = record(evidence)
    assert gate.fail_to_pass == ("tests.test_calc::test_half", "tests.test_calc::test_half_of_two")
    assert gate.new == ("tests.test_calc::test_half_of_two",)
    assert gate.base is not None
    assert gate.base.count("failed") == 1
    assert gate.tests_on_base is not None
    assert gate.tests_on_base.outcomes == (("tests.test_calc::test_half_of_two", "failed"),)
    assert sorted(bench.ran) == sorted([
        "lint/base", "lint/patched", "tests/base", "tests/patched", "tests/tests-on-base",
    ])  # fmt: skip
    assert evidence.backend == "bwrap"
    assert "no-network" in evidence.guarantees


@pytest.mark.sandbox
def test_a_broken_test_blocks_and_its_own_words_are_told(
    bench_of: MakeBench, sandbox: Sandbox
) -> None:
    bench = bench_of(PROJECT, sandbox, ONLY_TESTS)

    verdict, evidence = bench.judge({"calc.py": SOURCE.replace("number / 2", "number / 4")})

    found = only(verdict, "newly-failing")
    assert (verdict.word, found.severity) == ("fail", "block")
    assert (found.path, found.line) == ("tests/test_calc.py", 8)
    assert found.message.startswith(
        "tests.test_calc::test_half passes on the base and fails with this change\n"
    )
    assert "assert 1.0 == 2" in found.message
    assert record(evidence).pass_to_fail == ("tests.test_calc::test_half",)
    assert bench.ran == ["tests/base", "tests/patched", "tests/patched", "tests/base"]


@pytest.mark.sandbox
def test_a_module_that_cannot_be_imported_is_one_finding(
    bench_of: MakeBench, sandbox: Sandbox, remembered: dict[str, Known]
) -> None:
    bench = bench_of(PROJECT, sandbox, ONLY_TESTS)
    bench.sides = remembered

    verdict, evidence = bench.judge({"calc.py": None})

    assert (verdict.word, codes(verdict)) == ("fail", ["collection-error"])
    assert "No module named 'calc'" in verdict.findings[0].message
    assert len(record(evidence).missing) == 2


@pytest.mark.sandbox
def test_tests_of_a_new_module_cannot_be_imported_on_the_base_and_count_as_mended(
    bench_of: MakeBench, sandbox: Sandbox, remembered: dict[str, Known]
) -> None:
    bench = bench_of(PROJECT, sandbox, ONLY_TESTS)
    bench.sides = remembered
    tests = "from more import one\n\n\ndef test_one():\n    assert one == 1\n"

    verdict, evidence = bench.judge({"more.py": "one = 1\n", "tests/test_more.py": tests})

    assert verdict.word == "pass"
    assert record(evidence).fail_to_pass == ("tests.test_more::test_one",)


@pytest.mark.sandbox
def test_removed_and_skipped_tests_block(
    bench_of: MakeBench, sandbox: Sandbox, remembered: dict[str, Known]
) -> None:
    # Where rules allow what syntax sees, the ids still tell.
    lenient = replace(ONLY_TESTS, protected=Protected(tests="allow"))
    bench = bench_of(PROJECT, sandbox, lenient)
    bench.sides = remembered
    tests = TESTS[: TESTS.index("\n\ndef test_half")]
    skipping = "import pytest\n" + tests.replace("def", "@pytest.mark.skip\ndef")

    verdict, evidence = bench.judge({"tests/test_calc.py": skipping + "\n\ndef test_x(): pass\n"})

    assert (verdict.word, codes(verdict)) == ("fail", ["test-missing", "test-skipped"])
    assert "tests.test_calc::test_half" in only(verdict, "test-missing").message
    assert record(evidence).missing == (
        "tests.test_calc::test_double", "tests.test_calc::test_half",
    )  # fmt: skip


@pytest.mark.sandbox
def test_a_new_test_that_fails_blocks(
    bench_of: MakeBench, sandbox: Sandbox, remembered: dict[str, Known]
) -> None:
    bench = bench_of(PROJECT, sandbox, ONLY_TESTS)
    bench.sides = remembered
    tests = TESTS + "\n\ndef test_more():\n    assert calc.double(1) == 3\n"

    verdict, evidence = bench.judge({"tests/test_calc.py": tests})

    assert verdict.word == "fail"
    found = only(verdict, "new-test-failing")
    assert found.message.startswith("tests.test_calc::test_more is new and fails\n")
    assert record(evidence).new == ("tests.test_calc::test_more",)


@pytest.mark.sandbox
def test_a_test_that_fails_on_both_sides_is_nobody_s_fault(
    bench_of: MakeBench, sandbox: Sandbox
) -> None:
    tests = TESTS + "\n\ndef test_red():\n    assert calc.half(0)\n"
    bench = bench_of({**PROJECT, "tests/test_calc.py": tests}, sandbox, ONLY_TESTS)

    verdict, _ = bench.judge({"calc.py": SOURCE + "\n\nx = 1\n"})

    assert (verdict.word, verdict.findings) == ("pass", ())
    assert bench.ran == ["tests/base", "tests/patched"]


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("forgery", "code"),
    [
        ("import os; os._exit(0)", "report-missing"),
        (
            "import atexit, os; atexit.register(os._exit, 0)\ndef half(n): return 0",
            "report-disagrees",
        ),
        (
            "open('/reports/pytest.xml', 'w').write('<a/>'); import os; os._exit(0)",
            "sentinel-missing",
        ),
        ("import os; os.kill(os.getpid(), 9)", "killed"),
    ],
)
def test_a_forged_end_is_no_evidence(
    bench_of: MakeBench, sandbox: Sandbox, remembered: dict[str, Known], forgery: str, code: str
) -> None:
    bench = bench_of(PROJECT, sandbox, ONLY_TESTS)
    bench.sides = remembered

    verdict, _ = bench.judge({"calc.py": f"{SOURCE}\n{forgery}\n"})

    assert (verdict.word, codes(verdict)) == ("no-evidence", [code])
    assert not verdict.passed


@pytest.mark.sandbox
def test_a_session_that_is_called_off_in_the_middle_is_no_pass(
    bench_of: MakeBench, sandbox: Sandbox, remembered: dict[str, Known]
) -> None:
    bench = bench_of(PROJECT, sandbox, ONLY_TESTS)
    bench.sides = remembered
    leaving = "import pytest\n\n\ndef half(number):\n    pytest.exit('done', returncode=0)\n"

    verdict, _ = bench.judge({"calc.py": f"{SOURCE}\n\n{leaving}"})

    assert (verdict.word, codes(verdict)) == ("no-evidence", ["sentinel-missing"])


@pytest.mark.sandbox
def test_a_change_that_hangs_is_no_evidence(
    bench_of: MakeBench, sandbox: Sandbox, remembered: dict[str, Known]
) -> None:
    rules = Rules(kind="refactor", gates=(replace(TEST_GATE, timeout_s=120),))
    bench = bench_of(PROJECT, HurriedSandbox(sandbox, last_s=3.0), rules)
    bench.sides = remembered
    hang = f"open('/workspace/{HANGS}', 'w').close(); import time; time.sleep(600)"
    hanging = SOURCE.replace("return number / 2", hang)

    verdict, evidence = bench.judge({"calc.py": hanging})

    assert (verdict.word, codes(verdict)) == ("no-evidence", ["timeout"])
    # The runner was asked to end first, and told what it had and where it stood.
    side = record(evidence).patched
    assert side is not None
    assert (side.ended, side.outcomes) == (
        "timeout",
        (("tests.test_calc::test_double", "passed"),),
    )
    first, *rest = verdict.findings[0].message.splitlines()
    assert first == (
        "with this change: the command did not end within 120 s and was stopped;"
        " 1 of its tests had ended by then"
    )
    assert any("calc.py:6: KeyboardInterrupt" in line for line in rest)


@pytest.mark.sandbox
def test_a_base_that_hangs_is_the_harness_s_trouble(bench_of: MakeBench, sandbox: Sandbox) -> None:
    rules = Rules(kind="refactor", gates=(replace(TEST_GATE, run=("sleep", "60"), timeout_s=0.5),))
    bench = bench_of(PROJECT, sandbox, rules)

    verdict, evidence = bench.judge({"calc.py": SOURCE + "x = 1\n"})

    assert (verdict.word, codes(verdict)) == ("infrastructure", ["base-timeout"])
    assert record(evidence).patched is None
    assert [known.side.report for known in bench.sides.values()] == ["ruff"]  # the floor's


@pytest.mark.sandbox
def test_only_new_lint_findings_block_and_by_the_base_s_configuration(
    bench_of: MakeBench, sandbox: Sandbox
) -> None:
    base = {"ruff.toml": 'lint.select = ["F"]\n', "a.py": "import os\nimport sys\n", "b.py": ""}
    lenient = Rules(kind="refactor", protected=Protected(tests="allow"))
    bench = bench_of(base, sandbox, lenient)

    verdict, evidence = bench.judge(
        {
            "ruff.toml": "lint.select = []\n",
            "a.py": None,
            "c.py": "# moved\nimport os\nimport sys\n",
            "b.py": "import re\nimport io  # noqa: F401\n",
        }
    )

    assert verdict.word == "fail"
    found = only(verdict, "lint-new")
    assert (found.path, found.line) == ("b.py", 1)
    assert "F401 is new in b.py" in found.message
    assert "no-test-gate" in codes(verdict)
    assert record(evidence, "lint").base is not None


@pytest.mark.sandbox
def test_a_linter_that_cannot_read_its_configuration_looks_for_plain_errors(
    bench_of: MakeBench, sandbox: Sandbox
) -> None:
    bench = bench_of({"ruff.toml": 'required-version = "==0.0.1"\n', "a.py": ""}, sandbox)

    verdict, _ = bench.judge({"a.py": "print(undefined)\n"})

    assert verdict.word == "fail"
    assert "Undefined name" in only(verdict, "lint-new").message
    assert "Required version" in only(verdict, "lint-floor").message


@pytest.mark.sandbox
def test_node_tests_are_compared_by_name(bench_of: MakeBench, sandbox: Sandbox) -> None:
    tests = (
        "const {test, describe} = require('node:test');\nconst assert = require('assert');\n"
        "const {twice} = require('./twice.js');\n"
        "describe('twice', () => { test('of two', () => assert.equal(twice(2), 4)); });\n"
    )
    files = {
        "twice.js": "exports.twice = n => 2 * n;\n",
        "twice.test.js": tests,
    }
    bench = bench_of(files, sandbox)

    good, evidence = bench.judge({"twice.js": "exports.twice = n => n + n;\n"})
    bad, _ = bench.judge({"twice.js": "exports.twice = n => n;\n"})

    assert (good.word, record(evidence).command) == ("pass", ("node", "--test"))
    found = only(bad, "newly-failing")
    assert found.message.startswith("twice::of two passes on the base and fails")
    assert (found.path, found.line) == ("twice.test.js", 4)


@pytest.mark.sandbox
def test_what_set_up_generated_is_there_for_the_tests(
    bench_of: MakeBench, sandbox: Sandbox, our_environment: Environment
) -> None:
    environment = replace(our_environment, layer=(FileChange("made.py", "100644", b"x = 1\n"),))
    bench = bench_of(PROJECT, sandbox, shell("test -e made.py"), environment)

    assert bench.judge({"calc.py": SOURCE + "x = 1\n"})[0].word == "pass"


# --- gates without a report -----------------------------------------------------------------------


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("script", "word", "code"),
    [
        ("test -e a", "pass", ""),  # red on the base, green now
        ("true", "pass", ""),
        ("! test -e a", "fail", "newly-failing"),
        ("false", "no-evidence", "base-red"),
    ],
)
def test_without_a_report_exit_codes_are_compared(
    bench_of: MakeBench, sandbox: Sandbox, script: str, word: str, code: str
) -> None:
    bench = bench_of({"b": ""}, sandbox, shell(script))

    verdict, evidence = bench.judge({"a": "x"})

    assert (verdict.word, codes(verdict)) == (word, [code] if code else [])
    gate = record(evidence, "check")
    assert gate.base is not None
    assert gate.base.report == "exit-code"


@pytest.mark.sandbox
@pytest.mark.parametrize("run", [("no-such-tool",), ("sh", "-ec", "no-such-tool -x")])
def test_a_tool_that_is_not_there_is_told_and_not_passed_over(
    bench_of: MakeBench, sandbox: Sandbox, run: tuple[str, ...]
) -> None:
    rules = Rules(kind="refactor", gates=(GateRule("types", "lint", run),))

    verdict, _ = bench_of({"b": ""}, sandbox, rules).judge({"a": "x"})

    assert verdict.word == "infrastructure"
    message = only(verdict, "base-tool-missing").message
    assert "cannot be run in the sandbox" in message
    assert "no-such-tool" in message


@pytest.mark.sandbox
def test_a_gate_that_is_not_required_only_warns(bench_of: MakeBench, sandbox: Sandbox) -> None:
    strict = shell("true").gates
    lax = shell("! test -e a", "build", required=False).gates
    lax = (replace(lax[0], name="lax"),)

    both, _ = bench_of({"b": ""}, sandbox, Rules(kind="refactor", gates=(*strict, *lax))).judge(
        {"a": "x"}
    )

    assert both.word == "pass"
    assert only(both, "newly-failing").severity == "warn"


@pytest.mark.sandbox
def test_gates_none_of_which_is_required_are_no_evidence(
    bench_of: MakeBench, sandbox: Sandbox
) -> None:
    verdict, _ = bench_of({"b": ""}, sandbox, shell("true", required=False)).judge({"a": "x"})

    assert verdict.word == "no-evidence"


@pytest.mark.sandbox
def test_a_guarantee_nobody_gives_is_refused(bench_of: MakeBench, sandbox: Sandbox) -> None:
    rules = replace(shell("true"), require=("no-sound",))

    with pytest.raises(SandboxRefusal, match="no-sound"):
        bench_of({"b": ""}, sandbox, rules).judge({"a": "x"})


# --- before anything runs -------------------------------------------------------------------------


def fine(argv: Sequence[str], tree: Path, reports: Path) -> Completed:
    return Completed("ok", 0, wall_s=0.5)


def test_without_a_gate_nothing_is_concluded(
    bench_of: MakeBench, played: Callable[..., Any]
) -> None:
    verdict, evidence = bench_of({"a.txt": ""}, played(fine)).judge({"b.txt": "x"})

    assert (verdict.word, codes(verdict)) == ("no-evidence", ["no-gates"])
    assert (evidence.gates, evidence.backend) == ((), "")


def test_policy_is_judged_first_and_then_nothing_runs(
    bench_of: MakeBench, played: Callable[..., Any]
) -> None:
    sandbox = played(fine)
    bench = bench_of({"a.py": ""}, sandbox)

    verdict, evidence = bench.judge({".github/workflows/x.yml": "on: push"})

    assert verdict.word == "fail"
    assert verdict.blocking[0].gate == "policy"
    assert (sandbox.phases, evidence.gates) == ([], ())


def test_a_file_that_parses_worse_than_before_fails_before_anything_runs(
    bench_of: MakeBench, played: Callable[..., Any]
) -> None:
    sandbox = played(fine)
    bench = bench_of({"a.py": "x = 1\n", "odd.py": "def (:\n", "c.py": "y = 1\n"}, sandbox)

    verdict, _ = bench.judge({"a.py": "x = (1\n", "odd.py": "def (:\n#\n", "c.py": "y = 2\n"})

    assert (verdict.word, codes(verdict)) == ("fail", ["syntax-error"])
    assert verdict.findings[0].path == "a.py"
    assert sandbox.phases == []


def test_a_failed_set_up_is_infrastructure(bench_of: MakeBench, played: Callable[..., Any]) -> None:
    environment = Environment("key", trouble="set-up: uv ended with exit code 1\nno such package")

    verdict, evidence = bench_of(PROJECT, played(fine), None, environment).judge({"a": "x"})

    assert (verdict.word, codes(verdict)) == ("infrastructure", ["set-up-failed"])
    assert "no such package" in verdict.findings[0].message
    assert "no such package" not in evidence.findings[0].message


def test_a_set_up_that_lacks_the_project_is_told(
    bench_of: MakeBench, played: Callable[..., Any], our_environment: Environment
) -> None:
    environment = replace(our_environment, note="set-up: uv pip install -e . ended")

    verdict, _ = bench_of({"b": ""}, played(fine), shell("x"), environment).judge({"a": "x"})

    assert verdict.word == "pass"
    assert only(verdict, "set-up-incomplete").severity == "warn"


# --- troubles that no real sandbox has at will ----------------------------------------------------


def completed_on_patched(completed: Completed) -> Callable[[Sequence[str], Path, Path], Completed]:
    """Say ``completed`` wherever the patch's file is, and that all is well on the base."""

    def play(argv: Sequence[str], tree: Path, reports: Path) -> Completed:
        return completed if (tree / "a").exists() else Completed("ok", 0)

    return play


@pytest.mark.parametrize(
    ("completed", "word", "code"),
    [
        (
            Completed("sandbox-error", None, detail="no namespaces"),
            "infrastructure",
            "sandbox-error",
        ),
        (Completed("sandbox-error", None), "infrastructure", "sandbox-error"),
        (Completed("oom", None, signal=9), "no-evidence", "oom"),
        (Completed("output-limit", None), "no-evidence", "output-limit"),
    ],
)
def test_trouble_on_the_patched_side_is_never_a_pass(
    bench_of: MakeBench, played: Callable[..., Any], completed: Completed, word: str, code: str
) -> None:
    bench = bench_of({"b": ""}, played(completed_on_patched(completed)), shell("x"))

    verdict, _ = bench.judge({"a": "x"})

    assert (verdict.word, codes(verdict)) == (word, [code])


@pytest.mark.parametrize("outcome", ["sandbox-error", "oom", "killed", "output-limit"])
def test_trouble_on_the_base_is_the_harness_s_and_the_rest_is_not_asked(
    bench_of: MakeBench, played: Callable[..., Any], outcome: Any
) -> None:
    sandbox = played(lambda *_: Completed(outcome, None))
    second = replace(shell("x").gates[0], name="second")
    bench = bench_of({"b": ""}, sandbox, Rules(kind="refactor", gates=(*shell("x").gates, second)))

    verdict, evidence = bench.judge({"a": "x"})

    assert (verdict.word, codes(verdict)) == ("infrastructure", [f"base-{outcome}"])
    assert len(evidence.gates) == 1


def report_of(cases: Mapping[str, str]) -> str:
    rows = [
        f'<testcase classname="t" name="{name}">'
        + ("<failure/>" if how == "failed" else "")
        + "</testcase>"
        for name, how in cases.items()
    ]
    return f"<testsuites>{''.join(rows)}</testsuites>"


Told = Mapping[str, str]


def telling(
    base: Sequence[Told], patched: Sequence[Told]
) -> Callable[[Sequence[str], Path, Path], Completed]:
    """Report one after the other of these outcomes on each side."""
    of_base, of_patched = iter(base), iter(patched)

    def play(argv: Sequence[str], tree: Path, reports: Path) -> Completed:
        cases = next(of_patched if (tree / "a").exists() else of_base)
        (reports / "pytest.xml").write_text(report_of(cases))
        return Completed("failed", 1) if "failed" in cases.values() else Completed("ok", 0)

    return play


def test_a_test_that_fails_only_at_times_with_the_change_blocks_and_is_called_unreliable(
    bench_of: MakeBench, played: Callable[..., Any]
) -> None:
    good, bad = {"x": "passed", "y": "passed"}, {"x": "failed", "y": "passed"}
    bench = bench_of({"b": ""}, played(telling([good, good, good], [bad, good])), shell("x"))

    verdict, _ = bench.judge({"a": "x"})

    assert verdict.word == "fail"
    assert "it has become unreliable" in only(verdict, "newly-failing").message


def test_a_flaky_test_is_named_and_blocks_nothing(
    bench_of: MakeBench, played: Callable[..., Any]
) -> None:
    good, bad = {"x": "passed", "moody": "passed"}, {"x": "passed", "moody": "failed"}
    bench = bench_of({"b": ""}, played(telling([good, bad], [bad, bad])), shell("x"))

    verdict, evidence = bench.judge({"a": "x"})

    assert (verdict.word, verdict.blocking) == ("flaky", ())
    assert "t::moody" in only(verdict, "flaky").message
    assert record(evidence, "check").pass_to_fail == ()


def test_a_second_look_that_proves_nothing_changes_nothing(
    bench_of: MakeBench, played: Callable[..., Any]
) -> None:
    good, bad = {"x": "passed"}, {"x": "failed"}
    report = telling([good], [bad])
    looks: list[Path] = []

    def play(argv: Sequence[str], tree: Path, reports: Path) -> Completed:
        looks.append(tree)
        return report(argv, tree, reports) if len(looks) < 3 else Completed("timeout", None)

    verdict, _ = bench_of({"b": ""}, played(play), shell("x")).judge({"a": "x"})

    assert (verdict.word, codes(verdict)) == ("fail", ["newly-failing"])
    assert len(looks) == 4


def test_no_test_at_all_is_no_evidence(bench_of: MakeBench, played: Callable[..., Any]) -> None:
    def play(argv: Sequence[str], tree: Path, reports: Path) -> Completed:
        (reports / "pytest.xml").write_text("<testsuites/>")
        return Completed("failed", 5)

    verdict, _ = bench_of({"b": ""}, played(play), shell("x")).judge({"a": "x"})

    assert (verdict.word, codes(verdict)) == ("no-evidence", ["no-tests"])


def test_a_test_whose_name_changes_on_the_base_too_is_not_missing(
    bench_of: MakeBench, played: Callable[..., Any]
) -> None:
    base = [{"x": "passed", "at 0x1": "passed"}, {"x": "passed", "at 0x2": "passed"}]
    patched = [{"x": "passed", "at 0x3": "passed"}, {"x": "passed", "at 0x4": "passed"}]
    bench = bench_of({"b": ""}, played(telling(base, patched)), shell("x"))

    verdict, evidence = bench.judge({"a": "x"})

    assert (verdict.word, codes(verdict)) == ("flaky", ["flaky"])
    assert record(evidence, "check").missing == ()


def test_the_same_change_has_the_same_evidence_and_the_base_is_run_once(
    bench_of: MakeBench, played: Callable[..., Any]
) -> None:
    addresses = iter(("at 0x1", "at 0x2", "at 0x3", "at 0x4"))

    def play(argv: Sequence[str], tree: Path, reports: Path) -> Completed:
        text = next(addresses) if (tree / "a").exists() else ""
        failure = f"<failure>{text}</failure>" if text else ""
        case = f'<testsuites><testcase classname="t" name="x">{failure}</testcase></testsuites>'
        (reports / "pytest.xml").write_text(case)
        return Completed("failed", 1) if text else Completed("ok", 0, wall_s=1.0)

    bench = bench_of({"b": ""}, played(play), shell("x"))

    first = bench.judge({"a": "x"})
    second = bench.judge({"a": "x"})

    assert "at 0x1" in only(first[0], "newly-failing").message
    assert "at 0x3" in only(second[0], "newly-failing").message
    assert encode(first[1]) == encode(second[1])
    assert b"/gates" not in encode(first[1])
    base, patched = "check/base", "check/patched"
    assert bench.ran == [base, patched, patched, base, patched, patched, base]


def test_many_failures_are_counted_and_not_all_told(
    bench_of: MakeBench, played: Callable[..., Any]
) -> None:
    good = {f"t{n}": "passed" for n in range(40)}
    bad = dict.fromkeys(good, "failed") | {"ok": "passed"}
    bench = bench_of({"b": ""}, played(telling([good, good], [bad, bad])), shell("x"))

    verdict, _ = bench.judge({"a": "x"})

    assert len(verdict.findings) == 11
    assert verdict.findings[-1].message == "30 more tests fail with this change"


def test_many_missing_tests_are_one_finding(
    bench_of: MakeBench, played: Callable[..., Any]
) -> None:
    good = {f"t{n}": "passed" for n in range(40)}
    few = {"t0": "passed"}
    bench = bench_of({"b": ""}, played(telling([good, good], [few, few])), shell("x"))

    verdict, _ = bench.judge({"a": "x"})

    assert "39 of the base's tests are not run any more" in only(verdict, "test-missing").message
    assert "and 31 more" in only(verdict, "test-missing").message


def test_a_base_whose_report_and_exit_code_differ_is_no_evidence(
    bench_of: MakeBench, played: Callable[..., Any]
) -> None:
    def threshold(argv: Sequence[str], tree: Path, reports: Path) -> Completed:
        (reports / "pytest.xml").write_text(report_of({"x": "passed"}))
        return Completed("failed", 1, stdout=Output(b"FAIL Required test coverage of 100%"))

    verdict, _ = bench_of({"b": ""}, played(threshold), shell("x")).judge({"a": "x"})

    assert (verdict.word, codes(verdict)) == ("no-evidence", ["base-report-disagrees"])
    assert "Required test coverage" in verdict.findings[0].message


def test_a_full_disk_is_never_the_patch_s_fault(
    bench_of: MakeBench, played: Callable[..., Any]
) -> None:
    def full(argv: Sequence[str], tree: Path, reports: Path) -> Completed:
        patched = (tree / "a").exists()
        (reports / "pytest.xml").write_text("" if patched else report_of({"x": "passed"}))
        said = f"OSError: [Errno {errno.ENOSPC}] No space left on device".encode()
        return Completed("failed", 1, stderr=Output(said)) if patched else Completed("ok", 0)

    verdict, _ = bench_of({"b": ""}, played(full), shell("x")).judge({"a": "x"})

    assert (verdict.word, codes(verdict)) == ("infrastructure", ["disk-full"])
    assert "free space" in only(verdict, "disk-full").fix


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_disk_that_takes_no_more_between_two_commands_is_a_verdict_too(
    bench_of: MakeBench, played: Callable[..., Any], number: int
) -> None:
    def full(argv: Sequence[str], tree: Path, reports: Path) -> Completed:
        raise OSError(number, os.strerror(number), str(tree))

    verdict, evidence = bench_of({"b": ""}, played(full), shell("x")).judge({"a": "x"})

    assert (verdict.word, codes(verdict)) == ("infrastructure", ["disk-full"])
    assert evidence.gates == ()
    # Evidence is the same on every machine: it names no folder.
    assert "/" not in evidence.findings[0].message


def test_another_failure_of_the_machine_is_not_called_a_full_disk(
    bench_of: MakeBench, played: Callable[..., Any]
) -> None:
    def odd(argv: Sequence[str], tree: Path, reports: Path) -> Completed:
        raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(OSError, match="Input/output error"):
        bench_of({"b": ""}, played(odd), shell("x")).judge({"a": "x"})


def test_the_patch_s_tests_may_hang_without_the_patch(
    bench_of: MakeBench, played: Callable[..., Any]
) -> None:
    def play(argv: Sequence[str], tree: Path, reports: Path) -> Completed:
        if (tree / "tests").exists() and not (tree / "a").exists():
            return Completed("timeout", None)
        (reports / "pytest.xml").write_text(report_of({"x": "passed"}))
        return Completed("ok", 0)

    bench = bench_of({"b": ""}, played(play), shell("x"))

    verdict, evidence = bench.judge({"a": "x", "tests/test_x.py": "x = 1\n"})

    assert (verdict.word, codes(verdict)) == ("pass", ["tests-on-base-unknown"])
    assert record(evidence, "check").tests_on_base is None


def test_a_change_of_tests_alone_mends_nothing(
    bench_of: MakeBench, played: Callable[..., Any]
) -> None:
    sandbox = played(telling([{"x": "passed"}, {"x": "passed"}], []))
    bench = bench_of({"b": ""}, sandbox, shell("x"))

    verdict, evidence = bench.judge({"tests/table.csv": "x\n"})

    assert verdict.word == "pass"
    assert record(evidence, "check").fail_to_pass == ()
    assert bench.ran == ["check/base", "check/patched"]


def test_more_lint_findings_than_anybody_reads_are_counted(
    bench_of: MakeBench, played: Callable[..., Any]
) -> None:
    def play(argv: Sequence[str], tree: Path, reports: Path) -> Completed:
        row = (
            '{"filename": "/workspace/a", "code": "E1", "location": {"row": %d}, "message": "bad"}'
        )
        rows = [row % n for n in range(1, 14 if (tree / "a").exists() else 2)]
        (reports / "ruff.json").write_text(f"[{','.join(rows)}]")
        return Completed("failed", 1)

    verdict, _ = bench_of({"b": ""}, played(play), shell("x", "lint")).judge({"a": "x"})

    lint = [found for found in verdict.findings if found.code == "lint-new"]
    assert len(lint) == 11
    assert lint[-1].message == "2 more findings are new"
    assert lint[0].line == 1  # of marks alike, those on added lines


def test_the_tests_are_started_before_what_does_not_need_them(
    bench_of: MakeBench, played: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    gates = tuple(GateRule(kind, kind, ("x", kind)) for kind in ("lint", "test"))
    sandbox = played(fine)
    bench = bench_of({"b": ""}, sandbox, Rules(kind="refactor", gates=gates))
    begun = []
    for processors in (1, 2):
        monkeypatch.setattr("os.sched_getaffinity", lambda _, n=processors: set(range(n)))
        bench.sides.clear()
        bench.judge({"a": "x"})
        begun.append([phase.name for phase in sandbox.phases])
        sandbox.phases.clear()

    assert begun == [["lint", "lint", "test", "test"], ["test", "test", "lint", "lint"]]


@pytest.mark.sandbox
def test_tests_that_nobody_asks_for_any_more_are_ended(
    bench_of: MakeBench, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1})
    test = GateRule("tests", "test", ("sleep", "900"), timeout_s=900)
    bench = bench_of({"a.py": "a = 1\n"}, sandbox, Rules(kind="refactor", gates=(test,)))
    started = time.monotonic()

    verdict, evidence = bench.judge({"a.py": "a = (\n"})

    assert (verdict.word, evidence.gates) == ("fail", ())
    assert time.monotonic() - started < 300
    assert bench.told == []
    assert not [*(bench.bench.scratch).glob("side-*")]


def test_gates_run_cheapest_first_each_with_its_own_time(
    bench_of: MakeBench, played: Callable[..., Any]
) -> None:
    sandbox = played(fine)
    kinds: tuple[Any, ...] = ("test", "lint", "build")
    gates = tuple(GateRule(kind, kind, ("x", kind), timeout_s=n) for n, kind in enumerate(kinds, 7))
    bench = bench_of({"b": ""}, sandbox, Rules(kind="refactor", gates=gates))

    bench.judge({"a": "x"})

    assert bench.ran[::2] == ["lint/base", "build/base", "test/base"]
    limits = {p.name: one.timeout_s for p, one in zip(sandbox.phases, sandbox.limits, strict=True)}
    assert limits == {"lint": 8, "build": 9, "test": 7}
    assert bench.told[0] == {
        "kind": "gate.finished", "gate": "lint", "side": "base", "outcome": "ok",
        "seconds": 0.5, "summary": "ok", "tail": "",
    }  # fmt: skip
