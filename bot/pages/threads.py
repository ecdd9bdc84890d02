"""Review threads on a terminal, and an answer of ours as the forge is given it."""

from collections.abc import Iterable

from bot.console import one_line
from bot.pages.markdown import quote
from workflows.threads import Thread, ThreadAnswer

_MAX_ANSWER = 3_000


def threads_text(threads: Iterable[Thread]) -> str:
    """Return each thread with its place, its state and its turns."""
    return "\n\n".join(_thread(one) for one in threads)


def answer_text(answer: ThreadAnswer, head: str) -> str:
    """Return what is said in a thread: what became of it, and a model's words, inert and quoted.

    ``head`` is the commit that stands on the branch, or "" where nothing was changed.
    """
    parts = []
    if answer.kind == "changed":
        parts.append(f"Changed in {head}." if head else "Changed.")
    if answer.words:
        parts.append(quote(answer.words, _MAX_ANSWER))
    return "\n\n".join(parts)


def _thread(thread: Thread) -> str:
    state = "resolved" if thread.resolved else "open"
    moved = ", its lines have changed since" if thread.outdated else ""
    head = f"[{one_line(thread.id)}] {one_line(thread.place)}  {state}{moved}"
    turns = []
    for one in thread.comments:
        claimed = "" if one.verified or one.is_ours else " (claimed)"
        first, *rest = one.body.strip().splitlines() or [""]
        turns.append(f"  {one_line(one.author)}{claimed}, {one.at}: {one_line(first)}")
        turns += [f"    {one_line(line)}" for line in rest]
    return "\n".join([head, *turns])
