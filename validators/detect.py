"""How a repository is set up, linted and tested, from its own files; nothing of it is run here.

Only the base tree is read, so that a patch cannot choose the commands that judge it. What the
repository's configuration declares wins over everything found here; then what its workflows run;
then what its manifests suggest.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Literal

from validators.projects.commands import script_name, script_purpose, split_env, unwrapped
from validators.projects.compiled_projects import CompiledProject, read_compiled_project
from validators.projects.found_gates import FoundGates
from validators.projects.manifest_files import Argv, ProjectFiles
from validators.projects.node_gates import node_gates
from validators.projects.node_project import NodeProject, looks_like_node_test, read_node_project
from validators.projects.other_gates import compiled_gates, make_gates
from validators.projects.own_linter import own_lint
from validators.projects.python_gates import is_python_test, python_gates
from validators.projects.python_project import PythonProject, read_python_project
from validators.projects.setup_plan import (
    SetupPlan,
    is_manifest,
    manifests_of,
    node_setup,
    python_setup,
)
from validators.projects.workflows import Workflows, read_workflows
from validators.rules import GateRule, Rules

__all__ = [
    "Detected",
    "SetupPlan",
    "detect",
    "is_manifest",
    "looks_like_test",
]

_NODE_WORDS = {"npm", "npx", "node", "yarn", "pnpm"}
_TEST_FOLDERS = {"test", "tests", "__tests__", "spec", "specs"}
_MOST_NOTES = 30

# Programs that no set-up installs.
_OF_THE_MACHINE = {"npm", "npx", "node", "make", "cargo", "go", "mvn", "gradle"}

HasTool = Callable[[str], bool]
Ecosystem = Literal["python", "node", "compiled", "none"]


@dataclass(frozen=True, slots=True)
class Detected:
    """The gates that judge a patch of this target, and the set-up they need.

    ``notes`` tell what was seen and not used, and what this machine lacks.
    """

    gates: tuple[GateRule, ...]
    setup: SetupPlan
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Target:
    """A tree as its manifests and workflows describe it."""

    files: ProjectFiles
    python: PythonProject
    node: NodeProject
    compiled: CompiledProject | None
    workflows: Workflows


def detect(
    paths: Sequence[str],
    read: Callable[[str], bytes | None],
    rules: Rules,
    has_tool: HasTool = lambda _: True,
) -> Detected:
    """Return gates and set-up of the tree that holds ``paths``, whose files ``read`` returns.

    ``has_tool`` tells whether the sandbox finds a program; a gate that needs another stays, since
    a check that cannot run is not one that passed.
    """
    files = ProjectFiles.of(paths, read)
    target = _Target(
        files,
        read_python_project(files),
        read_node_project(files),
        read_compiled_project(files),
        read_workflows(files),
    )
    ecosystem = _ecosystem(target)
    found = _found(target, ecosystem)
    lint = own_lint(files, target.python)
    gates = rules.gates or (*lint.gates, *found.gates)
    notes = (*_others(target, ecosystem), *_lacking(gates, has_tool), *found.notes, *lint.notes)
    notes = tuple(dict.fromkeys((*notes, *target.workflows.notes)))
    return Detected(gates, _setup(target, found, gates, rules), notes[:_MOST_NOTES])


def looks_like_test(path: str) -> bool:
    """Whether ``path`` is a test or something only tests use."""
    name = PurePosixPath(path)
    python = name.suffix == ".py" and (is_python_test(path) or name.name == "conftest.py")
    return python or looks_like_node_test(path) or bool(_TEST_FOLDERS & set(name.parts[:-1]))


def _ecosystem(target: _Target) -> Ecosystem:
    """Return whose tests judge a patch: Python's before others, unless only others are meant."""
    python = target.python
    steps = [split_env(unwrapped(step.run))[1] for step in target.workflows.steps]
    tool = target.compiled.tool if target.compiled else ""
    run: set[Ecosystem] = set()
    if any(_runs_node(target.node, words) for words in steps):
        run.add("node")
    if tool and any(words[:1] == (tool,) for words in steps):
        run.add("compiled")
    is_tested = python.configures_pytest or any(map(is_python_test, target.files.paths))
    there: list[Ecosystem] = []
    if is_tested or any("unittest" in words for words in steps):
        # Python of which nothing is built, beside what the workflows test otherwise: tools.
        if python.builds or python.configures_pytest:
            return "python"
        there.append("python")
    if target.node.test or "node" in run:
        there.append("node")
    if target.compiled is not None:
        there.append("compiled")
    named = [one for one in there if one in run]
    return next(iter((*named, *there)), "none")


