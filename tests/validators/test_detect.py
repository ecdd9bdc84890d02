from collections.abc import Mapping
from dataclasses import replace

import pytest

from validators.detect import Detected, detect, is_manifest, looks_like_test
from validators.projects.interpreters import (
    Interpreter,
    InterpreterRefusal,
    choose_interpreter,
    satisfies,
)
from validators.projects.own_linter import floor_lint
from validators.rules import GateRule, Rules

PYTEST = ("python", "-m", "pytest")


def found(files: Mapping[str, str], rules: Rules | None = None) -> Detected:
    def read(path: str) -> bytes | None:
        content = files.get(path)
        return content.encode() if content is not None else None

    return detect(list(files), read, rules or Rules())


def runs(detected: Detected) -> dict[str, tuple[str, ...]]:
    return {gate.name: gate.run for gate in detected.gates}


def install(detected: Detected) -> list[str]:
    assert len(detected.setup.commands) == 1
    assert detected.setup.commands[0][:3] == ("uv", "pip", "install")
    return list(detected.setup.commands[0][3:])


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": "[tool.pytest.ini_options]\n"},
        {"pytest.ini": "[pytest]\n"},
        {"setup.cfg": "[tool:pytest]\ntestpaths = x\n"},
        {"tox.ini": "[pytest]\n"},
    ],
)
def test_configured_pytest_is_run_as_configured(files: dict[str, str]) -> None:
    detected = found({**files, "a.py": "", "odd/test_x.py": ""})

    assert runs(detected)["tests"] == PYTEST
    assert detected.setup.kind == "python"


def test_test_files_in_a_tests_folder_are_run_there_alone() -> None:
    detected = found({"a.py": "", "tests/test_a.py": "import unittest", "examples/b.py": ""})

    assert runs(detected)["tests"] == (*PYTEST, "tests")
    assert next(g for g in detected.gates if g.name == "tests").source == "test files"


def test_test_files_beside_the_sources_are_searched_for_everywhere() -> None:
    assert (
        runs(found({"pkg/a.py": "", "pkg/test_a.py": "", "tests/test_b.py": ""}))["tests"] == PYTEST
    )


def test_an_unconfigured_linter_means_the_floor_of_plain_errors() -> None:
    lint = runs(found({"a.py": ""}))["lint"]

    assert lint[:5] == ("ruff", "check", "--isolated", "--select", "E9,F63,F7,F82")
    assert lint[-2:] == ("py313", ".")


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("ruff.toml", "lint.select = ['E']"),
        (".ruff.toml", "select = ['E']"),
        ("ruff.toml", "extend = '../ruff.toml'"),
        ("pyproject.toml", "[tool.ruff.lint]\nextend-select = ['B']"),
    ],
)
def test_a_configured_linter_is_run_as_configured(name: str, settings: str) -> None:
    lint = runs(found({"a.py": "", name: settings}))["lint"]

    assert lint == ("ruff", "check", ".")


@pytest.mark.parametrize(
    ("name", "settings"),
    [("ruff.toml", ""), ("pyproject.toml", "[tool.ruff.lint]\nignore = ['E501']")],
)
def test_where_no_rules_are_chosen_a_newer_linter_does_not_look_for_more(
    name: str, settings: str
) -> None:
    lint = runs(found({"a.py": "", name: settings}))["lint"]

    assert lint == ("ruff", "check", "--select", "E4,E7,E9,F", ".")


@pytest.mark.parametrize(
    ("requires", "target"),
    [
        (">=3.9", "py39"),
        (">=2.7, !=3.0.*", "py37"),
        (">=3.99", "py313"),
        ("", "py313"),
        (">3", "py313"),
    ],
)
def test_the_floor_knows_the_syntax_the_project_may_use(requires: str, target: str) -> None:
    assert target in floor_lint(requires).run


def test_without_tests_nothing_is_set_up() -> None:
    detected = found({"a.py": "", "pyproject.toml": "[project]\nname='x'\n"})

    assert list(runs(detected)) == ["lint"]
    assert (detected.setup.kind, detected.setup.commands) == ("none", ())


def test_a_repository_of_nothing_known_has_no_gate() -> None:
    assert found({"README.md": "", "main.go": ""}).gates == ()


