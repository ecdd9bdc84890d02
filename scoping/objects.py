"""Reads objects of a git directory it is given: commits, trees, blobs; writes nothing.

GitPython runs git and turns its failures into exceptions. It hands its own environment to each
child, so every command here starts with ``env -i``, every value emptied; and it leaves a child's
stderr in a pipe that nobody empties, so the one process that lives long (``cat-file --batch``) is
started without it.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from types import ModuleType

from scoping.refusal import Refusal

_SEARCH_PATH = "/usr/local/bin:/usr/bin:/bin"
_TIMEOUT_S = 120.0
_MISSING = -1

_ENVIRONMENT = {
    "PATH": _SEARCH_PATH,
    "HOME": "/nonexistent",
    "LC_ALL": "C.UTF-8",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    # A partial clone fetches what it lacks, through a transport that its own config chooses.
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    # A path may be called what git would take for a pattern.
    "GIT_LITERAL_PATHSPECS": "1",
}
_OBJECT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
# What git puts between the parts of a commit's line; no subject holds it.
_PART = "\x1f"


class ObjectsRefusal(Refusal):
    """The git directory does not hold what was asked for: what is missing, and what to do."""


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One path of a tree. ``mode`` is git's six octal digits, ``size`` is in bytes.

    Bytes of ``path`` that are not UTF-8 are surrogate escapes. A submodule (``160000``) has size 0;
    an object that this repository lacks has size -1.
    """

    path: str
    mode: str
    sha: str
    size: int

    @property
    def is_missing(self) -> bool:
        """Whether the object is not in the repository (a partial clone, say)."""
        return self.size == _MISSING


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit as a line of a list; ``subject`` is a person's first line, ``date`` ISO 8601."""

    sha: str
    date: str
    subject: str


