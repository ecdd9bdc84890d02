"""What a patch's own tests, the base's tests and the base's settings say, each where it tells."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from validators.evidence import Evidence, GateRecord
from validators.judging.base_runs import Known
from validators.rules import GateRule, Protected, Rules
from validators.sandbox import Sandbox
from validators.verdict import Finding, Verdict

pytestmark = pytest.mark.sandbox

SOURCE = """def double(number):
    return number * 2


def half(number):
    return number
"""
MENDED = SOURCE.replace("    return number\n", "    return number / 2\n")
TESTS = """import calc


def test_double():
    assert calc.double(2) == 4
"""
HALF = "\n\ndef test_half():\n    assert calc.half(4) == 2\n"
PROJECT = {"calc.py": SOURCE, "tests/test_calc.py": TESTS, "tests/test_more.py": TESTS}
RULES = Rules(gates=(GateRule("tests", "test", ("python", "-m", "pytest"), timeout_s=60),))

MakeBench = Callable[..., Any]


@pytest.fixture(scope="module")
def remembered() -> dict[str, Known]:
    """What the base said, so that it runs once for all these tests."""
    return {}


@pytest.fixture
def judge(
    bench_of: MakeBench, sandbox: Sandbox, remembered: dict[str, Known]
) -> Callable[..., tuple[Verdict, Evidence, list[str]]]:
    def run(
        files: dict[str, str], rules: Rules = RULES, base: dict[str, str] | None = None
    ) -> tuple[Verdict, Evidence, list[str]]:
        bench = bench_of(base or PROJECT, sandbox, rules)
        bench.sides = remembered
        verdict, evidence = bench.judge(files)
        return verdict, evidence, bench.ran

    return run


def record_of(evidence: Evidence) -> GateRecord:
    return evidence.gates[-1]


def only(verdict: Verdict) -> Finding:
    (found,) = verdict.findings
    return found


def test_a_fix_with_its_test_runs_that_test_alone_on_the_base(
    judge: Callable[..., tuple[Verdict, Evidence, list[str]]],
) -> None:
    verdict, evidence, _ = judge({"calc.py": MENDED, "tests/test_calc.py": TESTS + HALF})

    own = record_of(evidence).tests_on_base
    assert (verdict.word, verdict.findings) == ("pass", ())
    assert own is not None
    assert own.outcomes == (("tests.test_calc::test_half", "failed"),)
    assert record_of(evidence).fail_to_pass == ("tests.test_calc::test_half",)
    assert record_of(evidence).base_tests is None


def test_where_a_few_tests_tell_enough_other_files_are_not_even_read(
    judge: Callable[..., tuple[Verdict, Evidence, list[str]]],
) -> None:
    trap = """from pathlib import Path

import calc

assert calc.half(4) == 2 or not Path("tests/flag").exists(), "with the patch's tests on the base"


def test_more():
    pass
"""
    base = PROJECT | {"tests/test_more.py": trap}
    patch = {"calc.py": MENDED, "tests/test_calc.py": TESTS + HALF, "tests/flag": ""}

    verdict, evidence, _ = judge(patch, base=base)

    own = record_of(evidence).tests_on_base
    assert verdict.word == "pass"
    assert own is not None
    assert own.outcomes == (("tests.test_calc::test_half", "failed"),)


def test_a_fix_without_a_test_is_no_improvement(
    judge: Callable[..., tuple[Verdict, Evidence, list[str]]],
) -> None:
    verdict, evidence, _ = judge({"calc.py": MENDED})

    assert (verdict.word, only(verdict).code) == ("fail", "no-improvement")
    assert record_of(evidence).outcome == "pass"


def test_a_new_test_that_passes_on_the_base_proves_nothing(
    judge: Callable[..., tuple[Verdict, Evidence, list[str]]],
) -> None:
    idle = "\n\ndef test_idle():\n    assert calc.double(1) == 2\n"

    verdict, _, _ = judge({"calc.py": MENDED, "tests/test_calc.py": TESTS + HALF + idle})

    assert (verdict.word, only(verdict).code, only(verdict).severity) == (
        "pass", "test-proves-nothing", "warn",
    )  # fmt: skip
    assert "tests.test_calc::test_idle" in only(verdict).message


def test_an_assertion_changed_with_what_it_asserts_is_for_a_person_to_see(
    judge: Callable[..., tuple[Verdict, Evidence, list[str]]],
) -> None:
    tripled = SOURCE.replace("number * 2", "number * 3")
    tests = TESTS.replace("== 4", "== 6")

    verdict, evidence, _ = judge(
        {"calc.py": tripled, "tests/test_calc.py": tests, "tests/test_more.py": tests}
    )

    assert verdict.word == "pass"
    assert {(f.code, f.severity) for f in verdict.findings} == {("assertion-changed", "ask")}
    old = record_of(evidence).base_tests
    assert old is not None
    assert {outcome for _, outcome in old.outcomes} == {"failed"}


@pytest.mark.parametrize(("word", "verdict_word"), [("block", "fail"), ("ask", "pass")])
def test_a_test_that_accepts_the_old_and_the_new_was_loosened(
    judge: Callable[..., tuple[Verdict, Evidence, list[str]]], word: Any, verdict_word: str
) -> None:
    tripled = SOURCE.replace("number * 2", "number * 3")
    tests = TESTS.replace("assert calc.double(2) == 4", "assert calc.double(0) == 0")
    rules = replace(RULES, kind="refactor", protected=Protected(tests=word))
    changed = {"calc.py": tripled, "tests/test_calc.py": tests, "tests/test_more.py": tests}

    verdict, _, _ = judge(changed, rules)

    loosened = [found for found in verdict.findings if found.code == "test-loosened"]
    assert verdict.word == verdict_word
    assert {found.path for found in loosened} == {"tests/test_calc.py", "tests/test_more.py"}


def test_beside_a_test_that_turns_green_a_loosened_one_is_for_a_person_to_see(
    judge: Callable[..., tuple[Verdict, Evidence, list[str]]],
) -> None:
    files = {
        "calc.py": MENDED.replace("number * 2", "number * 3"),
        "tests/test_calc.py": TESTS.replace("double(2) == 4", "double(0) == 0") + HALF,
        "tests/test_more.py": TESTS.replace("== 4", "== 6"),
    }

    verdict, _, _ = judge(files)

    assert verdict.word == "pass", verdict
    assert {(f.code, f.severity) for f in verdict.findings} == {
        ("test-loosened", "ask"), ("assertion-changed", "ask"),
    }  # fmt: skip


SQUARED = SOURCE.replace("number * 2", "number ** 2")
IN_PLACE = """import calc


