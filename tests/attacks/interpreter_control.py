"""The control: snippets in the way of a careless bot, by `exec` in a process with its secrets.

Only runs in the jail of `tests.attacks.control`. Prints, as JSON, what became of each: `breached`,
`endless` (it went on past its limit), or `held`.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.attacks.interpreters import SECRET, Snippet, snippets
from tests.attacks.uncontained import why_not_jailed

LIMIT_S = 1.5
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
exec(sys.stdin.read(), {{"files": files}})
"""


def main() -> None:
    """Run every snippet in a process of its own, four at a time."""
    if why_not_jailed():
        sys.exit(f"hostile snippets are not run here: {why_not_jailed()}")
    secret = Path("/tmp/secret-of-ours")  # noqa: S108 - the jail's own
    secret.write_text(SECRET)
    with socket.create_server(("127.0.0.1", 0)) as service, ThreadPoolExecutor(4) as pool:
        keeper = subprocess.Popen(["sleep", "300"], env={**os.environ, "BOT_SECRET": SECRET})
        port = str(service.getsockname()[1])
        variables = {"secret": str(secret), "port": port, "pid": str(keeper.pid)}
        cases = snippets()
        ends = pool.map(lambda case: _end(case, case.text(variables)), cases)
        found = {case.id: end for case, end in zip(cases, ends, strict=True)}
        keeper.kill()
        keeper.wait()
    sys.stdout.write(json.dumps(found))


def _end(case: Snippet, text: str) -> str:
    argv: Sequence[str] = (sys.executable, "-c", _CARELESS)
    limit_s = LIMIT_S if case.endless else 60.0
    try:
        done = subprocess.run(
            argv,
            input=text,
            env={**os.environ, "BOT_SECRET": SECRET, "PYTHONPATH": str(Path.cwd())},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "endless"
    return "breached" if "BREACH" in done.stdout else "held"


if __name__ == "__main__":
    main()
