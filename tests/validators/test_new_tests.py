"""Tests that were asked for: built, passing five times over, and the first to run some line."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from validators.environment import Environment
from validators.evidence import Evidence, FileLines
from validators.judging.base_runs import Known
from validators.rules import GateRule, Rules
from validators.sandbox import Sandbox
from validators.verdict import Finding, Verdict

pytestmark = pytest.mark.sandbox

SOURCE = """def double(number):
    return number * 2


def half(number):
    if number % 2:
        raise ValueError(number)
    return number // 2
"""
TESTS = """import calc


def test_double():
    assert calc.double(2) == 4
"""
HALF = "\n\ndef test_half():\n    assert calc.half(4) == 2\n"
# Nothing of one run is left to the next, but for which tests are run.
BESIDE = "\n\ndef test_beside(request):\n    assert len(request.session.items) > 2\n"
PROJECT = {"calc.py": SOURCE, "tests/test_calc.py": TESTS, "tests/test_more.py": TESTS}
PYTEST = GateRule("tests", "test", ("python", "-m", "pytest"), timeout_s=60)
RULES = Rules(kind="tests", gates=(PYTEST,))

MakeBench = Callable[..., Any]
Judge = Callable[..., tuple[Verdict, Evidence, list[str]]]


@pytest.fixture(scope="module")
def remembered() -> dict[str, Known]:
    """What the base said, so that it runs once for all these tests."""
    return {}


@pytest.fixture
def judge(
    bench_of: MakeBench,
    sandbox: Sandbox,
    our_environment: Environment,
    remembered: dict[str, Known],
) -> Judge:
    def run(
        files: dict[str, str | None], base: dict[str, str] | None = None, rules: Rules = RULES
    ) -> tuple[Verdict, Evidence, list[str]]:
        environment = replace(our_environment, interpreter="3.11.0")
        bench = bench_of(base or PROJECT, sandbox, rules, environment)
        bench.sides = remembered
        verdict, evidence = bench.judge(files)
        return verdict, evidence, bench.ran

    return run


def only(verdict: Verdict) -> Finding:
    (found,) = verdict.findings
    return found


def test_a_new_test_that_always_passes_and_runs_new_lines_is_good(judge: Judge) -> None:
    verdict, evidence, ran = judge({"tests/test_calc.py": TESTS + HALF})

    assert (verdict.word, verdict.findings) == ("pass", ())
    assert evidence.newly_covered == (FileLines("calc.py", (6, 8)),)
    assert evidence.gates[-1].steady == ("tests.test_calc::test_half",)
    assert ran.count("tests/new-tests") == 5


def test_what_all_tests_of_the_base_run_is_measured_once_and_the_same_again(
    bench_of: MakeBench, sandbox: Sandbox, our_environment: Environment
) -> None:
    environment = replace(our_environment, interpreter="3.11.0")
    bench = bench_of(PROJECT, sandbox, RULES, environment)

    _, first = bench.judge({"tests/test_calc.py": TESTS + HALF})
    _, again = bench.judge({"tests/test_calc.py": TESTS + HALF})

    assert bench.ran.count("tests/base-coverage") == 1
    bench.sides.clear()
    _, elsewhere = bench.judge({"tests/test_calc.py": TESTS + HALF})
    assert again == first == elsewhere


def test_a_test_that_only_passes_beside_others_is_flaky(judge: Judge) -> None:
    verdict, evidence, ran = judge({"tests/test_calc.py": TESTS + HALF + BESIDE})

    found = only(verdict)
    assert (verdict.word, found.code, found.severity) == ("fail", "flaky-new-test", "block")
    assert found.message.startswith(
        "tests.test_calc::test_beside passes among all tests, and not each time"
    )
    assert "in run 2 of 5: " in found.message
    assert ran.count("tests/new-tests") == 1
    assert evidence.newly_covered is None
    assert evidence.gates[-1].outcome == "fail"
    assert "\n" not in evidence.findings[0].message


def test_a_test_that_runs_only_what_others_run_covers_nothing_new(judge: Judge) -> None:
    more = "\n\ndef test_again():\n    assert calc.double(3) == 6\n"

    verdict, evidence, _ = judge({"tests/test_calc.py": TESTS + more})

    assert (verdict.word, only(verdict).code) == ("fail", "covers-nothing-new")
    assert "tests.test_calc::test_again" in only(verdict).message
    assert evidence.newly_covered == ()
    assert evidence.gates[-1].outcome == "pass"


def test_a_test_that_runs_no_source_at_all_covers_nothing_new(judge: Judge) -> None:
    verdict, _, _ = judge({"tests/test_one.py": "def test_one():\n    assert 1 + 1 == 2\n"})

    assert (verdict.word, only(verdict).code) == ("fail", "covers-nothing-new")


def test_a_change_of_tests_without_a_new_one_covers_nothing_new(judge: Judge) -> None:
    verdict, _, ran = judge({"tests/data.txt": "4\n"})

    assert (verdict.word, only(verdict).code) == ("fail", "covers-nothing-new")
    assert "brings no test that passes" in only(verdict).message
    assert "tests/new-tests" not in ran


def test_the_first_tests_of_a_project_cover_all_they_run(judge: Judge) -> None:
    verdict, evidence, _ = judge({"tests/test_calc.py": TESTS}, {"calc.py": SOURCE})

    assert verdict.word == "pass", verdict
    assert evidence.newly_covered == (FileLines("calc.py", (1, 2, 5)),)


def test_a_class_a_table_and_a_file_of_their_own_are_run_alone_as_well(judge: Judge) -> None:
    text = (
        "import pytest\n\nimport calc\n\n\nclass TestHalf:\n"
        '    @pytest.mark.parametrize("number", [2, 4])\n'
        "    def test_even(self, number):\n        assert calc.half(number) * 2 == number\n\n"
        "    def test_odd(self):\n        with pytest.raises(ValueError):\n"
        "            calc.half(1)\n"
    )

    verdict, evidence, _ = judge({"tests/test_half.py": text})

    assert verdict.word == "pass", verdict
    assert evidence.gates[-1].steady == (
        "tests.test_half.TestHalf::test_even[2]",
        "tests.test_half.TestHalf::test_even[4]",
        "tests.test_half.TestHalf::test_odd",
    )
    assert evidence.newly_covered == (FileLines("calc.py", (6, 7, 8)),)


def test_a_least_coverage_that_a_few_tests_do_not_reach_is_no_matter(judge: Judge) -> None:
    hook = (
        "def pytest_sessionfinish(session, exitstatus):\n"
        "    if exitstatus == 0 and len(session.items) < 3:\n        session.exitstatus = 2\n"
    )
    base = {**PROJECT, "conftest.py": hook, "tests/test_last.py": TESTS}

    verdict, evidence, _ = judge({"tests/test_calc.py": TESTS + HALF}, base)

    assert verdict.word == "pass", verdict
    assert evidence.newly_covered == (FileLines("calc.py", (6, 8)),)


def test_a_source_beside_the_tests_is_refused_before_anything_runs(judge: Judge) -> None:
    files = {"tests/test_calc.py": TESTS + HALF, "calc.py": SOURCE + "\n\nX = 1\n"}

    verdict, evidence, ran = judge(files)

    found = only(verdict)
    assert (verdict.word, found.code, found.severity, found.path) == (
        "fail", "source-touched", "block", "calc.py",
    )  # fmt: skip
    assert (ran, evidence.gates) == ([], ())


def test_a_person_is_asked_where_nothing_measures(
    bench_of: MakeBench, sandbox: Sandbox, our_environment: Environment
) -> None:
    bench = bench_of(PROJECT, sandbox, RULES, our_environment)  # no Python that it knows of

    verdict, evidence = bench.judge({"tests/test_calc.py": TESTS + HALF})

    assert (verdict.word, only(verdict).code, only(verdict).severity) == (
        "pass", "new-coverage-unknown", "ask",
    )  # fmt: skip
    assert evidence.newly_covered is None
    assert evidence.gates[-1].steady == ("tests.test_calc::test_half",)


def test_a_person_is_asked_where_what_measures_does_not_start(judge: Judge) -> None:
    unset = ("env", "-u", "PYTHONPATH", "-u", "COVERAGE_PROCESS_START")
    blind = GateRule("tests", "test", (*unset, *PYTEST.run), timeout_s=60)

    verdict, _, _ = judge(
        {"tests/test_calc.py": TESTS + HALF}, rules=replace(RULES, gates=(blind,))
    )

    assert (verdict.word, only(verdict).code) == ("pass", "new-coverage-unknown")


def test_a_command_that_names_no_tests_is_for_a_person(judge: Judge) -> None:
    shell = GateRule("tests", "test", ("test", "-d", "tests"), timeout_s=60)

    verdict, _, _ = judge(
        {"tests/test_calc.py": TESTS + HALF}, rules=replace(RULES, gates=(shell,))
    )

    assert (verdict.word, only(verdict).code) == ("pass", "new-coverage-unknown")


def test_what_one_gate_runs_already_is_not_new_to_another(judge: Judge) -> None:
    half = "import calc\n\n\ndef test_there():\n    assert calc.half(4) == 2\n"
    base = {"calc.py": SOURCE, "tests/test_calc.py": TESTS, "tests/slow/test_half.py": half}
    fast = ("python", "-m", "pytest", "tests/test_calc.py")
    gates = (
        GateRule("fast", "test", fast, timeout_s=60),
        GateRule("slow", "test", ("python", "-m", "pytest", "tests/slow"), timeout_s=60),
    )

    verdict, _, _ = judge({"tests/test_calc.py": TESTS + HALF}, base, replace(RULES, gates=gates))

    assert (verdict.word, only(verdict).code) == ("fail", "covers-nothing-new")


def test_tests_of_node_are_judged_alike(
    bench_of: MakeBench, sandbox: Sandbox, our_environment: Environment
) -> None:
    if shutil.which("node", path="/usr/local/bin:/usr/bin:/bin") is None:
        pytest.skip("there is no node here")
    half = "exports.half = (n) => {\n  if (n) {\n    return n / 2;\n  }\n  return 0;\n};\n"
    test = "require('node:test')('{}', () => require('../half.js').half({}));\n"
    base = {"half.js": half, "test/half.test.js": test.format("halves two", 2)}
    rules = Rules(kind="tests", gates=(GateRule("tests", "test", ("node", "--test"), 60),))
    bench = bench_of(base, sandbox, rules, our_environment)

    good, evidence = bench.judge({"test/none.test.js": test.format("halves nothing", 0)})
    idle, _ = bench.judge({"test/none.test.js": test.format("halves four", 4)})

    assert good.word == "pass", good
    assert evidence.newly_covered == (FileLines("half.js", (5,)),)
    assert evidence.gates[-1].steady == ("node::halves nothing",)
    assert (idle.word, only(idle).code) == ("fail", "covers-nothing-new")