def test_doubles():
    assert calc.double(3) == 9
"""


def test_a_removed_test_that_could_not_stay_and_has_another_in_its_place_is_for_a_person(
    judge: Callable[..., tuple[Verdict, Evidence, list[str]]],
) -> None:
    base = {"calc.py": SOURCE, "tests/test_calc.py": TESTS.replace("== 4", "== 2 * 2") + HALF}
    files = {"calc.py": SQUARED, "tests/test_calc.py": IN_PLACE + HALF}
    base["tests/test_calc.py"] = base["tests/test_calc.py"].replace("double(2)", "double(3)")
    base["tests/test_calc.py"] = base["tests/test_calc.py"].replace("2 * 2", "6")

    verdict, _, ran = judge(files, RULES, base)

    assert verdict.word == "pass", verdict
    assert {(f.code, f.severity) for f in verdict.findings} == {
        ("test-replaced", "ask"), ("test-removed", "ask"),
    }  # fmt: skip
    assert ran.count("tests/patched") == 1


def test_a_removed_test_that_would_pass_is_not_replaced_by_any_other(
    judge: Callable[..., tuple[Verdict, Evidence, list[str]]],
) -> None:
    verdict, _, _ = judge({"calc.py": MENDED, "tests/test_calc.py": "import calc\n" + HALF})

    assert verdict.word == "fail"
    assert {found.code for found in verdict.blocking} == {"test-missing", "test-removed"}


def test_a_test_under_another_name_is_not_missing(
    judge: Callable[..., tuple[Verdict, Evidence, list[str]]],
) -> None:
    renamed = TESTS.replace("test_double", "test_twice") + HALF

    verdict, evidence, _ = judge({"calc.py": MENDED, "tests/test_calc.py": renamed})

    assert (verdict.word, record_of(evidence).missing) == ("pass", ())


def test_a_fixture_that_comes_with_its_test_is_for_a_person_to_see(
    judge: Callable[..., tuple[Verdict, Evidence, list[str]]],
) -> None:
    fixture = "import pytest\n\n\n@pytest.fixture\ndef four():\n    return 4\n"
    using = "\n\ndef test_half(four):\n    assert calc.half(four) == 2\n"

    verdict, evidence, ran = judge(
        {"calc.py": MENDED, "tests/conftest.py": fixture, "tests/test_calc.py": TESTS + using}
    )

    assert (verdict.word, only(verdict).code, only(verdict).severity) == (
        "pass", "settings-changed", "ask",
    )  # fmt: skip
    assert (
        "1 tests can be run under the test settings of this change alone" in only(verdict).message
    )
    assert record_of(evidence).base_settings is not None
    assert "tests/base-settings" in ran


def test_what_failed_before_is_run_first_and_while_it_fails_alone(
    bench_of: MakeBench, sandbox: Sandbox, remembered: dict[str, Known]
) -> None:
    bench = bench_of(PROJECT, sandbox, RULES)
    bench.sides = remembered
    still = {"calc.py": SOURCE.replace("* 2", "* 3")}
    failed, first = bench.judge(still)
    bench.bench = replace(bench.bench, suspects=first.failing)

    verdict, evidence = bench.judge(still)

    assert (failed.word, verdict.word) == ("fail", "fail")
    assert first.failing == {"tests.test_calc::test_double", "tests.test_more::test_double"}
    assert [found.code for found in verdict.findings] == ["newly-failing"] * 2 + ["not-all-run"]
    assert evidence.failing == first.failing
    mended = {"calc.py": MENDED, "tests/test_calc.py": TESTS + HALF}
    assert bench.judge(mended)[0].word == "pass"


def test_a_threshold_that_is_missed_is_seen_beside_failing_sentinels(
    judge: Callable[..., tuple[Verdict, Evidence, list[str]]],
) -> None:
    hook = (
        "import os\n\n\ndef pytest_sessionfinish(session, exitstatus):\n"
        "    if exitstatus == 0 and os.path.exists('unseen.py'):\n        session.exitstatus = 2\n"
    )
    base = {**PROJECT, "conftest.py": hook, "setup.cfg": "[coverage:report]\nfail_under = 90\n"}
    files = {"calc.py": MENDED, "tests/test_calc.py": TESTS + HALF, "unseen.py": "x = 1\n"}

    verdict, _, _ = judge(files, RULES, base)

    assert (verdict.word, only(verdict).code) == ("fail", "threshold-missed")
    assert only(verdict).message.startswith("no test fails, but the command ends with 2")
