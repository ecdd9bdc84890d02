"""Whole detection: what a repository's workflows and other runners' files come to."""

import json
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from validators.detect import Detected, detect
from validators.rules import GateRule, Rules

CI = ".github/workflows/ci.yml"
PLACE = f"workflow {CI}, job tests"
PYTEST = ("python", "-m", "pytest")
TEST = {"tests/test_a.py": ""}


def found(files: Mapping[str, str], rules: Rules | None = None, missing: str = "") -> Detected:
    def read(path: str) -> bytes | None:
        content = files.get(path)
        return content.encode() if content is not None else None

    return detect([*files], read, rules or Rules(), lambda tool: tool != missing)


def ci(*runs: str, job: str = "tests") -> dict[str, str]:
    steps = "".join(f"      - run: |\n          {run}\n" for run in runs)
    return {CI: f"on: push\njobs:\n  {job}:\n    runs-on: ubuntu-latest\n    steps:\n{steps}"}


def gates(detected: Detected) -> dict[str, tuple[str, ...]]:
    return {gate.name: gate.run for gate in detected.gates if gate.name != "lint"}


def test_a_workflow_s_pytest_wins_and_what_it_installs_is_installed() -> None:
    detected = found(
        {
            **TEST,
            "pyproject.toml": "[project]\nname='x'\n[tool.pytest.ini_options]\n",
            "ci.txt": "",
            **ci(
                "pip install -U pip tox",
                "pip install -e .[fast] -r ci.txt pytest-mock",
                "pytest -v --cov=x -m 'not network' tests",
            ),
        }
    )

    assert gates(detected) == {"tests": (*PYTEST, "-m", "not network", "tests")}
    assert detected.gates[-1].source == PLACE
    (command,) = detected.setup.commands
    assert command[3:] == ("-e", ".", "-r", "ci.txt", "pytest-mock", "pytest", "coverage")


def test_several_pytest_commands_of_one_job_are_several_gates() -> None:
    detected = found({**TEST, "setup.py": "", **ci("pytest tests", "pytest --doctest-modules",
                                                   "pytest -m slow")})  # fmt: skip

    assert gates(detected) == {
        "tests": (*PYTEST, "tests"),
        "tests-2": (*PYTEST, "--doctest-modules"),
    }
    assert f"{PLACE}: `pytest -m slow` is beside the tests; not used" in detected.notes


def test_the_job_that_tests_what_most_users_have_comes_first() -> None:
    first, second = ci("pytest -m min", job="minimal")[CI], ci("pytest tests", job="unit")[CI]
    both = first + second.partition("jobs:\n")[2]

    assert gates(found({**TEST, CI: both})) == {"tests": (*PYTEST, "tests")}


def test_paths_that_are_not_there_and_unknown_options_are_said() -> None:
    built = found({**TEST, **ci("pytest build/tests")})
    odd = found({**TEST, **ci("pytest --flaky tests")})

    assert gates(built) == {"tests": (*PYTEST, "tests")}
    assert f"{PLACE}: names a path that is not in the tree; not used" in built.notes
    assert gates(odd) == {"tests": (*PYTEST, "tests")}
    assert f"{PLACE}: --flaky may need a plugin; left out" in odd.notes


def test_an_option_of_the_project_s_own_conftest_is_kept() -> None:
    conftest = "def pytest_addoption(parser):\n    parser.addoption('--runslow')\n"
    detected = found({**TEST, "tests/conftest.py": conftest, **ci("pytest --runslow")})

    assert gates(detected) == {"tests": (*PYTEST, "--runslow")}


def test_tox_in_a_workflow_comes_to_its_pytest_and_its_dependencies() -> None:
    tox = "[testenv]\ndeps = pytest-mock\nextras = fast\ncommands = pytest -q {posargs:tests}\n"
    pyproject = "[project]\n[project.optional-dependencies]\nfast = []\ndev = []\n"
    detected = found({**TEST, "tox.ini": tox, "pyproject.toml": pyproject,
                      **ci("uv run --group dev tox run")})  # fmt: skip

    assert gates(detected) == {"tests": (*PYTEST, "tests")}
    assert detected.gates[-1].source == "tox.ini [testenv]"
    assert detected.setup.commands[0][3:] == (
        "-e", ".[fast]", "pytest-mock", "pytest", "coverage",
    )  # fmt: skip


