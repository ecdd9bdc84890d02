"""The plain commands that a repository's GitHub workflows run for a push or a pull request.

A step counts when it needs nothing that only the forge knows: no expression, no other folder, no
shell. What a job changed in the tree before (a file edited, a package swapped) makes it a variant
of the project, and what it runs from there on is not used.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from validators.projects.manifest_files import Argv, ProjectFiles, table
from validators.projects.shell_lines import plain_commands
from validators.projects.yaml_document import yaml_document

_FOLDER = ".github/workflows/"
_TRIGGERS = {"push", "pull_request", "pull_request_target", "merge_group"}
_MOST_BYTES = 300_000  # of all of them: the parser takes seconds for as much
_MOST_NAMED = 4
_MOST_JOBS, _MOST_STEPS, _LONGEST_SCRIPT = 40, 60, 20_000
_ELSEWHERE = re.compile(r"windows|macos", re.IGNORECASE)
# Conditions that hold on this machine, as far as they name it.
_HOLDS = re.compile(
    r"(\$\{\{)?\s*(always\(\)|success\(\)|!\s*cancelled\(\)"
    r"|(runner\.os|matrix\.(os|platform))\s*==\s*'(linux|ubuntu)[\w.-]*'"
    r"|(runner\.os|matrix\.(os|platform))\s*!=\s*'(windows|macos)[\w.-]*')\s*(\}\})?",
    re.IGNORECASE,
)
_ALTERS = re.compile(
    r"(?:^|[\s;&|(])(?:sed\s+-i|tar\s+-?\w*x|rm\s|cp\s|mv\s|patch\s|unzip\s|git\s+(?:checkout|apply"
    r"|clone|reset|merge|switch|mv|rm)\b|pip3?\s+uninstall|poetry\s+(?:add|remove)"
    r"|pdm\s+(?:add|remove)|uv\s+(?:add|remove)|(?:pnpm|yarn)\s+(?:add|remove)"
    r"|npm\s+(?:uninstall|rm|remove|(?:i|install|ci)(?:\s+-\S+)*\s+[\w@.]))"
)
_IS_TEST = re.compile(r"test|check|lint|mypy|clippy|vet|build|verify|tox|nox|ruff|flake8|make")
# Variables that are ours to set, that are about the forge, installers or colours.
_NOT_PASSED = re.compile(
    r"PYTEST_ADDOPTS|NODE_OPTIONS|PATH|HOME|TMPDIR|LD_\w+|(?:GITHUB|ACTIONS|RUNNER)_\w+|CI"
    r"|\w*COLORS?|(?:PIP|UV|NPM|COVERAGE|CODECOV|TOX|NOX|POETRY|PDM|HATCH)_\w+",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Step:
    """One plain command of a workflow; ``job`` names file and job for people."""

    run: Argv
    job: str


@dataclass(frozen=True, slots=True)
class Workflows:
    """The steps of all workflows, in order, and what was seen and not used."""

    steps: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()


def read_workflows(files: ProjectFiles) -> Workflows:
    """Read every workflow of the tree that a push or a pull request starts."""
    names = sorted(
        path
        for path in files.paths
        if path.startswith(_FOLDER)
        and path.endswith((".yml", ".yaml"))
        and path.isprintable()
        and "/" not in path.removeprefix(_FOLDER)
    )
    steps: list[Step] = []
    notes: list[str] = []
    left = _MOST_BYTES
    for name in names:
        content = files.read(name) or b""
        left -= len(content)
        document = yaml_document(content) if left >= 0 else None
        if not isinstance(document, dict):
            notes.append(f"workflow {name}: cannot be read as YAML within bounds; not used")
            continue
        if _TRIGGERS.isdisjoint(_words(document.get("on"))):
            continue
        for job, value in list(table(document, "jobs").items())[:_MOST_JOBS]:
            place = f"workflow {name}, job {_shown(job)}"
            for found in _job(place, value, document):
                if isinstance(found, Step):
                    steps.append(found)
                else:
                    notes.append(found)
    return Workflows(tuple(steps), tuple(notes))


def _job(place: str, job: object, document: Mapping[str, object]) -> Iterator[Step | str]:
    """Yield the job's plain commands, and a note on each test, lint or build that is none."""
    steps = table({"job": job}, "job").get("steps")
    if not isinstance(job, dict) or not isinstance(steps, list):
        return
    why = _why_job_is_not_used(job, document)
    told = False
    for number, step in enumerate(steps[:_MOST_STEPS], 1):
        why = why or _why_rest_is_not_used(step)
        run = step.get("run") if isinstance(step, dict) else None
        if not isinstance(run, str) or len(run) > _LONGEST_SCRIPT:
            continue
        step_why = "" if why else _why_step_is_not_used(step, run)
        commands = None if why or step_why else plain_commands(run)
        if commands is not None:
            prefix = _environment(job, step)
            for command in commands:
                yield Step((*prefix, *command), place)
        elif _IS_TEST.search(run) and not told:
            told = bool(why)
            from_here = f"step {number}{' and those after it' if why else ''}: not used"
            yield f"{place}, {from_here}; {why or step_why or 'it needs a shell'}"
        if not why and not step_why and _ALTERS.search(run):
            why = f"step {number} changes what is tested"


