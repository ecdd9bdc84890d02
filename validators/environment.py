"""The target's environment: built once, inside the sandbox, and read-only to all that comes later.

It is made from the base tree alone, before any text of a model exists, in the one phase that can
reach package indexes. A stranger's build back end runs there, so it finds no secret, no home and no
cache that another target will use: an environment's download cache is its own and is thrown away
with the build.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from scoping.refusal import Refusal
from validators.building.environment_build import Built, Site, build
from validators.building.environment_key import environment_key, machine_facts, recipe_of
from validators.building.setup_phase import (
    SETUP_LIMITS,
    VARIABLES,
    EnvironmentOptions,
    EnvironmentRefusal,
    setup_phase,
)
from validators.building.shelf import empty, leave, shelved
from validators.building.supply import NO_SUPPLY
from validators.checkout import Clone
from validators.detect import SetupPlan
from validators.disk import disk_trouble
from validators.encoding import decode, encode
from validators.evidence import MachineFacts
from validators.projects.interpreters import Interpreter, choose_interpreter
from validators.projects.package_managers import WRITTEN_TO
from validators.reports import Told, report_variables
from validators.rules import GateKind
from validators.sandbox import (
    ENVIRONMENT,
    REPORTS,
    TOOLS,
    WORKSPACE,
    FileChange,
    Guarantee,
    Mount,
    Phase,
    Probe,
    Sandbox,
)

__all__ = ["SETUP_LIMITS", "Environment", "EnvironmentOptions", "EnvironmentRefusal", "prepare"]


@dataclass(frozen=True, slots=True)
class Environment:
    """What later phases find beside the tree, kept under ``key``.

    ``recipe`` is the hash of what the base asks for, the same everywhere, and ``machine`` what it
    is made with here: evidence names an environment by these two.

    Each command finds a folder of its own, empty, at each place in ``writable``.
    ``layer`` are files that set-up left in the tree. ``trouble`` says why there is no environment:
    nothing can be judged then, and nobody's patch is at fault. ``note`` is what set-up could not do
    and went on without, and ``refused`` what its commands asked for and were not let through to.
    """

    key: str
    mounts: tuple[Mount, ...] = ()
    path: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=lambda: dict(VARIABLES))
    writable: tuple[str, ...] = ()
    layer: tuple[FileChange, ...] = ()
    node_reports: bool = False
    interpreter: str = ""
    was_cached: bool = False
    trouble: str = ""
    note: str = ""
    refused: tuple[str, ...] = ()
    recipe: str = ""
    machine: MachineFacts = field(default_factory=MachineFacts)

    def phase(
        self,
        kind: GateKind,
        reports: Path,
        require: frozenset[Guarantee] = frozenset(),
        told: Told | None = None,
    ) -> Phase:
        """Return the phase for one command of a gate; ``reports`` holds the pipes it reports to."""
        variables = report_variables(kind, node_reports=self.node_reports, told=told or Told())
        return Phase(
            name=kind,
            mounts=(*self.mounts, Mount(reports, REPORTS)),
            environment={**self.variables, **variables},
            # Our own linter, not one that the target's environment may hold.
            path=(TOOLS, *self.path) if kind == "lint" else self.path,
            require=require,
        )


def prepare(
    clone: Clone, sandbox: Sandbox, plan: SetupPlan, cache: Path, options: EnvironmentOptions
) -> Environment:
    """Return the environment of the clone's base, from ``cache`` or built into it.

    A set-up that failed, or for which the disk has no room, is an environment with ``trouble``, and
    is not kept. EnvironmentRefusal or InterpreterRefusal where none can be tried.
    """
    interpreter = None
    if plan.kind == "python":
        interpreter = choose_interpreter(options.interpreters, plan.requires_python)
    bare = _named(recipe_of(clone, plan), interpreter, options.supply.facts, sandbox.probe())
    bare = replace(bare, variables={**bare.variables, **dict(plan.variables)})
    if plan.kind == "none" and not plan.commands:
        return replace(bare, mounts=options.tools)
    try:
        with shelved(cache, clone.original_git_dir, bare.key) as home:
            built = _kept(home)
            was_cached = built is not None
            built = built or _built(_Order(clone, sandbox, plan, interpreter, options), home)
    except (OSError, Refusal) as error:
        trouble = disk_trouble(error)
        if not trouble:
            raise
        return replace(bare, trouble=f"set-up: {trouble}; free space for the state directory")
    if built.trouble:
        return replace(bare, trouble=built.trouble, refused=built.refused)
    return _environment(bare, home, built, interpreter, options, was_cached=was_cached)


@dataclass(frozen=True, slots=True)
class _Order:
    """What is to be built, and with what."""

    clone: Clone
    sandbox: Sandbox
    plan: SetupPlan
    interpreter: Interpreter | None
    options: EnvironmentOptions


def _record(home: Path) -> Path:
    return home / "environment.json"


def _kept(home: Path) -> Built | None:
    """Return what an earlier set-up left, if one came to its end."""
    record = _record(home)
    return decode(record.read_bytes(), Built) if record.is_file() else None


def _built(order: _Order, home: Path) -> Built:
    """Set up anew in ``home``, and keep what came of it unless that is trouble."""
    built = Built(trouble="set-up did not come to its end")
    supply = order.options.supply if order.plan.commands else NO_SUPPLY
    try:
        empty(home)
        with supply.open() as door:
            phase = setup_phase(order.plan, order.interpreter, home, order.options, door)
            python = order.interpreter.path if order.interpreter else ""
            limits, prefix = order.options.limits, door.prefix
            site = Site(order.clone, order.sandbox, phase, limits, home, python, prefix)
            built = build(site, order.plan)
            built = _told(built, door.refused())
    finally:
        leave(home, is_kept=not built.trouble)
    if not built.trouble:
        # Last: what has no record was not finished, and is built anew.
        unfinished = _record(home).with_suffix(".unfinished")
        unfinished.write_bytes(encode(built))
        unfinished.rename(_record(home))
    return built


def _told(built: Built, refused: tuple[str, ...]) -> Built:
    """Return ``built`` with what was refused, which may well be why there is trouble."""
    if not built.trouble or not refused:
        return replace(built, refused=refused)
    said = "".join(f"\n- {one}" for one in refused)
    trouble = f"{built.trouble}\nnot let through to:{said}"
    return replace(built, refused=refused, trouble=trouble)


def _environment(
    bare: Environment,
    home: Path,
    built: Built,
    interpreter: Interpreter | None,
    options: EnvironmentOptions,
    *,
    was_cached: bool,
) -> Environment:
    mounts = [*options.tools, Mount(home / "inside", ENVIRONMENT)]
    variables = dict(bare.variables)
    path = []
    writable: list[str] = []
    if interpreter is not None:
        mounts += interpreter.mounts
        variables["VIRTUAL_ENV"] = f"{ENVIRONMENT}/venv"
        path.append(f"{ENVIRONMENT}/venv/bin")
    modules = home / "inside" / "node_modules"
    # Made by a stranger's set-up: a link in its place would mount whatever it points to.
    if modules.is_dir() and not modules.is_symlink():
        mounts.append(Mount(modules, f"{WORKSPACE}/node_modules"))
        path.append(f"{WORKSPACE}/node_modules/.bin")
        kept = (modules / name for name in WRITTEN_TO)
        writable = [
            f"{WORKSPACE}/node_modules/{place.name}"
            for place in kept
            if place.is_dir() and not place.is_symlink()
        ]
    return replace(
        bare,
        mounts=tuple(mounts),
        path=tuple(path),
        variables=variables,
        writable=tuple(writable),
        layer=built.layer,
        node_reports=built.node_reports,
        interpreter=interpreter.version if interpreter else "",
        was_cached=was_cached,
        note=built.note,
        refused=built.refused,
    )


def _named(
    recipe: str, interpreter: Interpreter | None, indexes: tuple[str, ...], probe: Probe
) -> Environment:
    """Return an environment in which nothing is yet, under its names."""
    machine = machine_facts(interpreter)
    key = environment_key(recipe, machine, interpreter, indexes, probe)
    return Environment(key, recipe=recipe, machine=machine)
