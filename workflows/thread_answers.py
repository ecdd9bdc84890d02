"""What the author of a revision says about each thread it was shown, and whether that is so.

A view over the run's journal, like its remarks: a run that was taken up again says the same. That
a thread is dealt with by a change is believed where the tree shows it, and nowhere else.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from validators.encoding import decode
from validators.verdict import Finding
from workflows.conversation import Reply
from workflows.history import kind_of
from workflows.run import Entry
from workflows.threads import AnswerKind, Thread, ThreadAnswer
from workflows.workshop import Revision

MAX_WORDS = 2_000
_LINE = re.compile(r"^THREAD +(\d{1,4}) *: *(CHANGED|ANSWER)\b[ :.-]*(.*)$", re.MULTILINE)

Kept = Callable[[str], bytes]


def revision_in(entries: Iterable[Entry], kept: Kept) -> Revision | None:
    """Return what a run revises, or None; ``kept`` returns a blob of its journal."""
    started = (one.event.data for one in entries if one.event.kind == "run.started")
    name = next(started, {}).get("revision")
    return decode(kept(name), Revision) if name else None


def answers_of(
    entries: Sequence[Entry], kept: Kept, changed: Collection[str] = ()
) -> tuple[ThreadAnswer, ...]:
    """Return an answer for every thread that the run was shown; none where it revises nothing.

    ``changed`` are the paths in which its tree differs from the one it began with.
    """
    revision = revision_in(entries, kept)
    if revision is None or not revision.threads:
        return ()
    said = _said(_texts(entries, kept))
    return tuple(
        _answer(thread, said.get(number), changed)
        for number, thread in enumerate(revision.threads, 1)
    )


def unanswered(answers: Iterable[ThreadAnswer]) -> Iterator[Finding]:
    """Yield what a person must know of the threads that nothing was done about."""
    for one in answers:
        if one.kind == "unanswered":
            message = "this thread of the review was neither answered nor followed"
            yield Finding("review", "thread-unanswered", "warn", message, one.path, one.line)


def _answer(thread: Thread, said: tuple[str, str] | None, changed: Collection[str]) -> ThreadAnswer:
    claim, words = said or ("", "")
    is_changed = thread.path in changed if thread.path else bool(changed)
    kind: AnswerKind = "unanswered"
    # A file may have changed for another thread: a change that nobody claims settles none.
    if is_changed and claim == "CHANGED":
        kind = "changed"
    elif words:
        kind = "answered"
    heard = thread.comments[-1].at if thread.comments else ""
    return ThreadAnswer(thread.id, thread.path, thread.line, kind, words[:MAX_WORDS], heard)


def _said(texts: Iterable[str]) -> Mapping[int, tuple[str, str]]:
    """Return the last that was said to each thread, by its number in the prompt."""
    found = (line for text in texts for line in _LINE.finditer(text))
    return {int(line[1]): (line[2], line[3].strip()) for line in found}


def _texts(entries: Iterable[Entry], kept: Kept) -> Iterator[str]:
    for entry in entries:
        data = entry.event.data
        if entry.event.kind != "model.replied" or kind_of(data.get("reservation", "")):
            continue
        message = decode(kept(data["reply"]), Reply).message
        yield message.text
        for call in message.calls:
            summary = call.arguments.get("summary") if call.name == "finish" else None
            if isinstance(summary, str):
                yield summary
