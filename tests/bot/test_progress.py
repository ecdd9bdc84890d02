"""A run in a person's words: one line per entry, whatever a stranger named things."""

import os
import pty
import sys
from pathlib import Path
from typing import Any

import pytest

from bot import console, logs
from bot.progress import Progress, line_of
from bot.redaction import Redactor
from workflows.run import Entry, Event, EventKind

Capture = pytest.CaptureFixture[str]

KEY = "sk-ant-Zq7vT2mXw9RkL4pB8nYc3HdJ6sFgA1eU"


def entry(kind: EventKind, **data: Any) -> Entry:
    return Entry(1, "r1", "2026-01-02T03:04:05Z", Event(kind, data))


def attempt(word: str, *messages: str) -> dict[str, Any]:
    findings = [{"severity": "note", "message": "not this"}]
    findings += [{"severity": "block", "message": message} for message in messages]
    return {"number": 2, "verdict": {"word": word, "findings": findings}}


OPINION: dict[str, Any] = {"decision": "veto", "model": "a judge", "reasons": [], "trouble": ""}
LANDED = {"path": "a.py", "landed": True}
REJECTED = {"path": "b.py", "landed": False}


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (
            entry("run.started", base_commit="c" * 40, model="scripted"),
            "run started on cccccccccccc with scripted",
        ),
        (entry("run.started", base_commit="c" * 40), ""),
        (
            entry(
                "run.started",
                base_commit="c" * 40,
                model="none",
                campaign="c1",
                task={"title": "Tidy\n\x1b[1mup"},
            ),
            r"run started on cccccccccccc for 'Tidy\n\x1b[1mup'",
        ),
        (
            entry("scope.selected", files=["a", "b", "c", "d"], tokens=90),
            "scope       4 files ranked, 90 tokens packed, first: a, b, c",
        ),
        (entry("environment.ready", how="built", seconds=1.25), "environment built (1.2 s)"),
        (
            entry("snippet.finished", outcome="timeout", host_calls=7, edits=2, seconds=9.96),
            "  snippet   timeout, 7 calls, 2 edits (10.0 s)",
        ),
        (
            entry("tools.offered", tools=2, troubles=["server weather: it ended"]),
            "tools       2 of other programs; server weather: it ended",
        ),
        (entry("prompt.sent", attempt=1, conversation="x"), "attempt 1: asking the model"),
        (
            entry("prompt.sent", attempt=1, conversation="x", reservation="opinion-1/1.1"),
            "attempt 1: asking for a second opinion",
        ),
        (
            entry("budget.settled", usd=0.5, tokens=9, at_least=True, trouble="broken-stream"),
            "  no reply  broken-stream; booked as at least $0.5000, 9 tokens",
        ),
        (
            entry("budget.settled", usd=None, tokens=0, at_least=False, trouble="overloaded"),
            "  no reply  overloaded; booked as an unknown price, 0 tokens",
        ),
        (
            entry("budget.settled", usd=0.1, tokens=9, cache_missed="5 of 9 tokens were not read"),
            "  warning   5 of 9 tokens were not read",
        ),
        (entry("budget.settled", usd=0.1, tokens=9, cache_missed="", trouble=""), ""),
        (entry("patch.landed", edits=[]), "  edits     none in the reply"),
        (
            entry("patch.landed", edits=[LANDED, REJECTED]),
            "  edits     1 of 2 rejected, so none was applied",
        ),
        (entry("patch.landed", edits=[LANDED, LANDED]), "  edits     2 landed in a.py"),
        (
            entry("patch.landed", edits=[{**LANDED, "path": f"{n}.c"} for n in range(10)]),
            "  edits     10 landed in 0.c, 1.c, 2.c, 3.c, 4.c, 5.c, 6.c, 7.c and 2 more files",
        ),
        (
            entry("gate.finished", gate="tests", side="base", summary="3 passed", seconds=0.5),
            "  gate      tests: base 3 passed (0.5 s)",
        ),
        (entry("attempt.finished", attempt=attempt("pass")), "attempt 2: pass"),
        (
            entry("attempt.finished", attempt=attempt("fail", "\nfirst\nsecond", "third")),
            "attempt 2: fail (first)",
        ),
        (entry("attempt.finished", attempt=attempt("fail", " \n")), "attempt 2: fail"),
        (
            entry("adjudication.finished", opinion={**OPINION, "decision": "accept"}),
            "  opinion   accept from a judge",
        ),
        (
            entry("adjudication.finished", opinion={**OPINION, "reasons": [{"why": "Bad.\nSee?"}]}),
            "  opinion   veto from a judge (Bad.)",
        ),
        (
            entry(
                "adjudication.finished",
                opinion={**OPINION, "decision": "none", "trouble": "it said nothing"},
            ),
            "  opinion   none from a judge: it said nothing",
        ),
        (entry("bundle.written", path="/b.json", sha256=""), "bundle      /b.json"),
        (entry("run.finished", state="nothing", why="no"), "run nothing: no"),
        (entry("run.finished", state="nothing", verdict="pass", why="so"), "run done: so"),
        (entry("model.replied", attempt=1, reply=""), ""),
        (
            entry("run.resumed", replies=2, attempts=1),
            "going on; replies paid for: 2, attempts judged: 1",
        ),
        (entry("budget.settled", lost=False), ""),
        (
            entry("budget.settled", lost=True),
            "  a reply was asked for and lost; it is booked at the most it can have cost",
        ),
        (
            entry("run.finished", state="failed", why="\x1b[2J\nrun proposed: forged"),
            r"run failed: \x1b[2J\nrun proposed: forged",
        ),
    ],
)
def test_an_entry_is_one_line(told: Entry, line: str) -> None:
    assert line_of(told) == line


