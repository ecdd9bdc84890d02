"""The target's environment: built once, inside the sandbox, and read-only to all that comes later.

It is made from the base tree alone, before any text of a model exists, in the one phase that has a
network. A stranger's build back end runs there, so it finds no secret, no home and no cache that
another target will use: an environment's download cache is its own and is thrown away with the
build.
"""

import platform
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scoping.refusal import Refusal
from validators.building.environment_build import Built, Site, build
from validators.building.shelf import empty, shelved
from validators.checkout import Clone, list_files
from validators.detect import SetupPlan
from validators.disk import disk_trouble
from validators.encoding import decode, digest, encode
from validators.projects.interpreters import Interpreter, choose_interpreter
from validators.reports import report_variables
from validators.rules import GateKind
from validators.sandbox import (
    ENVIRONMENT,
    REPORTS,
    TOOLS,
    WORKSPACE,
    FileChange,
    Guarantee,
    Limits,
    Mount,
    Phase,
    Sandbox,
)

# A part of every key: raise it when what is built, or how it is written down, changes.
_FORMAT = 1
_USERINFO = re.compile(r"//[^/@\s]+@")
# What no sandbox can hold while there is a network.
_OFFLINE: frozenset[Guarantee] = frozenset({"no-network", "no-host-sockets"})

# Installing is slower and larger than testing.
SETUP_LIMITS = Limits(
    timeout_s=1_800.0, file_bytes=4 * 1024**3, changes_bytes=256 * 1024**2, processes=1_024
)

# The same tests on two trees should meet the same hashes and leave no bytecode in either.
_VARIABLES = {"CI": "true", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}


class EnvironmentRefusal(Refusal):
    """No environment is built under these circumstances: which, and what to change."""


@dataclass(frozen=True, slots=True)
class EnvironmentOptions:
    """What the machine offers a set-up.

    ``tools`` are mounts of our own binaries (uv, ruff) below `TOOLS`. ``network_environment`` are
    the variables an installer needs here (certificates, index addresses without a password), and
    ``network_mounts`` the files and folders they name. ``require`` as in `Phase`.
    """

    tools: tuple[Mount, ...]
    interpreters: tuple[Interpreter, ...]
    limits: Limits = SETUP_LIMITS
    network_environment: Mapping[str, str] = field(default_factory=dict)
    network_mounts: tuple[Mount, ...] = ()
    require: frozenset[Guarantee] = frozenset()


@dataclass(frozen=True, slots=True)
class Environment:
    """What later phases find beside the tree, under the ``key`` that evidence names it by.

    ``layer`` are files that set-up left in the tree. ``trouble`` says why there is no environment:
    nothing can be judged then, and nobody's patch is at fault. ``note`` is what set-up could not do
    and went on without.
    """

    key: str
    mounts: tuple[Mount, ...] = ()
    path: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=lambda: dict(_VARIABLES))
    layer: tuple[FileChange, ...] = ()
    node_reports: bool = False
    interpreter: str = ""
    was_cached: bool = False
    trouble: str = ""
    note: str = ""

    def phase(
        self, kind: GateKind, reports: Path, require: frozenset[Guarantee] = frozenset()
    ) -> Phase:
        """Return the phase for one command of a gate; ``reports`` is an empty folder of its own."""
        variables = report_variables(kind, node_reports=self.node_reports)
        return Phase(
            name=kind,
            mounts=(*self.mounts, Mount(reports, REPORTS, writable=True)),
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
    _refuse_passwords(options.network_environment)
    interpreter = None
    if plan.kind == "python":
        interpreter = choose_interpreter(options.interpreters, plan.requires_python)
    key = _key(clone, plan, interpreter)
    if plan.kind == "none" and not plan.commands:
        return Environment(key, mounts=options.tools)
    try:
        with shelved(cache, clone.original_git_dir, key) as home:
            phase = _setup_phase(plan, interpreter, home, options)
            python = interpreter.path if interpreter else ""
            site = Site(clone, sandbox, phase, options.limits, home, python)
            built, was_cached = _kept_or_built(site, plan)
    except (OSError, Refusal) as error:
        trouble = disk_trouble(error)
        if not trouble:
            raise
        return Environment(key, trouble=f"set-up: {trouble}; free space for the state directory")
    if built.trouble:
        return Environment(key, trouble=built.trouble)
    return _environment(key, home, built, interpreter, options, was_cached=was_cached)


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
    key: str,
    home: Path,
    built: Built,
    interpreter: Interpreter | None,
    options: EnvironmentOptions,
    *,
    was_cached: bool,
) -> Environment:
    mounts = [*options.tools, Mount(home / "inside", ENVIRONMENT)]
    variables = dict(_VARIABLES)
    path = []
    if interpreter is not None:
        mounts += interpreter.mounts
        variables["VIRTUAL_ENV"] = f"{ENVIRONMENT}/venv"
        path.append(f"{ENVIRONMENT}/venv/bin")
    modules = home / "inside" / "node_modules"
    # Made by a stranger's set-up: a link in its place would mount whatever it points to.
    if modules.is_dir() and not modules.is_symlink():
        mounts.append(Mount(modules, f"{WORKSPACE}/node_modules"))
        path.append(f"{WORKSPACE}/node_modules/.bin")
    return Environment(
        key,
        tuple(mounts),
        tuple(path),
        variables,
        layer=built.layer,
        node_reports=built.node_reports,
        interpreter=interpreter.version if interpreter else "",
        was_cached=was_cached,
        note=built.note,
    )


