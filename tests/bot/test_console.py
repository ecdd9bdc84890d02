"""Words for people and the document for programs, never mixed."""

import json
from collections.abc import Iterator

import pytest

from bot.console import Console, one_line, printable, redact_with, redacted, redactor
from bot.redaction import Redactor

Capture = pytest.CaptureFixture[str]
KEY = "sk-ant-Zq7vT2mXw9RkL4pB8nYc3HdJ6sFgA1eU"


@pytest.fixture
def knowing_the_key() -> Iterator[None]:
    redact_with(lambda: Redactor([KEY]))
    yield
    redact_with(None)


def test_words_go_to_standard_output_and_hints_do_not(capsys: Capture) -> None:
    console = Console()
    console.say("result")
    console.note("hint")
    console.document({"a": 1})

    assert capsys.readouterr() == ("result\n", "hint\n")


def test_with_a_document_all_words_go_to_standard_error(capsys: Capture) -> None:
    console = Console("document")
    console.say("result")
    console.document({"path": "\udcff\x1b[2J"})

    said = capsys.readouterr()
    assert json.loads(said.out) == {"path": "\udcff\x1b[2J"}
    assert said.out.isascii()
    assert said.err == "result\n"


def test_quiet_leaves_hints_out_and_results_in(capsys: Capture) -> None:
    console = Console(quiet=True)
    console.say("result")
    console.note("hint")

    assert capsys.readouterr() == ("result\n", "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\n\ttext é", "plain\n\ttext é"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("\r\u202eover", r"\x0d\x202eover"),
        ("\udcff", r"\xdcff"),
    ],
)
def test_nothing_steers_the_terminal(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_one_line_is_one_line() -> None:
    assert one_line("a\nb") == r"a\nb"


@pytest.mark.usefixtures("knowing_the_key")
def test_whatever_is_said_holds_no_secret(capsys: Capture) -> None:
    console = Console()
    console.say(f"result {KEY}")
    console.note(f"hint \x1b[31m{KEY}")
    Console("document").document({KEY: [{"a": f"<{KEY}>", "b": 1}, KEY[:20], None, (KEY[::-1],)]})

    said = capsys.readouterr()
    assert said.err == "hint \\x1b[31m[secret]\n"
    words, _, document = said.out.partition("\n")
    assert words == "result [secret]"
    assert json.loads(document) == {
        "[secret]": [{"a": "<[secret]>", "b": 1}, "[secret]", None, ["[secret]"]]
    }


@pytest.mark.usefixtures("knowing_the_key")
def test_a_secret_in_two_halves_leaves_a_document_that_is_json(capsys: Capture) -> None:
    Console("document").document({"parts": [KEY[:20], KEY[20:]]})

    assert json.loads(capsys.readouterr().out) == {"parts": ["[secret]", "[secret]"]}


def test_the_redactor_is_made_on_the_first_words_and_once() -> None:
    made = []

    def make() -> Redactor:
        made.append(1)
        return Redactor([KEY])

    redact_with(make)
    assert made == []
    assert redacted(KEY) == redactor().text(KEY) == "[secret]"
    assert made == [1]
    redact_with(None)
    assert redacted(KEY) == KEY
