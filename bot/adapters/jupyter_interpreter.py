"""The Interpreter port over a Jupyter kernel: IPython's cells, and the packages beside it.

The sandbox is the only wall, as for CPython. The kernel is that of Changewright's own environment
or, for packages such as numpy, of one that the operator names.
"""

import sysconfig
from pathlib import Path

from bot.interpreting.kind import LIBRARIES, Kind, Python, own_python
from bot.interpreting.sandboxed import SandboxedInterpreter
from bot.interpreting.state import Replayed
from validators.sandbox import Guarantee, Mount, Sandbox
from workflows.snippet import InterpreterRefusal

_LIBRARY = f"{LIBRARIES}/site-packages"
# Our code runs on it as well.
_OLDEST_MINOR, _NEWEST_MINOR = 11, 30
_NEEDED = ("ipykernel", "jupyter_client")


def jupyter_interpreter(
    sandbox: Sandbox,
    scratch: Path,
    require: frozenset[Guarantee] = frozenset(),
    environment: Path | None = None,
) -> SandboxedInterpreter:
    """Return a kernel in ``sandbox``, with the packages of the virtual ``environment`` or our own.

    InterpreterRefusal where there is no kernel.
    """
    python, packages = _own() if environment is None else _of(environment)
    missing = [name for name in _NEEDED if not (packages / name).is_dir()]
    if missing:
        raise InterpreterRefusal(
            f"there is no {' and no '.join(missing)} in {packages}; install Changewright with its"
            " extra `jupyter`, or name in model.jupyter an environment that has ipykernel"
        )
    command = python.command("jupyter", library=f"{_LIBRARY}/ipykernel")
    mounts = (*python.mounts(), Mount(packages, _LIBRARY))
    kind = Kind("jupyter", command, mounts, Replayed, late_s=0.75, start_s=90.0)
    return SandboxedInterpreter(kind, sandbox, scratch, require)


def _own() -> tuple[Python, Path]:
    return own_python(), Path(sysconfig.get_path("purelib"))


def _of(environment: Path) -> tuple[Python, Path]:
    """Return the Python behind an environment, and the folder of its packages."""
    binary = environment / "bin" / "python"
    found = [
        packages
        for minor in range(_OLDEST_MINOR, _NEWEST_MINOR)
        if (packages := environment / "lib" / f"python3.{minor}" / "site-packages").is_dir()
    ]
    if not binary.exists() or not found:
        raise InterpreterRefusal(
            f"{environment} is no virtual environment of Python 3.{_OLDEST_MINOR} or later;"
            " name one in model.jupyter"
        )
    real = binary.resolve()
    return Python(real, real.parent.parent), found[-1]
