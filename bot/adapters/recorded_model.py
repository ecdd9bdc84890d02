"""The Model port over the replies of an earlier run: the same questions get the same answers.

A run replays from its journal: wiring pairs each `prompt.sent` with the `model.replied` after it.
What is asked must be what was asked then, to the byte, else nothing that follows means anything.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from threading import Lock
from typing import Any

from validators.encoding import decode, digest, encode
from workflows.conversation import Conversation, Reply, ReplyLimits
from workflows.notices import without_notice
from workflows.picture import Picture
from workflows.ports import ModelRefusal

_SHOWN_CHARS = 60


class RecordedModel:
    """Gives recorded replies in order, from the one after ``start`` on.

    Each is paired with the hash of what was asked for it. ``blob`` returns the recorded
    conversation of a hash, to say where another differs from it.
    """

    name = "recorded"

    def __init__(
        self,
        recorded: Iterable[tuple[str, Reply]],
        blob: Callable[[str], bytes] | None = None,
        start: int = 0,
    ) -> None:
        self._recorded = tuple(recorded)
        self._blob = blob
        self._lock = Lock()
        self._replied = start

    def estimate_tokens(self, text: str) -> int:
        """Return a quarter of the UTF-8 bytes."""
        return len(text.encode("utf-8", "surrogatepass")) // 4 + 1

    def picture_tokens(
        self,
        picture: Picture,  # noqa: ARG002 - the port's; a file of replies looks at nothing
    ) -> int:
        """Return 0: nothing is shown, and nothing charged."""
        return 0

    def price_usd(
        self,
        input_tokens: int,  # noqa: ARG002 - the port's; what was paid is recorded
        output_tokens: int,  # noqa: ARG002 - the same
    ) -> float | None:
        """Return what the dearest recorded reply cost then."""
        return max((reply.usage.usd or 0.0 for _, reply in self._recorded), default=0.0)

    def reply(
        self,
        conversation: Conversation,
        limits: ReplyLimits,  # noqa: ARG002 - the port's; they bound the recorded reply already
        observe: Callable[[str], None] = lambda _: None,
    ) -> Reply:
        """Return the next recorded reply, its usage as it was, its text in one piece."""
        with self._lock:
            number = self._replied + 1
            if number > len(self._recorded):
                raise ModelRefusal(
                    "exhausted",
                    f"the recorded run had {len(self._recorded)} replies and one more is asked for",
                )
            expected, reply = self._recorded[number - 1]
            asked = encode(conversation)
            if digest(asked) != expected and not self._is_same(expected, conversation):
                where = self._difference(expected, asked)
                raise ModelRefusal("mismatch", f"request {number} is not the recorded one{where}")
            self._replied = number
        if reply.message.text:
            observe(reply.message.text)
        return reply

    def _is_same(self, expected: str, conversation: Conversation) -> bool:
        """Whether what was asked then differs only in what was said of the time it had taken."""
        if self._blob is None:
            return False
        then = decode(self._blob(expected), Conversation)
        return _timeless(then) == _timeless(conversation)

    def _difference(self, expected: str, asked: bytes) -> str:
        if self._blob is None:
            return ""
        found = _first_difference(json.loads(self._blob(expected)), json.loads(asked), "")
        return f"; they first differ in {found}"


def _timeless(conversation: Conversation) -> bytes:
    messages = [replace(turn, text=without_notice(turn.text)) for turn in conversation.messages]
    return encode(replace(conversation, messages=tuple(messages)))


def _first_difference(then: Any, now: Any, where: str) -> str:  # noqa: ANN401 - JSON is any of six
    """Return the place of the first difference and both sides of it; "" where there is none."""
    if isinstance(then, dict) and isinstance(now, dict):
        # As they are sent, so that the first difference is the one the model would meet first.
        names = [*dict.fromkeys(("system", *then, *now))]
        pairs = [(f"{where}.{name}" if where else name, name) for name in names]
        found = (_first_difference(then.get(n), now.get(n), place) for place, n in pairs)
        return next(filter(None, found), "")
    if isinstance(then, list) and isinstance(now, list):
        found = (
            _first_difference(one, other, f"{where}[{place}]")
            for place, (one, other) in enumerate(zip(then, now, strict=False))
        )
        lengths = f"{where}: {len(then)} then, {len(now)} now" if len(then) != len(now) else ""
        return next(filter(None, found), lengths)
    if then == now:
        return ""
    if isinstance(then, str) and isinstance(now, str):
        pairs_of_signs = enumerate(zip(then, now, strict=False))
        at = next((i for i, (a, b) in pairs_of_signs if a != b), min(len(then), len(now)))
        then, now, where = then[at:], now[at:], f"{where} from character {at}"
    shown, instead = (repr(side)[:_SHOWN_CHARS] for side in (then, now))
    return f"{where}: {shown} then, {instead} now"
