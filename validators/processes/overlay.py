"""A layer that the kernel stacks over a tree: nothing is copied until a command changes it.

What commands write, and what stands for what they deleted, is in ``upper`` and nowhere else.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# Marks in attributes that an unprivileged user may write, and none of the layouts in which a file
# of the upper folder is not all there. Nobody needs the layer once its commands ended: it is never
# flushed to the disk, which else every unmounting waits for.
OPTIONS = "userxattr,volatile,index=off,metacopy=off,redirect_dir=nofollow,xino=off"
# The kernel's own folders below ``work``, outermost first; not even their owner may open them.
_CLOSED = ("work", "work/incompat", "work/incompat/volatile")


@dataclass(frozen=True, slots=True)
class Overlay:
    """The folders of one: mounted at ``place``, where there is nothing until then."""

    lower: Path
    upper: Path
    work: Path
    place: Path

    def open_up(self) -> None:
        """Let the work folder be removed, once nothing is mounted any more."""
        for name in _CLOSED:
            with suppress(FileNotFoundError):
                (self.work / name).chmod(0o700)


def prepare_overlay(folder: Path, lower: Path, owner: int | None) -> Overlay:
    """Make the folders of an overlay over ``lower`` in ``folder``; ``owner`` may write to it."""
    overlay = Overlay(lower, folder / "upper", folder / "work", folder / "tree")
    for made in (overlay.upper, overlay.work, overlay.place):
        made.mkdir()
        made.chmod(0o755)  # whatever our umask is: the upper one's mode is the mode of the tree
    if owner is not None:
        os.chown(overlay.upper, owner, owner)
    return overlay
