"""What a package.json says: how the package is tested and what it needs for that."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

_PLACEHOLDER = "no test specified"
_NEEDS = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
_LOCKS = ("package-lock.json", "npm-shrinkwrap.json")
_SUFFIXES = {".js", ".mjs", ".cjs"}
_FILES_LOOKED_INTO = 50

INSTALL = ("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund")
INSTALL_LOCKED = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")


@dataclass(frozen=True, slots=True)
class NodeProject:
    """How to install and to test; both empty when there is nothing to.

    ``own_reporter``: the scripts choose node's test reporter, which then takes no second one.
    """

    install: tuple[str, ...]
    fallback: tuple[str, ...]
    test: tuple[str, ...]
    source: str
    own_reporter: bool


def read_node_project(paths: Sequence[str], read: Callable[[str], bytes | None]) -> NodeProject:
    """Read the package.json at the root of a tree, which holds ``paths``."""
    package = _package(read("package.json") if "package.json" in paths else None)
    scripts = package.get("scripts")
    test = scripts.get("test") if isinstance(scripts, dict) else None
    run: tuple[str, ...] = ()
    source = ""
    if isinstance(test, str) and test.strip() and _PLACEHOLDER not in test:
        run, source = ("npm", "test"), "package.json"
    elif any(_uses_node_test(path, read) for path in _test_files(paths)):
        run, source = ("node", "--test"), "files that use node:test"
    install: tuple[str, ...] = ()
    fallback: tuple[str, ...] = ()
    if any(package.get(kind) for kind in _NEEDS):
        install = INSTALL
        if any(lock in paths for lock in _LOCKS):
            install, fallback = INSTALL_LOCKED, INSTALL
    own_reporter = "--test-reporter" in json.dumps(scripts)
    return NodeProject(install, fallback, run, source, own_reporter)


def looks_like_node_test(path: str) -> bool:
    """Whether ``node --test`` and the runners like it would take ``path`` for a test."""
    name = PurePosixPath(path)
    if name.suffix not in _SUFFIXES | {".ts", ".mts", ".cts", ".tsx", ".jsx"}:
        return False
    stem = name.stem
    ends = (".test", ".spec", "-test", "_test")
    return stem == "test" or stem.endswith(ends) or stem.startswith("test-")


def _test_files(paths: Sequence[str]) -> list[str]:
    named = [
        path
        for path in paths
        if PurePosixPath(path).suffix in _SUFFIXES
        and "node_modules/" not in path
        and (looks_like_node_test(path) or "test" in PurePosixPath(path).parts[:-1])
    ]
    return named[:_FILES_LOOKED_INTO]


def _uses_node_test(path: str, read: Callable[[str], bytes | None]) -> bool:
    return b"node:test" in (read(path) or b"")


def _package(content: bytes | None) -> Mapping[str, Any]:
    try:
        document = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
