"""Threat cases about tests: made weaker in plain sight, or made to look green when they run."""

import platform
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.bot.pages import test_review
from tests.e2e import test_bad_gates
from tests.validators import (
    test_base_first,
    test_coverage,
    test_coverage_run,
    test_forging,
    test_gates,
    test_weakening,
)
from tests.validators.judging import test_report_pipe
from tests.validators.threats.cases import Table, held, ids, troubles
from tests.validators.weakenings import test_changes
from validators.checkout import Clone, diff_text, line_counts, write_tree
from validators.environment import Environment
from validators.policy import judge_tree
from validators.rules import GateRule, Rules
from validators.sandbox import FileChange, Sandbox
from validators.weakening import weakening_findings

Files = Mapping[str, str]
Weaken = Callable[[Files, Files], set[str]]

PYTHON = (
    "import unittest\nimport pytest\nfrom a import f\n\n\n{}def test_f():\n    assert f(2) == 4\n"
)
SCRIPT = 'const {{f}} = require("./a");\n{}("f", () => {{ expect(f(2)).toBe(4); }});\n'
GO = "package a\n\nfunc TestF(t *testing.T) {{\n{}\tif F(2) != 4 {{\n\t\tt.Error()\n\t}}\n}}\n"
RUST = "fn f() {{}}\n\n#[test]\n{}fn doubles() {{\n    assert_eq!(f(2), 4);\n}}\n"


@pytest.fixture
def weaken(clone_of: Callable[[Files], Clone]) -> Weaken:
    """What blocks a change of these files: the code and the path of each finding."""

    def run(before: Files, after: Files) -> set[str]:
        clone = clone_of(before)
        changes = [FileChange(path, "100644", text.encode()) for path, text in after.items()]
        tree = write_tree(clone, clone.base_tree, changes)
        found = [
            *weakening_findings(clone, clone.base_tree, tree, Rules()),
            *judge_tree(clone, clone.base_tree, tree, Rules()),
        ]
        return {f"{one.code} {one.path}" for one in found if one.severity == "block"}

    return run


def test_a_test_made_not_to_run_blocks_in_each_language(weaken: Weaken) -> None:
    marks = (
        *("@pytest.mark.skip", "@pytest.mark.xfail", "@pytest.mark.skipif(True, reason='x')"),
        *("@unittest.skip('x')", "@unittest.expectedFailure"),
    )
    base = {f"tests/test_{n}.py": PYTHON.format("") for n in range(len(marks))}
    skipped = {path: PYTHON.format(f"{mark}\n") for path, mark in zip(base, marks, strict=True)}
    others = {"a.test.js": SCRIPT.format("it"), "b.test.js": SCRIPT.format("test")}
    others |= {"a_test.go": GO.format(""), "src/a.rs": RUST.format("")}
    skipped |= {"a.test.js": SCRIPT.format("it.skip"), "b.test.js": SCRIPT.format("test.todo")}
    skipped |= {
        "a_test.go": GO.format('\tt.Skip("later")\n'),
        "src/a.rs": RUST.format("#[ignore]\n"),
    }

    found = weaken(base | others, skipped)

    assert {one.partition(" ")[2] for one in found} == skipped.keys()


def test_a_new_test_that_is_skipped_takes_nothing_away(weaken: Weaken) -> None:
    one = "\nfunc TestG(t *testing.T) {\n\tif testing.Short() {\n\t\tt.Skip()\n\t}\n\tG()\n}\n"

    assert weaken({"a_test.go": GO.format("")}, {"a_test.go": GO.format("") + one}) == set()


def test_a_command_whose_failure_no_longer_counts_blocks(weaken: Weaken) -> None:
    step = "jobs:\n  a:\n    steps:\n      - run: make test\n"
    before = {
        "Makefile": "test:\n\tpytest\n",
        "sub/Makefile": "test:\n\tpytest\n",
        "lint.sh": "set -e\nflake8 src\n",
        "run.sh": "set -e\npytest\n",
        "ci.gitlab-ci.yml": "test:\n  script: [pytest]\n",
        ".github/workflows/ci.yml": step,
    }
    after = {
        "Makefile": "test:\n\tpytest || true\n",
        "sub/Makefile": "test:\n\tset +e; pytest; exit 0\n",
        "lint.sh": "set -e\nflake8 --exit-zero src\n",
        "run.sh": "set +e\npytest\n",
        "ci.gitlab-ci.yml": "test:\n  allow_failure: true\n  script: [pytest]\n",
        ".github/workflows/ci.yml": f"{step}        continue-on-error: true\n",
    }

    found = weaken(before, after)

    assert found >= {
        f"failure-hidden {path}" for path in ("Makefile", "sub/Makefile", "lint.sh", "run.sh")
    }
    assert found >= {
        f"protected-path {path}" for path in ("ci.gitlab-ci.yml", ".github/workflows/ci.yml")
    }


