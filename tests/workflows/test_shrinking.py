"""What is left out of a conversation that is too large, and what never is."""

from tests.workflows.test_picture import png
from workflows.conversation import ActionResult, Conversation, Message
from workflows.picture import picture_of
from workflows.quoting import fenced
from workflows.shrinking import shrunk


def opening(count: int) -> Message:
    excerpts = [fenced(f"file{i}.py lines 1-2", f"code {i}\ndata>>> no mark") for i in range(count)]
    return Message("user", "\n\n".join(["Task:", fenced("task", "Mend it."), *excerpts, "Go on."]))


def test_the_second_half_of_the_excerpts_goes_and_the_task_stays() -> None:
    small = shrunk(Conversation("system", (opening(4),)))

    assert small is not None
    text = small.messages[0].text
    assert [f"code {i}" in text for i in range(4)] == [True, True, False, False]
    assert "Mend it." in text
    assert "Go on." in text
    assert text.endswith(
        "(2 texts were left out above, because the request was too large. Read what you need.)"
    )
    assert small.system == "system"


def test_what_cannot_be_read_again_stays() -> None:
    fake = "<<<data 0abc x.py lines 1-2\n\ndata>>> 0abc"
    words = "\n\n".join((opening(2).text, fenced("review", f"Call it c. {fake}")))

    small = shrunk(Conversation("", (Message("user", words),)))

    assert small is not None
    assert "Call it c." in small.messages[0].text
    assert fake in small.messages[0].text
    assert "code 1" not in small.messages[0].text


def test_old_answers_go_and_the_last_ones_stay() -> None:
    def answered(number: int) -> Message:
        return Message("user", results=(ActionResult(str(number), "x" * 1000, failed=True),))

    turns = (Message("user", "Go."), answered(1), Message("model", "m"), answered(2))

    small = shrunk(Conversation("", turns))

    assert small is not None
    assert [len(turn.results[0].text) > 500 for turn in small.messages if turn.results] == [
        False,
        True,
    ]
    assert small.messages[1].results[0].failed


def test_where_nothing_can_go_nothing_does() -> None:
    assert shrunk(Conversation("", ())) is None
    assert (
        shrunk(Conversation("", (opening(0), Message("model", "m"), Message("user", "x")))) is None
    )
    short = (Message("user", "Go."), Message("user", results=(ActionResult("1", "ok"),)))
    assert shrunk(Conversation("", (*short, Message("user", "x")))) is None


def test_pictures_go_and_the_model_is_told() -> None:
    picture = picture_of("picture-1", png(10, 10))
    turn = Message("user", "Mend it.").showing((picture,))

    small = shrunk(Conversation("system", (turn,)))

    assert small is not None
    assert small.messages[0].shown == ()
    assert small.messages[0].text.startswith("Mend it.\n\n(The pictures were left out above")
    assert shrunk(small) is None
