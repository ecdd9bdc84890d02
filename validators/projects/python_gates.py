"""The gates of a Python project: its workflows' own commands, or else what its files suggest."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from validators.projects.command_reader import CommandReader, Followed
from validators.projects.commands import purpose_of, split_env
from validators.projects.found_gates import FoundGates, numbered
from validators.projects.manifest_files import Argv, ProjectFiles
from validators.projects.needs import Needs
from validators.projects.pytest_options import kept_words
from validators.projects.python_project import PythonProject
from validators.projects.workflows import Workflows
from validators.rules import GateRule

PYTEST = ("python", "-m", "pytest")
_PYTEST_FOLDERS = {"test", "tests", "testing"}
_MOST_TEST_GATES = 3
_FILES_LOOKED_INTO = 50
# Jobs that test something else than the project as it is for most of its users.
_ASIDE = re.compile(
    r"min|old|nightly|dev\b|downstream|bench|perf|integration|e2e|docs|pypy|conda|wheel|nogil"
    r"|no_|alpine|musl|release|publish|typing|lint|stress|random|slow",
    re.IGNORECASE,
)
# What an environment must hold for a lint gate. Others are ours, or fetch themselves when run.
_INSTALLED = {"mypy", "flake8", "pylint", "black", "isort"}
_STYLE_NOTE = "style is for people: the gate reports, and blocks nothing"


@dataclass(frozen=True, slots=True)
class _Job:
    """What one job of a workflow comes to."""

    place: str
    commands: tuple[Followed, ...]
    needs: Needs


def python_gates(files: ProjectFiles, project: PythonProject, workflows: Workflows) -> FoundGates:
    """Return the test gates of the project, and the lint gates that its workflows run."""
    reader = CommandReader(files)
    jobs = _jobs(reader, workflows)
    tests = _workflow_tests(files, jobs)
    if not tests.gates:
        suggested = _suggested_tests(files, project, jobs)
        notes = (*tests.notes, *suggested.notes)
        tests = FoundGates(suggested.gates, suggested.needs, notes)
    lint = _lint(jobs)
    needs = tests.needs | lint.needs
    return FoundGates(numbered([*tests.gates, *lint.gates]), needs, (*tests.notes, *lint.notes))


def is_python_test(path: str) -> bool:
    """Whether pytest would collect ``path`` by its name."""
    name = PurePosixPath(path)
    return name.suffix == ".py" and (name.stem.startswith("test_") or name.stem.endswith("_test"))


def _jobs(reader: CommandReader, workflows: Workflows) -> list[_Job]:
    """Return the jobs of all workflows, those first that test what most users have."""
    followed: dict[str, list[Followed]] = {}
    for step in workflows.steps:
        followed.setdefault(step.job, []).extend(reader.follow(step))
    jobs = []
    for place, commands in followed.items():
        needs = Needs()
        for one in commands:
            needs |= one.needs
        jobs.append(_Job(place, tuple(commands), needs))
    return sorted(jobs, key=lambda job: _ASIDE.search(job.place) is not None)


def _workflow_tests(files: ProjectFiles, jobs: list[_Job]) -> FoundGates:
    """Return the pytest commands of the first job that has any, as far as they work here."""
    notes: list[str] = []
    for job in jobs:
        gates: list[GateRule] = []
        needs = job.needs
        for one in job.commands:
            words = _pytest_words(one.run)
            if words is None:
                continue
            kept = kept_words(words, _tells(files), _adds_option(files))
            if not kept.usable:
                notes.append(f"{one.place}: names a path that is not in the tree; not used")
                continue
            if kept.left_out:
                options = " ".join(dict.fromkeys(kept.left_out))
                notes.append(f"{one.place}: {options} may need a plugin; left out")
            if gates and _ASIDE.search(" ".join(kept.words)):
                notes.append(f"{one.place}: `{' '.join(one.run)}` is beside the tests; not used")
                continue
            needs |= Needs(requirements=kept.plugins)
            run = (*_prefix(one.run), *PYTEST, *kept.words)
            gates.append(GateRule("tests", "test", run, source=one.place))
        if gates:
            distinct = numbered(gates)[:_MOST_TEST_GATES]
            return FoundGates(distinct, needs, tuple(notes))
    return FoundGates((), Needs(), tuple(notes))


def _suggested_tests(files: ProjectFiles, project: PythonProject, jobs: list[_Job]) -> FoundGates:
    """Return the test gate that the project's files suggest."""
    unittest = next((one for job in jobs for one in job.commands if "unittest" in one.run), None)
    named = any(is_python_test(path) for path in files.paths)
    notes: tuple[str, ...] = ()
    needs = Needs()
    if unittest is not None:
        needs = unittest.needs
        if not named:
            gate = GateRule("tests", "test", unittest.run, source=unittest.place)
            return FoundGates((gate,), needs)
        notes = (f"{unittest.place}: runs unittest; pytest runs the same tests, and reports them",)
    if project.configures_pytest:
        gate = GateRule("tests", "test", PYTEST, source=_configuration(files))
        return FoundGates((gate,), needs, notes)
    if named:
        run = (*PYTEST, *_test_folders(files.paths))
        return FoundGates((GateRule("tests", "test", run, source="test files"),), needs, notes)
    return FoundGates((), needs, notes)


