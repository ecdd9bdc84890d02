"""Which branch a proposal goes to on a forge with people, and what its commit is made on.

One task has one branch. What is there already is never replaced: our commit comes on top, also of
what people added since. A branch that was never ours is left alone, and another name is taken.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from validators.checkout import Clone, file_changes, write_tree
from validators.clones.ancestry import (
    CommitWords,
    changed_between,
    first_parents,
    is_ancestor,
    tree_of,
)
from workflows.branching import other_names
from workflows.ports import Forge, ForgeRefusal
from workflows.proposal import Bundle

COMMIT_AUTHOR = "changewright <changewright@users.noreply.github.com>"
# Who signs what is committed by the forge itself, for whoever asked it to.
_COMMITTERS = frozenset({COMMIT_AUTHOR, "GitHub <noreply@github.com>"})
TRAILER = "Changewright-Run: "
# How many commits of people may stand on ours before it is theirs more than ours.
MOST_COMMITS = 500
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Ground:
    """What a commit is made on. ``head`` is where the branch is now, None where it is not.

    ``is_there`` says that this proposal's commit stands there already, perhaps below
    ``commits_below`` of people.
    """

    branch: str
    head: str | None
    parents: tuple[str, ...]
    tree: str
    commits_below: int = 0
    is_there: bool = False


def ground_for(bundle: Bundle, message: str, clone: Clone, forge: Forge) -> Ground:
    """Return where the proposal goes whose commit says ``message``.

    ForgeRefusal where people changed the same files, or no name is free.
    """
    for branch in _names(bundle, forge):
        head = forge.fetch_branch(branch, clone.git_dir)
        if head is None:
            return Ground(branch, None, (bundle.base_commit,), bundle.applied_tree)
        base = bundle.base_commit
        if is_ancestor(clone.git_dir, head, base) and _answers(branch, bundle, forge):
            return Ground(branch, head, (base,), bundle.applied_tree)
        line = first_parents(clone.git_dir, head, MOST_COMMITS, base)
        for above, commit in enumerate(line):
            if is_ours(commit):
                return _on_top(bundle, message, clone, _Standing(branch, head, commit, above))
    raise ForgeRefusal(
        f"every name for branch {bundle.branch} is taken by branches that are not changewright's;"
        " delete one of them, or set pr.branch_template"
    )


@dataclass(frozen=True, slots=True)
class _Standing:
    branch: str
    head: str
    ours: CommitWords
    above: int


def _names(bundle: Bundle, forge: Forge) -> Iterator[str]:
    """Yield the branch of the open pull request for this task, then our names for one."""
    key = bundle.proposal.task.key
    # The title may have been edited since, and the name of the branch with it.
    for known in forge.pull_requests("open", reviewed=False):
        if known.draft.key == key and known.draft.branch != bundle.branch:
            yield known.draft.branch
    yield bundle.branch
    yield from other_names(bundle.branch)


def _answers(branch: str, bundle: Bundle, forge: Forge) -> bool:
    """Whether ``branch`` carried a proposal for the same task, which is merged by now."""
    found = forge.find_pull_request(branch)
    return found is not None and found.draft.key == bundle.proposal.task.key


def is_ours(commit: CommitWords) -> bool:
    """Whether we made a commit: it is marked, and nobody else committed it."""
    last = commit.message.rstrip().rpartition("\n\n")[2]
    is_marked = any(line.startswith(TRAILER) for line in last.splitlines())
    return is_marked and commit.committer in _COMMITTERS


def _on_top(bundle: Bundle, message: str, clone: Clone, standing: _Standing) -> Ground:
    branch, head, ours = standing.branch, standing.head, standing.ours
    git_dir = clone.git_dir
    # A forge that commits itself keeps the words and not the white space around them.
    if ours.message.strip() == message.strip():
        tree = tree_of(clone.git_dir, head)
        return Ground(branch, head, (head,), tree, standing.above, is_there=True)
    # A revision begins with what people saw; what they had committed by then is part of it.
    seen = bundle.revised_head or ours.sha
    if not is_ancestor(git_dir, seen, head):
        raise ForgeRefusal(
            f"branch {branch} does not hold commit {seen[:12]} any more, which was to be revised:"
            " its history was replaced. Nothing was pushed; ask again"
        )
    changes = file_changes(clone, tree_of(git_dir, seen), bundle.applied_tree)
    tree = bundle.applied_tree
    if seen != head:
        theirs = set(changed_between(git_dir, seen, head))
        _refuse_common(branch, sorted(theirs & {change.path for change in changes}))
        tree = write_tree(clone, tree_of(git_dir, head), changes)
    base = bundle.base_commit
    also = () if is_ancestor(git_dir, base, head) else (base,)
    return Ground(branch, head, (head, *also), tree, standing.above)


def _refuse_common(branch: str, paths: list[str]) -> None:
    if paths:
        shown = ", ".join(repr(path) for path in paths[:_SHOWN])
        raise ForgeRefusal(
            f"people have changed {shown} on branch {branch} since changewright did, and the new"
            " proposal changes the same; nothing was pushed. Merge or close that pull request, or"
            " move their work to another branch, then set the label again"
        )
