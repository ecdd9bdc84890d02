"""The threads of a local pull request: begun by people, answered and resolved by us or by them."""

from collections.abc import Iterable
from dataclasses import replace

from bot.adapters.local_forge.records import Record
from workflows.decide import Overtaken
from workflows.ports import ForgeRefusal
from workflows.review import Review
from workflows.threads import Side, Thread, ThreadComment

OUR_NAME = "changewright"


def begun(record: Record, comment: ThreadComment, path: str, line: int, side: Side) -> Record:
    """Return the record with one more thread."""
    number = str(len(record.threads) + 1)
    thread = Thread(number, path, line, side, (comment,))
    return replace(record, threads=(*record.threads, thread))


def reviewed(record: Record, review: Review) -> Record:
    """Return the record with a thread for each comment of a review."""
    for one in review.comments:
        said = ThreadComment(review.reviewer, one.body, review.at)
        record = begun(record, said, one.path, one.line, "head")
        if one.resolved:
            record = resolved(record, record.threads[-1].id)
    return record


def replied(record: Record, thread: str, comment: ThreadComment) -> Record:
    """Return the record with one more turn in a thread, which a person's turn opens again."""
    known = _thread(record, thread)
    is_settled = known.resolved and comment.is_ours
    turn = replace(known, comments=(*known.comments, comment), resolved=is_settled)
    return _with(record, turn)


def answered(record: Record, thread: str, body: str, key: str, at: str) -> Record:
    """Return the record with our answer in a thread; with ``key`` it was given already."""
    named = f"{thread} {key}"
    if named in record.answers:
        return record
    said = ThreadComment(OUR_NAME, body, at, is_ours=True, key=key)
    return replace(replied(record, thread, said), answers=(*record.answers, named))


def resolved(record: Record, thread: str, turns: int | None = None) -> Record:
    """Return the record with a thread marked as dealt with, if it has at most so many turns."""
    known = _thread(record, thread)
    if turns is not None and len(known.comments) > turns:
        last = known.comments[-1]
        raise Overtaken(f"{last.author} said more in thread {thread} meanwhile; read that first")
    return _with(record, replace(known, resolved=True))


def _thread(record: Record, thread: str) -> Thread:
    found = next((one for one in record.threads if one.id == thread), None)
    if found is None:
        number = record.pull_request.number
        raise ForgeRefusal(
            f"pull request {number} has no thread {thread[:40]!r}; `changewright review threads"
            f" {number}` lists them"
        )
    return found


def _with(record: Record, thread: Thread) -> Record:
    threads: Iterable[Thread] = (thread if one.id == thread.id else one for one in record.threads)
    return replace(record, threads=tuple(threads))
