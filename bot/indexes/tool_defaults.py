"""What the tools of this machine use where nobody chose, in their own words: no host is known here.

They are asked where no project is, with nothing in their environment but what leads to this user's
own settings. A tool that is not here, or does not answer in time, allows nothing.

Asking costs a third of a second of a core, so what they said is kept for a day: for the very
programs that said it, and for the settings files that npm named and those where others are.
"""

import json
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from os import killpg, pathsep
from pathlib import Path
from threading import Lock
from typing import Any

from bot.indexes.kept_answers import digest, read_answer, write_answer
from scoping.threads import begin

_ANSWER_S = 10.0
_MOST_BYTES = 256 * 1024
_MOST_PYTHONS = 4
# Whoever asks while another does gets the same answer.
_ONE_AT_A_TIME = Lock()
# What was said in this process, by the question.
_known: dict[str, "ToolDefaults"] = {}
# Where npm's own files are may be said by these. Others of its variables may hold a password.
_LEADING = ("HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS")
_LEADING_NPM = ("npm_config_userconfig", "npm_config_globalconfig", "npm_config_prefix")
# Files below a home that the tools read.
_OWN_FILES = (".npmrc", ".yarnrc", ".yarnrc.yml")
# Tools that look for a newer self, or are one that is first fetched, would use the network.
_QUIET = {"npm_config_update_notifier": "false", "COREPACK_ENABLE_NETWORK": "0", "LC_ALL": "C"}
# A Python without pip may still have the one that it would install.
_ASK_PIP = """
import sys
try:
    import pip
except ImportError:
    import ensurepip, glob, os, sysconfig
    own = os.path.join(os.path.dirname(ensurepip.__file__), "_bundled")
    for place in (own, sysconfig.get_config_var("WHEEL_PKG_DIR")):
        sys.path[:0] = glob.glob(os.path.join(place or own, "pip-*.whl"))
import json
from pip._internal.models.index import PyPI
print(json.dumps({"index": PyPI.simple_url, "files": PyPI.file_storage_domain}))
"""
_NPM_FILES = ("userconfig", "globalconfig")
_NOT_HERE = "is not installed"
Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ToolDefaults:
    """Addresses as the tools said them, empty where they did not: ``unknown`` tells why, by tool.

    ``python_files`` is where the pages of the index ``python`` say that files are. ``npm_scoped``
    are registries of a scope (``@name``), ``read`` the files of its settings.
    """

    python: str = ""
    python_files: str = ""
    npm: str = ""
    npm_scoped: tuple[tuple[str, str], ...] = ()
    yarn: str = ""
    read: tuple[str, ...] = ()
    unknown: Mapping[str, str] = field(default_factory=dict)


def tool_defaults(
    environment: Mapping[str, str], own_python: Path | None = None, kept: Path | None = None
) -> ToolDefaults:
    """Return what is said by the tools on the PATH of ``environment``.

    ``own_python`` is an interpreter that is asked for a pip after those. The answer is kept in the
    file ``kept``, nowhere without one.
    """
    leading = {name: environment[name] for name in _LEADING if environment.get(name)}
    leading |= {
        name: value for name, value in environment.items() if name.lower() in _LEADING_NPM and value
    }
    path = pathsep.join(_of_the_machine(environment.get("PATH", "")))
    question = _question(path, leading, own_python)
    with _ONE_AT_A_TIME:
        if question not in _known:
            told = read_answer(kept, question) if kept else None
            said = _of(told) if told else None
            _known[question] = said or _asked(path, leading, own_python)
            if kept and not said:
                _keep(kept, question, _known[question])
        return _known[question]


def _question(path: str, leading: Mapping[str, str], own_python: Path | None) -> str:
    """Return a digest of who would be asked, how, and of the files that they would read."""
    tools = [*_pythons(path, own_python)]
    tools += [Path(found) for name in ("npm", "yarn") if (found := shutil.which(name, path=path))]
    files = [Path(value) for name, value in leading.items() if name.lower() in _LEADING_NPM]
    home = leading.get("HOME")
    own = [Path(home, name) for name in _OWN_FILES] if home else []
    # A home without such files says nothing, wherever it is.
    is_told = any(place.exists() for place in own)
    told = sorted((name, value) for name, value in leading.items() if name != "HOME" or is_told)
    files += own if is_told else []
    return digest((*tools, *files), path, told, str(own_python), _ASK_PIP)


def _of(told: dict[str, Any]) -> ToolDefaults | None:
    try:
        scoped = tuple((name, address) for name, address in told["npm_scoped"])
        return ToolDefaults(**told | {"npm_scoped": scoped, "read": tuple(told["read"])})
    except (KeyError, TypeError, ValueError):
        return None


