"""Pictures in a request: what is sent, what it is counted as, and what happens to one refused."""

import base64
from dataclasses import replace
from typing import Any

import pytest

from bot.adapters.claude_model.model import ClaudeModel
from bot.adapters.claude_model.pictures import SHOWS_NONE, Gallery
from bot.adapters.fallback_model import FallbackModel
from tests.bot.adapters.test_claude_model import ASKED, LIMITS, model, refused, text
from tests.workflows.test_picture import EVERY, png
from workflows.conversation import ActionCall, ActionResult, Conversation, Message
from workflows.picture import Picture, picture_of
from workflows.ports import JournalRefusal

StandIn = Any
PNG = png(1_000, 750)
SHOWN = picture_of("picture-1", PNG)
OTHER = picture_of("picture-2", EVERY["image/webp"])
BLOBS = {SHOWN.blob: PNG, OTHER.blob: EVERY["image/webp"]}
TURN = Message("user", "Fix what it shows.").showing((SHOWN, OTHER))
WITH = replace(ASKED, messages=(TURN,))


def blob(sha256: str) -> bytes:
    if sha256 not in BLOBS:
        raise JournalRefusal(f"blob {sha256[:12]} is not kept any more")
    return BLOBS[sha256]


def seeing(anthropic: StandIn, told: list[str], closed: str = "", **given: object) -> ClaudeModel:
    return model(anthropic, **given).showing(Gallery(blob, told.append, closed))


def kinds(anthropic: StandIn, at: int = -1) -> list[str]:
    turns = anthropic.requests[at].body["messages"]
    return [block["type"] for block in turns[0]["content"]]


def test_a_picture_goes_before_the_words_as_it_is_and_again_with_every_turn(
    anthropic: StandIn,
) -> None:
    call = {"type": "tool_use", "id": "toolu_1", "name": "read_file", "input": {"path": "a"}}
    anthropic.says(anthropic.replies(call, stop="tool_use"), anthropic.replies(text("Done.")))
    told: list[str] = []
    asked = seeing(anthropic, told)

    reply = asked.reply(WITH, LIMITS)
    assert reply.message.calls == (ActionCall("toolu_1", "read_file", {"path": "a"}),)
    answer = Message("user", results=(ActionResult("toolu_1", "1 x"),))
    asked.reply(replace(WITH, messages=(TURN, reply.message, answer)), LIMITS)

    first, second, words = anthropic.requests[0].body["messages"][0]["content"]
    data = base64.b64encode(PNG).decode()
    source = {"type": "base64", "media_type": "image/png", "data": data}
    assert first == {"type": "image", "source": source}
    assert second["source"]["media_type"] == "image/webp"
    assert words["text"] == "Fix what it shows."
    assert anthropic.requests[1].body["messages"][0]["content"][:2] == [first, second]
    assert told == []
    assert anthropic.complaints == []


@pytest.mark.parametrize(
    ("width", "height", "tokens"), [(1_000, 750, 1_001), (1, 1, 1), (8_000, 8_000, 8_848)]
)
def test_a_picture_counts_by_its_area_as_the_vendor_scales_it(
    anthropic: StandIn, width: int, height: int, tokens: int
) -> None:
    picture = Picture("a.png", "image/png", SHOWN.blob, 1, width, height)

    assert seeing(anthropic, []).picture_tokens(picture) == tokens
    assert seeing(anthropic, [], SHOWS_NONE).picture_tokens(picture) == 0
    two = FallbackModel([seeing(anthropic, [], SHOWS_NONE), seeing(anthropic, [])])
    assert two.picture_tokens(picture) == tokens


def test_who_refuses_a_request_for_its_pictures_is_asked_once_more_without(
    anthropic: StandIn,
) -> None:
    why = "messages.0.content.0.image.source.base64: Could not process image"
    anthropic.says(
        anthropic.refuses(400, "invalid_request_error", why),
        anthropic.replies(text("Done.")),
        anthropic.replies(text("Done.")),
    )
    told: list[str] = []
    asked = seeing(anthropic, told)

    reply = asked.reply(WITH, LIMITS)
    asked.reply(WITH, LIMITS)

    assert reply.message.text == "Done."
    assert reply.usage.requests == 2
    assert [kinds(anthropic, at) for at in range(3)] == [
        ["image", "image", "text"],
        ["text", "text", "text"],
        ["text", "text", "text"],
    ]
    said = anthropic.requests[1].body["messages"][0]["content"][0]["text"]
    assert said == "[picture-1.png is not shown here]"
    [note] = told
    assert "not shown to the model" in note
    assert "Could not process image" in note


def test_a_refusal_about_something_else_stands_and_one_without_pictures_is_not_repeated(
    anthropic: StandIn,
) -> None:
    words = "max_tokens: must be at most 100"
    for conversation, why in ((WITH, words), (ASKED, "Could not process image")):
        anthropic.says(anthropic.refuses(400, "invalid_request_error", why))
        asked = seeing(anthropic, [])
        assert refused(lambda: asked.reply(conversation, LIMITS)).trouble == "rejected"  # noqa: B023
    assert len(anthropic.requests) == 2


@pytest.mark.parametrize("how", ["closed", "gone", "changed", "nobody"])
def test_a_picture_that_cannot_be_shown_is_a_line_in_its_place(
    anthropic: StandIn, how: str
) -> None:
    told: list[str] = []
    anthropic.says(anthropic.replies(text("Done.")))
    known = {"gone": {}, "changed": {SHOWN.blob: b"other"}}.get(how, BLOBS)

    def found(sha256: str) -> bytes:
        return known[sha256] if sha256 in known else blob("f" * 64)

    asked = model(anthropic)
    if how != "nobody":
        asked.showing(Gallery(found, told.append, SHOWS_NONE if how == "closed" else ""))
    asked.reply(Conversation("s", (TURN.showing((SHOWN,)),)), LIMITS)

    assert kinds(anthropic) == ["text", "text"]
    assert len(told) == (how != "nobody")
    assert all(SHOWS_NONE in note for note in told) or how != "closed"


def test_what_broke_off_before_anything_was_counted_is_booked_by_area_and_not_by_bytes(
    anthropic: StandIn,
) -> None:
    large = png(1_000, 750, bytes(1_000_000))
    picture = picture_of("picture-1", large)
    BLOBS[picture.blob] = large
    anthropic.says(replace(anthropic.replies(text("Done.")), events=(), how="breaks"))
    asked = seeing(anthropic, [])

    refusal = refused(lambda: asked.reply(Conversation("s", (TURN.showing((picture,)),)), LIMITS))

    assert refusal.usage is not None
    assert 1_001 < refusal.usage.input_tokens < 3_000
