"""What a decision makes of a pull request, and when it comes too late."""

from dataclasses import replace

from bot.adapters.local_forge import talk
from bot.adapters.local_forge.records import Record
from workflows.decide import Overtaken
from workflows.ports import ForgeRefusal
from workflows.pull_request import PullRequest, Seen
from workflows.review import Review


def with_review(record: Record, review: Review, at: str) -> Record:
    """Return the record with one decision more; the same again changes nothing."""
    known = record.pull_request
    if review in known.reviews:
        return record
    if not _is_late(known, review):
        require_open(known)
    state, ended = known.state, known.ended
    if state == "open" and (review.verdict == "rejected" or review.merged):
        state, ended = "closed" if review.verdict == "rejected" else "merged", at
    decided = replace(known, state=state, ended=ended, reviews=(*known.reviews, review))
    return talk.reviewed(replace(record, pull_request=decided), review)


def merged_by_hand(record: Record, at: str) -> Record:
    """Return the record of what somebody merged with git alone; one that has ended stays so."""
    known = record.pull_request
    if known.state != "open":
        return record
    return replace(record, pull_request=replace(known, state="merged", ended=at))


def require_looked_at(known: PullRequest, present: str | None) -> None:
    """Raise ForgeRefusal unless its branch is where the person who decides saw it."""
    if present == known.head:
        return
    branch, number = known.draft.branch, known.number
    if present is None:
        raise ForgeRefusal(
            f"branch {branch} is gone, so pull request {number} cannot be merged: publish its"
            " bundle again, which puts the branch back, or reject it"
        )
    raise ForgeRefusal(
        f"branch {branch} is at {present[:12]}, and pull request {number} was looked at as"
        f" {known.head[:12]}: somebody worked on it. Merge it with git, which `changewright review"
        " collect` sees, or set the branch back"
    )


def require_open(known: PullRequest) -> None:
    """Raise ForgeRefusal for one that has ended."""
    if known.state != "open":
        raise ForgeRefusal(f"pull request {known.number} is {known.state} already")


def require_seen(known: PullRequest, seen: Seen | None) -> None:
    """Raise Overtaken where it is not any more what the person looked at."""
    if seen is None or seen == Seen.of(known):
        return
    raise Overtaken(
        f"pull request {known.number} is not as you saw it: {_what_is_new(known, seen)}"
    )


def _what_is_new(known: PullRequest, seen: Seen) -> str:
    """Return who decided what meanwhile, or what else changed."""
    news = [
        f"{one.reviewer} (claimed) {_DONE[one.verdict]} it at {one.at}"
        for one in known.reviews[seen.reviews :]
    ]
    if known.head != seen.head:
        news.append(f"its branch is at {known.head[:12]} now, not at {seen.head[:12]}")
    if not news:
        news.append(f"it is {known.state} now")
    return "; ".join(news)


_DONE = {
    "accepted": "accepted",
    "rejected": "rejected",
    "changes-requested": "asked for changes of",
}


def _is_late(known: PullRequest, review: Review) -> bool:
    """Whether a decision may come after the end: of a merge, or of what was closed unsaid."""
    if known.state == "closed" and review.verdict == "rejected":
        return not any(one.verdict == "rejected" for one in known.reviews)
    return (known.state, review.verdict) == ("merged", "accepted")
