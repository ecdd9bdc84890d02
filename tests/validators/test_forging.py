"""A test run that is made to look green: each way is found out, and what disagreed is named."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from validators.judging.base_runs import Known
from validators.rules import GateRule, Protected, Rules
from validators.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

TESTS = """import calc


def test_double():
    assert calc.double(2) == 4


def test_half():
    assert calc.half(4) == 2
"""
SOURCE = """def double(number):
    return number * 2


def half(number):
    return number
"""
PROJECT = {"calc.py": SOURCE, "tests/test_calc.py": TESTS, "other/test_more.py": TESTS}
# What is loosened in plain sight is found without running anything: here it may be.
RULES = Rules(
    protected=Protected(tests="allow"),
    gates=(GateRule("tests", "test", ("python", "-m", "pytest"), timeout_s=60),),
)

FLIPPING = """import pytest


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    outcome = yield
    report = outcome.get_result()
    {condition}
        report.outcome = "passed"
        report.longrepr = None
"""
REWRITING = """import atexit


def rewrite():
    rows = "".join(
        f'<testcase classname="{place}.{file}" name="{name}"/>'
        for place, file in (("tests", "test_calc"), ("other", "test_more"))
        for name in ("test_double", "test_half")
    )
    with open("/reports/pytest.xml", "w") as stream:
        stream.write(f'<?xml version="1.0"?><testsuites><testsuite>{rows}</testsuite></testsuites>')
    import os
    os._exit(0)


atexit.register(rewrite)
"""
SKIPPING = """import pytest


def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.skip(reason="not now"))
"""
HALF = "    return number\n"


@pytest.fixture(scope="module")
def remembered() -> dict[str, Known]:
    """What the base said, so that it runs once for all these tests."""
    return {}


@pytest.mark.parametrize(
    ("files", "code"),
    [
        pytest.param(
            {"calc.py": f"import os\n\nos._exit(0)\n{SOURCE}"},
            "report-missing",
            id="ends with 0 at import",
        ),
        pytest.param(
            {
                "calc.py": SOURCE.replace(
                    HALF, "    import pytest\n    pytest.exit('x', returncode=0)\n"
                )
            },
            "sentinel-missing",
            id="calls the session off",
        ),
        pytest.param(
            {"tests/conftest.py": REWRITING}, "report-disagrees", id="rewrites the report at exit"
        ),
        pytest.param(
            {"tests/conftest.py": FLIPPING.format(condition="if report.failed:")},
            "sentinel-passed",
            id="turns every failure round",
        ),
        pytest.param(
            {"tests/conftest.py": FLIPPING.format(condition='if "sentinel" not in item.name:')},
            "settings-disagree",
            id="turns failures round but those that look planted",
        ),
        pytest.param(
            {"pytest.ini": "[pytest]\naddopts = --co\n"},
            "sentinel-missing",
            id="collects and runs nothing",
        ),
        pytest.param({"conftest.py": SKIPPING}, "sentinel-missing", id="skips everything"),
        pytest.param(
            {"pytest.ini": "[pytest]\naddopts = -k double\n"},
            "sentinel-missing",
            id="selects what passes",
        ),
    ],
)
def test_a_forged_run_is_no_evidence_and_what_disagreed_is_named(
    bench_of: Callable[..., Any],
    sandbox: Sandbox,
    remembered: dict[str, Known],
    files: dict[str, str],
    code: str,
) -> None:
    bench = bench_of(PROJECT, sandbox, RULES)
    bench.sides = remembered

    verdict, evidence = bench.judge(files)

    assert (verdict.word, [found.code for found in verdict.blocking]) == ("no-evidence", [code])
    assert evidence.gates[-1].outcome == "no-evidence"


def test_the_same_project_mended_passes(
    bench_of: Callable[..., Any], sandbox: Sandbox, remembered: dict[str, Known]
) -> None:
    bench = bench_of(PROJECT, sandbox, RULES)
    bench.sides = remembered

    verdict, evidence = bench.judge({"calc.py": SOURCE.replace(HALF, "    return number / 2\n")})

    assert (verdict.word, verdict.findings) == ("pass", ())
    tests = evidence.gates[-1]
    assert tests.fail_to_pass == ("other.test_more::test_half", "tests.test_calc::test_half")
    assert tests.patched is not None
    assert tests.patched.sentinels == ("other", "tests")


def test_a_command_that_names_its_files_is_told_of_the_sentinels_beside_them(
    bench_of: Callable[..., Any], sandbox: Sandbox
) -> None:
    run = ("python", "-m", "pytest", "tests/test_calc.py::test_half", "tests/test_calc.py")
    rules = replace(RULES, gates=(GateRule("tests", "test", run, timeout_s=60),))
    bench = bench_of(PROJECT, sandbox, rules)
    forged = FLIPPING.format(condition="if report.failed:")

    verdict, evidence = bench.judge({"tests/conftest.py": forged})

    assert [found.code for found in verdict.blocking] == ["sentinel-passed"]
    base = evidence.gates[-1].base
    assert base is not None
    assert base.sentinels == ("tests",)
