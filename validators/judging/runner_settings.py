"""The files that tell a test runner what to run and what counts, which a patch may have changed.

The base's own are used to judge. Where a change touches them it is run under both: under its own
it must do what it says, and under the base's nothing may come out worse.
"""

import configparser
import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any

from validators.checkout import Clone, file_changes, read_file, write_tree
from validators.sandbox import FileChange

# Nothing else stands in these, so that every change of them counts.
_WHOLE = frozenset(
    {
        "conftest.py",
        "pytest.ini",
        ".pytest.ini",
        "pytest.toml",
        ".pytest.toml",
        "sitecustomize.py",
        "usercustomize.py",
        ".coveragerc",
        ".mocharc.json",
        ".mocharc.cjs",
        ".mocharc.js",
        ".mocharc.yml",
        ".taprc",
    }
)
_STARTS = ("jest.config.", "vitest.config.", "vitest.workspace.", "karma.conf.", "ava.config.")
_NODE_KEYS = ("scripts", "jest", "mocha", "ava", "tap", "vitest", "c8", "nyc", "type")
_INI_SECTIONS = ("tool:pytest", "pytest", "coverage:run", "coverage:report")


def changed_settings(clone: Clone, base_tree: str, applied_tree: str) -> tuple[FileChange, ...]:
    """Return what puts the base's test settings back into ``applied_tree``; empty: they stand."""
    return tuple(
        change
        for change in file_changes(clone, applied_tree, base_tree)
        if _is_changed(clone, base_tree, applied_tree, change.path)
    )


def under_base_settings(clone: Clone, tree: str, back: tuple[FileChange, ...]) -> str:
    """Return ``tree`` with the test settings of the base."""
    return write_tree(clone, tree, back)


def _is_changed(clone: Clone, base_tree: str, applied_tree: str, path: str) -> bool:
    name = PurePosixPath(path).name.casefold()
    if name in _WHOLE or name.startswith(_STARTS) or name.endswith(".pth"):
        return True
    relevant = _RELEVANT.get(name)
    if relevant is None:
        return False
    before, after = read_file(clone, base_tree, path), read_file(clone, applied_tree, path)
    return _told(relevant, before) != _told(relevant, after)


def _told(relevant: Callable[[str], object], found: tuple[str, bytes] | None) -> object:
    """Return what a file says about tests; one that cannot be read says all it says."""
    if found is None:
        return {}
    text = found[1].decode("utf-8", "replace")
    try:
        return relevant(text)
    except (ValueError, RecursionError, configparser.Error):
        return text


def _pyproject(text: str) -> object:
    tools = _table(tomllib.loads(text), "tool")
    return {name: tools.get(name) for name in ("pytest", "coverage")}


def _package(text: str) -> object:
    document = json.loads(text)
    return {key: document.get(key) for key in _NODE_KEYS} if isinstance(document, dict) else {}


def _ini(text: str) -> object:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.read_string(text)
    return {name: dict(parser.items(name)) for name in _INI_SECTIONS if parser.has_section(name)}


def _table(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = document.get(name)
    return found if isinstance(found, dict) else {}


_RELEVANT: Mapping[str, Callable[[str], object]] = {
    "pyproject.toml": _pyproject,
    "package.json": _package,
    "setup.cfg": _ini,
    "tox.ini": _ini,
}
