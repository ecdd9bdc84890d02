"""The Interpreter port over Pyodide: CPython in WebAssembly, in Node, inside a sandbox.

A snippet sees a file system in memory, our code in it, and none of the machine's. The operator
names where Pyodide is; it is no part of Changewright.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

from bot.interpreting.kind import CODE, LIBRARIES, Kind
from bot.interpreting.sandboxed import SandboxedInterpreter
from bot.interpreting.state import Replayed
from validators.sandbox import Guarantee, Mount, Sandbox
from workflows.snippet import InterpreterRefusal, SnippetLimits

_LIBRARY, _NODE = f"{LIBRARIES}/pyodide", f"{LIBRARIES}/node"
_NEEDED = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
# Node 24 asks for 0.75 GiB, most of which it never touches; a snippet's own is bounded inside.
_NODE_BYTES = 3 * 1024**3 // 2
_WORKER = f"{CODE}/bot/interpreting/pyodide_worker.mjs"


def pyodide_interpreter(
    sandbox: Sandbox,
    scratch: Path,
    require: frozenset[Guarantee] = frozenset(),
    folder: Path | None = None,
    node: Path | None = None,
) -> SandboxedInterpreter:
    """Return Pyodide of ``folder`` (as npm unpacks it) in ``sandbox``, in ``node`` or PATH's.

    InterpreterRefusal where one of them is missing.
    """
    if folder is None:
        raise InterpreterRefusal(
            "model.interpreter: pyodide needs the folder of the npm package `pyodide`: name it in"
            " model.pyodide"
        )
    missing = [name for name in _NEEDED if not (folder / name).is_file()]
    if missing:
        raise InterpreterRefusal(
            f"{folder} holds no {', '.join(missing)}; `npm install pyodide` and name its folder"
            " node_modules/pyodide in model.pyodide"
        )
    found = node or shutil.which("node")
    if found is None:
        raise InterpreterRefusal("Pyodide runs in Node: install Node 20 or later where PATH says")
    mounts = (Mount(folder, _LIBRARY), Mount(Path(found).resolve(), _NODE))
    kind = Kind(
        "pyodide",
        _command,
        mounts,
        Replayed,
        late_s=0.5,
        start_s=120.0,
        own_memory_bytes=_NODE_BYTES,
    )
    return SandboxedInterpreter(kind, sandbox, scratch, require)


def _command(limits: SnippetLimits) -> Sequence[str]:
    # Text that becomes code is what a snippet would need JavaScript for.
    node = [_NODE, "--disallow-code-generation-from-strings"]
    numbers = (limits.memory_bytes, round(limits.timeout_s * 1000))
    return [*node, _WORKER, _LIBRARY, f"{CODE}/validators", *map(str, numbers)]
