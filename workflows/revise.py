"""A proposal and its review become the next proposal, on the same base and the same branch."""

from validators.checkout import Clone, diff_text, write_tree
from workflows.proposal import Bundle, BundleRefusal
from workflows.pull_request import PullRequest
from workflows.review import Review
from workflows.workshop import Revision

_MAX_DIFF_BYTES = 200_000


def revision_of(pull_request: PullRequest, earlier: Bundle, clone: Clone) -> Revision:
    """Return what has to be worked on until ``earlier`` answers the newest review of its request.

    Raises BundleRefusal when nobody asked for changes, or when the bundle is not what stands on the
    pull request's branch. `propose` does the rest.
    """
    review = newest_request(pull_request)
    tree = write_tree(clone, clone.base_tree, earlier.changes)
    if tree != earlier.applied_tree:
        raise BundleRefusal(
            f"the bundle of pull request {pull_request.number} no longer makes the tree it names"
        )
    return Revision(
        number=pull_request.number,
        tree=tree,
        diff=diff_text(clone, clone.base_tree, tree, limit_bytes=_MAX_DIFF_BYTES),
        words=words_of(review),
        run=earlier.proposal.run,
    )


def newest_request(pull_request: PullRequest) -> Review:
    """Return the review that is waiting for an answer."""
    if pull_request.state != "open":
        raise BundleRefusal(
            f"pull request {pull_request.number} is {pull_request.state}; it cannot be revised"
        )
    if not pull_request.reviews or pull_request.reviews[-1].verdict != "changes-requested":
        raise BundleRefusal(f"nobody asks for changes on pull request {pull_request.number}")
    return pull_request.reviews[-1]


def words_of(review: Review) -> str:
    """Return a review as text: its words, then each comment with its place."""
    parts = [review.words]
    for comment in review.comments:
        place = f"{comment.path}:{comment.line}" if comment.line else comment.path
        parts.append(f"{place}: {comment.body}" if place else comment.body)
    return "\n\n".join(part for part in parts if part)
