"""Two lines of work as one tree, where they can be: no index, no working tree, no driver runs."""

from dataclasses import dataclass
from pathlib import Path

from validators.clones.clone import object_name, split_paths
from validators.git import GitRefusal, git

_CONFLICTS = 1


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge makes: ``tree``, or the paths in ``conflicts`` where a person has to choose."""

    tree: str
    conflicts: tuple[str, ...] = ()


def merged(git_dir: Path, one: str, other: str) -> Merged:
    """Merge two commits that git has there; GitRefusal where they share no history.

    The new objects are written to ``git_dir``.
    """
    asked = ("merge-tree", "--write-tree", "-z", "--name-only", "--no-messages")
    try:
        told = git(git_dir, *asked, object_name(one), object_name(other))
    except GitRefusal as refusal:
        if refusal.code != _CONFLICTS:
            raise
        _, *paths = split_paths(refusal.stdout)
        return Merged("", tuple(dict.fromkeys(path for path in paths if path)))
    return Merged(split_paths(told)[0])
