"""The control: snippets in the way of a careless bot, in a process with its secrets.

Only runs in the jail of `tests.attacks.control`. Prints, as JSON, what became of each: `breached`,
`endless` (it went on past its limit), or `held`. By `exec`, in IPython's shell or in Pyodide in
Node, as a case says; with the word `restricted`, all of them by RestrictedPython.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.attacks.interpreters import SECRET, Snippet, snippets
from tests.attacks.uncontained import why_not_jailed
from tests.ending import ended
from tests.github.rig import installed, node

LIMIT_S = 1.5
# What each takes to begin, at most.
START_S = {"exec": 0.0, "restricted": 3.0, "ipython": 10.0, "node": 10.0}
# What runs a snippet: builtins taken away are no wall, and neither is a given list of names.
_CARELESS = f"""
import sys, os
HELD = "{SECRET}"
class Tools:
    secret = HELD
    def files(self):
        return []
def files():
    return []
files.__self__ = Tools()
"""
_EXEC = _CARELESS + 'exec(sys.stdin.read(), {"files": files})'
_IPYTHON = f"""{_CARELESS}
from IPython.core.interactiveshell import InteractiveShell
InteractiveShell.instance(user_ns={{"files": files}}).run_cell(sys.stdin.read())
"""
_NODE = """
const { loadPyodide } = await import(process.argv[1]);
const pyodide = await loadPyodide();
pyodide.runPython((await import("node:fs")).readFileSync(0, "utf8"));
"""
# As its documentation has it: what it calls safe, and nothing that it leaves to its user.
_RESTRICTED = f"""{_CARELESS}
from RestrictedPython import compile_restricted, safe_globals
from RestrictedPython.Eval import default_guarded_getitem
from RestrictedPython.Guards import guarded_iter_unpack_sequence, safer_getattr
exec(compile_restricted(sys.stdin.read(), "snippet", "exec"), {{
    **safe_globals, "files": files, "_getattr_": safer_getattr, "_getiter_": iter,
    "_getitem_": default_guarded_getitem, "_write_": lambda one: one, "range": range,
    "_iter_unpack_sequence_": guarded_iter_unpack_sequence,
}})
"""


def main() -> None:
    """Run every snippet in a process of its own, two at a time."""
    if why_not_jailed():
        sys.exit(f"hostile snippets are not run here: {why_not_jailed()}")
    secret = Path("/tmp/secret-of-ours")  # noqa: S108 - the jail's own
    kernels = Path("/tmp/kernels-of-ours")  # noqa: S108 - the same
    secret.write_text(SECRET)
    kernels.mkdir()
    (kernels / "kernel-1.json").write_text(SECRET)
    held = {**os.environ, "BOT_SECRET": SECRET, "JUPYTER_RUNTIME_DIR": str(kernels)}
    with (
        socket.create_server(("127.0.0.1", 0)) as service,
        ended(subprocess.Popen(["sleep", "300"], env=held)) as keeper,
        ThreadPoolExecutor(2) as pool,
    ):
        port = str(service.getsockname()[1])
        variables = {"secret": str(secret), "port": port, "pid": str(keeper.pid)}
        cases = snippets()
        ends = pool.map(lambda case: _end(case, case.text(variables), held), cases)
        found = {case.id: end for case, end in zip(cases, ends, strict=True)}
    sys.stdout.write(json.dumps(found))


def _end(case: Snippet, text: str, held: Mapping[str, str]) -> str:
    if case.way == "none":
        return "held"
    way = "restricted" if sys.argv[1:] == ["restricted"] else case.way
    try:
        done = subprocess.run(
            _argv(way),
            input=text,
            env={**held, "PYTHONPATH": str(Path.cwd())},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=START_S[way] + LIMIT_S if case.endless else 60.0,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "endless"
    return "breached" if "BREACH" in done.stdout else "held"


def _argv(way: str) -> Sequence[str]:
    if way == "node":
        pyodide = installed() / "node_modules" / "pyodide" / "pyodide.mjs"
        return (str(node()), "--input-type=module", "--eval", _NODE, str(pyodide))
    return (sys.executable, "-c", {"ipython": _IPYTHON, "restricted": _RESTRICTED}.get(way, _EXEC))


if __name__ == "__main__":
    main()