@pytest.mark.parametrize(
    ("files", "arguments"),
    [
        ({"requirements.txt": "x"}, ["-r", "requirements.txt"]),
        ({"requirements.txt": "", "requirements-dev.txt": ""},
         ["-r", "requirements.txt", "-r", "requirements-dev.txt"]),
        ({"setup.py": "setup()"}, ["-e", "."]),
        ({"setup.py": "setup(extras_require={'docs': ['s'], \"testing\": [",
          "dev-requirements.txt": ""},
         ["-e", ".[testing]"]),
        ({"setup.cfg": "[options.extras_require]\ntest = pytest-cov\n", "setup.py": ""},
         ["-e", ".[test]"]),
        ({"pyproject.toml": "[project.optional-dependencies]\ntests=[]\ndev=[]\n"},
         ["-e", ".[tests]"]),
        ({"pyproject.toml": "[build-system]\n[dependency-groups]\ntest=[]\ndocs=[]\n"},
         ["-e", ".", "--group", "test"]),
        ({"pyproject.toml": "[build-system]\n[project.optional-dependencies]\ndev=[]\n"},
         ["-e", ".[dev]"]),
        ({"pyproject.toml": "[build-system]\n", "requirements/test.txt": "",
          "requirements-dev.txt": ""},
         ["-e", ".", "-r", "requirements/test.txt"]),
        ({"setup.py": "", "tox.ini": "[testenv]\ndeps =\n  hypothesis>=6 # x\n"
          "  -r{toxinidir}/t.txt\n  py38: old\n  {env:X}\n  -c c.txt\n", "t.txt": ""},
         ["-e", ".", "-r", "t.txt", "hypothesis>=6"]),
        ({"pyproject.toml": "[project]\n[project.optional-dependencies]\n'test; rm' = []\n"},
         ["-e", "."]),
        ({"pyproject.toml": "not toml [", "setup.cfg": "no section"}, []),
        ({"pyproject.toml": "project = 3\n", "tox.ini": "[testenv]\nbase = x\n"}, []),
    ],
)  # fmt: skip
def test_what_the_tests_need_is_installed(files: dict[str, str], arguments: list[str]) -> None:
    assert install(found({**files, "tests/test_a.py": ""})) == [*arguments, "pytest", "coverage"]


def test_where_the_project_cannot_be_built_its_requirements_can_be_installed() -> None:
    files = {
        "pyproject.toml": "[project]\n[project.optional-dependencies]\ntest=[]\n",
        "test_a.py": "",
    }

    assert found(files).setup.fallback == (
        ("uv", "pip", "install", "-r", "pyproject.toml", "--extra", "test", "pytest"),
    )
    assert found({"requirements.txt": "", "test_a.py": ""}).setup.fallback == ()


def test_the_python_a_project_asks_for_is_found() -> None:
    pyproject = {"pyproject.toml": "[project]\nrequires-python='>=3.9'\n", "test_a.py": ""}
    setup_cfg = {
        "setup.cfg": "[options]\npython_requires = >=3.8\n",
        "setup.py": "",
        "test_a.py": "",
    }

    assert found(pyproject).setup.requires_python == ">=3.9"
    assert found(setup_cfg).setup.requires_python == ">=3.8"


def test_manifests_lock_files_and_compiled_sources_are_what_an_environment_depends_on() -> None:
    files = {
        "pyproject.toml": "[project]\n", "uv.lock": "", "requirements/test.in": "", "src/a.c": "",
        "src/a.py": "", "tests/test_a.py": "", "constraints.txt": "", "notes.txt": "",
        "\udcff/setup.py": "",
    }  # fmt: skip

    assert found(files).setup.manifests == (
        "constraints.txt", "pyproject.toml", "requirements/test.in", "src/a.c", "uv.lock",
    )  # fmt: skip
    assert is_manifest("a/package.json")
    assert not is_manifest("a/package.py")


def test_declared_gates_win_over_everything_found() -> None:
    gate = GateRule("unit", "test", ("make", "test"))

    detected = found({"tests/test_a.py": "", "ruff.toml": ""}, Rules(gates=(gate,)))

    assert detected.gates == (gate,)
    assert detected.setup.kind == "python"


def test_declared_set_up_wins_and_is_good_for_one_tree_alone() -> None:
    rules = Rules(setup=(("make", "deps"),))

    setup = found({"tests/test_a.py": "", "setup.py": ""}, rules).setup

    assert (setup.kind, setup.commands, setup.declared) == ("python", (("make", "deps"),), True)
    assert setup.fallback == ()


def test_set_up_declared_as_it_was_detected_is_the_detected_one() -> None:
    files = {"tests/test_a.py": "", "setup.py": ""}
    detected = found(files)

    written_down = Rules(gates=detected.gates, setup=detected.setup.commands)

    assert found(files, written_down).setup == detected.setup


def test_a_package_is_tested_by_its_script() -> None:
    detected = found(
        {
            "package.json": '{"scripts": {"test": "node --test"}, "devDependencies": {"a": "1"}}',
            "package-lock.json": "{}",
        }
    )

    assert runs(detected) == {"tests": ("npm", "test")}
    assert detected.setup.commands[0][:2] == ("npm", "ci")
    assert detected.setup.fallback[0][:2] == ("npm", "install")
    assert detected.setup.node_reports


