"""A reply while it comes: its words as they are said, its account even when the stream breaks.

The library adds the events up without asking whether the stream came to its end or a call's
arguments are whole, so both are looked at here.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from bot.adapters.claude_model.tool_names import action_name
from validators.encoding import EncodingRefusal, decode
from workflows.conversation import ActionCall, Message, Usage

if TYPE_CHECKING:
    from anthropic.lib.streaming import MessageStream

# Fewer characters than any tokenizer needs for a token of prose or code, spaces not counted.
_CHARS_PER_TOKEN = 8
# More than any has: what goes on after so many is not the reply that was asked for.
_MOST_CHARS_PER_TOKEN = 64


class Draft:
    """One stream's events so far.

    ``trouble`` says why they stopped when that was not their end, and ``error`` is the one that
    stopped them.
    """

    def __init__(self, stream: "MessageStream[None]", max_tokens: int) -> None:
        self._stream = stream
        self._most_chars = max_tokens * _MOST_CHARS_PER_TOKEN
        self._texts: dict[int, str] = {}
        self._arguments: dict[int, str] = {}
        self._chars = 0
        self._has_started = False
        self.is_finished = False
        self.trouble = ""
        self.error: Exception | None = None

    def pieces(self) -> Iterator[str]:
        """Yield the text as it comes; ends where the stream ends or breaks, and never raises."""
        events = iter(self._stream)
        # What follows the end mark, if only the connection's end, is not worth waiting for.
        while not self.is_finished:
            try:
                piece = self._take(next(events))
            except StopIteration:
                return
            except Exception as error:  # noqa: BLE001 - whatever it was, it was in the stream
                self.trouble, self.error = f"{type(error).__name__}: {error}", error
                return
            if self._chars > self._most_chars:
                self.trouble = f"it goes on after {self._chars} letters, far past its limit"
                return
            if piece:
                yield piece

    @property
    def model(self) -> str:
        """Who answered, as the vendor names it; empty when nobody did."""
        return str(getattr(self._snapshot, "model", None) or "") if self._has_started else ""

    @property
    def stop_reason(self) -> str | None:
        """The vendor's word for why the turn ended."""
        reason = self._snapshot.stop_reason
        return None if reason is None else str(reason)

    def usage(self, posts: int) -> Usage:
        """Return what the vendor counted; for a broken stream no less than what was received."""
        if not self._has_started:
            return Usage(requests=posts, at_least=True)
        raw = getattr(self._snapshot, "usage", None)
        output = _tokens(raw, "output_tokens")
        received = 0 if self.is_finished else self._chars // _CHARS_PER_TOKEN
        written = getattr(raw, "cache_creation", None)
        return Usage(
            input_tokens=_tokens(raw, "input_tokens"),
            output_tokens=max(output, received),
            cache_read_tokens=_tokens(raw, "cache_read_input_tokens"),
            cache_write_tokens=_tokens(raw, "cache_creation_input_tokens"),
            requests=posts,
            at_least=not self.is_finished,
            is_batch=getattr(raw, "service_tier", None) == "batch",
            cache_write_1h_tokens=_tokens(written, "ephemeral_1h_input_tokens"),
        )

    def turn(self, model: str, *, has_calls: bool) -> Message:
        """Return the turn; ``opaque`` notes for ``model`` what text and calls do not say.

        Raises EncodingRefusal when a call is nameless or its arguments not one whole JSON object.
        """
        order: list[dict[str, Any]] = []
        calls: list[ActionCall] = []
        for index, block in enumerate(getattr(self._snapshot, "content", None) or ()):
            if block.type == "text":
                order.append({"chars": len(self._texts.get(index, ""))})
            elif block.type != "tool_use":
                order.append({"block": block.to_dict(mode="json")})
            elif has_calls:
                calls.append(self._call(index, block))
                order.append({"call": calls[-1].id})
        text = "".join(self._texts[index] for index in sorted(self._texts))
        kinds = [next(iter(part)) for part in order]
        is_plain = kinds == ["chars"] * bool(text) + ["call"] * len(calls)
        note = () if is_plain else ({"model": model, "blocks": order},)
        return Message("model", text, tuple(calls), opaque=note)

    def _call(self, index: int, block: Any) -> ActionCall:  # noqa: ANN401 - unchecked, see below
        name, call_id = getattr(block, "name", None), getattr(block, "id", None)
        if not (isinstance(name, str) and isinstance(call_id, str)):
            raise EncodingRefusal("not those of a call with an id and a name")
        arguments = self._arguments.get(index) or "{}"
        given = decode(arguments.encode("utf-8", "replace"), dict[str, Any])
        return ActionCall(call_id, action_name(name), given)

    @property
    def _snapshot(self) -> Any:  # noqa: ANN401 - built from the wire unchecked: its type is a promise
        return self._stream.current_message_snapshot

    def _take(self, event: Any) -> str:  # noqa: ANN401 - the library checks no event
        """Note what an event brings, and return what of it is text."""
        if event.type == "message_start":
            self._has_started = True
        elif event.type == "message_stop":
            self.is_finished = self._has_started
        elif event.type == "content_block_start" and event.content_block.type == "text":
            return self._said(event.index, event.content_block.text)
        elif event.type == "content_block_delta":
            delta = event.delta
            if delta.type == "text_delta":
                return self._said(event.index, delta.text)
            if delta.type == "input_json_delta":
                known = self._arguments.get(event.index, "")
                self._arguments[event.index] = known + delta.partial_json
                self._count(delta.partial_json)
            elif delta.type == "thinking_delta":
                self._count(delta.thinking)
        return ""

    def _said(self, index: int, text: str) -> str:
        # Half of a surrogate pair can be sent as JSON, and be stored as no kind of text.
        text = text.encode("utf-8", "replace").decode()
        self._texts[index] = self._texts.get(index, "") + text
        self._count(text)
        return text

    def _count(self, text: str) -> None:
        self._chars += len("".join(text.split()))


def _tokens(raw: object, name: str) -> int:
    count = getattr(raw, name, None)
    return count if isinstance(count, int) and count > 0 else 0
