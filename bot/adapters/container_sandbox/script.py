"""One command as the shell inside starts it, and how its end is told from the engine's.

The words go through a file that only this session sees: what a command line holds, everybody on the
machine can read. The engine's client says 125 to 127 for its own failures, as a command may, so the
script first writes a word down that nobody else knows. Who spoils that file only spoils its own
result: without the word nothing counts as run.
"""

import os
import shlex
import signal
from dataclasses import replace

from validators.processes.layered_session import HOME, TEMPORARY, Request
from validators.sandbox import Completed, Limits

STARTED = "/run/changewright.started"
READS, WRITES = 8, 9  # the descriptors of a channel: the shell knows no greater than 9
_CHANNEL = "CHANGEWRIGHT_CHANNEL"
_OPEN_FILES = 4096


def script(request: Request, limits: Limits, mark: str, channel: tuple[str, str] | None) -> bytes:
    """Return what the shell runs; ``channel`` are the two pipes' places inside."""
    environment = dict(request.environment)
    lines = [
        f"cd -- {shlex.quote(request.cwd)} || exit 1",
        # The kernel's numbers, in the shell's units.
        f"ulimit -c 0 && ulimit -n {_OPEN_FILES} && ulimit -f {limits.file_bytes // 512} || exit 1",
        f"ulimit -d {limits.memory_bytes // 1024} || exit 1",
        # As behind other walls, no command finds there what the one before it left.
        f"find {TEMPORARY} {HOME} -mindepth 1 -delete 2>/dev/null",
    ]
    if channel:
        environment[_CHANNEL] = f"{READS},{WRITES}"
        reads, writes = map(shlex.quote, channel)
        lines.append(f"exec {READS}<{reads} {WRITES}>{writes} || exit 1")
    lines.append(f"echo {mark} >{STARTED} || exit 1")
    # `env` would take a name with = in it for a variable.
    words = ("sh", "-c", 'exec "$0" "$@"') if "=" in request.argv[0] else ()
    told = (f"{name}={value}" for name, value in environment.items())
    lines.append(shlex.join(("exec", "env", "-i", *told, *words, *request.argv)))
    return os.fsencode("\n".join(lines) + "\n")


def explained(completed: Completed, *, started: bool, oom_killed: bool) -> Completed:
    """Tell the command's own end from that of the client that started it."""
    if completed.code is None:  # ended by us
        return completed
    if not started:
        said = completed.stderr.text.strip()
        detail = said or f"the container ended with code {completed.code}"
        return replace(completed, outcome="sandbox-error", code=None, detail=detail)
    number = completed.code - 128  # as a shell does, the engine adds the signal to it
    if 0 < number < signal.NSIG:
        completed = replace(completed, outcome="killed", code=None, signal=number)
    if oom_killed and completed.outcome in {"failed", "killed"}:
        return replace(completed, outcome="oom", code=None)
    return completed
