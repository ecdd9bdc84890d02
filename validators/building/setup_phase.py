"""What a set-up is run with: the one phase with a door to package indexes, and what it finds there.

It has no network either. What its tools ask for goes through a proxy of ours.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scoping.refusal import Refusal
from validators.building.supply import NO_SUPPLY, Door, Supply
from validators.projects.interpreters import Interpreter
from validators.projects.setup_plan import SetupPlan
from validators.sandbox import ENVIRONMENT, TOOLS, Guarantee, Limits, Mount, Phase

_BY_PROXY: frozenset[Guarantee] = frozenset({"proxy-only-network"})
_USERINFO = re.compile(r"//[^/@\s]+@")

# Installing is slower and larger than testing.
SETUP_LIMITS = Limits(
    timeout_s=1_800.0,
    file_bytes=4 * 1024**3,
    changes_bytes=256 * 1024**2,
    processes=1_024,
    disk_bytes=16 * 1024**3,
)

# The same tests on two trees should meet the same hashes and leave no bytecode in either.
VARIABLES = {"CI": "true", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}


class EnvironmentRefusal(Refusal):
    """No environment is built under these circumstances: which, and what to change."""


@dataclass(frozen=True, slots=True)
class EnvironmentOptions:
    """What the machine offers a set-up.

    ``tools`` are mounts of our own binaries (uv, ruff) below `TOOLS`, ``supply`` the package
    indexes that commands of the set-up may read. ``require`` as in `Phase`.
    """

    tools: tuple[Mount, ...]
    interpreters: tuple[Interpreter, ...]
    limits: Limits = SETUP_LIMITS
    supply: Supply = NO_SUPPLY
    require: frozenset[Guarantee] = frozenset()


def setup_phase(
    plan: SetupPlan,
    interpreter: Interpreter | None,
    home: Path,
    options: EnvironmentOptions,
    door: Door,
) -> Phase:
    """Return the phase in which ``plan`` builds the environment in ``home``, from ``door``.

    EnvironmentRefusal for a door that would hand a stranger's build a password. Where anything is
    required of the sandbox, and there is a door, no other way out is a part of it.
    """
    _refuse_passwords(door.environment)
    own = {
        **VARIABLES,
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
    own |= dict(plan.variables)
    path: tuple[str, ...] = (TOOLS,)
    mounts = [*options.tools, *door.mounts]
    if interpreter is not None:
        own["VIRTUAL_ENV"] = f"{ENVIRONMENT}/venv"
        path = (f"{ENVIRONMENT}/venv/bin", TOOLS)
        mounts += interpreter.mounts
    return Phase(
        name="setup",
        mounts=(*mounts, Mount(home / "inside", ENVIRONMENT, writable=True)),
        environment={**door.environment, **own},
        path=path,
        require=options.require | (_BY_PROXY if options.require and door.prefix else frozenset()),
    )


def _refuse_passwords(variables: Mapping[str, str]) -> None:
    for name, value in sorted(variables.items()):
        if _USERINFO.search(value):
            raise EnvironmentRefusal(
                f"{name} holds an address with a user name or password, which a stranger's build"
                " would read; use an address without one, such as a local mirror's"
            )
