"""Whether the base of a proposal is still what it was made on, and for its own files.

A proposal is published on the commit it was gated on. What has happened on the base branch since
then does not matter as long as it happened elsewhere; where it touched the same files, the gates
have judged something that is gone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from validators.clones.ancestry import changed_between, is_ancestor

BaseState = Literal[
    "same",  # the branch is where it was
    "moved-elsewhere",  # it went on, in other files: publish on the recorded commit, and say so
    "stale",  # it went on in the very files: propose anew on the present head
    "rewritten",  # it no longer holds the recorded commit: somebody replaced history
]


@dataclass(frozen=True, slots=True)
class Base:
    """How a proposal's base stands. ``head`` is the branch's now, ``paths`` what moved under us."""

    state: BaseState
    recorded: str
    head: str
    paths: tuple[str, ...] = ()

    @property
    def may_be_published_on(self) -> bool:
        """Whether what the gates found still says something about the branch."""
        return self.state in {"same", "moved-elsewhere"}


def base_now(git_dir: Path, recorded: str, head: str, touched: Iterable[str]) -> Base:
    """Compare the ``recorded`` commit with the branch's present ``head``; git has both.

    ``touched`` are the paths that the change adds, changes or removes. One that is a folder's
    there, or lies in what has become a file, counts as the same path.
    """
    if recorded == head:
        return Base("same", recorded, head)
    if not is_ancestor(git_dir, recorded, head):
        return Base("rewritten", recorded, head)
    moved = changed_between(git_dir, recorded, head)
    ours = tuple(touched)
    met = tuple(path for path in moved if any(_meet(path, one) for one in ours))
    return Base("stale" if met else "moved-elsewhere", recorded, head, met)


def _meet(path: str, other: str) -> bool:
    return path == other or path.startswith(f"{other}/") or other.startswith(f"{path}/")
