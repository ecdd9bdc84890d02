"""The gates of a project that a compiler builds, or that only its Makefile knows how to test."""

from validators.projects.command_reader import CommandReader
from validators.projects.commands import purpose_of, split_env
from validators.projects.compiled_projects import CompiledProject
from validators.projects.found_gates import FoundGates, numbered
from validators.projects.makefile import reaches_out
from validators.projects.manifest_files import ProjectFiles
from validators.projects.workflows import Workflows
from validators.rules import GateRule

_STYLE_NOTE = "style is for people: the gate reports, and blocks nothing"
_MOST_TEST_GATES = 3
_MAKE_TESTS = ("test", "tests", "check")
_MAKE_LINTS = ("lint",)


def compiled_gates(
    files: ProjectFiles, project: CompiledProject, workflows: Workflows
) -> FoundGates:
    """Return what the first job that tests runs with the project's tool, or else its plain test.

    Maven and Gradle are asked for their tests alone: their other goals sign, upload and fetch.
    """
    gates: list[GateRule] = []
    notes: list[str] = []
    reader = CommandReader(files)
    for step in workflows.steps if project.tool in {"cargo", "go"} else ():
        for one in reader.follow(step):
            purpose = purpose_of(one.run)
            _, bare = split_env(one.run)
            if purpose is None or bare[0] != project.tool:
                continue
            if purpose.kind == "test" and any(
                known.kind == "test" and known.source != one.place for known in gates
            ):
                continue
            required = not purpose.style
            if not required:
                notes.append(f"{one.place}: {_STYLE_NOTE}")
            gates.append(
                GateRule(purpose.name, purpose.kind, one.run, required=required, source=one.place)
            )
    if not any(gate.kind == "test" for gate in gates):
        gates.append(GateRule("tests", "test", project.test, source=project.source))
    return FoundGates(numbered(_fewest(gates)), notes=tuple(dict.fromkeys(notes)))


def _fewest(gates: list[GateRule]) -> list[GateRule]:
    """Return the first test gates, and the first gate of each other name."""
    tests = [gate for gate in gates if gate.kind == "test"]
    first = {gate.name: gate for gate in reversed(gates) if gate.kind != "test"}
    return [*first.values(), *tests[:_MOST_TEST_GATES]]


def make_gates(files: ProjectFiles) -> FoundGates:
    """Return the Makefile's own tests and lint, where making them publishes and fetches nothing."""
    targets = CommandReader(files).targets
    gates = []
    notes = []
    for kind, names in (("lint", _MAKE_LINTS), ("test", _MAKE_TESTS)):
        name = next((name for name in names if name in targets), "")
        if not name:
            continue
        if reaches_out(targets, name):
            notes.append(f"Makefile, target {name}: fetches or publishes something; not used")
            continue
        shown = "tests" if kind == "test" else "lint"
        source = f"Makefile, target {name}"
        if kind == "test":
            gates.append(GateRule(shown, "test", ("make", name), source=source))
        else:
            gates.append(GateRule(shown, "lint", ("make", name), source=source))
    return FoundGates(numbered(gates), notes=tuple(notes))
