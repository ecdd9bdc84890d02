from collections.abc import Mapping

from validators.projects.manifest_files import ProjectFiles
from validators.projects.needs import Needs
from validators.projects.tox_settings import RunnerEnvironment, tox_environment

INI = """
[tox]
envlist = py311, lint

[testenv]
deps =
    -r{toxinidir}/dev.txt
    hypothesis>=6  # found by chance
    py38: importlib-metadata
    {env:X}
extras = fast
dependency_groups = tests: unit
commands =
    {envpython} -m pytest {posargs:tests}
    docs: sphinx-build x
    - tests: pytest \\
        other
    broken 'quote

[testenv:lint]
deps = mypy
commands = mypy src
"""

TOML = """
[env_run_base]
dependency_groups = ["tests"]
deps = ["pytest-xdist"]
commands = [
  ["pytest", "--basetemp={env_tmp_dir}", {replace = "posargs", default = ["tests"], extend = true}],
  ["coverage", {replace = "ref", of = ["x"]}],
]
[env.typing]
dependency_groups = ["typing"]
commands = [["mypy"]]
"""


def read(files: Mapping[str, str], name: str = "") -> RunnerEnvironment | None:
    return tox_environment(ProjectFiles.of([*files], lambda path: files[path].encode()), name)


def test_the_ini_form_gives_commands_and_needs_of_the_default_environment() -> None:
    for name in ("", "py311", "py", "tests"):
        found = read({"tox.ini": INI, "dev.txt": ""}, name)

        assert found is not None
        assert found.source == "tox.ini [testenv]"
        assert found.commands == (("python", "-m", "pytest", "tests"), ("pytest", "other"))
        assert found.needs == Needs(("fast",), ("unit",), ("dev.txt",), ("hypothesis>=6",))


def test_a_named_environment_has_its_own_and_an_unknown_one_is_none() -> None:
    lint = read({"tox.ini": INI, "dev.txt": ""}, "lint")

    assert lint is not None
    assert (lint.commands, lint.needs.requirements) == ((("mypy", "src"),), ("mypy",))
    assert read({"tox.ini": INI}, "docs") is None
    assert read({"tox.toml": TOML}, "docs") is None
    assert read({"setup.py": ""}) is None
    assert read({"tox.ini": "[tox]\n", "tox.toml": "not ["}) is None


def test_the_toml_form_is_read_in_both_places() -> None:
    inside = TOML.replace("[env", "[tool.tox.env")
    for name, text in (("tox.toml", TOML), ("pyproject.toml", inside)):
        found, typing = read({name: text}), read({name: text}, "typing")

        assert found is not None
        assert typing is not None
        assert found.commands == (("pytest", "--basetemp={env_tmp_dir}", "tests"),)
        assert found.needs == Needs(groups=("tests",), requirements=("pytest-xdist",))
        assert typing.needs.groups == ("typing",)
        place = "[env_run_base]" if name == "tox.toml" else "[tool.tox.env_run_base]"
        assert found.source == f"{name} {place}"


def test_the_ini_text_inside_a_pyproject_is_read_as_such() -> None:
    found = read({"pyproject.toml": f"[tool.tox]\nlegacy_tox_ini = '''{INI}'''\n", "dev.txt": ""})

    assert found is not None
    assert found.source == "pyproject.toml [tool.tox] [testenv]"
    assert found.needs.files == ("dev.txt",)
