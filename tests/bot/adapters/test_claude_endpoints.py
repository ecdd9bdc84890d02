"""The shape of a request to each service of a cloud, on this machine: none was ever asked itself.

Paths, keys and bodies are what the vendor's library makes of them. That a service takes them is
not shown here.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bot.adapters.claude_model.model import ClaudeModel, Patience
from bot.configuration.endpoints import endpoint_of, fallback_of, wrong_endpoint, wrong_fallback
from workflows.conversation import Conversation, Message, ReplyLimits

StandIn = Any
KEY = "not-a-real-key-0123456789"
ASKED = Conversation("You fix bugs.", (Message("user", "Fix words()."),))
VERTEX = "/projects/my-project/locations/us-east5/publishers/anthropic/models"


@pytest.mark.parametrize(
    ("words", "name", "path", "headers"),
    [
        (
            "bedrock:us-east-1",
            "anthropic.claude-sonnet-5-5",
            "/v1/messages",
            {"authorization": f"Bearer {KEY}"},
        ),
        (
            "vertex:my-project/us-east5",
            "claude-sonnet-5-5@20261001",
            f"{VERTEX}/claude-sonnet-5-5@20261001:streamRawPredict",
            {"authorization": f"Bearer {KEY}"},
        ),
        ("foundry:my-resource", "claude-sonnet-5-5", "/v1/messages", {}),
    ],
)
def test_each_service_is_asked_by_its_own_path_and_key(
    anthropic: StandIn, words: str, name: str, path: str, headers: Mapping[str, str]
) -> None:
    anthropic.says(anthropic.replies({"type": "text", "text": "Done."}))
    place = replace(endpoint_of(words), url=anthropic.url)
    asked = ClaudeModel(KEY, name, endpoint=place, patience=Patience(lambda _: None))

    reply = asked.reply(ASKED, ReplyLimits(500, 60.0))

    (request,) = anthropic.requests
    assert request.path == path
    assert headers.items() <= request.headers.items()
    assert KEY in " ".join(request.headers.values())
    assert request.body["max_tokens"] == 500
    assert request.body["messages"][0]["content"][0]["text"] == "Fix words()."
    assert reply.message.text == "Done."
    assert reply.usage.usd is not None
    assert asked.price_usd(1000, 10) is not None


@pytest.mark.parametrize(
    ("words", "url"),
    [
        ("bedrock:eu-west-1", "https://bedrock-mantle.eu-west-1.api.aws/anthropic"),
        ("vertex:p/us-east5", "https://us-east5-aiplatform.googleapis.com/v1"),
        ("vertex:p/global", "https://aiplatform.googleapis.com/v1"),
        ("foundry:mine", "https://mine.services.ai.azure.com/anthropic"),
        ("https://gateway.example/claude", "https://gateway.example/claude"),
        (None, "https://api.anthropic.com"),
    ],
)
def test_a_place_by_name_has_the_services_own_address(words: str | None, url: str) -> None:
    assert endpoint_of(words).url == url
    assert words is None or wrong_endpoint(words) == ""


@pytest.mark.parametrize(
    "words",
    [
        *("bedrock:", "bedrock:us.evil.example/", "vertex:project", "vertex:a/b/c", "foundry:a.b"),
        *("http://gateway.example", "https://me:secret@gateway.example", "ftp://x", "somewhere"),
    ],
)
def test_what_is_no_place_is_refused(words: str) -> None:
    assert wrong_endpoint(words).startswith("must be an https address")
    assert wrong_fallback(f"claude-haiku-5-5 {words}").startswith("what follows the model's name")


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ("claude-haiku-5-5", ("claude-haiku-5-5", None)),
        (
            "anthropic.claude-x-v1:0  bedrock:us-east-1",
            ("anthropic.claude-x-v1:0", "bedrock:us-east-1"),
        ),
        ("claude-x@20261001 vertex:p/global", ("claude-x@20261001", "vertex:p/global")),
    ],
)
def test_a_fallback_is_a_name_and_where_that_is(words: str, parts: tuple[str, str | None]) -> None:
    assert wrong_fallback(words) == ""
    assert fallback_of(words) == parts


def test_a_fallback_without_a_name_is_refused() -> None:
    assert wrong_fallback("-x").startswith("must be a model's name")
