"""The attacks of the development data, where it stands beside the checkout: other people's words.

They are read, never copied. A snippet there prints ``BREACH`` or nothing, variables are replaced as
text, and a shell line looks at the host afterwards. Which guarantee holds which case, and how a
case must end, is said here.
"""

import os
import secrets
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from bot.indexes.address import index_at
from bot.indexes.door import supply
from bot.indexes.machine import MachineIndexes
from tests.attacks.aftermath import handled
from tests.attacks.case import Case, read
from tests.attacks.host import Host
from tests.attacks.result import Result
from tests.attacks.runner import Runner
from validators.processes.layered_session import HOME
from validators.sandbox import WORKSPACE, Guarantee, RunOutcome, Session

_ROOT = Path(__file__).resolve().parents[2]
_FILE = Path("security", "attacks.yaml")
_ANY: frozenset[RunOutcome] = frozenset(get_args(RunOutcome)) - {"sandbox-error"}
_OF_BOUNDARY: Mapping[str, tuple[Guarantee, ...]] = {
    "fs-read": ("home-hidden",),
    "fs-write": ("read-only-host", "original-untouched"),
    "symlink": ("home-hidden", "original-untouched"),
    "env": ("clean-environment",),
    "network": ("no-network",),
    "network-proxy": ("proxy-only-network",),
    "pids": ("pids-limit",),
    "orphan": ("orphans-killed",),
    "timeout": ("orphans-killed",),
    "signal": ("orphans-killed",),
    "ptrace": ("orphans-killed",),
    "cpu": ("orphans-killed",),
    "kernel": ("seccomp",),
    "setuid": ("original-untouched",),
    "device": ("read-only-host",),
    "tty": ("read-only-host",),
    "sysv": ("no-host-sockets",),
    "git": ("original-untouched",),
    "build": ("read-only-host", "no-network"),
    "gate": ("original-untouched",),
    "cache": ("home-hidden",),
}
_OF_CASE: Mapping[str, tuple[Guarantee, ...]] = {
    "env-04": ("seccomp",),
    "env-05": ("home-hidden",),
    "net-05": ("no-host-sockets",),
    "net-06": ("no-host-sockets",),
    "net-08": ("seccomp",),
    "kn-10": ("read-only-host",),
}
_ENDS: Mapping[str, frozenset[RunOutcome]] = {
    "ps-03": frozenset({"timeout"}),
    "ps-04": frozenset({"ok"}),
    "ps-05": frozenset({"timeout"}),
    "rs-06": frozenset({"output-limit"}),
    # The limit on processes may stop it before the one on time does.
    "rs-08": frozenset({"timeout", "failed"}),
}
_SHORT = {"ps-03": 1.0, "ps-05": 1.0, "rs-08": 1.0, "ps-04": 3.0, "ps-01": 4.0}
# These ask for something that works, and no guarantee promises it: listed as not given.
_PROMISED_BY_NOBODY = {
    "git-09": "commands find no repository: the tree stands alone, so that nobody writes to one"
}
# How much the gateway must have refused; where their proxy listens, and where ours does.
_TOLD = {"net-10": 1, "net-13": 2}
_THEIR_PORT = "3128"
_OUR_PORT = "int(__import__('os').environ['HTTPS_PROXY'].rpartition(':')[2])"
# A rule must object: the change may not be proposed without a person's eyes on it.
_OBJECTED = {"git-03", "git-04", "git-05", "tool-09"}


def data() -> Path | None:
    """Return the file of attacks, None where there is none."""
    # Beside the checkout, or where the environment says.
    folder = Path(os.environ.get("CHANGEWRIGHT_DEV_DATA") or _ROOT.parent / "shared" / "data")
    return folder / _FILE if (folder / _FILE).is_file() else None


def attacked(runner: Runner, part: int = 0, parts: int = 1) -> list[Result]:
    """Run every attack of level process and host, or a part of them, each in its own session."""
    path = data()
    if path is None:
        return []
    entries = [entry for entry in read(path)["cases"] if entry["level"] in {"process", "host"}]
    return [result for entry in entries[part::parts] for result in _attack(runner, entry)]


def _attack(runner: Runner, entry: Mapping[str, Any]) -> list[Result]:
    host = runner.host
    number = str(10**8 + secrets.randbelow(10**8))
    inside = _variables(host, number, WORKSPACE)
    if entry["id"] == "tool-10":  # the home folder inside is the command's own, as the tree is
        inside["WT"] = f"{WORKSPACE}|{HOME}"
    with tempfile.TemporaryDirectory(dir=host.folder) as folder:
        place = Path(folder, "tree")

        def aftermath(session: Session, host: Host) -> list[str]:
            return handled(session, host, place)

        case = _case(entry, inside)
        if "proxy" in entry.get("needs", ()):
            return [_behind_the_gateway(runner, case)]
        [result] = replace(runner, aftermath=aftermath).run([case])
        if result.word == "breached" and case.id in _PROMISED_BY_NOBODY:
            return [replace(result, word="not given", why=_PROMISED_BY_NOBODY[case.id])]
        if result.word != "held" or "host_check" not in entry:
            return [result]
        line = _filled(entry["host_check"], _variables(host, number, str(place)))
        done = subprocess.run(["sh", "-c", line], capture_output=True, check=False, cwd=folder)
        if done.returncode:
            result = replace(result, word="breached", why=f"its check on the host failed: {line}")
        return [result]


def _behind_the_gateway(runner: Runner, case: Case) -> Result:
    """Attack from a set-up, to which the gateway gives their two indexes."""
    case = replace(case, snippet=case.snippet.replace(_THEIR_PORT, _OUR_PORT))
    chosen = tuple(index_at(f"https://index-{name}.example/") for name in "ab")
    machine = MachineIndexes(indexes=chosen)
    with (
        tempfile.TemporaryDirectory(dir=runner.host.folder) as folder,
        supply(machine, Path(folder)).open() as door,
    ):
        [result] = replace(runner, door=door).run([case])
        refused = door.refused()
    if result.word == "held" and case.id in _TOLD and len(refused) < _TOLD[case.id]:
        return replace(result, word="unclear", why=f"the gateway refused only {refused}")
    return result


def _case(entry: Mapping[str, Any], variables: Mapping[str, str]) -> Case:
    name, boundary = entry["id"], entry["boundary"]
    language = "py" if "py" in entry else "sh"
    return Case(
        id=name,
        boundary=f"data: {boundary}",
        about=entry["hold"],
        language="bare-py" if language == "py" else "bare-sh",
        snippet=_filled(entry[language], variables),
        guarantees=_OF_CASE.get(name, _OF_BOUNDARY.get(boundary, ())),
        ends=_ENDS.get(name, _ANY),
        needs=("curl",) if "curl " in entry[language] else (),
        alone=True,
        timeout_s=_SHORT.get(name, 30.0),
        reading=name == "ln-04",
        # Only where somebody looks at what was written out: it costs a clone each time.
        aftermath=entry["level"] == "host" or "{WT}" in entry.get("host_check", ""),
        finding=name in _OBJECTED,
    )


def _variables(host: Host, number: str, tree: str) -> dict[str, str]:
    told = host.variables()
    return {
        "WT": tree,
        "REPO": told["original"],
        "GITDIR": told["git_dir"],
        "SECRET": told["secret"],
        "HPID": told["host_pid"],
        "HPORT": told["tcp"],
        "USOCK": told["socket"],
        "ABS": told["abstract"],
        "ID": number,
    }


def _filled(text: str, variables: Mapping[str, str]) -> str:
    for name, value in variables.items():
        text = text.replace(f"{{{name}}}", value)
    return text
