"""The one way git is run: nothing from the machine, nothing from the repository decides what runs.

A repository's own config can name programs (hooks, a file-system monitor, filters, pagers, remote
helpers). Each is switched off here, on the command line or in the environment, where a
repository's config cannot switch it on again; the git directory is always named, never found.
"""

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from scoping.processes import Running
from scoping.refusal import Refusal

SEARCH_PATH = "/usr/local/bin:/usr/bin:/bin"
OLDEST = (2, 39)
_SHOWN_LINES = 6
_KEPT_LINES = 200
_INSTALL = f"install git {OLDEST[0]}.{OLDEST[1]} or newer"

_ENVIRONMENT = {
    "PATH": SEARCH_PATH,
    "HOME": "/nonexistent",
    "LC_ALL": "C.UTF-8",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",  # answers with nothing, and wins against a repository's core.askPass
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    # A partial clone fetches what it lacks, through a transport its config chooses. The config key
    # protocol.allow loses against a repository's protocol.<name>.allow; this variable wins.
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
}

_CONFIG = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.logAllRefUpdates=false",
    "core.protectHFS=true",
    "core.protectNTFS=true",
    "core.quotePath=false",
    "core.symlinks=true",
    "core.pager=cat",
    "safe.bareRepository=explicit",
    "protocol.allow=never",
    "submodule.recurse=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "commit.gpgSign=false",
    "credential.helper=",  # forgets those that the repository names
    "pack.threads=1",  # one thread packs the same objects into the same bytes
    "user.name=changewright",
    "user.email=changewright@users.noreply.github.com",
)


class GitRefusal(Refusal):
    """Git said no. ``code`` is its exit code (None: it was stopped), ``stdout`` what it printed.

    ``said`` is the end of its complaint, one line a complaint, without "fatal:" and the like;
    ``complaint`` is more of it: a server's reasons are long, and the first line names them.
    """

    def __init__(
        self,
        message: str,
        code: int | None = None,
        stdout: bytes = b"",
        said: str = "",
        complaint: str = "",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.stdout = stdout
        self.said = said
        self.complaint = complaint


@dataclass(frozen=True, slots=True)
class Terms:
    """Under which terms one git runs, where the usual ones do not do.

    ``owner`` (user id, group id) is who git runs as: only root may ask for another than itself.
    ``config`` (``key=value``) and ``environment`` are added after ours, and win. ``output`` is a
    file descriptor that takes what git prints, which is then not returned.
    """

    timeout_s: float = 300.0
    owner: tuple[int, int] | None = None
    config: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    output: int = subprocess.PIPE


USUAL = Terms()


def git(
    git_dir: Path,
    *arguments: str,
    work_tree: Path | None = None,
    index: Path | None = None,
    stdin: bytes = b"",
    terms: Terms = USUAL,
) -> bytes:
    """Run one git command and return what it printed; GitRefusal when it fails or takes too long.

    Relative paths in ``arguments`` start in ``work_tree``. Without one the git directory itself
    stands in, so that neither ``core.worktree`` nor a ``.gitattributes`` of anybody is consulted.
    Strings from outside belong behind ``--end-of-options`` or ``--``.
    """
    place = work_tree or git_dir
    argv = [program(), f"--git-dir={git_dir}", f"--work-tree={place}", "--no-pager"]
    for setting in (*_CONFIG, *terms.config):
        argv += ["-c", setting]
    environment = _ENVIRONMENT | dict(terms.environment)
    if index is not None:
        environment["GIT_INDEX_FILE"] = str(index)
    with _running([*argv, *arguments], place, environment, terms) as process:
        stdout, stderr = _ended(process, arguments[0], stdin, terms.timeout_s)
    if process.returncode:
        what = f"git {arguments[0]} failed in {git_dir}"
        raise _refusal(what, process.returncode, stdout, _lines(stderr))
    return stdout


@functools.cache
def program() -> str:
    """Return the path of git; GitRefusal when there is none, or one that lacks what we use."""
    found = shutil.which("git", path=SEARCH_PATH)
    if found is None:
        raise GitRefusal(f"there is no git in {SEARCH_PATH}; {_INSTALL}")
    try:
        asked = [found, "--version"]
        done = subprocess.run(asked, env=_ENVIRONMENT, capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GitRefusal(f"{found} does not run on this machine; {_INSTALL}") from error
    version = re.match(rb"git version (\d+)\.(\d+)[\w.]*", done.stdout)
    if version is None:
        raise GitRefusal(f"{found} does not say which version of git it is; {_INSTALL}")
    if (int(version[1]), int(version[2])) < OLDEST:
        raise GitRefusal(f"{found} is {version[0].decode()}, which is too old; {_INSTALL}")
    return found


def _running(argv: list[str], place: Path, environment: Mapping[str, str], terms: Terms) -> Running:
    """Return git as the leader of a session, so that whatever it starts ends with it."""
    owner = terms.owner
    return Running(
        argv,
        cwd=place,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=terms.output,
        stderr=subprocess.PIPE,
        start_new_session=True,
        user=owner[0] if owner else None,
        group=owner[1] if owner else None,
        extra_groups=[] if owner else None,
    )


def _ended(
    process: subprocess.Popen[bytes], command: str, stdin: bytes, timeout_s: float
) -> tuple[bytes, bytes]:
    """Feed git until it ends and return what it said."""
    try:
        stdout, stderr = process.communicate(stdin, timeout=timeout_s)
    except subprocess.TimeoutExpired as error:
        message = f"git {command} took longer than {timeout_s:g} s and was stopped"
        raise GitRefusal(message) from error
    return stdout or b"", stderr


def _refusal(what: str, code: int, stdout: bytes, complaint: list[str]) -> GitRefusal:
    said = complaint[-_SHOWN_LINES:]
    why = "; ".join(said) or "it gave no reason"
    kept = "\n".join(complaint[-_KEPT_LINES:])
    return GitRefusal(f"{what}: {why}", code, stdout, "\n".join(said), kept)


def _lines(stderr: bytes) -> list[str]:
    """Return what git complained, without control characters of hostile names."""
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    told = (re.sub(r"^(fatal|error|warning|hint): ", "", line.strip()) for line in lines)
    return ["".join(c if c.isprintable() else "?" for c in line) for line in told if line]
