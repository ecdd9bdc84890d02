"""What was said and printed, for a trace whose operator asked for it: redacted, cut, and bounded.

The shapes are those of the conventions: a list of messages, each with a role and its parts.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from bot.console import redacted
from bot.telemetry.span import Value
from validators.encoding import EncodingRefusal, decode
from workflows.conversation import Conversation, Message, Reply
from workflows.model_requests import Request
from workflows.ports import JournalRefusal

T = TypeVar("T")
_LONGEST = 8_000
_MOST = 1_000_000
# How a reply ended, in the words of the conventions.
_REASONS = {"end": "stop", "actions": "tool_call", "refusal": "content_filter"}
_ROLES = {"user": "user", "model": "assistant"}


class Content:
    """Reads content out of the journal, until a trace holds enough of it.

    Without ``get_blob`` there is none: that is the default.
    """

    def __init__(self, get_blob: Callable[[str], bytes] | None = None) -> None:
        self._get_blob = get_blob
        self._left = _MOST

    def of_request(self, one: Request) -> dict[str, Value]:
        """Return the newest turn that was sent, and the reply."""
        sent = self._read(one.conversation, Conversation)
        replied = self._read(one.reply, Reply)
        told: dict[str, Value] = {}
        if sent is not None and sent.messages:
            told["sent"] = self._messages(sent.messages[-1])
        if replied is not None:
            told["replied"] = self._messages(
                replied.message, finish_reason=_REASONS.get(replied.stop, replied.stop)
            )
        return {name: value for name, value in told.items() if value}

    def of_command(self, data: Mapping[str, Any]) -> dict[str, Value]:
        """Return the end of what a command printed."""
        printed = self._taken(str(data.get("tail", ""))) if self._get_blob else ""
        return {"printed": printed} if printed else {}

    def _read(self, sha256: str, shape: type[T]) -> T | None:
        if self._get_blob is None or not sha256 or self._left <= 0:
            return None
        try:
            return decode(self._get_blob(sha256), shape)
        except (JournalRefusal, EncodingRefusal):
            return None  # pruned, or of an older program: a trace is told without it

    def _messages(self, turn: Message, **more: str) -> str:
        parts: list[dict[str, object]] = []
        if turn.text:
            parts.append({"type": "text", "content": self._taken(turn.text)})
        for call in turn.calls:
            told = _whole(self._taken(json.dumps(dict(call.arguments))))
            parts.append({"type": "tool_call", "name": call.name, "id": call.id, "arguments": told})
        for result in turn.results:
            told = self._taken(result.text)
            parts.append({"type": "tool_call_response", "id": result.id, "response": told})
        message = {"role": _ROLES[turn.role], "parts": parts, **more}
        return json.dumps([message]) if self._left > 0 else ""

    def _taken(self, text: str) -> str:
        """Return a text as it may stand in a trace, and count it."""
        # Redacted whole: a cut might leave half a secret that nothing recognises.
        kept = redacted(text)[:_LONGEST].encode("utf-8", "backslashreplace").decode()
        self._left -= len(kept)
        return kept if self._left > 0 else ""


def _whole(text: str) -> object:
    """Return JSON as what it says, unless it was cut."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


NO_CONTENT = Content()