def _lint(jobs: list[_Job]) -> FoundGates:
    """Return the linters and format checks that workflows run and that can run here."""
    gates: dict[str, GateRule] = {}
    needs = Needs()
    notes: list[str] = []
    for job in jobs:
        for one in job.commands:
            purpose = purpose_of(one.run)
            _, bare = split_env(one.run)
            if "pre-commit" in bare[:3]:
                notes.append(f"{one.place}: pre-commit fetches its hooks when it runs; not used")
            if purpose is None or purpose.kind != "lint" or purpose.name in {"ruff", *gates}:
                continue
            tool = purpose.name.removesuffix("-format")
            if tool not in _INSTALLED | {"ruff"}:
                notes.append(f"{one.place}: {tool} cannot be installed here; not used")
                continue
            if any("{" in word for word in one.run):
                continue
            gates[purpose.name] = GateRule(
                purpose.name, "lint", one.run, required=not purpose.style, source=one.place
            )
            if purpose.style:
                notes.append(f"{one.place}: {_STYLE_NOTE}")
            needs |= Needs(requirements=(tool,)) if tool in _INSTALLED else Needs()
            needs |= one.needs if purpose.style else job.needs
    return FoundGates(tuple(gates.values()), needs, tuple(dict.fromkeys(notes)))


def _pytest_words(run: Argv) -> Argv | None:
    """Return the words after pytest's name; None when the command is another."""
    _, bare = split_env(run)
    if bare[:1] in (("pytest",), ("py.test",)):
        return bare[1:]
    if bare[1:3] == ("-m", "pytest") and bare[0].startswith("python"):
        return bare[3:]
    return None


def _prefix(run: Argv) -> Argv:
    return split_env(run)[0]


def _tells(files: ProjectFiles) -> Callable[[str], bool]:
    def exists(path: str) -> bool:
        plain = path.removeprefix("./").rstrip("/")
        is_folder = any(known.startswith(f"{plain}/") for known in files.paths)
        return plain in {"", "."} or plain in files.there or is_folder

    return exists


def _adds_option(files: ProjectFiles) -> Callable[[str], bool]:
    paths = [path for path in files.paths if path.endswith("conftest.py")]
    texts = (files.text(path) for path in paths[:_FILES_LOOKED_INTO])
    own = "\n".join(text for text in texts if "addoption" in text)
    return lambda option: f'"{option}"' in own or f"'{option}'" in own


def _configuration(files: ProjectFiles) -> str:
    for name in ("pytest.ini", ".pytest.ini", "pytest.toml"):
        if name in files.there:
            return name
    if "[tool.pytest" in files.text("pyproject.toml"):
        return "pyproject.toml [tool.pytest]"
    return "setup.cfg [tool:pytest]" if "[tool:pytest]" in files.text("setup.cfg") else "tox.ini"


def _test_folders(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Return the folders at the root that hold all tests, or nothing: then all is searched."""
    tests = [PurePosixPath(path).parts for path in paths if is_python_test(path)]
    folders = {parts[0] for parts in tests if len(parts) > 1 and parts[0] in _PYTEST_FOLDERS}
    return tuple(sorted(folders)) if all(parts[0] in folders for parts in tests) else ()
