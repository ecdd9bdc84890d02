"""A conversation as the body of a request, its prefix the same from turn to turn for the cache.

A vendor's blocks are rebuilt from what `draft` put into ``Message.opaque``: thinking unchanged, the
text and the calls from the message itself. A turn by another model comes without its thinking.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.adapters.claude_model.pictures import HIDDEN, Block, Gallery
from bot.adapters.claude_model.tool_names import tool_name, vendors_own
from validators.encoding import builtins
from workflows.conversation import Action, Conversation, Message
from workflows.ports import ModelRefusal

_CACHE = {"type": "ephemeral"}
_THINKING = frozenset({"thinking", "redacted_thinking"})
# Limits the vendor cannot hold a model to; they are checked when the call has come.
_LIMITS = frozenset({"minLength", "maxLength", "minimum", "minItems", "maxItems"})
# The cache looks back 20 blocks, and one turn may answer more calls: mark the turn before it too.
_CACHED_TURNS = 2


def request_body(
    conversation: Conversation,
    model: str,
    max_tokens: int,
    effort: str | None,
    gallery: Gallery = HIDDEN,
) -> dict[str, Any]:
    """Return the arguments of the library's ``messages.stream``; ``gallery`` shows its pictures."""
    body: dict[str, Any] = {
        "model": model,
        "max_tokens": max_tokens,
        "messages": _turns(conversation.messages, model, gallery),
    }
    if conversation.system.strip():
        system = {"type": "text", "text": conversation.system, "cache_control": _CACHE}
        body["system"] = [system]
    if conversation.actions:
        body["tools"] = [_tool(action) for action in conversation.actions]
    if effort:
        body["output_config"] = {"effort": effort}
    return body


def _turns(messages: Sequence[Message], model: str, gallery: Gallery) -> list[dict[str, Any]]:
    turns: list[dict[str, Any]] = []
    for message in messages:
        is_user = message.role == "user"
        content = _user_blocks(message, gallery) if is_user else _model_blocks(message, model)
        # A turn that says nothing is refused by the vendor; two of a kind in a row are not.
        if content:
            turns.append({"role": "user" if is_user else "assistant", "content": content})
    if not turns or turns[-1]["role"] != "user":
        raise ModelRefusal(
            "rejected", "the conversation must end with words or results for the model to answer"
        )
    asked = [turn for turn in turns if turn["role"] == "user"]
    # The first holds the scope, and is still there when the cache no longer looks back so far.
    for turn in (asked[0], *asked[-_CACHED_TURNS:]):
        turn["content"][-1]["cache_control"] = _CACHE
    return turns


def _user_blocks(message: Message, gallery: Gallery) -> list[Block]:
    blocks: list[Block] = [
        {
            "type": "tool_result",
            "tool_use_id": result.id,
            "content": result.text,
            "is_error": result.failed,
        }
        for result in message.results
    ]
    # Results must come first, and a picture is understood best before the words about it.
    pictures = [gallery.block(picture) for picture in message.shown]
    return [*blocks, *pictures, *_text_blocks(message.text)]


def _model_blocks(message: Message, model: str) -> list[Block]:
    """Return the turn's blocks in their own order; without a note of it text first, then calls."""
    calls = {
        call.id: {
            "type": "tool_use",
            "id": call.id,
            "name": tool_name(call.name),
            "input": builtins(call.arguments),
        }
        for call in message.calls
    }
    order: list[dict[str, Any]] = next(
        (note["blocks"] for note in message.opaque if note.get("model") == model), []
    )
    length = sum(part.get("chars", 0) for part in order)
    named = [part["call"] for part in order if "call" in part]
    if not order or length != len(message.text) or named != list(calls):
        return [*_text_blocks(message.text), *calls.values()]
    blocks: list[Block] = []
    at = 0
    for part in order:
        if "chars" in part:
            blocks += _text_blocks(message.text[at : at + part["chars"]])
            at += part["chars"]
        elif "call" in part:
            blocks += [calls[part["call"]]]
        else:
            blocks += [dict(part["block"])]
    # Thinking that led to nothing was cut off, and carries no signature the vendor would accept.
    while blocks and blocks[-1]["type"] in _THINKING:
        blocks.pop()
    return blocks


def _text_blocks(text: str) -> list[Block]:
    return [{"type": "text", "text": text}] if text.strip() else []


def _tool(action: Action) -> dict[str, Any]:
    own = vendors_own(action.name)
    if own is not None:
        return dict(own)
    schema = builtins(action.schema)
    tool = {"name": action.name, "description": action.description, "input_schema": schema}
    bare = _without_limits(schema)
    return tool | {"input_schema": bare, "strict": True} if _is_strict(bare) else tool


def _without_limits(schema: Any) -> Any:  # noqa: ANN401 - JSON is any of six
    if isinstance(schema, dict):
        kept = {key: value for key, value in schema.items() if key not in _LIMITS}
        return {key: _without_limits(value) for key, value in kept.items()}
    return schema


def _is_strict(schema: Mapping[str, Any]) -> bool:
    """Return whether the vendor can hold a model to ``schema``: its library would not change it."""
    from anthropic import transform_schema  # noqa: PLC0415 - late: most commands never ask a model

    try:
        return transform_schema(dict(schema)) == schema
    except (ValueError, AssertionError):
        return False
