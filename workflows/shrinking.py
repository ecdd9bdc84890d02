"""A conversation made smaller, once, when the vendor says that it is too large to be read."""

import re
from dataclasses import replace

from workflows.conversation import ActionResult, Conversation, Message

_LEFT_OUT = "(left out because the request was too large; ask again if you need it)"
_NO_PICTURES = "(The pictures were left out above, because the request was too large.)"
_FENCED = re.compile(r"<<<data ([0-9a-f]+) ([^\n]*)\n.*?\ndata>>> \1\n*", re.DOTALL)
# How an excerpt is named: it is the only thing that can be read again.
_EXCERPT = re.compile(r".* lines \d+-\d+")


def shrunk(conversation: Conversation) -> Conversation | None:
    """Return ``conversation`` with less to read in it; None where there is nothing to leave out.

    What goes: the answers to all calls but the last turn's, all pictures, and of the excerpts in
    the opening the second half, which the packing put last because it matters least. The task's
    words, a review and the facts of an earlier attempt always stay.
    """
    if not conversation.messages:
        return None
    opening, *rest = conversation.messages
    first = replace(opening, text=_with_fewer_excerpts(opening.text))
    if opening.shown:
        first = replace(first, text=f"{first.text}\n\n{_NO_PICTURES}").showing(())
    old = [_without_answers(message) for message in rest[:-1]]
    messages = (first, *old, *rest[-1:])
    return None if messages == conversation.messages else replace(conversation, messages=messages)


def _with_fewer_excerpts(text: str) -> str:
    excerpts = [fence for fence in _FENCED.finditer(text) if _EXCERPT.fullmatch(fence[2])]
    gone = excerpts[len(excerpts) // 2 :]
    if not gone:
        return text
    for fence in reversed(gone):
        text = text[: fence.start()] + text[fence.end() :]
    return (
        f"{text}\n\n({len(gone)} texts were left out above, because the request was too large."
        " Read what you need.)"
    )


def _without_answers(message: Message) -> Message:
    results = tuple(
        ActionResult(result.id, _LEFT_OUT, result.failed)
        if len(result.text) > len(_LEFT_OUT)
        else result
        for result in message.results
    )
    return replace(message, results=results)
