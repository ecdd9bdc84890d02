"""The grammar of a comment: what asks for a run, what stops one, and what is nobody's command."""

import pytest

from workflows.trigger import Command, command_in

PHRASE = "/changewright"


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/changewright", Command()),
        ("/changewright please mend it", Command("please mend it")),
        ("Thanks!\r\n/changewright mend it\r\nbut not so", Command("mend it\nbut not so")),
        ("/changewright model large mend it", Command("mend it", model="large")),
        ("/changewright up to $2 mend it", Command("mend it", up_to_usd=2.0)),
        ("/changewright model a.b-1 up to $0.50", Command(model="a.b-1", up_to_usd=0.5)),
        ("/changewright up to $1 model x go", Command("go", model="x", up_to_usd=1.0)),
        ("/changewright stop", Command(stops=True)),
        ("/changewright stop\n", Command(stops=True)),
        ("/changewright one\n/changewright stop", Command("one\n/changewright stop")),
        ("```\n/changewright stop\n```\n/changewright go", Command("go")),
        ("```x``` is code\n/changewright go", Command("go")),
        ("an opening `<!--` alone\n/changewright go", Command("go")),
    ],
)
def test_what_stands_at_the_start_of_a_line_is_a_command(text: str, command: Command) -> None:
    assert command_in(text, PHRASE) == command


@pytest.mark.parametrize(
    "text",
    [
        "",
        "say /changewright stop",
        " /changewright stop",
        "> /changewright stop",
        "/changewrights stop",
        "/Changewright stop",
        "`/changewright stop`",
        "```\n/changewright stop\n```",
        "~~~~\n/changewright stop\n~~~\n/changewright stop\n~~~~",
        "```sh\n/changewright stop",
        "    /changewright stop",
        "<!--\n/changewright stop\n-->",
        "<!-- never closed\n/changewright stop",
        "\u200b/changewright stop",
        "/changewright\u200b stop",
    ],
)
def test_what_is_quoted_shown_as_code_or_hidden_is_none(text: str) -> None:
    assert command_in(text, PHRASE) is None


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("/changewright stop it now", "stands alone"),
        ("/changewright stop!", "stands alone"),
        ("/changewright model", "followed by the name"),
        ("/changewright model a model b", "stands there once"),
        ("/changewright up to 2 go", "amount in US dollars"),
        ("/changewright up to $0", "amount in US dollars"),
        ("/changewright up to $-1", "amount in US dollars"),
        ("/changewright up to $1e3", "amount in US dollars"),
        ("/changewright up to $1 up to $2", "amount in US dollars"),
        ("/changewright up to", "amount in US dollars"),
    ],
)
def test_what_comes_close_is_refused_and_said_never_guessed(text: str, complaint: str) -> None:
    found = command_in(text, PHRASE)

    assert found is not None
    assert complaint in found.trouble
    assert found == Command(trouble=found.trouble)


def test_a_command_is_known_by_the_phrase_that_was_chosen() -> None:
    assert command_in("/mend it", "/mend") == Command("it")
    assert command_in("/changewright it", "/mend") is None
