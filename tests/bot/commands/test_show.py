"""A run step by step: found by a word, a number, or what failed; it never steers a terminal."""

import json
import time
from pathlib import Path

import pytest

from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.cli import run
from bot.wiring import now_iso
from validators.verdict import Finding, Verdict
from workflows.conversation import ActionCall, Conversation, Message, Reply, Usage
from workflows.explore import Told
from workflows.program_reply import Found
from workflows.proposal import Attempt, EditReport
from workflows.recorder import recording
from workflows.task import Task

FAILED = Verdict("fail", (Finding("tests", "new-failure", "block", "a < b fails", "t.py", 3),))


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state folder whose journal has a run of one attempt that failed in one gate of two."""
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    journal = SqliteJournal(folder / "journal.sqlite", now_iso, time.time)
    task = Task("Say it better", "words", "repo")
    start = {"task": task, "task_key": task.key, "base_commit": "c" * 40, "model": "scripted"}
    with recording(journal, "r1", start) as pen:
        told = Conversation("system", (Message("user", text="The task\n" * 9 + "in short"),))
        asked = {"attempt": 1, "reservation": "1.1"}
        pen.record("prompt.sent", **asked, conversation=pen.keep(told))
        reply = Reply(Message("model", text="It is \x1b[31mred\u202e"), "end", Usage(), "m")
        pen.record("model.replied", **asked, reply=pen.keep(reply), model="m")
        edits = (EditReport("a.py", landed=True, how="exact"),)
        pen.record("patch.landed", attempt=1, tree="d" * 40, edits=edits)
        for name, tail in (("lint", "all is well"), ("tests", "E   assert 1 == 0")):
            ended = {"side": "patched", "outcome": "failed", "seconds": 1.5, "summary": "1 failed"}
            pen.record("gate.finished", gate=name, tail=tail, **ended)
        pen.record("attempt.finished", attempt=Attempt(1, FAILED), evidence="")
        pen.record("run.finished", state="nothing", verdict="fail", why="it failed")
    journal.close()
    return folder


@pytest.fixture
def said(state: Path, capsys: pytest.CaptureFixture[str]) -> "Said":
    return Said(state, capsys)


class Said:
    """The command, and what it printed."""

    def __init__(self, state: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._state, self._capsys = state, capsys
        self.code = 0

    def __call__(self, *words: str) -> str:
        self.code = run(["show", *words, "--state", str(self._state)])
        both = self._capsys.readouterr()
        return both.out + both.err


def test_each_step_has_its_number_and_the_beginning_of_what_it_is_about(said: Said) -> None:
    lines = said("r1").splitlines()

    assert [line[:5].strip() for line in lines if line[:5].strip()] == list("12345678")
    assert lines[0].endswith("run started on cccccccccccc with scripted")
    assert "      ... 6 more lines" in lines
    assert lines[-1].endswith("run nothing: it failed")


def test_a_step_is_shown_whole_by_its_number(said: Said) -> None:
    text = said("r1", "2")
    assert text.count("The task") == 9
    assert "in short" in text
    assert "more lines" not in text


def test_the_failing_gate_is_found_and_no_other(said: Said) -> None:
    text = said("r1", "--failing")
    assert "E   assert 1 == 0" in text
    assert "[block] tests/new-failure t.py:3\n      a < b fails" in text
    assert "all is well" not in text


def test_a_word_is_found_in_whatever_case_with_the_lines_around_it(said: Said) -> None:
    text = said("r1", "--search", "IN SHORT")
    assert text.splitlines()[1:] == ["      The task", "      The task", "      in short"]

    assert said("r1", "--search", "nowhere") == "no step holds 'nowhere'\n"
    assert said.code == 1


def test_a_reply_does_not_steer_the_terminal(said: Said) -> None:
    assert r"It is \x1b[31mred\x202e" in said("r1", "3")


def test_all_of_it_is_one_document(said: Said) -> None:
    document = json.loads(said("r1", "--json"))
    assert [step["number"] for step in document["steps"]] == [*range(1, 9)]
    assert document["steps"][6]["kind"] == "attempt.finished"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("r9",), "the journal has no run 'r9'"),
        (("r1", "9"), "run r1 has 8 steps, and 9 is none of them"),
        (("r1", "1", "--failing"), "give one of them"),
    ],
)
def test_what_is_not_there_is_refused(said: Said, words: tuple[str, ...], told: str) -> None:
    assert told in said(*words)
    assert said.code == 2


def test_a_snippet_is_shown_as_it_was_written_with_what_it_came_to(state: Path, said: Said) -> None:
    journal = SqliteJournal(state / "journal.sqlite", now_iso, time.time)
    code = "for path in files():\n    print(path)"
    with recording(journal, "r2", {"task": Task("t", "", ""), "task_key": "t"}) as pen:
        calls = (
            ActionCall("1", "run_code", {"code": code}),
            ActionCall("2", "read", {"path": "a"}),
        )
        reply = Reply(Message("model", calls=calls), "actions", Usage(), "m")
        pen.record("model.replied", attempt=1, reply=pen.keep(reply), model="m")
        told = pen.keep(Told("It came to its end.\na.py", failed=False, steps=()))
        ended = {"outcome": "ok", "host_calls": 1, "seconds": 0.1, "edits": 0, "answer": told}
        pen.record("snippet.finished", snippet="/1", sha256="0" * 64, **ended)
        pen.record("gate.answered", gate="test", tree="t", outcome="pass", answer="")
        for number, why in enumerate(((), ("a.py:1: overlooked",))):
            found = Found(objections=why, about="Renames calls.")
            pen.record("program.tried", attempt=number, found=pen.keep(found))
        pen.record("run.finished", state="nothing", verdict="fail", why="it failed")
    journal.close()

    text = said("r2")

    assert "[run_code]\n      for path in files():\n          print(path)" in text
    assert "[read] {'path': 'a'}" in said("r2", "2")
    assert "snippet   ok, 1 call, 0 edits (0.1 s)\n      It came to its end.\n      a.py" in text
    assert "the model asked for test gates: pass" in text
    assert "number 0\n      accepted: Renames calls." in text
    assert "number 1\n      a.py:1: overlooked" in text
