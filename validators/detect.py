"""How a repository is set up, linted and tested, from its own files; nothing of it is run here.

Only the base tree is read, so that a patch cannot choose the commands that judge it. What the
repository's configuration declares wins over everything found here.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from validators.projects.interpreters import lowest
from validators.projects.node_project import NodeProject, looks_like_node_test, read_node_project
from validators.projects.python_project import PythonProject, read_python_project
from validators.rules import GateRule, Rules

SetupKind = Literal["python", "node", "none"]
Argv = tuple[str, ...]

# Errors that are errors whatever a project's style: syntax, comparisons and names that cannot be
# meant. For targets that configure no linter, and where ours does not read their configuration.
_FLOOR = ("ruff", "check", "--isolated", "--select", "E9,F63,F7,F82", "--ignore-noqa")
RUFF_CONFIGURATION = "the ruff configuration"
_CONFIGURED = ("ruff", "check", "--ignore-noqa", ".")
_PYTEST = ("python", "-m", "pytest")
_NEWEST_LINTED = (3, 13)
_OLDEST_LINTED = (3, 7)
_NODE_WORD = re.compile(r"\b(?:npm|npx|node|yarn|pnpm)\b")

_MANIFESTS = {
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "tox.ini",
    "MANIFEST.in",
    "hatch_build.py",
    "build.py",
    "meson.build",
    "CMakeLists.txt",
    "Cargo.toml",
    "Cargo.lock",
    "uv.toml",
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile.lock",
    "package.json",
    "package-lock.json",
    "npm-shrinkwrap.json",
    ".npmrc",
}
# What a build back end compiles: an environment built from older sources would hold older code.
_COMPILED = {".c", ".cc", ".cpp", ".cxx", ".h", ".hpp", ".pyx", ".pxd", ".pxi", ".rs", ".f", ".f90"}
_PYTEST_FOLDERS = {"test", "tests", "testing"}
_TEST_FOLDERS = {"test", "tests", "__tests__", "spec", "specs"}


@dataclass(frozen=True, slots=True)
class SetupPlan:
    """How the target's environment is built, by argvs run one after the other inside the sandbox.

    ``commands`` find a fresh virtual environment where ``kind`` is python. When one fails,
    ``fallback`` runs instead, if there is any. The environment is good for as long as the contents
    of ``manifests`` are the same, or, where it is ``declared`` by the repository's configuration
    and may do anything, for this tree alone. ``node_reports``: node takes a second reporter.
    """

    kind: SetupKind = "none"
    commands: tuple[Argv, ...] = ()
    fallback: tuple[Argv, ...] = ()
    manifests: tuple[str, ...] = ()
    requires_python: str = ""
    declared: bool = False
    node_reports: bool = False


@dataclass(frozen=True, slots=True)
class Detected:
    """The gates that judge a patch of this target, and the set-up they need."""

    gates: tuple[GateRule, ...]
    setup: SetupPlan


def detect(paths: Sequence[str], read: Callable[[str], bytes | None], rules: Rules) -> Detected:
    """Return gates and set-up of the tree that holds ``paths``, whose files ``read`` returns."""
    python = read_python_project(paths, read)
    node = read_node_project(paths, read)
    gates = rules.gates or _gates(paths, python, node)
    return Detected(gates, _setup(paths, (python, node), gates, rules))


def floor_lint(requires_python: str) -> GateRule:
    """Return the lint gate for a target whose own configuration cannot be used."""
    named = lowest(requires_python)[:2]
    version = min(max(named, _OLDEST_LINTED), _NEWEST_LINTED) if len(named) > 1 else _NEWEST_LINTED
    target = f"py{version[0]}{version[1]}"
    return GateRule("lint", "lint", (*_FLOOR, "--target-version", target, "."), source="built in")


def looks_like_test(path: str) -> bool:
    """Whether ``path`` is a test or something only tests use."""
    name = PurePosixPath(path)
    python = name.suffix == ".py" and (_is_python_test(path) or name.name == "conftest.py")
    return python or looks_like_node_test(path) or bool(_TEST_FOLDERS & set(name.parts[:-1]))


def is_manifest(path: str) -> bool:
    """Whether ``path`` may say what is installed for the target."""
    name = PurePosixPath(path)
    listed = name.suffix in {".txt", ".in"} and ("requirements" in path or "constraints" in path)
    return name.name in _MANIFESTS or listed


def _gates(paths: Sequence[str], python: PythonProject, node: NodeProject) -> tuple[GateRule, ...]:
    gates: list[GateRule] = []
    if python.configures_ruff:
        gates.append(GateRule("lint", "lint", _CONFIGURED, source=RUFF_CONFIGURATION))
    elif any(path.endswith(".py") for path in paths):
        gates.append(floor_lint(python.requires_python))
    if python.configures_pytest:
        gates.append(GateRule("tests", "test", _PYTEST, source="the pytest configuration"))
    elif any(_is_python_test(path) for path in paths):
        folders = _test_folders(paths)
        gates.append(GateRule("tests", "test", (*_PYTEST, *folders), source="test files"))
    elif node.test:
        gates.append(GateRule("tests", "test", node.test, source=node.source))
    return tuple(gates)


def _setup(
    paths: Sequence[str],
    projects: tuple[PythonProject, NodeProject],
    gates: tuple[GateRule, ...],
    rules: Rules,
) -> SetupPlan:
    python, node = projects
    runs = [gate.run for gate in gates if gate.kind != "lint" or rules.gates]
    manifests = tuple(
        path
        for path in sorted(paths)
        if path.isprintable() and (is_manifest(path) or PurePosixPath(path).suffix in _COMPILED)
    )
    is_node = "package.json" in paths or node.test[:1] == ("node",)
    is_node = is_node and any(_NODE_WORD.search(word) for run in runs for word in run)
    is_python = not is_node and any(path.endswith(".py") for path in paths)
    kind: SetupKind = "node" if is_node else "python" if is_python else "none"
    reports = is_node and not node.own_reporter
    found = SetupPlan()
    if is_node and runs:
        commands, fallback = _argvs(node.install), _argvs(node.fallback)
        found = SetupPlan("node", commands, fallback, manifests, node_reports=reports)
    elif is_python and runs:
        found = _python_setup(python, runs, manifests)
    if rules.setup in {(), found.commands}:
        return found
    requires = python.requires_python if is_python else ""
    return SetupPlan(
        kind, rules.setup, (), manifests, requires, declared=True, node_reports=reports
    )


def _python_setup(python: PythonProject, runs: Sequence[Argv], manifests: Argv) -> SetupPlan:
    runner = ("pytest",) if any("pytest" in word for run in runs for word in run) else ()
    commands = _argvs(_uv_install((*python.install, *runner)))
    builds = python.install[:1] == ("-e",)
    fallback = _argvs(_uv_install((*python.fallback, *runner))) if builds else ()
    return SetupPlan("python", commands, fallback, manifests, python.requires_python)


def _uv_install(arguments: Argv) -> Argv:
    return ("uv", "pip", "install", *arguments) if arguments else ()


def _argvs(argv: Argv) -> tuple[Argv, ...]:
    return (argv,) if argv else ()


def _is_python_test(path: str) -> bool:
    name = PurePosixPath(path)
    return name.suffix == ".py" and (name.stem.startswith("test_") or name.stem.endswith("_test"))


def _test_folders(paths: Sequence[str]) -> tuple[str, ...]:
    """Return the folders at the root that hold all tests, or nothing: then all is searched."""
    tests = [PurePosixPath(path).parts for path in paths if _is_python_test(path)]
    folders = {parts[0] for parts in tests if len(parts) > 1 and parts[0] in _PYTEST_FOLDERS}
    return tuple(sorted(folders)) if all(parts[0] in folders for parts in tests) else ()
