"""When the vendor's cache should have been read, and was not."""

from dataclasses import replace

from workflows.caching import changed, missed
from workflows.conversation import Action, Conversation, Message, Usage

WROTE = Usage(input_tokens=5, cache_write_tokens=2000)
TURNS = (Message("user", "one"), Message("model", "two"), Message("user", "three"))
ASKED = Conversation("system", TURNS, (Action("read", "reads", {}),))


def test_what_was_put_there_is_read_from_it() -> None:
    assert missed(WROTE, Usage(cache_read_tokens=1990), 10) == ""
    assert missed(Usage(input_tokens=900), Usage(input_tokens=1900), 10) == ""
    # Nobody counted what a broken stream read.
    assert missed(WROTE, Usage(at_least=True), 10) == ""


def test_what_was_paid_again_is_said_with_its_reason() -> None:
    again = Usage(cache_read_tokens=500, cache_write_tokens=1600)
    head = "1500 of 2000 tokens that were in the cache were not read from it: "

    assert missed(WROTE, again, 10) == (
        f"{head}the vendor no longer had it, although the request begins as the one before"
    )
    assert missed(WROTE, again, 301).endswith(
        "the last request was 301 s ago and it is kept for 300 s"
    )
    assert missed(WROTE, again, 301, "another model answered") == f"{head}another model answered"


def test_a_conversation_that_goes_on_begins_as_it_did() -> None:
    more = replace(ASKED, messages=(*TURNS, Message("model", "four"), Message("user", "five")))

    assert changed(ASKED, more) == ""
    assert changed(ASKED, replace(more, actions=())) == "the actions"
    assert changed(ASKED, replace(more, system="other")) == "the instructions"
    other = (TURNS[0], Message("model", "2"), TURNS[2])
    assert changed(ASKED, replace(more, messages=other)) == "turn 2"
    assert changed(more, ASKED) == "the number of turns, 3 after 5"
