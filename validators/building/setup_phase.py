"""What a set-up is run with: the one phase that has a network, and what it finds there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scoping.refusal import Refusal
from validators.projects.interpreters import Interpreter
from validators.projects.setup_plan import SetupPlan
from validators.sandbox import ENVIRONMENT, TOOLS, Guarantee, Limits, Mount, Phase

_USERINFO = re.compile(r"//[^/@\s]+@")
# What no sandbox can hold while there is a network.
_OFFLINE: frozenset[Guarantee] = frozenset({"no-network", "no-host-sockets"})

# Installing is slower and larger than testing.
SETUP_LIMITS = Limits(
    timeout_s=1_800.0, file_bytes=4 * 1024**3, changes_bytes=256 * 1024**2, processes=1_024
)

# The same tests on two trees should meet the same hashes and leave no bytecode in either.
VARIABLES = {"CI": "true", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}


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


def setup_phase(
    plan: SetupPlan, interpreter: Interpreter | None, home: Path, options: EnvironmentOptions
) -> Phase:
    """Return the phase in which ``plan`` builds the environment in ``home``."""
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


def refuse_passwords(variables: Mapping[str, str]) -> None:
    """Raise EnvironmentRefusal for an address that would hand a stranger's build a password."""
    for name, value in sorted(variables.items()):
        if _USERINFO.search(value):
            raise EnvironmentRefusal(
                f"{name} holds an address with a user name or password, which a stranger's build"
                " would read; use an address without one, such as a local mirror's"
            )
