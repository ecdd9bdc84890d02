"""What a Python project's manifests say: what to install for its tests, and with which Python.

Manifests are a stranger's text: they are parsed as data, nothing of them is run, and one that
cannot be parsed says nothing.
"""

import configparser
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Read = Callable[[str], bytes | None]
Argv = tuple[str, ...]
_Sections = Mapping[str, Mapping[str, Mapping[str, str]]]  # by file, section, option

_INI_FILES: tuple[str, ...] = ("setup.cfg", "tox.ini")
_FOR_TESTS = ("test", "tests", "testing")
_FOR_DEVELOPERS = ("dev", "develop", "development")
_TEST_REQUIREMENTS = (
    "requirements-test.txt",
    "requirements-tests.txt",
    "requirements-testing.txt",
    "requirements_test.txt",
    "requirements_tests.txt",
    "test-requirements.txt",
    "test_requirements.txt",
    "requirements/test.txt",
    "requirements/tests.txt",
    "requirements/testing.txt",
    "tests/requirements.txt",
    "test/requirements.txt",
)
_DEVELOPER_REQUIREMENTS = (
    "requirements-dev.txt",
    "requirements_dev.txt",
    "dev-requirements.txt",
    "requirements/dev.txt",
)
# Keys of an extras_require dictionary, without running or parsing the program they stand in.
_SETUP_PY_EXTRA = re.compile(r"""["']([A-Za-z]{3,11})["']\s*:\s*\[""")
_PLAIN_REQUIREMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(\[[A-Za-z0-9,._ -]*\])?[^;:{}@/\\]*")


@dataclass(frozen=True, slots=True)
class PythonProject:
    """What the manifests say; ``install`` are the arguments after ``uv pip install``.

    ``fallback`` are those that install what it needs without building the project itself (empty:
    there is no such way).
    """

    install: Argv
    fallback: Argv
    requires_python: str
    configures_pytest: bool
    configures_ruff: bool


def read_python_project(paths: Sequence[str], read: Read) -> PythonProject:
    """Read the manifests at the root of a tree, which holds ``paths``."""
    there = set(paths)
    pyproject = _toml(read("pyproject.toml") if "pyproject.toml" in there else None)
    ini: _Sections = {name: _ini(read(name)) for name in _INI_FILES if name in there}
    setup_py = _text(read("setup.py") if "setup.py" in there else None)
    tools = _table(pyproject, "tool")
    project = _table(pyproject, "project")
    requires = project.get("requires-python") or _option(
        ini, "setup.cfg", "options", "python_requires"
    )
    extras = _extras(project, ini, setup_py)
    install, fallback = _install(there, pyproject, extras, ini)
    return PythonProject(
        install,
        fallback,
        requires_python=requires if isinstance(requires, str) else "",
        configures_pytest="pytest" in tools
        or bool(there & {"pytest.ini", ".pytest.ini", "pytest.toml"})
        or "tool:pytest" in ini.get("setup.cfg", {})
        or "pytest" in ini.get("tox.ini", {}),
        configures_ruff="ruff" in tools or bool(there & {"ruff.toml", ".ruff.toml"}),
    )


def _install(
    there: set[str], pyproject: Mapping[str, Any], extras: Sequence[str], ini: _Sections
) -> tuple[Argv, Argv]:
    """Return what installs the project with what its tests need, and what does without building."""
    groups = [name for name in _table(pyproject, "dependency-groups") if isinstance(name, str)]
    needed: list[str] = []
    chosen: list[str] = []
    for words, files in (
        (_FOR_TESTS, _TEST_REQUIREMENTS),
        (_FOR_DEVELOPERS, _DEVELOPER_REQUIREMENTS),
    ):
        chosen = [name for name in extras if name.lower() in words]
        needed = [part for name in groups if name.lower() in words for part in ("--group", name)]
        needed += [part for name in files if name in there for part in ("-r", name)]
        if chosen or needed:
            break
    if not chosen and not needed:
        needed = _tox_needs(ini, there)
    has_project = bool(_table(pyproject, "project"))
    plain = ["-r", "requirements.txt"] if "requirements.txt" in there else []
    if "build-system" in pyproject or has_project or "setup.py" in there:
        itself = f".[{','.join(chosen)}]" if chosen else "."
        fallback = plain
        if has_project:
            fallback = ["-r", "pyproject.toml", *(p for name in chosen for p in ("--extra", name))]
        return ("-e", itself, *needed), (*fallback, *needed)
    return (*plain, *needed), ()


def _extras(project: Mapping[str, Any], ini: _Sections, setup_py: str) -> list[str]:
    declared = [*_table(project, "optional-dependencies")]
    declared += [*ini.get("setup.cfg", {}).get("options.extras_require", {})]
    if "extras_require" in setup_py:
        declared += _SETUP_PY_EXTRA.findall(setup_py)
    return list(dict.fromkeys(name for name in declared if re.fullmatch(r"[A-Za-z0-9._-]+", name)))


def _tox_needs(ini: _Sections, there: set[str]) -> list[str]:
    """Return the plain requirements of tox's default environment; conditional ones are left out."""
    found: list[str] = []
    for line in _option(ini, "tox.ini", "testenv", "deps").splitlines():
        word = line.split(" #")[0].strip()
        file = re.fullmatch(r"-r\s*(?:\{toxinidir\}/)?([\w./-]+)", word)
        if file and file[1] in there:
            found += ["-r", file[1]]
        elif _PLAIN_REQUIREMENT.fullmatch(word):
            found.append(word)
    return found


def _option(ini: _Sections, file: str, section: str, name: str) -> str:
    return ini.get(file, {}).get(section, {}).get(name, "")


def _table(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = document.get(name)
    return found if isinstance(found, dict) else {}


def _toml(content: bytes | None) -> Mapping[str, Any]:
    try:
        return tomllib.loads(_text(content))
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _ini(content: bytes | None) -> Mapping[str, Mapping[str, str]]:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(_text(content))
    except configparser.Error:
        return {}
    return {name: dict(parser.items(name)) for name in parser.sections()}


def _text(content: bytes | None) -> str:
    return (content or b"").decode("utf-8", "replace")
