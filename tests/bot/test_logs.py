"""One line per event, in a file of its own: figures and words of ours, nothing of the target."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot import logs
from bot.logs import NO_LOG, open_log
from bot.redaction import Redactor
from tests.ending import LIMIT_S, all_ended
from workflows.run import Entry, Event, EventKind

Capture = pytest.CaptureFixture[str]
KEY = "sk-ant-Zq7vT2mXw9RkL4pB8nYc3HdJ6sFgA1eU"
AT = "2026-01-02T03:04:05.678+00:00"
PROSE = "what a stranger wrote, a model said or a test printed"


@pytest.fixture(autouse=True)
def at_the_start() -> Iterator[None]:
    logs.begin("propose")
    yield
    logs.begin("")


def opened(state: Path, run: str = "", verbosity: int = 0) -> logs.Log:
    return open_log(state, run, Redactor([KEY]), verbosity, lambda: AT)


def entry(kind: EventKind, /, **data: Any) -> Entry:
    return Entry(7, "r1", "2026-01-02T03:04:05Z", Event(kind, data))


def lines(state: Path, name: str = "r1") -> list[dict[str, Any]]:
    text = (state / "logs" / f"{name}.jsonl").read_text("ascii")
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def test_each_event_is_a_line_with_time_level_run_and_process(tmp_path: Path) -> None:
    opened(tmp_path, "r1").event("model.retried", "warning", wait_s=1.5)

    started, retried = lines(tmp_path)
    assert started["event"] == "process.started"
    assert started["command"] == "propose"
    assert retried == {
        "at": AT,
        "level": "warning",
        "event": "model.retried",
        "run": "r1",
        "pid": os.getpid(),
        "wait_s": 1.5,
    }


def test_the_time_is_to_the_millisecond_and_says_its_zone(tmp_path: Path) -> None:
    open_log(tmp_path, "r1", Redactor())

    at = lines(tmp_path)[0]["at"]
    assert len(at) == len(AT)
    assert at.endswith("+00:00")


def test_the_file_is_private_and_named_for_run_or_command_and_process(tmp_path: Path) -> None:
    opened(tmp_path, "r1")
    opened(tmp_path)
    opened(tmp_path, "../.ssh/keys")

    files = sorted(path.name for path in (tmp_path / "logs").iterdir())
    assert files == [
        "_.ssh_keys.jsonl",
        f"propose-20260102T030405-{os.getpid()}.jsonl",
        "r1.jsonl",
    ]
    assert (tmp_path / "logs").stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in (tmp_path / "logs").iterdir())


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (
            entry("run.started", base_commit="c" * 40, task={"title": PROSE, "body": PROSE}),
            {"base_commit": "c" * 40},
        ),
        (
            entry("scope.selected", files=[PROSE, PROSE], tokens=90, excerpts="b" * 64),
            {"files": 2, "tokens": 90},
        ),
        (entry("model.replied", attempt=1, reply="b" * 64), {"attempt": 1}),
        (entry("environment.ready", how="built", trouble=PROSE, note=PROSE), {"how": "built"}),
        (
            entry("patch.landed", attempt=1, edits=[{"path": PROSE, "landed": True}]),
            {"attempt": 1, "edits": 1},
        ),
        (
            entry("gate.finished", gate="tests", side="base", summary=PROSE, seconds=0.5),
            {"gate": "tests", "side": "base", "seconds": 0.5},
        ),
        (
            entry(
                "attempt.finished",
                attempt={
                    "number": 2,
                    "verdict": {"word": "fail", "findings": [{"message": PROSE}]},
                },
            ),
            {"number": 2, "word": "fail", "findings": 1},
        ),
        (
            entry(
                "adjudication.finished",
                opinion={"decision": "veto", "reasons": [{"why": PROSE}], "trouble": PROSE},
            ),
            {"decision": "veto", "reasons": 1},
        ),
        (
            entry("effect.intended", key="k", kind="push", request={"body": PROSE}),
            {"key": "k", "kind": "push"},
        ),
        (entry("review.recorded", review={"words": PROSE, "verdict": "rejected"}), {}),
        (
            entry("run.finished", state="failed", verdict="infrastructure", why=PROSE),
            {"state": "failed", "verdict": "infrastructure"},
        ),
    ],
    ids=lambda value: value.event.kind if isinstance(value, Entry) else "",
)
def test_of_an_entry_only_figures_and_our_words_are_kept(
    told: Entry, kept: dict[str, Any], tmp_path: Path
) -> None:
    opened(tmp_path, "r1").entry(told)

    line = lines(tmp_path)[-1]
    assert line["event"] == told.event.kind
    assert {name: line[name] for name in line if name not in logs._HEAD} == kept
    assert PROSE not in json.dumps(line)


def test_what_comes_after_a_runs_first_entry_names_the_run(tmp_path: Path) -> None:
    log = opened(tmp_path)
    log.entry(entry("run.started"))
    log.event("process.finished", code=0)

    name = f"propose-20260102T030405-{os.getpid()}"
    assert [line["run"] for line in lines(tmp_path, name)] == ["", "r1", "r1"]


def test_a_line_is_one_line_without_secret_or_escape_and_short(tmp_path: Path) -> None:
    log = opened(tmp_path, "r1")
    log.event("a", told=f"\x1b[2J{KEY}\nsecond\udcff", long="x" * 9_000, event="b", pid=0)

    line = lines(tmp_path)[-1]
    assert line["told"] == "\x1b[2J[secret]\nsecond\udcff"
    assert len(line["long"]) < 300
    assert (line["event"], line["pid"]) == ("a", os.getpid())
    raw = (tmp_path / "logs" / "r1.jsonl").read_bytes()
    assert b"\x1b" not in raw
    assert len(raw.splitlines()) == 2


@pytest.mark.parametrize(
    ("verbosity", "shown"),
    [
        (0, []),
        (1, ["03:04:05.678 run=r1 run.finished state=failed"]),
        (
            2,
            [
                "03:04:05.678 run=r1 budget.settled tokens=12",
                "03:04:05.678 run=r1 run.finished state=failed",
            ],
        ),
    ],
)
def test_verbose_shows_the_log_and_twice_verbose_its_details(
    verbosity: int, shown: list[str], tmp_path: Path, capsys: Capture
) -> None:
    log = opened(tmp_path, "r1", verbosity)
    log.entry(entry("budget.settled", tokens=12))
    log.entry(entry("run.finished", state="failed"))

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines()[1:] == shown or not (shown or said.err)
    assert log.speaks == bool(verbosity)
    assert len(lines(tmp_path)) == 3


def test_what_is_shown_steers_no_terminal(tmp_path: Path, capsys: Capture) -> None:
    opened(tmp_path, "r1", 1).event("a", told=f"\x1b[2J\n{KEY}")

    assert capsys.readouterr().err.splitlines()[-1].endswith(r"a told=\x1b[2J\n[secret]")


@pytest.mark.parametrize("obstacle", ["a file", "a link"])
def test_a_log_that_cannot_be_written_is_said_once_and_ends_nothing(
    obstacle: str, tmp_path: Path, capsys: Capture
) -> None:
    if obstacle == "a file":
        (tmp_path / "logs").write_text("")
    else:
        (tmp_path / "logs").mkdir()
        (tmp_path / "logs" / "r1.jsonl").symlink_to(tmp_path / "elsewhere")

    log = opened(tmp_path, "r1")
    log.event("a")
    log.event("b")
    log.close()

    said = capsys.readouterr().err
    assert said.startswith(f"note: no log is kept in {tmp_path}/logs: ")
    assert said.count("\n") == 1
    assert not (tmp_path / "elsewhere").exists()
    assert [kind for _, kind in log.recent] == ["process.started", "a", "b"]


def test_a_disk_that_fills_up_ends_the_log_and_not_the_work(
    tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "logs").mkdir()
    log = opened(tmp_path, "r1")
    assert log._file is not None
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, log._file)
    os.close(full)

    log.event("a")
    log.event("b")

    assert capsys.readouterr().err == (
        f"note: no log is kept in {tmp_path}/logs: No space left on device;"
        " the work goes on without it\n"
    )


def test_many_processes_never_write_into_one_anothers_lines(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from bot.logs import open_log;"
        "from bot.redaction import Redactor;"
        "log = open_log(Path(sys.argv[1]), 'r1', Redactor());"
        "[log.event('a', told='x' * 190, number=n) for n in range(300)]"
    )
    argv = [sys.executable, "-c", code, str(tmp_path)]
    with all_ended(subprocess.Popen(argv) for _ in range(3)) as workers:
        assert [worker.wait(LIMIT_S) for worker in workers] == [0, 0, 0]

    written = lines(tmp_path)
    assert len(written) == 3 * 301
    assert len({line["pid"] for line in written}) == 3


def test_before_a_log_is_open_events_go_nowhere(capsys: Capture) -> None:
    assert not NO_LOG.speaks
    logs.current().event("a")
    logs.current().entry(entry("run.started"))
    logs.current().close()

    assert [kind for _, kind in logs.current().recent] == ["a", "run.started"]
    assert capsys.readouterr() == ("", "")


def test_an_opened_log_is_the_current_one_until_the_next_command(tmp_path: Path) -> None:
    log = opened(tmp_path, "r1")
    assert logs.current() is log
    assert logs.command() == "propose"

    logs.begin("runs")
    log.event("too late")

    assert logs.current() is not log
    assert len(lines(tmp_path)) == 1
