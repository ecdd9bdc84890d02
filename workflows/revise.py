"""A proposal and its review become the next proposal, on the same base and the same branch."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from validators.checkout import Clone, diff_text, write_tree
from validators.clones.ancestry import has_commit
from validators.clones.merged_tree import merged
from workflows.admission import FollowUp
from workflows.proposal import Bundle, BundleRefusal
from workflows.pull_request import PullRequest
from workflows.reception import moment
from workflows.review import Review
from workflows.threads import Thread
from workflows.workshop import Revision

_MAX_DIFF_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class AnsweredReview:
    """What a run was told in ``words``, beside threads or alone, and answered without a commit.

    ``begun`` is when it began, UTC ISO 8601: what was asked later is none of it.
    """

    begun: str
    words: str


def revision_of(
    pull_request: PullRequest,
    earlier: Bundle,
    clone: Clone,
    threads: Sequence[Thread] = (),
    answered: Iterable[AnsweredReview] = (),
) -> Revision:
    """Return what has to be worked on until ``earlier`` answers the newest review of its request.

    ``threads`` are those that wait for an answer: with one, nobody need have asked for changes
    besides, and a review that was ``answered`` is not asked again. Raises BundleRefusal when nobody
    asked for anything, or when the bundle is not what stands on the pull request's branch.
    `propose` does the rest.
    """
    if threads:
        _require_open(pull_request)
        words = _request_beside(pull_request, earlier, answered)
    else:
        words = words_of(newest_request(pull_request))
    tree = write_tree(clone, clone.base_tree, earlier.changes)
    if tree != earlier.applied_tree:
        raise BundleRefusal(
            f"the bundle of pull request {pull_request.number} no longer makes the tree it names"
        )
    return Revision(
        number=pull_request.number,
        tree=tree,
        diff=diff_text(clone, clone.base_tree, tree, limit_bytes=_MAX_DIFF_BYTES),
        words=words,
        run=earlier.proposal.run,
        threads=tuple(threads),
    )


def revision_at(number: int, asked: FollowUp, clone: Clone) -> Revision:
    """Return what has to be worked on where a forge has people, who may have committed as well.

    It begins with what stands on the branch, merged with the clone's base. Raises BundleRefusal
    where that cannot be had any more.
    """
    if not has_commit(clone.git_dir, asked.head):
        raise BundleRefusal(
            f"commit {asked.head[:12]} of pull request {number} is not on its branch any more: its"
            " history was replaced; ask again"
        )
    found = merged(clone.git_dir, clone.base_commit, asked.head)
    if found.conflicts:
        raise BundleRefusal(
            f"pull request {number} conflicts with its base in {', '.join(found.conflicts[:5])};"
            f" merge the base into {asked.branch}, then ask again"
        )
    return Revision(
        number=number,
        tree=found.tree,
        diff=diff_text(clone, clone.base_tree, found.tree, limit_bytes=_MAX_DIFF_BYTES),
        words=asked.words,
        run=asked.run,
        threads=asked.threads,
        head=asked.head,
        check=asked.check,
        log=asked.log,
    )


def newest_request(pull_request: PullRequest) -> Review:
    """Return the review that is waiting for an answer."""
    _require_open(pull_request)
    if not pull_request.reviews or pull_request.reviews[-1].verdict != "changes-requested":
        raise BundleRefusal(f"nobody asks for changes on pull request {pull_request.number}")
    return pull_request.reviews[-1]


def _require_open(pull_request: PullRequest) -> None:
    if pull_request.state != "open":
        raise BundleRefusal(
            f"pull request {pull_request.number} is {pull_request.state}; it cannot be revised"
        )


def _request_beside(
    pull_request: PullRequest, earlier: Bundle, answered: Iterable[AnsweredReview]
) -> str:
    """Return the words of the newest review if it asks for changes; its comments are threads.

    What was asked before the run began whose proposal stands there was answered by it.
    """
    last = pull_request.reviews[-1] if pull_request.reviews else None
    if last is None or last.verdict != "changes-requested" or last.at <= earlier.proposal.created:
        return ""
    return "" if any(_was_told(one, last) for one in answered) else last.words


def _was_told(run: AnsweredReview, review: Review) -> bool:
    said, begun = moment(review.at), moment(run.begun)
    is_before = said is not None and begun is not None and said <= begun
    # A forge's times are whole seconds: two reviews of one second are told apart by their words.
    return is_before and run.words in {review.words, words_of(review)}


def words_of(review: Review) -> str:
    """Return a review as text: its words, then each comment with its place."""
    parts = [review.words]
    for comment in review.comments:
        place = f"{comment.path}:{comment.line}" if comment.line else comment.path
        parts.append(f"{place}: {comment.body}" if place else comment.body)
    return "\n\n".join(part for part in parts if part)
