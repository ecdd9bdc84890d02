"""How an environment is built: the plan's commands, in the sandbox, on the base tree.

Whatever fails here is the harness's or the target's trouble, never a patch's.
"""

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from validators.building.workspace import keep_layer
from validators.checkout import Clone, list_files, materialise
from validators.detect import SetupPlan
from validators.reports import report_variables
from validators.sandbox import (
    ENVIRONMENT,
    TOOLS,
    Completed,
    FileChange,
    Limits,
    Phase,
    Sandbox,
    Session,
)

_SHOWN_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class Built:
    """What a build left; ``trouble`` says why it left nothing of use, ``note`` what it lacks.

    ``refused`` is what its commands asked for and were not let through to.
    """

    layer: tuple[FileChange, ...] = ()
    node_reports: bool = False
    trouble: str = ""
    note: str = ""
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """Where an environment is built: ``home`` is its folder, which ``phase`` mounts a part of.

    ``interpreter`` is the path of the Python a virtual environment is made of, if one is.
    ``prefix`` are the words behind which a command reaches the package indexes.
    """

    clone: Clone
    sandbox: Sandbox
    phase: Phase
    limits: Limits
    home: Path
    interpreter: str = ""
    prefix: tuple[str, ...] = ()


def build(site: Site, plan: SetupPlan) -> Built:
    """Run the plan's commands on the base tree, and tell what came of it."""
    clone = site.clone
    tracked = [file.path for file in list_files(clone, clone.base_tree)]
    with tempfile.TemporaryDirectory(dir=site.home) as scratch:
        tree = Path(scratch, "tree")
        materialise(clone, clone.base_tree, tree)
        with site.sandbox.open(tree, site.phase, site.limits) as session:
            trouble = _make_venv(session, site, plan) if site.interpreter else ""
            if trouble:
                return Built(trouble=trouble)
            trouble = _run_all(session, site, plan.commands)
            note = ""
            if trouble and plan.fallback:
                note, trouble = trouble, _run_all(session, site, plan.fallback)
            if trouble:
                return Built(trouble=f"{note}\n{trouble}".strip())
            _keep_modules(session, tracked)
            layer = keep_layer(session.changes().files, tracked)
            return Built(layer, plan.node_reports and _takes_reports(session), note=note)


def _make_venv(session: Session, site: Site, plan: SetupPlan) -> str:
    argv = (f"{TOOLS}/uv", "venv", "--no-project", "--quiet", "--python", site.interpreter)
    place = f"{ENVIRONMENT}/venv"
    # Declared commands may call pip, which uv itself has no need of.
    may_call_pip = plan.declared and plan.commands
    if may_call_pip and session.run((*site.prefix, *argv, "--seed", place)).outcome == "ok":
        return ""
    return _trouble((*argv, place), session.run((*argv, "--clear", place)))


def _run_all(session: Session, site: Site, commands: Iterable[tuple[str, ...]]) -> str:
    """Run commands up to the first that fails; return why it did, or nothing."""
    for argv in commands:
        trouble = _trouble(argv, session.run((*site.prefix, *argv)))
        if trouble:
            return trouble
    return ""


def _trouble(argv: tuple[str, ...], completed: Completed) -> str:
    if completed.outcome == "ok":
        return ""
    ended = completed.outcome
    how = f"exit code {completed.code}" if ended == "failed" else f"{ended} {completed.detail}"
    said = f"{completed.stdout.text}\n{completed.stderr.text}".strip()[-_SHOWN_CHARACTERS:]
    return f"set-up: {' '.join(argv)} ended with {how.strip()}\n{said}".strip()


def _keep_modules(session: Session, tracked: Iterable[str]) -> None:
    """Move what npm installed out of the tree, unless the repository tracks such a folder."""
    if any(path.startswith("node_modules/") for path in tracked):
        return
    if session.run(("test", "-d", "node_modules")).outcome == "ok":
        session.run(("mv", "node_modules", f"{ENVIRONMENT}/node_modules"))


def _takes_reports(session: Session) -> bool:
    """Whether this node may be told by its environment to write a report."""
    variables = report_variables("test", node_reports=True)
    told = {"NODE_OPTIONS": variables["NODE_OPTIONS"]}
    return session.run(("node", "-e", ""), environment=told).outcome == "ok"
