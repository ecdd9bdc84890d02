"""One branch merged into another in a user's repository, or not at all.

The merge is computed in a throw-away clone: a merge driver of the user's config is a program, and
the repository says which file goes through it. Only the finished commit reaches the original.
"""

from dataclasses import dataclass

from validators.clones import branches
from validators.clones.branches import BranchRefusal
from validators.clones.clone import Clone, object_name
from validators.clones.commits import commit_on
from validators.clones.merged_tree import merged
from validators.clones.repository import Place
from validators.git import GitRefusal, git

_SHOWN_PATHS = 10


@dataclass(frozen=True, slots=True)
class Merge:
    """What is to be merged: commit ``head`` into ``branch``, under these words, name and time."""

    branch: str
    head: str
    message: str
    author: str
    at_iso: str


def merge(place: Place, wanted: Merge) -> str:
    """Merge and return the commit ``wanted.branch`` is at then; BranchRefusal names conflicts.

    Merging what the branch already holds changes nothing. Where the branch is checked out, its
    files move along, if nothing in them was changed.
    """
    base = branches.head_of(place.git_dir, wanted.branch)
    if base is None:
        raise BranchRefusal(f"there is no branch {wanted.branch!r} to merge into; make it first")
    with branches.throw_away(place.git_dir, base) as clone:
        if _holds(clone, wanted.head):
            return base
        tree = _merged_tree(clone, wanted)
        signed = (wanted.author, wanted.at_iso)
        made = commit_on(clone, tree, (base, wanted.head), wanted.message, signed)
        branches.add_objects(place.git_dir, made.pack)
        standing = branches.checked_out(place, wanted.branch)
        if standing is None:
            branches.move(place.git_dir, wanted.branch, made.sha, base)
        else:
            branches.move_checked_out(clone, standing, made.sha)
    return made.sha


def _holds(clone: Clone, head: str) -> bool:
    try:
        git(clone.git_dir, "merge-base", "--is-ancestor", object_name(head), clone.base_commit)
    except GitRefusal as error:
        if error.code != 1:  # 1 is: no
            raise
        return False
    return True


def _merged_tree(clone: Clone, wanted: Merge) -> str:
    found = merged(clone.git_dir, clone.base_commit, wanted.head)
    if found.conflicts:
        named = ", ".join(repr(path) for path in found.conflicts[:_SHOWN_PATHS])
        raise BranchRefusal(
            f"{len(found.conflicts)} files conflict with {wanted.branch}: {named}; merge by hand,"
            " or propose again on the present base"
        )
    return found.tree
