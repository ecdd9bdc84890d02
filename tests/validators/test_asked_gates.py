"""What an author is told who asks about gates before the change is complete: little, and soon."""

from collections.abc import Callable
from typing import Any

import pytest

from validators.asked_gates import affected_tests, ask_gates
from validators.checkout import Clone, write_tree
from validators.rules import GateKind, GateRule, Rules
from validators.sandbox import FileChange, Sandbox
from validators.verdict import Verdict

SOURCE = "def double(number):\n    return number * 2\n"
TESTS = "import calc\n\n\ndef test_double():\n    assert calc.double(2) == 4\n"
OTHER = "import far\n\n\ndef test_far():\n    assert far.away() == 1\n"
PROJECT = {
    "calc.py": SOURCE,
    "user.py": "import calc\n",
    "far.py": "def away():\n    return 1\n",
    "tests/test_calc.py": TESTS,
    "tests/test_user.py": "import user\n\n\ndef test_user():\n    assert user.calc\n",
    "tests/test_far.py": OTHER,
    "tests/conftest.py": "",
    "README.md": "calc\n",
}
RULES = Rules(
    gates=(
        GateRule("tests", "test", ("python", "-m", "pytest"), timeout_s=60),
        GateRule("compiles", "build", ("python", "-m", "compileall", "-q", "."), timeout_s=60),
    ),
    kind="refactor",
)
MakeBench = Callable[..., Any]
CloneOf = Callable[[dict[str, str]], Clone]
Ask = Callable[..., tuple[Verdict, list[str]]]


def tree_with(clone: Clone, files: dict[str, str]) -> str:
    changes = [FileChange(path, "100644", text.encode()) for path, text in files.items()]
    return write_tree(clone, clone.base_tree, changes)


@pytest.mark.parametrize(
    ("path", "text", "affected"),
    [
        ("calc.py", "x = 1\n", {"tests/test_calc.py", "tests/test_user.py"}),
        ("user.py", "x = 1\n", {"tests/test_user.py"}),
        ("tests/test_far.py", OTHER + "\n", {"tests/test_far.py"}),
        ("tests/conftest.py", "x = 1\n", set()),
        ("README.md", "double\n", set()),
    ],
)
def test_the_tests_that_a_change_concerns_import_it(
    clone_of: CloneOf, path: str, text: str, affected: set[str]
) -> None:
    clone = clone_of(PROJECT)

    assert affected_tests(clone, tree_with(clone, {path: text})) == affected


@pytest.fixture
def ask(bench_of: MakeBench, sandbox: Sandbox) -> Ask:
    def run(
        kind: GateKind, files: dict[str, str], rules: Rules = RULES
    ) -> tuple[Verdict, list[str]]:
        bench = bench_of(PROJECT, sandbox, rules)
        tree = tree_with(bench.clone, files)
        verdict = ask_gates(bench.bench, kind, tree, bench.sides)
        told = [(one["gate"], one["side"], one["summary"]) for one in bench.told]
        return verdict, [" ".join(one) for one in told]

    return run


@pytest.mark.sandbox
def test_only_the_tests_that_are_concerned_are_run(ask: Ask) -> None:
    verdict, ran = ask("test", {"calc.py": "def double(number):\n    return number * 3\n"})

    assert verdict.word == "fail"
    assert [found.code for found in verdict.findings] == ["newly-failing", "not-all-run"]
    assert verdict.findings[0].message.startswith(
        "tests.test_calc::test_double passes on the base and fails with this change\n"
    )
    assert ran[1:] == ["tests asked 1 passed, 1 failed, 0 skipped"]
    assert ran[0].startswith("tests base 3 passed")


@pytest.mark.sandbox
def test_where_that_is_not_known_all_tests_are_run(ask: Ask) -> None:
    verdict, ran = ask("test", {"README.md": "double\n"})

    assert (verdict.word, [found.message for found in verdict.findings]) == (
        "pass",
        ["of the tests concerned: 3 passed, 0 failed, 0 skipped"],
    )
    assert ran[-1] == "tests asked 3 passed, 0 failed, 0 skipped"


@pytest.mark.sandbox
def test_a_build_that_breaks_is_told(ask: Ask) -> None:
    verdict, ran = ask("build", {"far.py": "def away(:\n"})

    assert verdict.word == "fail"
    assert [line.split()[0] for line in ran] == ["compiles"] * len(ran)
    assert any("far.py" in found.message for found in verdict.findings)


@pytest.mark.sandbox
def test_a_kind_without_a_gate_says_so(ask: Ask) -> None:
    verdict, ran = ask("lint", {"far.py": "x = 1\n"})

    assert (verdict.word, ran) == ("no-evidence", [])
    assert verdict.findings[0].message == "no gate of kind lint was found or is declared"


@pytest.mark.sandbox
def test_what_no_policy_lets_through_is_not_run(ask: Ask) -> None:
    verdict, ran = ask("test", {".github/workflows/ci.yml": "on: push\n"})

    assert (verdict.word, ran) == ("fail", [])
    assert verdict.findings[0].gate == "policy"