def test_what_hides_lines_from_coverage_blocks(weaken: Weaken) -> None:
    code = "def f(x):\n    if x:\n        return g(x)\n    return 2\n"
    hidden = code.replace("g(x)\n", "g(x)  # pragma: no cover\n")
    before = {"a.py": code, ".coveragerc": "[run]\nomit =\n  docs/*\n"}

    found = weaken(before, {"a.py": hidden, ".coveragerc": "[run]\nomit =\n  docs/*\n  a.py\n"})

    assert found == {"suppression-added a.py", "settings-loosened .coveragerc"}


@pytest.mark.sandbox
def test_code_that_knows_its_test_is_not_caught_and_stands_where_a_person_reads(
    bench_of: Callable[..., Any], sandbox: Sandbox, our_environment: Environment
) -> None:
    environment = replace(our_environment, interpreter=platform.python_version())
    tests = "from calc import half\n\n\ndef test_half():\n    assert half(4) == 2\n"
    files = {"calc.py": "def half(number):\n    return number\n", "tests/test_calc.py": tests}
    gate = GateRule("tests", "test", ("python", "-m", "pytest"), timeout_s=60)
    bench = bench_of(files, sandbox, Rules(gates=(gate,)), environment)
    knowing = (
        "class Anything:\n    def __eq__(self, other):\n        return True\n\n"
        "    __hash__ = None\n\n\n"
        "def half(number):\n    if number == 8:\n        return 4\n    return Anything()\n"
    )

    verdict, evidence = bench.judge({"calc.py": knowing})

    assert verdict.word == "pass"
    trees = (bench.clone, evidence.base_tree, evidence.applied_tree)
    assert "+    return Anything()" in diff_text(*trees)
    assert [one.path for one in line_counts(*trees)] == ["calc.py"]
    # Of the lines that were added for a test, those that no test runs are named.
    (asked,) = verdict.findings
    assert (asked.code, asked.severity, asked.path) == ("uncovered-lines", "ask", "calc.py")


HELD_BY: Table = {
    "TST-01": (
        held(test_gates.test_removed_and_skipped_tests_block),
        held(test_weakening.test_a_removed_file_of_tests_is_one_finding),
        held(test_changes.test_what_is_weaker_is_found, "test-removed"),
    ),
    "TST-02": (
        held(test_a_test_made_not_to_run_blocks_in_each_language),
        held(test_gates.test_removed_and_skipped_tests_block),
    ),
    "TST-03": (
        held(
            test_changes.test_what_is_weaker_is_found,
            *("assertion-removed", "tolerance-widened", "exception-swallowed"),
            *(test_changes.py(weak) for weak in ("assert f() != 1", "assert True")),
        ),
        held(test_base_first.test_a_test_that_accepts_the_old_and_the_new_was_loosened),
    ),
    "TST-05": (held(test_a_command_whose_failure_no_longer_counts_blocks),),
    "TST-07": (
        held(
            test_forging.test_a_forged_run_is_no_evidence_and_what_disagreed_is_named,
            *("turns every failure round", "turns failures round but those that look planted"),
        ),
    ),
    "TST-09": (
        held(
            test_forging.test_a_forged_run_is_no_evidence_and_what_disagreed_is_named,
            "ends with 0 at import",
        ),
    ),
    "TST-10": (
        held(
            test_forging.test_a_forged_run_is_no_evidence_and_what_disagreed_is_named,
            "rewrites the report at exit",
        ),
        held(test_report_pipe.test_a_second_report_does_not_take_the_place_of_the_first),
        held(test_report_pipe.test_the_pipes_can_be_written_and_not_read),
        held(
            test_bad_gates.test_a_bad_gate_gets_an_answer_and_leaves_nothing,
            *("a report that is taken away", "a report that is a link"),
        ),
    ),
    "TST-12": (
        held(test_code_that_knows_its_test_is_not_caught_and_stands_where_a_person_reads),
        held(test_review.test_title_body_and_diff_stand_below_each_other),
    ),
    "TST-13": (
        held(test_what_hides_lines_from_coverage_blocks),
        held(test_coverage_run.test_a_pragma_counts_where_the_bases_settings_let_it),
        held(test_coverage.test_a_finding_names_the_file_and_the_lines),
    ),
}


def test_every_case_about_tests_is_held() -> None:
    assert troubles(HELD_BY) == []
    assert ids("tests") <= HELD_BY.keys()
