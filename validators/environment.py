"""The target's environment: built once, inside the sandbox, and read-only to all that comes later.

It is made from the base tree alone, before any text of a model exists, in the one phase that has a
network. A stranger's build back end runs there, so it finds no secret, no home and no cache that
another target will use: an environment's download cache is its own and is thrown away with the
build.
"""

import platform
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from scoping.refusal import Refusal
from validators.building.environment_build import Built, Site, build
from validators.building.setup_phase import (
    SETUP_LIMITS,
    VARIABLES,
    EnvironmentOptions,
    EnvironmentRefusal,
    refuse_passwords,
    setup_phase,
)
from validators.building.shelf import empty, shelved
from validators.checkout import Clone, list_files
from validators.detect import SetupPlan
from validators.disk import disk_trouble
from validators.encoding import decode, digest, encode
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
    Sandbox,
)

__all__ = ["SETUP_LIMITS", "Environment", "EnvironmentOptions", "EnvironmentRefusal", "prepare"]

# A part of every key: raise it when what is built, or how it is written down, changes.
_FORMAT = 2


@dataclass(frozen=True, slots=True)
class Environment:
    """What later phases find beside the tree, kept under ``key``.

    ``recipe`` is the hash of what the base asks for, the same everywhere, and ``machine`` what it
    is made with here: evidence names an environment by these two.

    Each command finds a folder of its own, empty, at each place in ``writable``.
    ``layer`` are files that set-up left in the tree. ``trouble`` says why there is no environment:
    nothing can be judged then, and nobody's patch is at fault. ``note`` is what set-up could not do
    and went on without.
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
    refuse_passwords(options.network_environment)
    interpreter = None
    if plan.kind == "python":
        interpreter = choose_interpreter(options.interpreters, plan.requires_python)
    bare = _named(_recipe(clone, plan), interpreter)
    bare = replace(bare, variables={**bare.variables, **dict(plan.variables)})
    if plan.kind == "none" and not plan.commands:
        return replace(bare, mounts=options.tools)
    try:
        with shelved(cache, clone.original_git_dir, bare.key) as home:
            phase = setup_phase(plan, interpreter, home, options)
            python = interpreter.path if interpreter else ""
            site = Site(clone, sandbox, phase, options.limits, home, python)
            built, was_cached = _kept_or_built(site, plan)
    except (OSError, Refusal) as error:
        trouble = disk_trouble(error)
        if not trouble:
            raise
        return replace(bare, trouble=f"set-up: {trouble}; free space for the state directory")
    if built.trouble:
        return replace(bare, trouble=built.trouble)
    return _environment(bare, home, built, interpreter, options, was_cached=was_cached)


def _kept_or_built(site: Site, plan: SetupPlan) -> tuple[Built, bool]:
    """Return what an earlier set-up left, or set up anew, and which of the two it was."""
    record = site.home / "environment.json"
    if record.is_file():
        return decode(record.read_bytes(), Built), True
    built = Built(trouble="set-up did not come to its end")
    try:
        empty(site.home)
        built = build(site, plan)
    finally:
        waste = site.home if built.trouble else site.home / "inside" / ".cache"
        shutil.rmtree(waste, ignore_errors=True)
    if not built.trouble:
        # Last: what has no record was not finished, and is built anew.
        unfinished = record.with_suffix(".unfinished")
        unfinished.write_bytes(encode(built))
        unfinished.rename(record)
    return built, False


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
    )


def _recipe(clone: Clone, plan: SetupPlan) -> str:
    wanted = set(plan.manifests)
    contents = [(f.path, f.sha) for f in list_files(clone, clone.base_tree) if f.path in wanted]
    facts = {
        "format": _FORMAT,
        "plan": plan,
        "manifests": [(path.encode("utf-8", "surrogateescape"), sha) for path, sha in contents],
        "tree": clone.base_tree if plan.declared else "",
    }
    return digest(encode(facts))


def _named(recipe: str, interpreter: Interpreter | None) -> Environment:
    """Return an environment in which nothing is yet, under its names."""
    path, version = (interpreter.path, interpreter.version) if interpreter else ("", "")
    machine = MachineFacts(version, f"{sys.platform}-{platform.machine()}")
    facts = {"recipe": recipe, "machine": machine, "interpreter": path}
    return Environment(digest(encode(facts)), recipe=recipe, machine=machine)
