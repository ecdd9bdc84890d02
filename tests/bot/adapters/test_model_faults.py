"""What goes wrong at a model, over real HTTP: a named outcome, money told, and nothing half landed.

Most faults are those of `test_claude_model`; here are the rest, the same ones by a stand-in that
somebody else wrote, and which test holds which fault.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bot.adapters.claude_model.model import ClaudeModel, Patience
from bot.adapters.sqlite_journal.journal import SqliteJournal
from tests.bot.adapters import test_claude_model as claude
from tests.bot.adapters import test_fallback_model as fallback
from tests.e2e import test_bad_replies as replies
from tests.validators.threats.cases import Table, held, ids, troubles
from tests.workflows import test_dialogue as dialogue
from tests.workflows import test_money_holds as money
from tests.workflows import test_propose
from workflows.budget import Budget
from workflows.conversation import Action, Conversation, Message, Reply, ReplyLimits
from workflows.dialogue import Dialogue
from workflows.ports import ModelRefusal
from workflows.purse import Allowance
from workflows.quoting import fenced
from workflows.recorder import Recorder

StandIn = Any
KEY = "sk-ant-not-a-real-key-0123456789"
READ = Action(
    "read",
    "Read a file.",
    {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
)


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


class Asked:
    """A conversation with a model over HTTP, and what its journal holds of it."""

    def __init__(self, folder: Path, endpoint: str, timeout_s: float, opening: str) -> None:
        self.journal = SqliteJournal(folder / "journal.sqlite", lambda: "2026-11-21", lambda: 0.0)
        self.slept: list[float] = []
        patience = Patience(self.slept.append, lambda: 1.0)
        self.model = ClaudeModel(KEY, endpoint=endpoint, patience=patience)
        recorder = Recorder(self.journal, self.journal.lease("r1", "r1"))
        allowance = Allowance(Budget(), ReplyLimits(1_000, timeout_s), lambda: 0.0, 0.0)
        begun = Conversation("You fix bugs.", (Message("user", opening),), (READ,))
        self._dialogue = Dialogue(self.model, recorder, allowance, begun)

    def ask(self, words: str = "") -> Reply:
        if words:
            self._dialogue.say(words)
        return self._dialogue.ask(1, lambda _: None)

    def refused(self, words: str = "") -> ModelRefusal:
        with pytest.raises(ModelRefusal) as caught:
            self.ask(words)
        return caught.value

    @property
    def booked(self) -> list[Any]:
        entries = self.journal.read("r1")
        return [one.event.data for one in entries if one.event.kind == "budget.settled"]


@contextmanager
def asked(
    folder: Path, endpoint: str, timeout_s: float = 120.0, opening: str = "begin"
) -> Iterator[Asked]:
    one = Asked(folder, endpoint, timeout_s, opening)
    yield one
    one.journal.close()


# --- with the stand-in of this house --------------------------------------------------------------


def test_a_stream_that_broke_is_asked_for_again_and_both_are_booked(
    anthropic: StandIn, tmp_path: Path
) -> None:
    whole = anthropic.replies(text("word " * 200))
    anthropic.says(replace(whole, events=whole.events[:-3], how="breaks"), whole)
    with asked(tmp_path, anthropic.url) as one:
        reply = one.ask()

    assert reply.message.text == "word " * 200
    assert len(anthropic.requests) == 2
    assert [(b["at_least"], b["trouble"]) for b in one.booked] == [
        (True, "broken-stream"),
        (False, ""),
    ]
    assert all(booked["usd"] > 0 for booked in one.booked)
    assert one.slept == [2.0]


def test_a_request_that_is_too_large_is_posted_once_more_and_smaller(
    anthropic: StandIn, tmp_path: Path
) -> None:
    large = anthropic.refuses(413, "request_too_large", "Request exceeds the maximum size")
    anthropic.says(large, anthropic.replies(text("Done.")), large)
    code = "\n\n".join(
        fenced(name, "line\n" * 99) for name in ("task", "a.py lines 1-99", "b.py lines 1-99")
    )
    with asked(tmp_path, anthropic.url, opening=code) as one:
        reply = one.ask()
        refusal = one.refused("Go on.")

    assert (reply.message.text, refusal.trouble) == ("Done.", "too-large")
    first, second, _ = (len(str(request.body)) for request in anthropic.requests)
    assert second < first - 400
    assert [booked["usd"] for booked in one.booked if booked["trouble"]] == [0.0, 0.0]


def test_a_stream_that_stalls_ends_with_the_time_a_reply_has(
    anthropic: StandIn, tmp_path: Path
) -> None:
    whole = anthropic.replies(text("word " * 20))
    anthropic.says(*[replace(whole, events=whole.events[:5], how="stalls")] * 3)
    with asked(tmp_path, anthropic.url, timeout_s=1.0) as one:
        refusal = one.refused()

    assert refusal.trouble == "broken-stream"
    assert "ReadTimeout" in str(refusal)
    assert [booked["at_least"] for booked in one.booked] == [True] * 3


def test_a_stream_that_goes_on_for_ever_is_not_heard_for_ever(
    anthropic: StandIn, tmp_path: Path
) -> None:
    whole = anthropic.replies(text("word " * 20))
    piece = (
        "content_block_delta",
        {"index": 0, "delta": {"type": "text_delta", "text": "x" * 900}},
    )
    anthropic.says(*[replace(whole, events=(*whole.events[:5], piece), how="babbles")] * 3)
    with asked(tmp_path, anthropic.url) as one:
        refusal = one.refused()

    assert refusal.trouble == "broken-stream"
    assert "far past its limit" in str(refusal)
    # What was heard is counted, and each of the three was reserved before it was asked for.
    assert all(booked["output_tokens"] > 1_000 for booked in one.booked)
    assert len(one.booked) == 3


def test_events_without_words_for_ever_are_not_heard_for_ever(
    anthropic: StandIn, tmp_path: Path
) -> None:
    whole = anthropic.replies(text("word"))
    nothing = ("content_block_stop", {"index": 0, "padding": "x" * 20_000})
    anthropic.says(*[replace(whole, events=(*whole.events[:4], nothing), how="babbles")] * 3)
    with asked(tmp_path, anthropic.url) as one:
        refusal = one.refused()

    assert refusal.trouble == "broken-stream"
    assert "which is more than 1000 tokens can need" in str(refusal)


@pytest.mark.parametrize("status", [200, 529])
def test_a_body_that_is_shorter_than_it_says_is_no_reply(
    anthropic: StandIn, anthropic_module: ModuleType, tmp_path: Path, status: int
) -> None:
    body = anthropic_module.Answer(
        status, {"content-type": "text/event-stream"}, b"event: ping\n", missing=50
    )
    anthropic.says(*[body] * 3)
    with asked(tmp_path, anthropic.url) as one:
        refusal = one.refused()

    assert refusal.trouble in {"broken-stream", "overloaded"}
    assert len(anthropic.requests) == 3
    if status == 200:
        assert [booked["at_least"] for booked in one.booked] == [True] * 3


# --- with aimock ----------------------------------------------------------------------------------

TOOL = {"toolCalls": [{"name": "read", "arguments": {"path": "tally.py"}}]}
BUSY = {"error": {"message": "Overloaded", "type": "overloaded_error"}, "status": 529}
SLOW = {"error": {"message": "Slow", "type": "rate_limit_error"}, "status": 429, "retryAfter": 7}
WORDS = {"content": "word " * 20}


def refusing(status: int, kind: str, words: str) -> dict[str, Any]:
    return {"error": {"message": words, "type": kind}, "status": status}


FIXTURES: list[dict[str, Any]] = [
    {"match": {"userMessage": "busy", "sequenceIndex": 0}, "response": BUSY},
    {"match": {"userMessage": "busy", "sequenceIndex": 1}, "response": SLOW},
    {"match": {"userMessage": "busy"}, "response": {"content": "Done."}},
    {"match": {"userMessage": "cut"}, "response": WORDS, "chunkSize": 5, "truncateAfterChunks": 4},
    {"match": {"userMessage": "garbled"}, "response": WORDS, "chaos": {"malformedRate": 1}},
    {"match": {"userMessage": "dropped"}, "response": WORDS, "chaos": {"disconnectRate": 1}},
    {"match": {"userMessage": "long"}, "response": WORDS | {"finishReason": "length"}},
    {"match": {"userMessage": "declined"}, "response": WORDS | {"finishReason": "refusal"}},
    {"match": {"userMessage": "strange"}, "response": WORDS | {"finishReason": "of_tomorrow"}},
    {"match": {"userMessage": "call"}, "response": TOOL},
    {"match": {"userMessage": "key"}, "response": refusing(401, "authentication_error", "no")},
    {"match": {"userMessage": "large"}, "response": refusing(413, "request_too_large", "big")},
    {"match": {"userMessage": "poor"}, "response": refusing(402, "billing_error", "pay")},
    {"match": {"userMessage": "wrong"}, "response": refusing(400, "invalid_request_error", "no")},
]


@pytest.fixture(scope="module")
def aimock_program(tmp_path_factory: pytest.TempPathFactory, aimock_module: ModuleType) -> Path:
    program: Path = aimock_module.installed(tmp_path_factory.mktemp("aimock"))
    return program


@pytest.fixture
def aimock(
    aimock_program: Path,
    aimock_module: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Asked]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with (
        aimock_module.serving(aimock_program, tmp_path, FIXTURES) as address,
        asked(tmp_path, address) as one,
    ):
        yield one


def test_aimock_is_asked_again_while_it_is_busy(aimock: Asked) -> None:
    reply = aimock.ask("busy")

    assert (reply.message.text, reply.usage.requests) == ("Done.", 3)
    assert aimock.slept == [1.0, 8.75]


@pytest.mark.parametrize("words", ["cut", "dropped", "garbled"])
def test_aimock_breaks_off_and_nothing_is_a_reply(aimock: Asked, words: str) -> None:
    refusal = aimock.refused(words)

    assert refusal.trouble in {"broken-stream", "rejected"}
    assert all(booked["at_least"] for booked in aimock.booked)


@pytest.mark.parametrize(
    ("words", "trouble"),
    [("key", "rejected"), ("large", "too-large"), ("poor", "spend-limit"), ("wrong", "rejected")],
)
def test_aimock_refuses_and_is_asked_once(aimock: Asked, words: str, trouble: str) -> None:
    refusal = aimock.refused(words)

    assert refusal.trouble == trouble
    assert [(booked["requests"], booked["usd"]) for booked in aimock.booked] == [(1, 0.0)]


@pytest.mark.parametrize(
    ("words", "stop"),
    [("long", "length"), ("call", "actions"), ("declined", "refusal"), ("strange", "other")],
)
def test_aimock_ends_a_turn_and_why_has_a_name(aimock: Asked, words: str, stop: str) -> None:
    reply = aimock.ask(words)

    assert reply.stop == stop
    assert [call.arguments for call in reply.message.calls] == (
        [{"path": "tally.py"}] if stop == "actions" else []
    )


# --- which test holds which fault -----------------------------------------------------------------

HELD_BY: Table = {
    "FLT-26": (
        held(claude.test_what_asking_again_cannot_mend_is_asked_once, 400, 401, 413),
        held(test_a_request_that_is_too_large_is_posted_once_more_and_smaller),
        held(dialogue.test_a_request_that_is_too_large_is_made_smaller_once),
        held(dialogue.test_what_asking_again_cannot_mend_is_not_asked_again, "rejected"),
        held(test_aimock_refuses_and_is_asked_once, "key", "large", "wrong"),
    ),
    "FLT-27": (
        held(claude.test_only_the_end_mark_makes_a_reply_whole),
        held(claude.test_a_stream_without_its_end_is_no_reply_and_not_asked_for_twice, "ends"),
        held(test_aimock_breaks_off_and_nothing_is_a_reply, "cut"),
    ),
    "FLT-28": (
        held(claude.test_why_a_turn_ended_has_a_name, "max_tokens", "refusal", "pause_turn"),
        held(test_propose.test_nothing_of_a_reply_that_was_cut_off_is_applied, "length", "other"),
        held(test_aimock_ends_a_turn_and_why_has_a_name, "long", "declined", "strange"),
    ),
    "FLT-29": (
        held(claude.test_a_stream_without_its_end_is_no_reply_and_not_asked_for_twice, "breaks"),
        held(test_a_stream_that_broke_is_asked_for_again_and_both_are_booked),
        held(test_a_stream_that_stalls_ends_with_the_time_a_reply_has),
        held(claude.test_a_stream_of_pings_ends_when_the_time_is_over),
        held(test_a_stream_that_goes_on_for_ever_is_not_heard_for_ever),
        held(test_events_without_words_for_ever_are_not_heard_for_ever),
        held(fallback.test_what_may_have_been_paid_is_raised_before_anybody_else_is_asked),
        held(test_aimock_breaks_off_and_nothing_is_a_reply, "dropped"),
    ),
    "FLT-30": (
        held(claude.test_an_error_in_the_stream_is_told),
        held(dialogue.test_a_stream_that_broke_is_asked_for_again_and_each_cost_is_booked),
    ),
    "FLT-31": (held(claude.test_an_answer_that_is_no_stream_is_no_reply, "text/html"),),
    "FLT-32": (held(test_a_body_that_is_shorter_than_it_says_is_no_reply, 200, 529),),
    "FLT-33": (
        held(replies.test_a_bad_reply_is_told_and_comes_to_an_end),
        held(replies.test_five_megabytes_take_little_time_and_memory),
    ),
    "FLT-35": (
        held(money.test_a_model_that_never_stops_is_stopped),
        held(money.test_what_had_landed_is_kept_and_the_run_can_go_on),
        held(money.test_twenty_processes_share_the_cap_of_a_day),
    ),
}


def test_every_fault_of_a_model_is_held() -> None:
    assert troubles(HELD_BY) == []
    assert ids("model") <= HELD_BY.keys()
