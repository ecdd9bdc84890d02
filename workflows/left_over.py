"""Unfinished work that earlier runs left on their branch, as what the next run begins with.

A branch that people worked on since, or whose files moved on the base, is nobody's unfinished work:
then the next run begins with the base, and what stands there stays below what it publishes.
"""

from collections.abc import Sequence

from validators.checkout import Clone, diff_text, file_changes, write_tree
from validators.clones.ancestry import (
    CommitWords,
    changed_between,
    first_parents,
    is_ancestor,
    tree_of,
)
from workflows.continuing import TRAILER, is_ours
from workflows.workshop import Revision

LEFT_UNFINISHED = "Left unfinished by changewright"
_WORDS = (
    "The run that made this change was stopped before its gates had passed. Go on from there, and"
    " undo what does not help."
)
_MAX_DIFF_BYTES = 200_000
# So often one run after the other may have been stopped.
_MOST_COMMITS = 50


def left_over(clone: Clone, head: str, run: str = "") -> Revision | None:
    """Return what stands at ``head`` of our branch, laid on the clone's base, if it can be.

    With ``run`` it is what stood there when that run had left its own.
    """
    stack = _unfinished(clone, head)
    while run and stack and _run_of(stack[0]) != run:
        stack = stack[1:]
    if not stack:
        return None
    git_dir, top, base = clone.git_dir, stack[0], clone.base_commit
    before = next((one.sha for one in [*first_parents(git_dir, stack[-1].sha, 2)][1:]), "")
    if not before or not is_ancestor(git_dir, before, base):
        return None
    ours = set(changed_between(git_dir, before, top.sha))
    if ours & set(changed_between(git_dir, before, base)):
        return None
    changes = file_changes(clone, tree_of(git_dir, before), tree_of(git_dir, top.sha))
    tree = write_tree(clone, clone.base_tree, changes)
    if tree == clone.base_tree:
        return None
    diff = diff_text(clone, clone.base_tree, tree, limit_bytes=_MAX_DIFF_BYTES)
    return Revision(0, tree, diff, _WORDS, _run_of(top))


def _unfinished(clone: Clone, head: str) -> Sequence[CommitWords]:
    """Return the commits of unfinished work that end in ``head``, newest first."""
    stack: list[CommitWords] = []
    for commit in first_parents(clone.git_dir, head, _MOST_COMMITS):
        if LEFT_UNFINISHED not in commit.message or not is_ours(commit):
            break
        stack.append(commit)
    return stack


def _run_of(commit: CommitWords) -> str:
    lines = commit.message.splitlines()
    named = (line.removeprefix(TRAILER) for line in lines if line.startswith(TRAILER))
    return next(named, "").strip()