def _setup_phase(
    plan: SetupPlan, interpreter: Interpreter | None, home: Path, options: EnvironmentOptions
) -> Phase:
    own = {
        **_VARIABLES,
        "UV_CACHE_DIR": f"{ENVIRONMENT}/.cache/uv",
        "UV_COMPILE_BYTECODE": "1",
        "UV_NO_PROGRESS": "1",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_PROJECT_ENVIRONMENT": f"{ENVIRONMENT}/venv",
        "npm_config_cache": f"{ENVIRONMENT}/.cache/npm",
        "npm_config_update_notifier": "false",
        # There is no history in the tree, from which these would tell the version.
        "SETUPTOOLS_SCM_PRETEND_VERSION": "999.0.0",
        "PBR_VERSION": "999.0.0",
        "PDM_BUILD_SCM_VERSION": "999.0.0",
        "POETRY_DYNAMIC_VERSIONING_BYPASS": "999.0.0",
    }
    path: tuple[str, ...] = (TOOLS,)
    mounts = [*options.tools, *options.network_mounts]
    if interpreter is not None:
        own["VIRTUAL_ENV"] = f"{ENVIRONMENT}/venv"
        path = (f"{ENVIRONMENT}/venv/bin", TOOLS)
        mounts += interpreter.mounts
    return Phase(
        name="setup",
        network=bool(plan.commands),
        mounts=(*mounts, Mount(home / "inside", ENVIRONMENT, writable=True)),
        environment={**options.network_environment, **own},
        path=path,
        require=options.require - (_OFFLINE if plan.commands else frozenset()),
    )


def _key(clone: Clone, plan: SetupPlan, interpreter: Interpreter | None) -> str:
    wanted = set(plan.manifests)
    contents = [(f.path, f.sha) for f in list_files(clone, clone.base_tree) if f.path in wanted]
    facts = {
        "format": _FORMAT,
        "plan": plan,
        "manifests": [(path.encode("utf-8", "surrogateescape"), sha) for path, sha in contents],
        "tree": clone.base_tree if plan.declared else "",
        "interpreter": (interpreter.path, interpreter.version) if interpreter else (),
        "platform": f"{sys.platform}-{platform.machine()}",
    }
    return digest(encode(facts))


def _refuse_passwords(variables: Mapping[str, str]) -> None:
    for name, value in sorted(variables.items()):
        if _USERINFO.search(value):
            raise EnvironmentRefusal(
                f"{name} holds an address with a user name or password, which a stranger's build"
                " would read; use an address without one, such as a local mirror's"
            )