def test_without_a_lock_file_packages_are_installed_without_one() -> None:
    package = '{"scripts": {"test": "tap"}, "dependencies": {"a": "1"}}'

    commands = found({"package.json": package}).setup.commands

    assert commands[0] == ("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund")
    assert commands[1][:2] == ("mkdir", "-p")


def test_a_package_that_chooses_its_reporter_gets_no_second_one() -> None:
    package = '{"scripts": {"test": "node --test --test-reporter=tap"}}'

    assert not found({"package.json": package}).setup.node_reports


@pytest.mark.parametrize(
    ("script", "reports"),
    [("node --test", True), ("c8 node x.js", True), ("node test.js", True), ("vitest run", False),
     ("npm run unit && jest", False)],
)  # fmt: skip
def test_node_is_asked_for_reports_where_its_own_runner_may_test(
    script: str, *, reports: bool
) -> None:
    package = f'{{"scripts": {{"test": "{script}"}}}}'

    assert found({"package.json": package}).setup.node_reports is reports


@pytest.mark.parametrize(
    "package",
    [
        '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}',
        '{"scripts": {"test": 3}}',
        '{"scripts": "x"}',
        "[]",
        "{",
        "[" * 100_000,
    ],
)
def test_a_package_without_a_test_script_has_no_gate(package: str) -> None:
    assert found({"package.json": package, "a.js": ""}).gates == ()


def test_files_that_use_node_test_are_tests_without_a_script() -> None:
    detected = found({"lib/a.test.js": "require('node:test')", "test/b.js": "1"})

    assert runs(detected) == {"tests": ("node", "--test")}
    assert (detected.setup.kind, detected.setup.commands) == ("node", ())


def test_files_named_like_tests_that_use_another_runner_are_none() -> None:
    assert found({"lib/a.test.js": "import {it} from 'vitest'"}).gates == ()


def test_in_a_repository_of_both_python_is_tested() -> None:
    files = {"package.json": '{"scripts": {"test": "x"}}', "tests/test_a.py": ""}

    detected = found(files)

    assert runs(detected)["tests"] == (*PYTEST, "tests")
    assert detected.setup.kind == "python"


def test_a_declared_node_gate_gets_node_s_set_up() -> None:
    gate = GateRule("unit", "test", ("sh", "-ec", "npm test -- --quick"))
    files = {"package.json": '{"dependencies": {"a": "1"}}', "tools/x.py": ""}

    assert found(files, Rules(gates=(gate,))).setup.kind == "node"
    assert (
        found({"x.go": ""}, Rules(gates=(replace(gate, run=("go", "test")),))).setup.kind == "none"
    )


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("tests/test_a.py", True), ("pkg/a_test.py", True), ("conftest.py", True),
        ("a/b.test.ts", True), ("tests/data/x.json", True), ("src/__tests__/x.tsx", True),
        ("test-a.mjs", True), ("a.spec.js", True),
        ("src/a.py", False), ("testing/a.py", False), ("latest.js", False), ("contest/a.py", False),
    ],
)  # fmt: skip
def test_tests_are_known_by_name_and_folder(path: str, *, expected: bool) -> None:
    assert looks_like_test(path) is expected


@pytest.mark.parametrize(
    ("version", "requires", "expected"),
    [
        ("3.11.2", "", True), ("3.11.2", ">=3.8,<4", True), ("3.11.2", ">=3.12", False),
        ("3.11.2", "~=3.9", True), ("3.11.2", "~=3.11.3", False), ("3.11.2", "==3.11.*", True),
        ("3.11.2", "!=3.11.*", False), ("3.11.2", "==3.11.2", True), ("3.11.2", "===3.11.1", False),
        ("3.11.2", "<=3.11", False), ("3.11.0", "<=3.11", True), ("3.11.2", ">3.11", True),
        ("3.11.2", "<3.11.2", False), ("3.11.2", "whatever", True), ("3.11.2", "!=3.9", True),
    ],
)  # fmt: skip
def test_a_version_is_held_against_what_a_project_asks_for(
    version: str, requires: str, *, expected: bool
) -> None:
    assert satisfies(version, requires) is expected


def test_the_first_python_that_will_do_is_chosen_and_none_is_refused() -> None:
    system, own = Interpreter("/usr/bin/python3", "3.11.2"), Interpreter("/opt/python", "3.13.0")

    assert choose_interpreter((system, own), ">=3.9") == system
    assert choose_interpreter((system, own), ">=3.12") == own
    with pytest.raises(InterpreterRefusal, match=r"asks for Python >=3.14.*3.11.2 and 3.13.0"):
        choose_interpreter((system, own), ">=3.14")
    with pytest.raises(InterpreterRefusal, match=r"of any version.*offers none"):
        choose_interpreter((), "")
