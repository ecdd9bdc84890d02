"""The gates of a Node project: the scripts its workflows run, or else its test script."""

import re
from collections.abc import Iterator

from validators.projects.commands import (
    Purpose,
    purpose_of,
    script_name,
    script_purpose,
    split_env,
    unwrapped,
)
from validators.projects.found_gates import FoundGates, numbered
from validators.projects.manifest_files import Argv
from validators.projects.node_project import NodeProject
from validators.projects.workflows import Step, Workflows
from validators.rules import GateRule

_MOST_TEST_GATES = 3
_STYLE_NOTE = "style is for people: the gate reports, and blocks nothing"
# Jobs that test something else than the package as it is for most of its users.
_ASIDE = re.compile(
    r"old|multiple|perf|dist\b|are-the-types|size|canary|bench|e2e|integration|docs|release|publish"
    r"|next|windows|browser|deploy|preview",
    re.IGNORECASE,
)


def node_gates(project: NodeProject, workflows: Workflows) -> FoundGates:
    """Return the gates of the first job that tests, and linters of others; tests there are many."""
    gates: list[GateRule] = []
    notes: list[str] = []
    for step in sorted(workflows.steps, key=_is_aside):
        for gate in _gates_of(project, step):
            if not _counts(gate, step, gates):
                continue
            if not gate.required:
                notes.append(f"{step.job}: {_STYLE_NOTE}")
            gates.append(gate)
    if project.test and not any(gate.kind == "test" for gate in gates):
        gates.append(GateRule("tests", "test", _command(project), source=project.source))
    tests = [gate for gate in gates if gate.kind == "test"][:_MOST_TEST_GATES]
    kept = [gate for gate in gates if gate.kind != "test" or gate in tests]
    if project.manager.note:
        notes.append(project.manager.note)
    return FoundGates(numbered(kept), notes=tuple(dict.fromkeys(notes)))


def _gates_of(project: NodeProject, step: Step) -> Iterator[GateRule]:
    prefix, bare = split_env(unwrapped(step.run))
    name = script_name(bare)
    source = f"{step.job}"
    if name in project.scripts:
        purpose = script_purpose(name, project.scripts[name])
        run = (*prefix, *_script_command(project, name, bare))
    else:
        purpose = purpose_of(bare) if bare[:1] in (("npx",), ("node",)) else None
        run = (*prefix, *bare)
    if purpose is not None and not (name and _is_placeholder(project, name)):
        yield _gate(purpose, run, source)


def _gate(purpose: Purpose, run: Argv, source: str) -> GateRule:
    return GateRule(purpose.name, purpose.kind, run, required=not purpose.style, source=source)


def _script_command(project: NodeProject, name: str, bare: Argv) -> Argv:
    """Return what runs the script here, with the words that the workflow gives it."""
    words = bare[bare.index("--") :] if "--" in bare else ()
    if name == "test" and project.manager.name == "npm":
        return ("npm", "test", *words)
    return (*project.manager.run, name, *words)


def _command(project: NodeProject) -> Argv:
    is_npm_test = project.test == ("npm", "run", "test")
    return ("npm", "test") if is_npm_test and project.manager.name == "npm" else project.test


def _is_placeholder(project: NodeProject, name: str) -> bool:
    return name == "test" and not project.test


def _is_aside(step: Step) -> bool:
    return _ASIDE.search(step.job) is not None


def _counts(gate: GateRule, step: Step, found: list[GateRule]) -> bool:
    """Whether a gate says more than those ``found`` before it."""
    if gate.kind != "test":
        return not _is_aside(step) and all(known.name != gate.name for known in found)
    tests = [known for known in found if known.kind == "test"]
    if not tests:
        return True
    return all(known.source == step.job for known in tests) and not _ASIDE.search(gate.run[-1])