def test_nox_make_pdm_and_hatch_are_followed_to_what_they_run() -> None:
    nox = "import nox\n@nox.session\ndef tests(s):\n    s.run('pytest', 'tests')\n"
    pdm = "[project]\n[tool.pdm.scripts]\nunit = 'pytest tests'\nall = {cmd = 'pytest tests'}\n"
    hatch = (
        "[project]\n[tool.hatch.envs.default]\ndependencies = ['pytest-mock']\n"
        "[tool.hatch.envs.default.scripts]\nunit = ['pytest tests {args}']\n"
    )
    for files, command, source in (
        ({"noxfile.py": nox}, "pipx run nox -s tests", "noxfile.py, session tests"),
        ({"Makefile": "unit:\n\tpytest tests\n"}, "make unit", "Makefile, target unit"),
        ({"pyproject.toml": pdm}, "pdm run unit", "pyproject.toml [tool.pdm.scripts] unit"),
        ({"pyproject.toml": pdm}, "pdm run all", "pyproject.toml [tool.pdm.scripts] all"),
        ({"pyproject.toml": hatch}, "hatch run unit",
         "pyproject.toml [tool.hatch.envs.default.scripts] unit"),
        ({}, "hatch test", PLACE),
        ({}, "uv run pytest tests", PLACE),
        ({}, "coverage run -m pytest tests", PLACE),
    ):  # fmt: skip
        detected = found({**TEST, **files, **ci(command)})
        assert gates(detected) == {"tests": (*PYTEST, "tests")}, command
        assert detected.gates[-1].source == source, command


def test_what_runs_no_test_or_only_make_can_tell_is_passed_over() -> None:
    makefile = {"Makefile": "unit:\n\tpytest $(ARGS)\nship:\n\ttwine $(X)\n"}
    for files, command in (
        (makefile, "make unit"),
        (makefile, "make ship"),
        ({"tox.ini": "[testenv]\ncommands = pytest other\n"}, "tox run --notest"),
        ({"tox.ini": "[testenv]\ncommands = tox\n"}, "tox"),
        ({}, "tox -e py"),
        ({}, "nox --session=tests"),
        ({"pyproject.toml": "[tool.pdm.scripts]\nunit = 3\n"}, "pdm run unit"),
        ({}, "env A=1"),
    ):
        detected = found({**TEST, **files, **ci(command)})
        assert gates(detected) == {"tests": (*PYTEST, "tests")}, command
        assert detected.gates[-1].source == "test files", command


def test_unittest_is_run_by_pytest_where_that_finds_its_tests() -> None:
    by_pytest = found({**TEST, **ci("python -m unittest -v")})
    alone = found({"checks.py": "", **ci("python -m unittest checks")})

    assert gates(by_pytest) == {"tests": (*PYTEST, "tests")}
    assert any("runs unittest; pytest runs the same tests" in note for note in by_pytest.notes)
    assert gates(alone) == {"tests": ("python", "-m", "unittest", "checks")}
    assert alone.setup.commands == (("uv", "pip", "install", "coverage"),)


def test_linters_of_workflows_are_gates_and_style_blocks_nothing() -> None:
    detected = found({**TEST, "setup.py": "", **ci("pip install types-x", "mypy src",
                                                   "black --check .", "ruff check",
                                                   "ruff format --check", "pyright",
                                                   "pre-commit run -a")})  # fmt: skip

    assert gates(detected) == {
        "tests": (*PYTEST, "tests"),
        "mypy": ("mypy", "src"),
        "black-format": ("black", "--check", "."),
        "ruff-format": ("ruff", "format", "--check"),
    }
    required = {gate.name: gate.required for gate in detected.gates}
    assert required == {"lint": True, "tests": True, "mypy": True, "black-format": False,
                        "ruff-format": False}  # fmt: skip
    assert {"types-x", "mypy", "black"} <= {*detected.setup.commands[0]}
    for words in ("style is for people", "pyright cannot be installed", "pre-commit fetches"):
        assert any(words in note for note in detected.notes), words