def _keep(kept: Path, question: str, said: ToolDefaults) -> None:
    """Keep an answer, but for one that a tool owed: it is asked again at the next start."""
    if all(why.endswith(_NOT_HERE) for why in said.unknown.values()):
        write_answer(kept, question, asdict(said), tuple(map(Path, said.read)))


def _asked(path: str, leading: Mapping[str, str], own_python: Path | None) -> ToolDefaults:
    variables = {**leading, **_QUIET, "PATH": path}
    asked = [
        begin(partial(_python, path, variables, own_python), "ask-python", daemon=False),
        begin(partial(_npm, path, variables), "ask-npm", daemon=False),
        begin(partial(_yarn, path, variables), "ask-yarn", daemon=False),
    ]
    index, registry, other = (one.result() for one in asked)
    found = (index, registry, other)
    unknown = {tool: why for answer in found for tool, why in answer.get("unknown", {}).items()}
    scoped = {
        name.removesuffix(":registry"): value
        for name, value in registry.items()
        if name.startswith("@") and name.endswith(":registry") and isinstance(value, str)
    }
    return ToolDefaults(
        python=_text(index, "index"),
        python_files=f"https://{_text(index, 'files')}/" if _text(index, "files") else "",
        npm=_text(registry, "registry"),
        npm_scoped=tuple(sorted(scoped.items())),
        yarn=_text(other, "registry"),
        read=tuple(filter(None, (_text(registry, name) for name in _NPM_FILES))),
        unknown=unknown,
    )


def _of_the_machine(path: str) -> list[str]:
    """Return the folders of PATH but for those of a project: its programs run in a sandbox only."""
    folders = (Path(name) for name in path.split(pathsep))
    return [
        str(folder)
        for folder in folders
        if folder.is_absolute()
        and folder.parent.name != "node_modules"
        and not (folder.parent / "pyvenv.cfg").exists()
    ]


def _python(path: str, variables: Mapping[str, str], own: Path | None) -> Answer:
    for python in _pythons(path, own):
        answer = _json(_said((str(python), "-I", "-c", _ASK_PIP), variables))
        if _text(answer, "index"):
            return answer
    return _unknown("pip", "no Python here has a pip that could be asked")


def _pythons(path: str, own: Path | None) -> Sequence[Path]:
    named = (shutil.which("python3", path=folder) for folder in path.split(pathsep))
    known = [*(Path(name) for name in named if name)][:_MOST_PYTHONS]
    return list(dict.fromkeys((*known, *([own] if own else []))))


def _npm(path: str, variables: Mapping[str, str]) -> Answer:
    npm = shutil.which("npm", path=path)
    if npm is None:
        return _unknown("npm", f"npm {_NOT_HERE}")
    with tempfile.TemporaryDirectory() as place:  # its log would stand in the user's home
        away = {"npm_config_cache": place, "npm_config_logs_max": "0"}
        answer = _json(_said((npm, "config", "list", "--json"), {**variables, **away}))
    return answer if _text(answer, "registry") else _unknown("npm", "npm did not name one")


def _yarn(path: str, variables: Mapping[str, str]) -> Answer:
    yarn = shutil.which("yarn", path=path)
    if yarn is None:
        return _unknown("yarn", f"yarn {_NOT_HERE}")
    # What yarn is told by itself, in its first version and in later ones.
    for name in ("registry", "npmRegistryServer"):
        said = _said((yarn, "config", "get", name), variables).strip()
        if re.fullmatch(r"https?://\S+", said):
            return {"registry": said}
    return _unknown("yarn", "yarn did not name one")


def _unknown(tool: str, why: str) -> Answer:
    return {"unknown": {tool: f"what {tool} uses by default is not known here: {why}"}}


def _text(answer: Answer, name: str) -> str:
    value = answer.get(name)
    return value if isinstance(value, str) else ""


def _json(said: str) -> Answer:
    try:
        answer = json.loads(said)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _said(argv: Sequence[str], variables: Mapping[str, str]) -> str:
    """Return what a tool prints in time and ends well with, else nothing.

    Not through a pipe: whoever it leaves behind could hold that open.
    """
    with tempfile.TemporaryFile() as output:
        try:
            child = subprocess.Popen(
                argv,
                env=variables,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError:  # no program after all: as good as not there
            return ""
        try:
            code = child.wait(_ANSWER_S)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                killpg(child.pid, signal.SIGKILL)
            code = child.wait()
        output.seek(0)
        return "" if code else output.read(_MOST_BYTES).decode("utf-8", "replace")