def test_piped_progress_is_plain_lines(capsys: Capture) -> None:
    with Progress(quiet=False) as progress:
        progress.entry(entry("run.finished", state="proposed", why="[b]good[/b]"))
        progress.entry(entry("model.replied"))

    assert capsys.readouterr() == ("", "run proposed: [b]good[/b]\n")


def test_quiet_progress_is_silent(capsys: Capture) -> None:
    with Progress(quiet=True) as progress:
        progress.entry(entry("run.finished", state="proposed", why="good"))

    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("quiet", [True, False])
def test_each_entry_is_logged_quiet_or_not(quiet: bool, tmp_path: Path) -> None:  # noqa: FBT001
    log = logs.open_log(tmp_path, "r1", Redactor())
    with Progress(quiet=quiet, log=log) as progress:
        progress.entry(entry("model.replied"))
    logs.begin("")

    assert '"event":"model.replied"' in (tmp_path / "logs" / "r1.jsonl").read_text()


def test_a_log_that_speaks_leaves_nothing_live(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = logs.open_log(tmp_path, "r1", Redactor(), verbosity=1)
    master, slave = pty.openpty()
    with os.fdopen(master, "rb", buffering=0) as screen, os.fdopen(slave, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        with Progress(quiet=False, log=log) as progress:
            progress.entry(entry("run.finished", state="nothing", why="no"))
        terminal.flush()
        os.set_blocking(screen.fileno(), False)
        shown = b"".join(iter(lambda: screen.read(65_536) or b"", b""))
    logs.begin("")

    assert b"run=r1 run.finished state=nothing" in shown
    assert b"run nothing: no" in shown
    assert b"\x1b" not in shown


def test_a_line_holds_no_secret() -> None:
    console.redact_with(lambda: Redactor([KEY]))
    try:
        line = line_of(entry("run.finished", state="failed", why=f"with\n{KEY}"))
    finally:
        console.redact_with(None)

    assert line == r"run failed: with\n[secret]"


def test_nobody_reading_along_ends_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    unread = os.fdopen(writing, "w", buffering=1)
    monkeypatch.setattr(sys, "stderr", unread)
    with Progress(quiet=False) as progress:
        progress.entry(entry("run.finished", state="nothing", why="no"))
    with pytest.raises(BrokenPipeError):
        unread.close()


def test_on_a_terminal_lines_stay_above_what_is_live(monkeypatch: pytest.MonkeyPatch) -> None:
    master, slave = pty.openpty()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    with os.fdopen(master, "rb", buffering=0) as screen, os.fdopen(slave, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        with Progress(quiet=False) as progress:
            progress.entry(entry("run.finished", state="nothing", why="[red]kept[/red] \x1b[2J"))
        terminal.flush()
        os.set_blocking(screen.fileno(), False)
        shown = b"".join(iter(lambda: screen.read(65_536) or b"", b""))

    assert rb"run nothing: [red]kept[/red] \x1b[2J" in shown
    assert b"\x1b[2J" not in shown
    assert shown.count(b"\x1b[?25h") >= 1, "the cursor is not given back"