def _runs_node(node: NodeProject, words: Argv) -> bool:
    name = script_name(words)
    purpose = script_purpose(name, node.scripts[name]) if name in node.scripts else None
    return purpose is not None and purpose.kind == "test"


def _found(target: _Target, ecosystem: Ecosystem) -> FoundGates:
    """Return the gates of one ecosystem; without any, those of the Makefile."""
    if ecosystem == "node":
        return node_gates(target.node, target.workflows)
    if ecosystem == "compiled" and target.compiled is not None:
        return compiled_gates(target.files, target.compiled, target.workflows)
    found = FoundGates()
    if any(path.endswith(".py") for path in target.files.paths):
        found = python_gates(target.files, target.python, target.workflows)
    if found.tests:
        return found
    made = make_gates(target.files)
    return FoundGates((*found.gates, *made.gates), found.needs, (*found.notes, *made.notes))


def _setup(
    target: _Target, found: FoundGates, gates: tuple[GateRule, ...], rules: Rules
) -> SetupPlan:
    """Return what the gates need; our own linter needs nothing."""
    runs = [gate.run for gate in gates if gate.run[0] != "ruff"]
    plan = SetupPlan()
    is_node = "package.json" in target.files.there or target.node.test[:1] == ("node",)
    compiled = target.compiled
    if is_node and any(_names(run, _NODE_WORDS) for run in runs):
        plan = node_setup(target.files, target.node, runs)
    elif compiled is not None and any(_names(run, {compiled.test[0]}) for run in runs):
        manifests = manifests_of(target.files)
        plan = SetupPlan("none", compiled.setup, (), manifests, variables=compiled.variables)
    elif runs and any(path.endswith(".py") for path in target.files.paths):
        plan = python_setup(target.files, target.python, found.needs, runs)
    if rules.setup in {(), plan.commands}:
        return plan
    manifests = manifests_of(target.files)
    return replace(plan, commands=rules.setup, fallback=(), manifests=manifests, declared=True)


def _names(run: Argv, tools: set[str]) -> bool:
    """Whether a command, or the script it hands a shell, calls one of ``tools``."""
    return any(tools & set(re.split(r"[\s;&|()]+", word)) for word in run)


def _others(target: _Target, ecosystem: Ecosystem) -> list[str]:
    """Return what could be tested beside the ecosystem whose tests are used, and what cannot."""
    notes = []
    if ".gitmodules" in target.files.there:
        notes.append(".gitmodules: submodules are not checked out; tests that read them fail")
    more = "is not used beside the other tests; declare a gate to run it"
    if target.node.test and ecosystem not in {"node", "none"}:
        notes.append(f"{target.node.source}: {more}")
    if target.compiled is not None and ecosystem not in {"compiled", "none"}:
        notes.append(f"{target.compiled.source}: `{' '.join(target.compiled.test)}` {more}")
    return notes


def _lacking(gates: tuple[GateRule, ...], has_tool: HasTool) -> list[str]:
    """Return a note on each program of the machine that gates need and that is not there."""
    programs = {split_env(gate.run)[1][:1]: gate.name for gate in reversed(gates)}
    return [
        f"{word[0]} is not available on this machine: gate {name!r} cannot run until it is"
        for word, name in programs.items()
        if word and word[0] in _OF_THE_MACHINE and not has_tool(word[0])
    ]
