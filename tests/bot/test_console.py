"""Words for people and the document for programs, never mixed."""

import json

import pytest

from bot.console import Console, one_line, printable

Capture = pytest.CaptureFixture[str]


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
