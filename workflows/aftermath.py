"""What the repository shows of a merged pull request: people's edits of our lines, and reverts.

Trees decide, never what anybody says of them; a commit's message counts only where it names ours as
the one it reverts, in git's own words or GitHub's.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from validators.checkout import Clone
from validators.clones.ancestry import (
    CommitWords,
    added_commits,
    first_parents,
    is_ancestor,
    parents_of,
    tree_of,
)
from validators.clones.hunks import Hunk, hunks
from workflows.continuing import is_ours
from workflows.pull_request import PullRequest
from workflows.pull_request_outcome import MOST_PATHS, REVERT_DAYS, Aftermath, days_after, utc

_MOST_COMMITS = 5_000
_REVERTS = re.compile(r"This reverts commit ([0-9a-f]{7,64})\b")
_REVERTS_NUMBER = re.compile(r"(?m)^Reverts (?:[\w.-]+/[\w.-]+)?#(\d+)\b")
Ranges = Mapping[str, tuple[Hunk, ...]]


@dataclass(frozen=True, slots=True)
class Trees:
    """The commits that tell: ``own`` has them all.

    ``head`` is the pull request's, ``base_head`` where its base branch stands now.
    """

    own: Clone
    pull_request: PullRequest
    head: str
    base_head: str

    @property
    def base(self) -> str:
        """The commit that the change was made on."""
        return self.pull_request.draft.base_commit


def merge_commit_of(trees: Trees) -> str:
    """Return the commit with which the base branch first held the pull request, or "".

    Where the forge names none, somebody merged by hand: it is the oldest on the branch's own line
    that holds the head.
    """
    git_dir, known = trees.own.git_dir, trees.pull_request.merge_commit
    if known:
        return known if is_ancestor(git_dir, known, trees.base_head) else ""
    if trees.head == trees.base or not is_ancestor(git_dir, trees.head, trees.base_head):
        return ""
    line = [one.sha for one in first_parents(git_dir, trees.base_head, _MOST_COMMITS, trees.base)]
    return line[_oldest_holding(git_dir, trees.head, line)] if line else ""


def _oldest_holding(git_dir: Path, commit: str, line: Sequence[str]) -> int:
    """Return the place of the oldest that holds ``commit`` in a ``line``, whose first does."""
    first, last = 0, len(line) - 1
    while first < last:
        middle = (first + last + 1) // 2
        if is_ancestor(git_dir, commit, line[middle]):
            first = middle
        else:
            last = middle - 1
    return first


def changed_by_us(trees: Trees) -> tuple[int, tuple[str, ...]]:
    """Return how many lines our last commit on the branch changes, and which paths."""
    ours = _last_of_ours(trees)
    found = hunks(trees.own, trees.base, ours or trees.head)
    return _size(found), tuple(sorted(found))


def aftermath_of(trees: Trees, merge: str) -> Aftermath | None:
    """Return what people did after us, of which ``merge`` is the commit that merged it.

    None where the branch holds no commit of ours to compare with.
    """
    own, ours = trees.own, _last_of_ours(trees)
    before = _before(trees, merge)
    if not ours or not before:
        return None
    made = hunks(own, trees.base, ours)
    later = hunks(own, ours, merge, made)
    met = {path: _met(made[path], later[path]) for path in later if path in made}
    beside = set(hunks(own, before, merge)) - set(made)
    line = _line(trees)
    theirs = [one for one in line if not is_ours(one) and len(parents_of(own.git_dir, one.sha)) < 2]  # noqa: PLR2004 - a merge has two
    return Aftermath(
        lines=_size(made),
        edited=sum(met.values()),
        files=len(beside),
        commits=len(theirs),
        reverted=_reverted(trees, merge, before, tuple(made)),
        edited_paths=tuple(sorted(path for path, edited in met.items() if edited))[:MOST_PATHS],
    )


def _before(trees: Trees, merge: str) -> str:
    """Return where the base branch was before the pull request, or "".

    A rebase, or a fast-forward, puts each commit of the branch there by itself.
    """
    git_dir = trees.own.git_dir
    parents = parents_of(git_dir, merge)
    if len(parents) != 1:
        return next(iter(parents), "")
    line = _line(trees)
    waiting, first = iter([one.message.strip() for one in line]), merge
    for one in first_parents(git_dir, merge, len(line)):
        if one.message.strip() not in waiting:  # which leaves those behind the one that is found
            break
        first = one.sha
    return next(iter(parents_of(git_dir, first)), "")


def _met(made: Iterable[Hunk], later: Iterable[Hunk]) -> int:
    """Return how many lines a later change edits where we had changed something.

    A file without lines that differs counts as one.
    """
    known, after = tuple(made), tuple(later)
    if not known or not after:
        return 1
    return sum(
        one.size for one in after if any(one.meets(mine.new_start, mine.new) for mine in known)
    )


def _size(found: Ranges) -> int:
    return sum(sum(one.size for one in some) or 1 for some in found.values())


def _line(trees: Trees) -> list[CommitWords]:
    """Return the branch's own commits, newest first."""
    return list(first_parents(trees.own.git_dir, trees.head, _MOST_COMMITS, trees.base))


def _last_of_ours(trees: Trees) -> str:
    return next((one.sha for one in _line(trees) if is_ours(one)), "")


def _reverted(trees: Trees, merge: str, before: str, paths: tuple[str, ...]) -> str:
    """Return when it was taken back, within the days that count; "" where it was not."""
    git_dir = trees.own.git_dir
    since = [
        one
        for one in first_parents(git_dir, trees.base_head, _MOST_COMMITS, merge)
        if _is_in_time(one, trees)
    ]
    if not since:
        return ""
    shas = {merge, *(one.sha for one in _line(trees))}
    added = added_commits(git_dir, since[0].sha, _MOST_COMMITS, merge)
    number = trees.pull_request.number
    named = [one.sha for one in added if _names_ours(one.message, shas, number)]
    # A pull request that reverts ours is merged: its commits stand beside the branch's own line.
    if named:
        line = [one.sha for one in since]
        return utc(since[max(_oldest_holding(git_dir, sha, line) for sha in named)].at)
    if tree_of(git_dir, before) != tree_of(git_dir, merge):
        return utc(since[0].at) if _is_back(trees.own, before, (merge, since[0].sha), paths) else ""
    return ""


def _is_in_time(commit: CommitWords, trees: Trees) -> bool:
    ended = trees.pull_request.ended
    return not ended or utc(commit.at) <= days_after(ended, REVERT_DAYS)


def _names_ours(message: str, shas: Iterable[str], number: int) -> bool:
    named = [found[1] for found in _REVERTS.finditer(message)]
    if any(sha.startswith(name) for name in named for sha in shas):
        return True
    return any(int(found[1]) == number for found in _REVERTS_NUMBER.finditer(message))


def _is_back(own: Clone, before: str, after: tuple[str, str], paths: tuple[str, ...]) -> bool:
    """Whether every line that the merge changed is again as it was ``before``."""
    merge, now = after
    changed = hunks(own, before, merge, paths)
    left = hunks(own, before, now, paths)
    return bool(changed) and not any(_remains(changed[path], left.get(path)) for path in changed)


def _remains(changed: tuple[Hunk, ...], left: tuple[Hunk, ...] | None) -> bool:
    """Whether of a change something is left, where ``left`` is how the file differs from before."""
    if left is None:
        return False
    if not left or not changed:
        return True
    return any(other.meets(one.old_start, one.old) for other in left for one in changed)
