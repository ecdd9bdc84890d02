"""Coverage measured where it is used: beside real tests, in the sandbox."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from validators.environment import Environment
from validators.evidence import LineCoverage
from validators.judging.coverage import line_coverage
from validators.judging.coverage_run import (
    coverage_argv,
    coverage_command,
    coverage_settings,
    coverage_tool,
    coverage_variables,
    is_cheap,
    is_measured,
    lay_out_coverage,
    measured_phase,
)
from validators.projects.coverage_configuration import read_coverage_configuration
from validators.sandbox import Limits, Phase, Sandbox

pytestmark = pytest.mark.sandbox

SOURCE = """\
def double(number):
    if number < 0:
        raise ValueError(
            "too small"
        )
    return 2 * number


def half(number):  # pragma: no cover
    return number / 2
"""
TEST = "import calc\n\n\ndef test_double():\n    assert calc.double(2) == 4\n"
CHILD = """\
import subprocess
import sys


def test_child():
    subprocess.run([sys.executable, "-c", "import calc; calc.double(-1)"], check=False)
"""
ADDED = {"calc.py": frozenset(range(1, 11)), "lost.py": frozenset({1, 2})}
Missing = dict[str, tuple[int, ...]]


@pytest.fixture
def measure(
    sandbox: Sandbox, our_environment: Environment, tmp_path: Path
) -> Callable[..., Missing | None]:
    """Run tests with coverage on, and return what no test ran, by file; None if unknown."""

    def run(files: Mapping[str, str], *more: str) -> Missing | None:
        tree, place = tmp_path / "tree", tmp_path / "coverage"
        place.mkdir()
        for path, text in {"calc.py": SOURCE, "lost.py": "x = 1\n\n", **files}.items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(text)
        base = read_coverage_configuration(
            lambda path: (tree / path).read_bytes() if (tree / path).is_file() else None
        )
        settings = coverage_settings(ADDED, base, interpreter="3.11")
        phase = Phase(
            "test",
            mounts=our_environment.mounts,
            environment=our_environment.variables,
            path=our_environment.path,
        )
        phase = measured_phase(phase, "python", "3.11", lay_out_coverage(place, settings))
        with sandbox.open(tree, phase, Limits(timeout_s=60.0)) as session:
            tested = session.run(("python", "-m", "pytest", "-q", *more))
            assert tested.code == 0, tested.stdout.text + tested.stderr.text
            said = session.run(coverage_command("python", ADDED, base))
        found = line_coverage(said, ADDED, lambda path: is_measured(path, "python"))
        return None if found is None else {file.path: file.uncovered for file in found}

    return run


def test_changed_lines_that_no_test_runs_are_found_and_a_file_none_imports(
    measure: Callable[..., Missing | None],
) -> None:
    assert measure({"test_calc.py": TEST}) == {"calc.py": (3, 10), "lost.py": (1,)}


def test_what_only_a_process_of_a_test_runs_is_run(
    measure: Callable[..., Missing | None],
) -> None:
    found = measure({"test_calc.py": TEST, "test_child.py": CHILD})
    assert found == {"calc.py": (10,), "lost.py": (1,)}


def test_a_projects_own_measuring_is_read_beside_ours(
    measure: Callable[..., Missing | None],
) -> None:
    found = measure({"test_calc.py": TEST}, "-p", "pytest_cov", "--cov=.", "--cov-branch")
    assert found == {"calc.py": (3, 10), "lost.py": (1,)}


def test_a_projects_own_relative_file_names_are_understood(
    measure: Callable[..., Missing | None],
) -> None:
    files = {"test_calc.py": TEST, ".coveragerc": "[run]\nrelative_files = true\n"}
    assert measure(files, "-p", "pytest_cov", "--cov=.") == {"calc.py": (3,), "lost.py": (1,)}


def test_workers_that_share_the_tests_are_all_measured(
    measure: Callable[..., Missing | None],
) -> None:
    files = {"test_calc.py": TEST, "test_child.py": CHILD}
    assert measure(files, "-p", "xdist", "-n2") == {"calc.py": (10,), "lost.py": (1,)}


def test_a_pragma_counts_where_the_bases_settings_let_it(
    measure: Callable[..., Missing | None],
) -> None:
    settings = "[tool.coverage.report]\nexclude_also = ['# too small', 'raise ValueError']\n"
    files = {"test_calc.py": TEST, "pyproject.toml": settings}
    assert measure(files) == {"calc.py": (), "lost.py": (1,)}


def test_a_sandbox_without_coverage_says_that_nothing_is_known(
    sandbox: Sandbox, our_environment: Environment, tmp_path: Path
) -> None:
    base = read_coverage_configuration(lambda _: None)
    mounts = lay_out_coverage(tmp_path, coverage_settings(ADDED, base, interpreter="3.11"))
    phase = Phase("test", mounts=(*our_environment.mounts, *mounts), path=our_environment.path)
    (tmp_path / "tree").mkdir()
    with sandbox.open(tmp_path / "tree", phase, Limits(timeout_s=60.0)) as session:
        said = session.run(coverage_command("python", ADDED, base))
    assert (said.outcome, said.code) == ("failed", 3)
    assert line_coverage(said, ADDED, lambda _: True) is None


def test_nodes_own_measuring_tells_of_lines_that_no_test_runs(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    if shutil.which("node", path="/usr/local/bin:/usr/bin:/bin") is None:
        pytest.skip("there is no node here")
    tree, place = tmp_path / "tree", tmp_path / "coverage"
    (tree / "lib").mkdir(parents=True)
    place.mkdir()
    half = "exports.half = (n) => {\n  if (n) {\n    return n / 2;\n  }\n  return 0;\n};\n"
    (tree / "lib/half.js").write_text(half)
    test = "require('node:test')('half', () => require('./lib/half.js').half(2));\n"
    (tree / "half.test.js").write_text(test)
    base = read_coverage_configuration(lambda _: None)
    mounts = lay_out_coverage(place, coverage_settings([], base, interpreter=""))
    phase = measured_phase(Phase("test"), "node", "", mounts)
    added = {"lib/half.js": frozenset(range(1, 7)), "lib/lost.js": frozenset({7})}
    with sandbox.open(tree, phase, Limits(timeout_s=60.0)) as session:
        tested = session.run(coverage_argv(("node", "--test")))
        assert tested.code == 0, tested.stdout.text + tested.stderr.text
        said = session.run(coverage_command("node", added, base))

    found = line_coverage(said, added, lambda path: is_measured(path, "node"))
    assert found == (LineCoverage("lib/half.js", 6, (5,)), LineCoverage("lib/lost.js", 1, (7,)))


def test_node_measures_where_it_is_plainly_node_that_tests() -> None:
    assert coverage_tool(("node", "--test"), "") == "node"
    assert coverage_tool(("npm", "test"), "") == "none"
    assert coverage_tool(("make", "test"), "3.12.1") == "python"
    assert coverage_argv(("node", "--test", "a.js"))[:2] == ("node", "--experimental-test-coverage")
    assert coverage_argv(("npm", "test")) == ("npm", "test")
    assert coverage_variables("none", "") == {}


def test_options_that_node_is_given_already_stay() -> None:
    phase = Phase("test", environment={"NODE_OPTIONS": "--test-reporter=spec", "CI": "true"})
    told = measured_phase(phase, "node", "", ()).environment
    assert told["NODE_OPTIONS"].startswith("--test-reporter=spec --test-reporter=lcov ")
    assert told["CI"] == "true"


def test_only_an_older_python_needs_help_to_start_measuring() -> None:
    assert "PYTHONPATH" in coverage_variables("python", "3.9.1")
    assert "PYTHONPATH" not in coverage_variables("python", "3.13.0")


@pytest.mark.parametrize(
    ("interpreter", "cheap"), [("3.11.9", False), ("3.12.0", True), ("3.14", True), ("", False)]
)
def test_measuring_is_cheap_since_python_tells_of_lines_by_itself(
    interpreter: str, *, cheap: bool
) -> None:
    assert is_cheap("python", interpreter) is cheap
    settings = coverage_settings(
        ["a.py"], read_coverage_configuration(lambda _: None), interpreter=interpreter
    )
    assert ("core = sysmon" in settings) is cheap


@pytest.mark.parametrize(
    ("path", "measured"),
    [
        ("src/a.py", True),
        ("src/a.pyi", False),
        ("tests/a.py", False),
        ("test_a.py", False),
        ("setup.py", False),
        ("docs/conf.py", False),
        ("a.js", False),
        ("a\n.py", False),
    ],
)
def test_only_sources_that_tests_can_run_are_asked_about(path: str, *, measured: bool) -> None:
    assert is_measured(path, "python") is measured


def test_declarations_of_types_are_not_run() -> None:
    assert [is_measured(f"index{end}", "node") for end in (".ts", ".d.ts", ".d.cts")] == [
        True, False, False,
    ]  # fmt: skip


def test_names_that_could_mean_something_in_a_pattern_match_literally_or_more() -> None:
    base = read_coverage_configuration(lambda _: None)
    settings = coverage_settings(["a[1],$HOME%*.py"], base, interpreter="3.11")
    assert "\n    /workspace/a?1???HOME??.py\n" in settings
