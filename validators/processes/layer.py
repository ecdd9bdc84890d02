"""The private layer over a tree on which the commands of one session work.

The tree that was given is only read, and what commands leave behind goes with the layer. Over a
tree that we wrote out ourselves (`clones.written_trees`) the kernel stacks it, where it can; of any
other tree, which may change meanwhile or belong to somebody else, it is a plain copy.
"""

import subprocess
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from validators.clones.snapshot import Snapshot, changes_since, take, upper_changes
from validators.clones.written_trees import use
from validators.processes.overlay import Overlay, prepare_overlay
from validators.processes.scrubbing import scrub
from validators.processes.stacking import why_not_stacked
from validators.sandbox import Changes, SandboxRefusal

# The tools' own messages and lookups must not depend on who started us.
_ENVIRONMENT = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C"}
_GIT = ".git"


@dataclass(frozen=True, slots=True)
class Layer:
    """A ``folder`` of ours with the ``tree`` commands may change, made over ``original``.

    ``written`` is where on the host stands what they wrote: all of the tree where it is a copy,
    nothing else where it is an ``overlay``, which is only to be seen where somebody mounted it.
    ``why_copied`` says why there is no overlay. To be closed.
    """

    folder: Path
    tree: Path
    original: Path
    written: Path
    before: Snapshot = field(default_factory=Snapshot)
    overlay: Overlay | None = None
    why_copied: str = ""
    _kept: ExitStack = field(default_factory=ExitStack)

    def changes(self, limit_bytes: int) -> Changes:
        """Tell what was done to the tree so far, with at most ``limit_bytes`` of contents.

        What commands closed to their owner is opened for that, and no file stays setuid.
        """
        scrub(self.written)
        if self.overlay is not None:
            return upper_changes(self.written, self.original, limit_bytes)
        return changes_since(self.before, self.written, self.original, limit_bytes)

    def close(self) -> None:
        """Drop it, once nothing runs in it and nothing is mounted any more."""
        if self.overlay is not None:
            self.overlay.open_up()
        self._kept.close()


def lay(tree: Path, scratch: Path, owner: int | None) -> Layer:
    """Return a layer over ``tree`` in a new folder in ``scratch``: an overlay, or else a copy."""
    with ExitStack() as kept:
        if not kept.enter_context(use(tree)):
            return spread(tree, scratch, owner, "the tree is none that was written out for this")
        why_not = why_not_stacked(scratch.absolute(), owner)
        if why_not:
            return spread(tree, scratch, owner, why_not)
        folder = _new_folder(scratch.absolute())
        kept.callback(remove, folder)
        overlay = prepare_overlay(folder, tree, owner)
        return Layer(
            folder, overlay.place, tree, overlay.upper, overlay=overlay, _kept=kept.pop_all()
        )


def spread(tree: Path, scratch: Path, owner: int | None = None, why: str = "") -> Layer:
    """Copy ``tree`` to a new folder in ``scratch``; its files belong to ``owner`` (uid and gid).

    Links stay links, times and modes stay but for setuid and the like; devices and a git directory
    at the top do not come along. ``why`` it is no overlay is kept. SandboxRefusal when it cannot be
    copied.
    """
    if not tree.is_dir():
        raise SandboxRefusal(f"{tree} is no folder, so no sandbox can be opened on it")
    folder = _new_folder(scratch)
    with ExitStack() as kept:
        kept.callback(remove, folder)
        copied = folder / "tree"
        copied.mkdir()
        copied.chmod(0o755)
        names = [path.name for path in tree.iterdir() if path.name != _GIT]
        if names:
            copy = ["cp", "--recursive", "--no-dereference", "--reflink=auto"]
            keep = ["--preserve=mode,timestamps,links", f"--target-directory={copied}", "--"]
            _run([*copy, *keep, *names], tree)
        if owner is not None:
            _run(["chown", "--recursive", "--no-dereference", f"{owner}:{owner}", "tree"], folder)
        scrub(copied, devices=True)
        before = take(copied)
        return Layer(folder, copied, tree, copied, before, why_copied=why, _kept=kept.pop_all())


def remove(folder: Path) -> None:
    """Delete a folder commands wrote to, however deep or closed; SandboxRefusal if it stays."""
    if not folder.parent.exists():  # somebody removed more than that
        return
    delete = ["rm", "--recursive", "--force", "--one-file-system", "--", str(folder)]
    if _try(delete, folder.parent):
        # An ordinary user cannot empty a folder that a command closed to its owner. A link in its
        # place would be followed.
        if not folder.is_symlink():
            _try(["chmod", "--recursive", "u+rwX", "--", str(folder)], folder.parent)
        complaint = _try(delete, folder.parent)
        if complaint:
            raise SandboxRefusal(f"{folder} cannot be removed: {complaint.removeprefix('rm: ')}")


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
