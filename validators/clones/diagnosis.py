"""Why git cannot use a repository, or find a commit in it, in words a person can act upon.

Asked only after git said no. What is said comes from the repository's own files where they tell,
and from git's complaint where only that does.
"""

import os
import re
from difflib import get_close_matches
from pathlib import Path

from validators.git import GitRefusal, git

FSCK = "check it with: git fsck, or clone it again"
_HASH = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_HEADS = "refs/heads/"
_PREFIXES = (_HEADS, "refs/tags/", "refs/remotes/")
_KINDS = {"tree": "a folder (a tree)", "blob": "a file (a blob)"}
_MAX_HEAD_BYTES = 4096
_MAX_NAMES = 20_000


def shown(git_dir: Path) -> str:
    """Return a repository as its user calls it: its folder, not the ``.git`` in it."""
    return str(git_dir.parent if git_dir.name == ".git" else git_dir)


def why_unusable(git_dir: Path, shared: Path, error: GitRefusal) -> str:
    """Return why git does not take ``git_dir``, whose objects are in ``shared``, for usable."""
    closed = _closed(git_dir, shared)
    if closed:
        return f"{closed} cannot be read: Permission denied; ask its owner for access"
    if _head(git_dir) is None:
        return f"{git_dir / 'HEAD'} is damaged; write a branch into it, as: ref: refs/heads/main"
    config = shared / "config"
    try:
        extensions = git(
            git_dir, "config", f"--file={config}", "--no-includes", "--get-regexp", "^extensions[.]"
        )
    except GitRefusal as refusal:
        if refusal.code != 1:  # 1 is: not set
            line = re.search(r"line (\d+)", refusal.said)
            where = f" at line {line[1]}" if line else ""
            return f"{config} cannot be read as a git config{where}; mend that line"
        extensions = b""
    if re.search(r"repo version|repository extension", error.said):
        named = [word.split()[0].decode("utf-8", "replace") for word in extensions.splitlines()]
        known = f" ({', '.join(named)})" if named else ""
        return (
            f"{shown(git_dir)} is in a repository format{known} that the git here does not know;"
            " install a newer git"
        )
    return f"git cannot use {shown(git_dir)}: {_last(error.said)}; {FSCK}"


def why_unresolved(git_dir: Path, shared: Path, revision: str, error: GitRefusal) -> str:
    """Return why ``revision`` names no commit of a repository that git can use."""
    where = shown(git_dir)
    if "ambiguous" in error.said:
        return f"{revision!r} begins the hashes of several objects in {where}; write more of it"
    why = _why_no_commit(git_dir, shared, revision)
    if why:
        return why
    names = _names(git_dir)
    if revision == "HEAD":
        return _why_no_head(git_dir, shared, names)
    if (shared / "shallow").is_file():
        return (
            f"there is no commit {revision!r} in {where}, which is a shallow clone;"
            " get the rest with: git fetch --unshallow"
        )
    if _HASH.fullmatch(revision):
        return (
            f"there is no commit {revision!r} in {where}: it is of another repository, or was not"
            " fetched; fetch it, or go to the repository that has it"
        )
    near = _nearest(revision, names)
    meant = f"; did you mean {near!r}?" if near else "; fetch it, or name another base"
    return f"there is no commit {revision!r} in {where}{meant}"


def why_incomplete(git_dir: Path, shared: Path, what: str) -> str:
    """Return what to do where ``what`` lacks objects, or has damaged ones."""
    for lender in _lenders(shared):
        if not lender.is_dir():
            return (
                f"{shown(git_dir)} borrows objects from {lender}, which is not there; put that"
                " back, or clone the repository again"
            )
    return f"{what} is damaged or lacks objects in {shown(git_dir)}; {FSCK}"


def why_unwritable(git_dir: Path, shared: Path) -> str:
    """Return why this user can write no branch there; empty when nothing seems to forbid it."""
    for folder in (shared / "objects", shared / _HEADS):
        if not os.access(folder, os.W_OK):
            return (
                f"{shown(git_dir)} cannot be written: this user may only read {folder}; ask its"
                " owner for access, or name a clone of your own with --repo"
            )
    return ""


