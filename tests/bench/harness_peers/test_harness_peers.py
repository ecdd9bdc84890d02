"""What the bench of harnesses measures with: the oracle, the shim, the repository and its fix."""

import json
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from bot.adapters.claude_model.model import ClaudeModel
from tests.bench.harness_peers import counting, scripts
from tests.bench.harness_peers.oracle import Json, Turn, listening
from tests.bench.harness_peers.parcel_repository import (
    LAST_TEST,
    MODULE,
    NEW_TEST,
    RIGHT,
    TESTS,
    WRONG,
    is_mended,
    make_repository,
)
from validators.patch import parse
from workflows.actions import ACTIONS
from workflows.conversation import Conversation, Message, ReplyLimits

LOOK = Turn("I look.", (("read", {"path": MODULE}),))


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def test_our_own_adapter_hears_what_the_oracle_says() -> None:
    asked = Conversation("be brief", (Message("user", text="mend it"),), ACTIONS)
    with listening((LOOK,)) as oracle:
        reply = ClaudeModel("none", endpoint=oracle.url).reply(asked, ReplyLimits(1_000, 30.0))
    assert reply.message.text == "I look."
    assert [(call.name, call.arguments) for call in reply.message.calls] == [
        ("read", {"path": MODULE})
    ]
    (exchange,) = oracle.exchanges
    found = counting.parts(exchange.body)
    assert (found["system"], found["turns"]) == ("be brief", "user\nmend it")
    assert len(found["tools"].splitlines()) == len(ACTIONS)
    assert counting.vendors_own(exchange.body) == 700


@pytest.mark.parametrize("is_streamed", [False, True])
def test_the_other_vendors_clients_hear_it_in_their_own_form(*, is_streamed: bool) -> None:
    turns = [{"role": "system", "content": "be brief"}, {"role": "user", "content": "mend it"}]
    body: Json = {"model": "one", "messages": turns, "stream": is_streamed}
    with listening((LOOK, Turn("Done."))) as oracle:
        answers = [said(oracle.url, body) for _ in range(2)]
    key = "delta" if is_streamed else "message"
    first, second = (answer[0]["choices"][0][key] for answer in answers)
    assert first["tool_calls"][0]["function"] == {
        "name": "read",
        "arguments": json.dumps({"path": MODULE}),
    }
    assert second == {"role": "assistant", "content": "Done."}
    assert answers[1][-1]["choices"][0]["finish_reason"] == "stop"
    one, other = oracle.exchanges
    assert one.came <= one.gone <= other.came
    assert counting.parts(one.body)["turns"] == "user\nmend it"


def said(url: str, body: Json) -> list[Json]:
    """Return the one document, or those of the stream, that a POST is answered with."""
    connection = HTTPConnection(url.removeprefix("http://"), timeout=60)
    with closing(connection):
        connection.request("POST", "/chat/completions", json.dumps(body))
        text = connection.getresponse().read().decode()
    lines = [line.removeprefix("data: ") for line in text.splitlines() if line]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def test_the_repository_is_mended_by_the_fix_and_its_test_alone(tmp_path: Path) -> None:
    make_repository(tmp_path)
    for path, old, new in ((TESTS, LAST_TEST, LAST_TEST + NEW_TEST), (MODULE, WRONG, RIGHT)):
        assert not is_mended(tmp_path)
        place = tmp_path / path
        place.write_text(place.read_text().replace(old, new))
    assert is_mended(tmp_path)


def test_each_script_makes_the_same_fix() -> None:
    patches = [parse(script[0].text) for script in (scripts.IN_ONE_REPLY, scripts.AIDER)]
    for patch in patches:
        assert [(edit.path, not edit.old) for edit in patch.edits] == [
            (MODULE, False),
            (TESTS, False),
        ]
    loops = (scripts.SDK_LOOP, scripts.MINI_SWE_AGENT, scripts.BY_ACTIONS)
    assert {len(script) for script in loops} == {9}
