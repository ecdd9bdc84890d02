"""Whether a conversation still gets anywhere, told from its turns alone.

A model that asks the same again, or only ever reads, costs money and changes nothing. Both are told
to it first, and end the conversation when they go on. Nothing is counted in memory: the turns are
in the journal, so a run that is taken up knows what the one before it knew.
"""

from collections.abc import Sequence

from validators.encoding import encode
from workflows.conversation import ActionCall, Message

REPEATED_MOST = 3
READING_TOLD = 12
READING_MOST = 16
# What finds something out and changes nothing.
_READING = frozenset({"read", "search", "symbols", "references"})


def repeated(messages: Sequence[Message]) -> int:
    """Return how many model turns at the end brought nothing that was not there before.

    A turn with calls brings its calls with their answers, one without its words.
    """
    seen: set[bytes] = set()
    count = 0
    for place, turn in enumerate(messages):
        if turn.role != "model":
            continue
        after = messages[place + 1] if place + 1 < len(messages) else Message("user")
        facts = set(_facts(turn, after))
        count = count + 1 if facts <= seen else 0
        seen |= facts
    return count


def reading(messages: Sequence[Message]) -> int:
    """Return how many model turns at the end did nothing but read."""
    count = 0
    for turn in reversed([message for message in messages if message.role == "model"]):
        if not turn.calls or not all(map(_only_looks, turn.calls)):
            break
        count += 1
    return count


def stuck(messages: Sequence[Message]) -> str:
    """Return why the conversation must end, or "" when it may go on."""
    if repeated(messages) >= REPEATED_MOST:
        return f"the model repeated itself {REPEATED_MOST} times in a row and got no further"
    if reading(messages) >= READING_MOST:
        return f"the model read {READING_MOST} times in a row and changed nothing"
    return ""


def _only_looks(call: ActionCall) -> bool:
    is_view = call.name == "editor" and call.arguments.get("command") == "view"
    return is_view or call.name in _READING


def _facts(turn: Message, after: Message) -> list[bytes]:
    if not turn.calls:
        return [encode(turn.text.strip())]
    answers = {result.id: result.text for result in after.results}
    return [encode([call.name, call.arguments, answers.get(call.id, "")]) for call in turn.calls]
