"""A conversation that gets nowhere is seen to from its turns alone."""

from workflows.conversation import ActionCall, ActionResult, Message
from workflows.guards import READING_MOST, REPEATED_MOST, reading, repeated, stuck


def turn(number: int, name: str, answer: str, **arguments: object) -> tuple[Message, Message]:
    call = ActionCall(f"c{number}", name, arguments)
    return (
        Message("model", f"words {number}", (call,)),
        Message("user", results=(ActionResult(f"c{number}", answer),)),
    )


def said(words: str) -> tuple[Message, Message]:
    return Message("model", words), Message("user", "No.")


def test_the_same_call_with_the_same_answer_is_a_repetition_whatever_is_said_with_it() -> None:
    first = turn(1, "read", "text", path="a", start=1)
    again = turn(2, "read", "text", start=1, path="a")

    assert repeated(first) == 0
    assert repeated((*first, *again)) == 1
    assert repeated((*first, *turn(3, "read", "another text", path="a", start=1))) == 0
    assert repeated((*first, *turn(4, "read", "text", path="b", start=1))) == 0


def test_one_new_call_among_known_ones_is_progress() -> None:
    first = turn(1, "read", "text", path="a")
    (asked, answered), (new, found) = turn(2, "read", "text", path="a"), turn(3, "search", "x")
    both = (
        Message("model", "", (*asked.calls, *new.calls)),
        Message("user", results=(*answered.results, *found.results)),
    )

    assert repeated((*first, *both)) == 0


def test_words_that_were_said_before_are_a_repetition() -> None:
    assert repeated((*said("one"), *said(" one\n"))) == 1
    # Not only right before: going to and fro is getting nowhere, too.
    assert repeated((*said("one"), *said("two"), *said("one"), *said("two"))) == 2
    assert repeated((*said("one"), *said("one"), *said("two"))) == 0


def test_a_repetition_ends_the_conversation_when_it_goes_on() -> None:
    turns = said("one") * REPEATED_MOST
    assert stuck(turns) == ""
    assert stuck((*turns, *said("one"))).startswith(f"the model repeated itself {REPEATED_MOST} ")


def test_reading_without_end_ends_the_conversation() -> None:
    turns = [turn(i, "read", str(i), path=str(i)) for i in range(READING_MOST)]
    flat = tuple(message for pair in turns for message in pair)

    assert stuck(flat[:-2]) == ""
    assert stuck(flat).startswith(f"the model read {READING_MOST} times")
    assert reading((*flat, *said("edits"))) == 0
    assert reading((*flat, *turn(99, "run_gate", "passed"))) == 0
    assert reading(()) == 0
    look = turn(99, "editor", "lines", command="view", path="a")
    assert reading((*flat, *look)) == READING_MOST + 1
    assert reading((*flat, *turn(99, "editor", "no", command="insert", path="a"))) == 0