def test_poetry_and_pdm_groups_are_installed_as_plain_requirements() -> None:
    poetry = (
        "[tool.poetry]\nname = 'x'\n[tool.poetry.dependencies]\npython = '^3.9'\nrich = '^13'\n"
        "[tool.poetry.group.test.dependencies]\npytest-mock = '^3.1'\n"
    )
    pdm = (
        "[project]\nname='x'\n[tool.pdm.dev-dependencies]\ntest = ['pytest-mock>=3', '-e file:.']\n"
    )

    by_poetry = found({**TEST, "pyproject.toml": poetry}).setup
    by_pdm = found({**TEST, "pyproject.toml": pdm}).setup

    assert by_poetry.commands[0][3:] == ("-e", ".", "pytest-mock>=3.1,<4", "pytest", "coverage")
    assert by_poetry.fallback[0][3:] == ("rich>=13,<14", "pytest-mock>=3.1,<4", "pytest")
    assert by_poetry.requires_python == ">=3.9,<4"
    assert by_pdm.commands[0][3:] == ("-e", ".", "pytest-mock>=3", "pytest", "coverage")


def test_uv_s_lock_file_gives_the_versions() -> None:
    pyproject = "[project]\noptional-dependencies = {tests = []}\n[dependency-groups]\ntest=[]\n"
    export, install = found({**TEST, "pyproject.toml": pyproject, "uv.lock": ""}).setup.commands

    assert export[:3] == ("uv", "export", "--frozen")
    assert export[-6:-2] == ("--extra", "tests", "--group", "test")
    assert install[-2:] == ("-c", export[-1])


def test_what_is_no_package_is_not_built() -> None:
    setup = found(
        {
            **TEST,
            "pyproject.toml": "[dependency-groups]\ndev=[]\n[project]\n[tool.uv]\npackage=false\n",
        }
    ).setup

    assert setup.commands[0][3:] == ("--group", "dev", "pytest", "coverage")
    assert setup.fallback == ()


def test_what_was_detected_and_written_down_needs_the_same_set_up() -> None:
    for files in (
        {**TEST, "setup.py": "", **ci("pip install x", "mypy", "pytest tests")},
        {"package.json": '{"scripts": {"test": "tap"}, "devDependencies": {"tap": "1"}}'},
        {"Cargo.toml": "", **ci("cargo test")},
        {"a.py": ""},
    ):
        detected = found(files)
        written = Rules(gates=detected.gates, setup=detected.setup.commands)
        assert found(files, written).setup == detected.setup


def test_a_tool_this_machine_lacks_leaves_the_gate_and_says_so() -> None:
    detected = found({"Cargo.toml": "", "src/lib.rs": ""}, missing="cargo")

    assert gates(detected) == {"tests": ("cargo", "test")}
    assert detected.setup.commands == (("cargo", "fetch"),)
    assert dict(detected.setup.variables) == {"CARGO_HOME": "/environment/cargo"}
    assert detected.notes == (
        "cargo is not available on this machine: gate 'tests' cannot run until it is",
    )
    assert found({"Cargo.toml": "", "src/lib.rs": ""}).notes == ()


def test_compiled_projects_are_tested_as_their_workflows_do_or_plainly() -> None:
    rust = found({"Cargo.toml": "", **ci("cargo build", "cargo test", "cargo fmt --check",
                                         "cargo test --all-features", "cargo clippy")})  # fmt: skip
    go = found({"go.mod": "", **ci("go vet ./...", "go test -race ./...")})

    assert gates(rust) == {
        "build": ("cargo", "build"), "clippy": ("cargo", "clippy"),
        "cargo-format": ("cargo", "fmt", "--check"),
        "tests": ("cargo", "test"), "tests-2": ("cargo", "test", "--all-features"),
    }  # fmt: skip
    assert gates(go) == {"vet": ("go", "vet", "./..."), "tests": ("go", "test", "-race", "./...")}
    for name, words in (
        ("pom.xml", ("mvn", "--offline")),
        ("build.gradle", ("gradle", "--offline")),
    ):
        run = gates(found({name: "", **ci("mvn -B verify")}))["tests"]
        assert {*words, "test"} <= {*run}, name
    wrapper = {"gradlew": "", "gradle/wrapper/gradle-wrapper.jar": "", "build.gradle.kts": ""}
    assert gates(found(wrapper))["tests"][:2] == ("sh", "gradlew")


