"""The private copy of a tree on which the commands of one session work.

The tree that was given is only read, and what commands leave behind goes with the layer. It is a
plain copy (shared blocks where the file system can); a layer that the kernel stacks over the tree
would be cheaper and would fit behind the same functions.
"""

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from validators.clones.snapshot import Snapshot, take
from validators.sandbox import SandboxRefusal

# The tools' own messages and lookups must not depend on who started us.
_ENVIRONMENT = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C"}
_GIT = ".git"


@dataclass(frozen=True, slots=True)
class Layer:
    """A ``folder`` of ours with the ``tree`` commands may change, and how that was at first."""

    folder: Path
    tree: Path
    before: Snapshot


def spread(tree: Path, scratch: Path, owner: int | None = None) -> Layer:
    """Copy ``tree`` to a new folder in ``scratch``; its files belong to ``owner`` (uid and gid).

    Links stay links, times and modes stay, and a git directory at the top does not come along.
    SandboxRefusal when it cannot be copied.
    """
    if not tree.is_dir():
        raise SandboxRefusal(f"{tree} is no folder, so no sandbox can be opened on it")
    folder = _new_folder(scratch)
    try:
        copied = folder / "tree"
        copied.mkdir(mode=0o755)
        names = [path.name for path in tree.iterdir() if path.name != _GIT]
        if names:
            copy = ["cp", "--recursive", "--no-dereference", "--reflink=auto"]
            keep = ["--preserve=mode,timestamps,links", f"--target-directory={copied}", "--"]
            _run([*copy, *keep, *names], tree)
        if owner is not None:
            _run(["chown", "--recursive", "--no-dereference", f"{owner}:{owner}", "tree"], folder)
        return Layer(folder, copied, take(copied))
    except BaseException:
        remove(folder)
        raise


def remove(folder: Path) -> None:
    """Delete a layer's folder, however deep and whatever its modes; SandboxRefusal if it stays."""
    if not folder.parent.exists():  # somebody removed more than that
        return
    delete = ["rm", "--recursive", "--force", "--one-file-system", "--", str(folder)]
    if _try(delete, folder.parent):
        # An ordinary user cannot empty a folder that a command closed to its owner.
        _try(["chmod", "--recursive", "u+rwX", "--", str(folder)], folder.parent)
        _run(delete, folder.parent)


def _new_folder(scratch: Path) -> Path:
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix="session-", dir=scratch))
    except OSError as error:
        message = f"no folder for a sandbox can be made in {scratch}: {error.strerror}"
        raise SandboxRefusal(message) from error


def _run(argv: list[str], folder: Path) -> None:
    complaint = _try(argv, folder)
    if complaint:
        raise SandboxRefusal(f"{argv[0]} failed on the sandbox's copy of the tree: {complaint}")


def _try(argv: list[str], folder: Path) -> str:
    """Return why the tool failed, empty when it did not."""
    done = subprocess.run(
        argv,
        cwd=folder,
        env=_ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if not done.returncode:
        return ""
    lines = done.stderr.decode("utf-8", "replace").splitlines() or [f"code {done.returncode}"]
    return lines[0]