def _why_job_is_not_used(job: Mapping[str, object], document: Mapping[str, object]) -> str:
    if _ELSEWHERE.search(str(job.get("runs-on", ""))) and "${{" not in str(job.get("runs-on")):
        return "the job runs on another system"
    if services := table(job, "services"):
        named = ", ".join(map(_shown, list(services)[:_MOST_NAMED]))
        return f"the job starts service containers ({named}), which no sandbox here starts"
    if any(table(one, "defaults", "run").get("working-directory") for one in (job, document)):
        return "the job runs in another folder"
    condition = job.get("if")
    if isinstance(condition, str) and re.search(r"schedule|tag|release|dispatch", condition):
        return "the job is for other events"
    return ""


def _why_rest_is_not_used(step: object) -> str:
    """Return why what a job runs from ``step`` on is not about this tree; empty when it is."""
    inputs = table(step, "with")
    uses = table({"step": step}, "step").get("uses")
    is_checkout = isinstance(uses, str) and uses.startswith("actions/checkout@")
    if is_checkout and {"repository", "path"} & set(inputs):
        return "the job checks out another repository, or into a folder"
    return ""


def _why_step_is_not_used(step: Mapping[str, object], run: str) -> str:
    if "${{" in run:
        return "it uses an expression"
    folder = step.get("working-directory")
    if isinstance(folder, str) and folder.strip("./"):
        return "it runs in another folder"
    shell = str(step.get("shell", "bash")).split(" ", maxsplit=1)[0]
    if shell not in {"bash", "sh"}:
        return "it runs in another shell"
    condition = step.get("if")
    if isinstance(condition, str) and not _HOLDS.fullmatch(condition.strip()):
        return "it runs under a condition"
    return ""


def _environment(job: Mapping[str, object], step: Mapping[str, object]) -> Argv:
    """Return the words that give a command the plain variables of its job and step."""
    merged = {**table(job, "env"), **table(step, "env")}
    pairs = tuple(
        f"{name}={value}"
        for name, value in sorted(merged.items())
        if isinstance(value, str)
        and _NAME.fullmatch(name)
        and not _NOT_PASSED.fullmatch(name)
        and "${{" not in value
        and value.isprintable()
    )
    return ("env", *pairs) if pairs else ()


def _words(triggers: object) -> set[str]:
    if isinstance(triggers, str):
        return {triggers}
    return {str(word) for word in triggers} if isinstance(triggers, (list, dict)) else set()


def _shown(name: str) -> str:
    return name if name.isprintable() and len(name) <= 80 else repr(name[:80])  # noqa: PLR2004 - a line