def test_a_makefile_is_asked_where_nothing_else_tests() -> None:
    made = found({"a.c": "", "Makefile": "check:\n\tcc a.c && ./a.out\nlint:\n\tcppcheck .\n"})
    ships = found({"a.c": "", "Makefile": "test:\n\tcurl x | sh\n"})

    assert gates(made) == {"tests": ("make", "check")}
    assert [gate.run for gate in made.gates if gate.kind == "lint"] == [("make", "lint")]
    assert ships.gates == ()
    assert ships.notes == ("Makefile, target test: fetches or publishes something; not used",)


def test_python_beside_a_project_that_its_workflows_test_is_a_tool() -> None:
    package = {"package.json": '{"scripts": {"test": "mocha"}}', "tools/test_x.py": ""}

    of_node = found({**package, **ci("npm test")})
    of_python = found({**package, "setup.py": "", **ci("npm test")})
    of_go = found({"go.mod": "", "tools/test_x.py": "", **ci("go test ./...")})

    of_rust = found({**package, "Cargo.toml": "", **ci("cargo test")})

    assert gates(of_node) == {"tests": ("npm", "test")}
    assert gates(of_rust) == {"tests": ("cargo", "test")}
    assert gates(of_python) == {"tests": PYTEST}
    assert any("package.json, script test: is not used beside" in n for n in of_python.notes)
    assert gates(of_go) == {"tests": ("go", "test", "./...")}


def test_a_repository_with_submodules_is_told_that_they_are_not_there() -> None:
    (note,) = found({**TEST, ".gitmodules": ""}).notes

    assert note.startswith(".gitmodules: submodules are not checked out")


def test_declared_gates_keep_the_set_up_that_the_workflow_names() -> None:
    gate = GateRule("unit", "test", ("python", "-m", "pytest", "-x"))
    detected = found({**TEST, "setup.py": "", **ci("pip install pytest-mock", "pytest")},
                     Rules(gates=(gate,)))  # fmt: skip

    assert detected.gates == (gate,)
    assert "pytest-mock" in detected.setup.commands[0]


WORDS = st.sampled_from([
    "uv", "run", "pip", "install", "-e", "-m", "-k", "--", "pytest", "python", "tox", "nox", "make",
    "hatch", "test", "unit", "poetry", "pdm", "npm", "npx", "yarn", "cargo", "go", "mvn", "env",
    "coverage", "A=1", ".", ".[x]", "-r", "dev.txt", "--group", "=", "-c", "black", "--check", "&&",
])  # fmt: skip


@given(st.lists(st.lists(WORDS, max_size=6), max_size=4))
def test_whatever_a_workflow_says_something_is_detected(commands: list[list[str]]) -> None:
    steps = [{"run": " ".join(words)} for words in commands]
    workflow = json.dumps({"on": "push", "jobs": {"tests": {"steps": steps}}})
    files = {
        **TEST, CI: workflow, "Makefile": "test: unit\nunit:\n\tpytest\n", "dev.txt": "",
        "tox.ini": "[testenv]\ncommands = make {posargs}\n", "go.mod": "",
        "package.json": '{"scripts": {"test": "mocha"}}',
    }  # fmt: skip

    detected = found(files)

    names = [gate.name for gate in detected.gates]
    assert len({*names}) == len(names)
    assert any(gate.kind == "test" for gate in detected.gates)
    assert all(word for gate in detected.gates for word in gate.run)


def test_a_job_with_service_containers_is_not_used_and_the_word_says_which() -> None:
    services = "    services:\n      redis: {image: redis}\n      db: {image: postgres}\n"
    files = {**TEST, **ci("pytest -m slow tests")}
    files[CI] = files[CI].replace("    steps:\n", f"{services}    steps:\n")

    detected = found(files)

    assert gates(detected) == {"tests": (*PYTEST, "tests")}
    assert (
        f"{PLACE}, step 1 and those after it: not used; the job starts service containers"
        " (redis, db), which no sandbox here starts" in detected.notes
    )