class ObjectReader:
    """Reads one git directory; not safe for two threads at once. Made by `open_objects`."""

    def __init__(self, git_dir: Path) -> None:
        self._git_dir = git_dir
        self._batch: subprocess.Popen[bytes] | None = None
        self._listed: tuple[str, tuple[TreeEntry, ...]] = ("", ())

    @property
    def pid(self) -> int | None:
        """The process id of the git that reads objects, or None while none runs."""
        return self._batch.pid if self._batch else None

    def resolve(self, revision: str) -> str:
        """Return the commit that ``revision`` means; ObjectsRefusal when there is none."""
        if not revision or not revision.isprintable():
            raise ObjectsRefusal(f"{revision!r} is no revision; name a commit, branch or tag")
        wanted = f"{revision}^{{commit}}"
        _git_python()
        try:
            found = self._git("rev-parse", "--verify", "--quiet", "--end-of-options", wanted)
        except ObjectsRefusal as refusal:
            raise ObjectsRefusal(
                f"there is no commit {revision!r} in {self._git_dir}; fetch it, or name another"
            ) from refusal
        return found.decode("ascii").strip()

    def entries(self, treeish: str) -> tuple[TreeEntry, ...]:
        """Return every path of a commit or tree with its blob, in git's order.

        ObjectsRefusal when there is no such tree, and in a partial clone that lacks blobs of it.
        """
        if treeish == self._listed[0]:
            return self._listed[1]
        listed = self._git("ls-tree", "-r", "-z", "-l", "--full-tree", "--end-of-options", treeish)
        entries = tuple(_entry(line) for line in listed.split(b"\0") if line)
        if _OBJECT.fullmatch(treeish):  # another name may mean another tree tomorrow
            self._listed = (treeish, entries)
        return entries

    def history(self, commit: str, path: str, limit: int) -> tuple[Commit, ...]:
        """Return the newest commits up to ``commit`` that changed ``path``; none where none did."""
        form = f"--format=%H{_PART}%cs{_PART}%s"
        told = self._git("log", f"-{limit}", form, "--end-of-options", commit, "--", path)
        lines = told.decode("utf-8", "replace").split("\n")
        return tuple(Commit(*line.split(_PART, 2)) for line in lines if line)

    def read(self, sha: str, limit: int) -> bytes:
        """Return the content of an object of at most ``limit`` bytes.

        ObjectsRefusal when it is larger, missing or damaged.
        """
        if not sha.isalnum() or not sha.isascii():
            raise ObjectsRefusal(f"{sha!r} is no object name")
        batch = self._batch or self._started()
        assert batch.stdin is not None  # noqa: S101 - for the type checker; PIPE was asked for
        assert batch.stdout is not None  # noqa: S101 - the same
        try:
            batch.stdin.write(sha.encode("ascii") + b"\n")
            batch.stdin.flush()
        except BrokenPipeError:
            self.close()
            raise ObjectsRefusal(f"git stopped while reading {self._git_dir}") from None
        header = batch.stdout.readline().split()
        if len(header) != len(("sha", "type", "size")):
            self.close()
            raise ObjectsRefusal(
                f"object {sha} is not in the repository, or is damaged; check it with: git fsck"
            )
        size = int(header[2])
        if size > limit:
            self.close()  # cheaper than reading what nobody wants
            raise ObjectsRefusal(f"object {sha} has {size} bytes; the limit here is {limit}")
        content = batch.stdout.read(size + 1)[:-1]
        if len(content) != size:
            self.close()
            raise ObjectsRefusal(f"object {sha} is damaged; check it with: git fsck")
        return content

    def close(self) -> None:
        """End the process that reads objects; the next read starts another."""
        batch, self._batch = self._batch, None
        if batch is None:
            return
        batch.kill()
        batch.communicate()

    def _started(self) -> subprocess.Popen[bytes]:
        self._batch = subprocess.Popen(
            self._argv("cat-file", "--batch"),
            env=_ENVIRONMENT,
            cwd=self._git_dir,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        return self._batch

    def _argv(self, *arguments: str) -> list[str]:
        own = [f"--git-dir={self._git_dir}", "--no-pager", "-c", "protocol.allow=never"]
        return ["git", *own, *arguments]

    def _git(self, *arguments: str) -> bytes:
        git = _git_python()
        clean = ["/usr/bin/env", "-i", *(f"{name}={value}" for name, value in _ENVIRONMENT.items())]
        try:
            printed = git.Git(self._git_dir).execute(
                [*clean, *self._argv(*arguments)],
                stdout_as_string=False,
                strip_newline_in_stdout=False,
                kill_after_timeout=_TIMEOUT_S,
                env=dict.fromkeys(os.environ, ""),  # for the moment before `env` clears it
            )
        except git.GitCommandError as error:
            why = _told(error.stderr)
            partial = "; this is a partial clone: run `git fetch --refetch` in it first"
            raise ObjectsRefusal(
                f"git {arguments[0]} failed in {self._git_dir}: {why}"
                + (partial if "promisor" in why else "")
            ) from error
        return printed if isinstance(printed, bytes) else str(printed).encode()


@contextmanager
def open_objects(git_dir: Path) -> Iterator[ObjectReader]:
    """Open exactly this git directory (bare, ``.git``, shallow), whoever owns it; none is sought.

    ObjectsRefusal when it is not one.
    """
    if not (git_dir / "HEAD").is_file():
        raise ObjectsRefusal(
            f"{git_dir} is not a git directory; give the .git folder or a bare repository"
        )
    reader = ObjectReader(git_dir.absolute())
    try:
        yield reader
    finally:
        reader.close()


def _git_python() -> ModuleType:
    """Return GitPython, which would run `git version` with all that our environment holds."""
    if "git" in sys.modules:
        return sys.modules["git"]
    if which("git") is None:
        raise ObjectsRefusal(
            "there is no git in PATH; add its folder to PATH, or install git 2.39 or newer"
        )
    asked = {"GIT_PYTHON_GIT_EXECUTABLE": os.devnull, "GIT_PYTHON_REFRESH": "quiet"}
    before = {name: os.environ.get(name) for name in asked}
    os.environ.update(asked)
    try:
        import git  # noqa: PLC0415 - 200 ms
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
    return git


def _entry(line: bytes) -> TreeEntry:
    """Return one entry of ``ls-tree -l``: mode, type, sha, size, a tab, and the path."""
    about, _, path = line.partition(b"\t")
    mode, _, sha, size = about.decode("ascii").split()
    known = {"-": 0, "BAD": _MISSING}
    length = known[size] if size in known else int(size)
    return TreeEntry(path.decode("utf-8", "surrogateescape"), mode, sha, length)


def _told(stderr: str) -> str:
    """Return git's complaint without control characters of hostile names."""
    told = " ".join(stderr.split()) or "it gave no reason"
    return "".join(letter if letter.isprintable() else "?" for letter in told)[-500:]
