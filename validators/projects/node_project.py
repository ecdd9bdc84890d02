"""What a package.json says: how the package is tested and what it needs for that."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from validators.projects.commands import NODE_RUNNERS
from validators.projects.manifest_files import Argv, ProjectFiles, table
from validators.projects.package_managers import PackageManager, package_manager

_PLACEHOLDER = "no test specified"
_NEEDS = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
_SUFFIXES = {".js", ".mjs", ".cjs"}
_FILES_LOOKED_INTO = 50
_MEASURES = {"c8", "nyc"}  # coverage of whichever runner they start
_NAME = re.compile(r"[A-Za-z0-9][\w:./@-]*")


@dataclass(frozen=True, slots=True)
class NodeProject:
    """How to install and to test; ``test`` is empty when there is nothing to.

    ``node_reports``: node's own runner may be told to write a second report. It may not where
    the scripts choose its reporter, or where another runner tests.
    """

    manager: PackageManager
    needs_packages: bool
    scripts: Mapping[str, str]
    test: Argv
    source: str
    node_reports: bool

    @property
    def install(self) -> tuple[Argv, ...]:
        """The commands that install what the package needs."""
        return self.manager.install if self.needs_packages else ()

    @property
    def fallback(self) -> tuple[Argv, ...]:
        """The commands that install it where the lock file cannot be kept to."""
        return self.manager.fallback if self.needs_packages else ()


def read_node_project(files: ProjectFiles) -> NodeProject:
    """Read the package.json at the root of a tree."""
    package = files.json("package.json")
    declared = table(package, "scripts")
    scripts = {
        name: body
        for name, body in declared.items()
        if isinstance(body, str) and body.strip() and _NAME.fullmatch(name)
    }
    manager = package_manager(files, package)
    run: Argv = ()
    source = ""
    if "test" in scripts and _PLACEHOLDER not in scripts["test"]:
        run, source = (*manager.run, "test"), "package.json, script test"
    elif any(_uses_node_test(path, files) for path in _test_files(files)):
        run, source = ("node", "--test"), "files that use node:test"
    # A workspace's root may need nothing itself; its packages do.
    needs = any(package.get(kind) for kind in (*_NEEDS, "workspaces"))
    needs = needs or "pnpm-workspace.yaml" in files.there
    return NodeProject(manager, needs, scripts, run, source, _takes_reports(declared))


def _takes_reports(scripts: Mapping[str, object]) -> bool:
    said = json.dumps(dict(scripts))
    if "--test-reporter" in said:
        return False
    return "--test" in said or not (NODE_RUNNERS - _MEASURES) & set(re.findall(r"[\w-]+", said))


def looks_like_node_test(path: str) -> bool:
    """Whether ``node --test`` and the runners like it would take ``path`` for a test."""
    name = PurePosixPath(path)
    if name.suffix not in _SUFFIXES | {".ts", ".mts", ".cts", ".tsx", ".jsx"}:
        return False
    stem = name.stem
    ends = (".test", ".spec", "-test", "_test")
    return stem == "test" or stem.endswith(ends) or stem.startswith("test-")


def _test_files(files: ProjectFiles) -> list[str]:
    named = [
        path
        for path in files.paths
        if PurePosixPath(path).suffix in _SUFFIXES
        and "node_modules/" not in path
        and (looks_like_node_test(path) or "test" in PurePosixPath(path).parts[:-1])
    ]
    return named[:_FILES_LOOKED_INTO]


def _uses_node_test(path: str, files: ProjectFiles) -> bool:
    return b"node:test" in (files.read(path) or b"")
