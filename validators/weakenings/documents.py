"""Configuration files as flat settings: ``tool.name.below`` to what it is set to, file by file.

Files are a stranger's: one that cannot be parsed says nothing, as the tools themselves would refuse
it. Where several files of a folder configure one tool, the one that the tool reads first counts.
"""

import configparser
import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from scoping.facts import Skipped
from scoping.grammars import Parser
from validators.projects.yaml_document import yaml_document
from validators.weakenings.relaxed_json import plain_json

Settings = Mapping[str, tuple[str, ...]]

_MAX_BYTES = 300_000
_MAX_SETTINGS = 20_000
# The files that hold nothing but one tool's settings, and are read before any other for it.
_OWN_FILES = {
    **dict.fromkeys(("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini"), "pytest"),
    **dict.fromkeys((".coveragerc", ".coveragerc.toml"), "coverage"),
    **dict.fromkeys((".ruff.toml", "ruff.toml"), "ruff"),
    **dict.fromkeys(("mypy.ini", ".mypy.ini"), "mypy"),
    **dict.fromkeys((".pylintrc", "pylintrc", "pylintrc.toml"), "pylint"),
    **dict.fromkeys((".nycrc", ".nycrc.json", ".nycrc.yml"), "nyc"),
    **dict.fromkeys((".c8rc", ".c8rc.json"), "c8"),
    **dict.fromkeys((".mocharc.json", ".mocharc.jsonc", ".mocharc.yml", ".mocharc.yaml"), "mocha"),
    **dict.fromkeys((".eslintrc", ".eslintrc.json", ".eslintrc.yml", ".eslintrc.yaml"), "eslint"),
    **dict.fromkeys(("codecov.yml", ".codecov.yml", "codecov.yaml"), "codecov"),
    ".flake8": "flake8",
    "pyrightconfig.json": "pyright",
    "jest.config.json": "jest",
    "tox.toml": "tox",
}
_SHARED = ("pyproject.toml", "tox.ini", "setup.cfg", "package.json")
_SCRIPTED = re.compile(
    r"(jest|vitest|vite|eslint|playwright|cypress|karma|wdio)\.(?:config|conf)\.[cm]?[jt]s$"
    r"|\.(mocharc|eslintrc)\.[cm]?js$"
)
_TYPESCRIPT = re.compile(r"tsconfig(?:\.[\w.-]+)?\.json$")
_INI_SECTIONS = {
    "pytest": ("pytest", "tool:pytest"),
    "flake8": ("flake8",),
    "mypy": ("mypy",),
    "pylint": ("pylint",),
    "tox": ("tox", "testenv"),
}
# Where the settings of a tool lie in a document of several.
_RENAMED = (
    ("tool.pytest.ini_options.", "pytest."),
    ("tool.", ""),
    ("scripts.", "npm.scripts."),
    ("eslintConfig.", "eslint."),
)


def is_configuration(path: str) -> bool:
    """Whether ``path`` names a file that says how tests, linters or coverage work."""
    name = PurePosixPath(path).name
    if name in _OWN_FILES or name in _SHARED:
        return True
    return bool(_SCRIPTED.match(name) or _TYPESCRIPT.match(name))


def settings_of(files: Mapping[str, bytes]) -> dict[str, tuple[str, ...]]:
    """Return what the files of one folder (by name) set, for each tool from one file."""
    found: dict[str, tuple[str, ...]] = {}
    taken: set[str] = set()
    for name in sorted(files, key=_precedence):
        read = _flat(name, files[name])
        tools = {key.partition(".")[0] for key in read}
        if name in _OWN_FILES:
            tools.add(_OWN_FILES[name])
        found |= {key: value for key, value in read.items() if key.partition(".")[0] not in taken}
        taken |= tools
    return found


def _precedence(name: str) -> tuple[int, str]:
    order = (*_OWN_FILES, *_SHARED)
    return (order.index(name) if name in order else len(order), name)


def _flat(name: str, content: bytes) -> dict[str, tuple[str, ...]]:
    """Return the settings in one file, under the names of the tools they are for."""
    if len(content) > _MAX_BYTES:
        return {}
    text = content.decode("utf-8", "replace")
    scripted = _SCRIPTED.match(name)
    if scripted:
        tool = (scripted[1] or scripted[2]).replace("rc", "")
        return _scripted(name, content, "vitest" if tool == "vite" else tool)
    document: Any
    if name.endswith((".yml", ".yaml")):
        read = yaml_document(content)
        document = read if isinstance(read, dict) else {}
    elif name.endswith(".toml"):
        document = _toml(text)
    elif _is_ini(name):
        document = _ini(name, text)
    else:
        document = _json(content)
    if name in _OWN_FILES and not _is_ini(name):
        document = {_OWN_FILES[name]: document.get(_OWN_FILES[name], document)}
    elif _TYPESCRIPT.match(name):
        document = {f"tsconfig {name}": document}
    return {_renamed(key): value for key, value in _flattened(document).items()}


def _flattened(document: object) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    stack: list[tuple[str, object]] = [("", document)]
    for _ in range(_MAX_SETTINGS):
        if not stack:
            break
        path, value = stack.pop()
        if isinstance(value, dict):
            stack += [(f"{path}.{key}".lstrip("."), below) for key, below in value.items()]
        elif isinstance(value, list):
            found[path] = tuple(_scalar(one) for one in value if not isinstance(one, dict | list))
            for number, one in enumerate(value):
                if isinstance(one, dict | list):
                    stack.append((f"{path}.{_title(one, number)}", one))
        else:
            found[path] = (_scalar(value),)
    return found


def _title(one: object, number: int) -> str:
    """Return a name for an entry of a list that stays when the list is ordered anew."""
    if isinstance(one, dict) and "module" in one:
        return str(one["module"])
    return str(number)


def _scalar(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _renamed(key: str) -> str:
    for old, new in _RENAMED:
        if key.startswith(old):
            return new + key.removeprefix(old)
    return key


def _is_ini(name: str) -> bool:
    return name.endswith((".ini", ".cfg")) or name in {
        *(".coveragerc", ".flake8", ".pylintrc", "pylintrc")
    }


def _ini(name: str, text: str) -> dict[str, dict[str, str]]:
    parser = configparser.ConfigParser(interpolation=None, strict=False, allow_no_value=True)
    try:
        parser.read_string(text)
    except configparser.Error:
        return {}
    found: dict[str, dict[str, str]] = {}
    for section in parser.sections():
        rows = {key: value or "" for key, value in parser.items(section)}
        found.setdefault(_ini_tool(name, section), {}).update(rows)
    return found


def _ini_tool(name: str, section: str) -> str:
    if name == ".coveragerc":
        return f"coverage.{section}"
    if name in {".pylintrc", "pylintrc"}:
        return "pylint"
    for tool, sections in _INI_SECTIONS.items():
        if section in sections:
            return f"{tool}.{section}" if tool == "tox" else tool
    if section.startswith("mypy-"):
        return f"mypy.overrides.{section.removeprefix('mypy-')}"
    if section.startswith("testenv"):
        return f"tox.{section}"
    return section.replace("coverage:", "coverage.")


def _toml(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _json(content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(plain_json(content).decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _scripted(name: str, content: bytes, tool: str) -> dict[str, tuple[str, ...]]:
    """Return what stands in the objects of a configuration that is a program."""
    with Parser() as parser:
        facts = parser.suite(name, content, "tests")
    found: dict[str, tuple[str, ...]] = {}
    for key, value in () if isinstance(facts, Skipped) else facts.settings:
        found[f"{tool}.{key}"] = (*found.get(f"{tool}.{key}", ()), value)
    return found
