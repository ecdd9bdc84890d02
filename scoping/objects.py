"""Reads objects of a git directory it is given: commits, trees, blobs; writes nothing.

What every ranking needs starts git itself. The history of a path or a line goes through GitPython,
whose import takes longer than all of that: it hands its own environment to each child, so every
command of its starts with ``env -i``, every value emptied.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from types import ModuleType
from typing import Any

from scoping.blobs import ENVIRONMENT, Blobs, ObjectsRefusal, git_argv
from scoping.processes import Running

# Into a pipe git log writes each commit by itself, and each wakes whoever reads.
_AT_ONCE = ENVIRONMENT | {"GIT_FLUSH": "0"}
_TIMEOUT_S = 120.0
_MISSING = -1

_OBJECT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
# What git puts between the parts of a commit's line; no subject holds it.
_PART = "\x1f"
_RECORD = "\x1e"
_ONLY_CHANGES = ("--no-merges", "--min-parents=1")
# A repository's own settings may ask for signatures, which runs a program of its choice.
_PLAIN_LOG = ("--no-show-signature", "--no-mailmap", "--encoding=UTF-8")
_MESSAGE_LETTERS = 2_000


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


@dataclass(frozen=True, slots=True)
class PastCommit:
    """One commit with what it changed: seconds since 1970, its message, cut, and its paths."""

    time_s: int
    message: str
    paths: tuple[str, ...]


class ObjectReader:
    """Reads one git directory; not safe for two threads at once. Made by `open_objects`."""

    def __init__(self, git_dir: Path) -> None:
        self._git_dir = git_dir
        self._blobs = Blobs(git_dir)
        self._listed: tuple[str, tuple[TreeEntry, ...]] = ("", ())

    @property
    def pid(self) -> int | None:
        """The process id of the git that reads objects, or None while none runs."""
        return self._blobs.pid

    def resolve(self, revision: str) -> str:
        """Return the commit that ``revision`` means; ObjectsRefusal when there is none."""
        if not revision or not revision.isprintable():
            raise ObjectsRefusal(f"{revision!r} is no revision; name a commit, branch or tag")
        wanted = f"{revision}^{{commit}}"
        _require_git()
        try:
            found = self.ask("rev-parse", "--verify", "--quiet", "--end-of-options", wanted)
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
        listed = self.ask("ls-tree", "-r", "-z", "-l", "--full-tree", "--end-of-options", treeish)
        entries = tuple(_entry(line) for line in listed.split(b"\0") if line)
        if _OBJECT.fullmatch(treeish):  # another name may mean another tree tomorrow
            self._listed = (treeish, entries)
        return entries

    def history(self, commit: str, path: str, limit: int) -> tuple[Commit, ...]:
        """Return the newest commits up to ``commit`` that changed ``path``; none where none did."""
        form = f"--format=%H{_PART}%cs{_PART}%s"
        told = self._git_by_library(
            "log", *_PLAIN_LOG, f"-{limit}", form, "--end-of-options", commit, "--", path
        )
        lines = told.decode("utf-8", "replace").split("\n")
        return tuple(Commit(*line.split(_PART, 2)) for line in lines if line)

    def commits(self, names: Sequence[str]) -> tuple[Commit, ...]:
        """Return commits by their names, in this order."""
        if not names:
            return ()
        form = f"--format=%H{_PART}%cs{_PART}%s"
        told = self.ask(
            *("log", *_PLAIN_LOG, "-s", form, "--no-walk=unsorted", "--stdin"),
            stdin="\n".join(names).encode("ascii"),
        )
        lines = told.decode("utf-8", "replace").split("\n")
        return tuple(Commit(*row.split(_PART, 2)) for row in lines if row)

    def past(self, commit: str, limit: int) -> tuple[PastCommit, ...]:
        """Return the newest commits up to ``commit`` with what each changed.

        Neither merges nor first commits, such as a shallow clone's: those bring all files at once.

        ObjectsRefusal in a partial clone that lacks trees.
        """
        return tuple(self.past_by_name(commit, limit).values())

    def past_by_name(
        self, commit: str, limit: int, only: Sequence[str] = ()
    ) -> dict[str, PastCommit]:
        """Return the same by the commits' names; with ``only``, these commits and no others."""
        # No message or path of a commit or one before it can hold the commit's own name.
        mark = f"{_RECORD}{commit}{_PART}"
        walked = (*_ONLY_CHANGES, f"-{limit}", "--end-of-options", commit)
        told = self.ask(
            "log",
            *_PLAIN_LOG,
            *("--no-renames", "--name-only", "-z", f"--format={mark}%H %ct{_PART}%B{_PART}"),
            *(("--no-walk=unsorted", "--stdin") if only else walked),
            stdin="\n".join(only).encode(),
        )
        _, *records = told.decode("utf-8", "surrogateescape").split(mark)
        return dict(map(_past, records))

    def past_names(self, commit: str, limit: int) -> tuple[str, ...]:
        """Return the names of what `past` would tell, in its order; reads no tree."""
        told = self.ask("rev-list", *_ONLY_CHANGES, f"-{limit}", "--end-of-options", commit)
        return tuple(told.decode("ascii").split())

    def read(self, sha: str, limit: int) -> bytes:
        """Return the content of an object of at most ``limit`` bytes.

        ObjectsRefusal when it is larger, missing or damaged.
        """
        return self._blobs.read(sha, limit)

    def read_many(self, shas: Sequence[str], limit: int) -> Iterator[bytes | None]:
        """Yield the content of each object, in order; None where `read` would refuse."""
        return self._blobs.read_many(shas, limit)

    def close(self) -> None:
        """End the process that reads objects; the next read starts another."""
        self._blobs.close()

    def ask(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Return what one reading git command prints; ObjectsRefusal when it fails."""
        _require_git()
        with Running(
            git_argv(self._git_dir, *arguments),
            env=_AT_ONCE,
            cwd=self._git_dir,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as running:
            return self._printed(running, arguments[0], stdin)

    def _git_by_library(self, *arguments: str) -> bytes:
        """Return the same by way of GitPython."""
        git = _git_python()
        clean = ["/usr/bin/env", "-i", *(f"{name}={value}" for name, value in ENVIRONMENT.items())]
        running = git.Git(self._git_dir).execute(
            [*clean, *git_argv(self._git_dir, *arguments)],
            as_process=True,  # its own time limit is a thread that outlives an interruption
            env=dict.fromkeys(os.environ, ""),  # for the moment before `env` clears it
        )
        return self._printed(running, arguments[0], None)

    def _printed(self, running: Any, command: str, stdin: bytes | None) -> bytes:  # noqa: ANN401 - or GitPython's own
        """Return what a git that runs prints; ObjectsRefusal when it fails or takes too long."""
        try:
            printed, said = running.communicate(stdin, timeout=_TIMEOUT_S)
        except BaseException as error:  # an interrupt, too, must leave no git behind
            running.kill()
            running.communicate()
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            message = f"git {command} took longer than {_TIMEOUT_S:g} s in {self._git_dir}"
            raise ObjectsRefusal(f"{message} and was stopped; check it with: git fsck") from error
        if running.returncode:
            why = _told(said.decode("utf-8", "replace"))
            partial = "; this is a partial clone: run `git fetch --refetch` in it first"
            raise ObjectsRefusal(
                f"git {command} failed in {self._git_dir}: {why}"
                + (partial if "promisor" in why else "")
            )
        return bytes(printed)


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


def _require_git() -> None:
    """Raise ObjectsRefusal where this machine has no git to start."""
    if which("git") is None:
        raise ObjectsRefusal(
            "there is no git in PATH; add its folder to PATH, or install git 2.39 or newer"
        )


def _git_python() -> ModuleType:
    """Return GitPython, which would run `git version` with all that our environment holds."""
    if "git" in sys.modules:
        return sys.modules["git"]
    _require_git()
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


def _past(record: str) -> tuple[str, PastCommit]:
    """Return one commit of a log, by its name. A message may hold any letter but a NUL."""
    head, _, rest = record.partition(_PART)
    name, _, time_s = head.partition(" ")
    message, _, paths = rest.rpartition(_PART)
    found = tuple(path.lstrip("\n") for path in paths.split("\0") if path.strip("\n"))
    return name, PastCommit(int(time_s), message[:_MESSAGE_LETTERS], found)


def _told(stderr: str) -> str:
    """Return git's complaint without control characters of hostile names."""
    told = " ".join(stderr.split()) or "it gave no reason"
    return "".join(letter if letter.isprintable() else "?" for letter in told)[-500:]