def both_branch_and_tag(git_dir: Path, revision: str) -> bool:
    """Whether ``revision`` is the short name of two things, of which git would take the tag."""
    asked = (f"{_HEADS}{revision}", f"refs/tags/{revision}")
    found = git(git_dir, "for-each-ref", "--format=%(refname)", *asked)
    return set(asked) <= set(found.decode("utf-8", "surrogateescape").splitlines())


def _why_no_commit(git_dir: Path, shared: Path, revision: str) -> str:
    """Return what is wrong with the object that ``revision`` names; empty when it names none."""
    named = _object_of(git_dir, revision)
    kind = _kind(git_dir, named) if named else ""
    if kind in _KINDS:
        return f"{revision!r} names {_KINDS[kind]}, not a commit; name a commit, branch or tag"
    if named and not kind and not _HASH.fullmatch(revision):
        return why_incomplete(git_dir, shared, f"commit {named[:12]}, which {revision!r} names,")
    return ""


def _why_no_head(git_dir: Path, shared: Path, names: list[str]) -> str:
    branch = (_head(git_dir) or "").removeprefix(f"ref: {_HEADS}")
    loose = shared / _HEADS / branch
    if branch and loose.is_file():
        return f"{loose} is damaged: it holds no commit's hash; {FSCK}"
    if not names:
        return f"the repository {shown(git_dir)} has no commit yet; make a first one: git commit"
    return (
        f"HEAD of {shown(git_dir)} is on branch {branch!r}, which has no commit; name another"
        f" base, such as {names[0]!r}"
    )


def _closed(git_dir: Path, shared: Path) -> Path | None:
    """Return the first part of the repository that this user may not read."""
    folders = (git_dir, shared, shared / "objects", shared / "refs")
    files = (git_dir / "HEAD", shared / "config")
    for folder in folders:
        if folder.exists() and not os.access(folder, os.R_OK | os.X_OK):
            return folder
    return next((file for file in files if file.exists() and not os.access(file, os.R_OK)), None)


def _head(git_dir: Path) -> str | None:
    """Return the line in HEAD, or None when it is neither a branch nor a hash."""
    try:
        with (git_dir / "HEAD").open("rb") as stream:
            line = stream.read(_MAX_HEAD_BYTES).decode("utf-8", "surrogateescape").strip()
    except OSError:
        return None
    names_branch = line.startswith("ref: refs/") and line.isprintable()
    return line if names_branch or _HASH.fullmatch(line) else None


def _object_of(git_dir: Path, revision: str) -> str:
    """Return the object that ``revision`` names, tags followed, whether it is there or not."""
    for wanted in (f"{revision}^{{}}", revision):
        try:
            found = git(git_dir, "rev-parse", "--verify", "--quiet", "--end-of-options", wanted)
        except GitRefusal:
            continue
        return found.decode().strip()
    return ""


def _kind(git_dir: Path, sha: str) -> str:
    """Return the kind of an object, or nothing where it is missing or damaged."""
    try:
        return git(git_dir, "cat-file", "-t", sha).decode().strip()
    except GitRefusal:
        return ""


def _names(git_dir: Path) -> list[str]:
    """Return the short names of branches and tags; reads no object, so damage does not matter."""
    try:
        asked = (f"--count={_MAX_NAMES}", "--format=%(refname)")
        listed = git(git_dir, "for-each-ref", *asked, *_PREFIXES)
    except GitRefusal:
        return []
    names = []
    for line in listed.decode("utf-8", "surrogateescape").splitlines():
        prefix = next(prefix for prefix in _PREFIXES if line.startswith(prefix))
        names.append(line.removeprefix(prefix))
    return names


def _nearest(revision: str, names: list[str]) -> str:
    ends = [name for name in names if name.endswith(f"/{revision}")]
    return next(iter(ends or get_close_matches(revision, names, 1, 0.7)), "")


def _lenders(shared: Path) -> list[Path]:
    """Return the object directories that a repository borrows from."""
    alternates = shared / "objects/info/alternates"
    if not alternates.is_file():
        return []
    lines = alternates.read_bytes().decode("utf-8", "surrogateescape").splitlines()
    return [shared / "objects" / line for line in lines if line and not line.startswith(("#", '"'))]


def _last(said: str) -> str:
    return said.splitlines()[-1] if said else "it gave no reason"
