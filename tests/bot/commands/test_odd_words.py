"""Words and figures that nobody means: refused as wrong use, before anything is done."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.cli import run

if TYPE_CHECKING:
    from tests.bot.commands.conftest import Desk

LATIN = os.fsdecode(b"caf\xe9")
FAR = "9" * 30


@pytest.mark.parametrize(
    "words",
    [
        ("propose", "--task", LATIN),
        ("scope", "--task", LATIN),
        ("resume", LATIN),
        ("migrate", "--on", "*.txt", "--rule", LATIN),
        ("review", "reject", "1", "--reason", LATIN),
        ("review", "reject", "1", "--reason", "no", "--reviewer", LATIN),
        ("review", "request-changes", "1", "--words", LATIN),
        ("review", "accept", "1", "--words", LATIN),
    ],
)
def test_words_that_are_no_text_are_refused(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 2
    assert "it is not UTF-8" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        ("runs", "--limit=-1"),
        ("runs", "--limit", FAR),
        ("propose", "--revise", "0"),
        ("propose", "--revise=-1"),
        ("propose", "--revise", "1", "--task", "more"),
        ("propose", "--revise", "1", "--issue-file", "issue.md"),
    ],
)
def test_figures_that_mean_nothing_are_wrong_use(words: tuple[str, ...]) -> None:
    assert run(words) == 2


@pytest.mark.parametrize(
    ("out", "why"),
    [
        ("", "it is a folder; name a file in it"),
        (".", "it is a folder; name a file in it"),
        ("repo", "it is there and is no plain file; name another, or remove it"),
        ("pipe", "it is there and is no plain file; name another, or remove it"),
        ("link", "it is there and is no plain file; name another, or remove it"),
        ("gone/file", "there is no folder"),
    ],
)
def test_a_place_that_cannot_take_the_result_is_refused_before_the_work(
    desk: "Desk", monkeypatch: pytest.MonkeyPatch, out: str, why: str
) -> None:
    monkeypatch.chdir(desk.folder)
    os.mkfifo("pipe")
    Path("link").symlink_to("repo/docs/two.txt")
    capsys = desk.capsys

    for words in (
        ("propose", "--repo", "repo", "--task", "x", "--out", out),
        ("journal", "export", "r1", "--out", out),
    ):
        assert run(words) == 2
        assert why in capsys.readouterr().err
    assert Path("pipe").is_fifo()
    assert Path("link").is_symlink()


def test_a_bound_of_a_million_years_drops_nothing(desk: "Desk") -> None:
    _, document = desk.propose("good")

    assert run(["journal", "prune", "--days", FAR, "--state", str(desk.state)]) == 0
    assert desk.capsys.readouterr().out.startswith("dropped 0 blobs of 0 runs")
    assert desk.ask("runs")[1]["runs"][0]["id"] == document["run"]


def test_a_name_of_two_lines_is_one_line_of_a_list(desk: "Desk") -> None:
    (desk.repo / "docs/first\n  9.000  second.txt").write_text("one\n")
    desk.git("add", "--all")
    desk.git("commit", "--quiet", "--message=odd")

    assert desk.run("scope", "--task", "Say it better", "--explain") == 0

    assert "docs/first\\n  9.000  second.txt\n" in desk.said
    assert "\n  9.000  second.txt" not in desk.said


def test_a_title_of_two_lines_is_one(desk: "Desk") -> None:
    issue = desk.folder / "issue.md"
    issue.write_text('---\ntitle: "Say it\\n  better"\n---\nPlease.\n')
    more = ("--issue-file", str(issue), "--unsafe-no-sandbox", "--quiet", desk.replies("good"))

    assert desk.run("propose", *more) == 0
    assert desk.run("runs") == 0

    assert desk.said.endswith("  Say it better\n")
