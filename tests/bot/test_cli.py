"""Arguments to a command, and whatever comes back to an exit code and a message."""

import errno
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path

import click
import pytest

from bot import console, logs
from bot.cli import program, run
from bot.commands import options
from bot.commands.own_process import run_own
from bot.redaction import Redactor
from scoping.refusal import Refusal
from tests.ending import LIMIT_S, ended

Capture = pytest.CaptureFixture[str]
HIDDEN = "value-of-a-variable"
KEY = "sk-ant-Zq7vT2mXw9RkL4pB8nYc3HdJ6sFgA1eU"


FAILURES: dict[str, BaseException] = {
    "full": OSError(errno.ENOSPC, "No space left on device", "/state/journal"),
    "quota": OSError(errno.EDQUOT, "Disk quota exceeded"),
    "many": OSError(errno.EMFILE, "Too many open files"),
    "memory": MemoryError(),
    "deep": RecursionError("maximum recursion depth exceeded"),
    "end of input": EOFError(),
    "pipe of ours": BrokenPipeError(errno.EPIPE, "Broken pipe"),
    "exit": SystemExit(7),
}


@click.command()
@click.argument("how", default="")
@click.option("--code", type=int, default=0)
@options.json("lists")
def trial(how: str, code: int, json_form: str) -> int:
    """Fail as told."""
    if how == "refuse":
        raise Refusal("no \x1b[2J; do that instead")
    if how == "interrupt":
        raise KeyboardInterrupt
    if how == "abort":
        raise click.Abort
    if how == "bug":
        _fail(HIDDEN)
    if how == "child":
        run_own(["none", "--json"])
        raise Refusal("no; the child had its say")
    if how == "late":
        console.Console(json_form).document(["done"])
        raise Refusal("no; it is too late")
    if how == "log":
        logs.open_log(Path.cwd() / "state", "r1", console.redactor())
        raise Refusal(f"not with {KEY}")
    if how in FAILURES:
        raise FAILURES[how]
    click.echo(json.dumps([how, json_form]))
    return code


def _fail(hidden: str) -> None:
    raise LookupError(hidden)


@pytest.fixture(autouse=True)
def with_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "none"))
    monkeypatch.chdir(tmp_path)
    program.add_command(trial)
    yield
    program.commands.pop("trial")
    console.redact_with(None)
    logs.begin("")


def test_each_module_with_a_command_of_its_name_is_one_of_the_program() -> None:
    folder = Path(str(options.__file__)).parent
    found = {
        name: command
        for name in (path.stem for path in folder.glob("*.py"))
        for command in [getattr(import_module(f"bot.commands.{name}"), name, None)]
        if isinstance(command, click.Command)
    }
    groups = [one for one in program.commands.values() if isinstance(one, click.Group)]
    beneath = [command for group in groups for command in group.commands.values()]
    own = {name: command for name, command in found.items() if command not in beneath}
    assert len(own) > 20
    assert {**program.commands} == {**own, "trial": trial}
    assert [command.name for command in own.values()] == [*own]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["trial"], 0),
        (["trial", "--code=1"], 1),
        (["trial", "refuse"], 2),
        (["trial", "--none"], 2),
        (["none"], 2),
        ([], 2),
        (["trial", "bug"], 3),
        (["trial", "interrupt"], 130),
        (["trial", "abort"], 130),
        (["trial", "full"], 2),
        (["trial", "quota"], 2),
        (["trial", "many"], 2),
        (["trial", "memory"], 2),
        (["trial", "deep"], 3),
        (["trial", "end of input"], 3),
        (["trial", "pipe of ours"], 3),
        (["--help"], 0),
        (["--version"], 0),
    ],
)
def test_each_end_has_its_exit_code(words: list[str], code: int) -> None:
    assert run(words) == code


def test_a_refusal_is_a_sentence_on_standard_error(capsys: Capture) -> None:
    run(["trial", "refuse"])

    assert capsys.readouterr() == ("", "changewright: no \\x1b[2J; do that instead\n")


def test_wrong_use_shows_no_escape_sequence(capsys: Capture) -> None:
    run(["trial", "--\x1b[2J"])

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("Usage: changewright trial")
    assert "\\x1b[2J" in said.err
    assert "\x1b" not in said.err


def test_an_interruption_says_what_is_kept(capsys: Capture) -> None:
    run(["trial", "interrupt"])

    said = capsys.readouterr().err.strip()
    assert said == "changewright: interrupted; what was finished is in the journal"


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("full", "the disk is full: /state/journal; free some space; the run can be resumed"),
        ("quota", "the disk is full: where the state or temporary files are kept; free some"),
        ("many", "Too many open files; allow more of them (ulimit -n); the run can be resumed"),
        ("memory", "memory ran out; free some, and the run can be resumed"),
        ("deep", "a fault of ours (RecursionError: something is nested deeper than"),
    ],
)
def test_what_the_machine_lacks_is_said_in_words(how: str, words: str, capsys: Capture) -> None:
    run(["trial", how])

    assert f"changewright: {words}" in capsys.readouterr().err


def test_a_programs_own_exit_passes() -> None:
    with pytest.raises(SystemExit) as end:
        run(["trial", "exit"])
    assert end.value.code == 7


def test_a_bug_leaves_a_report_without_values(capsys: Capture, tmp_path: Path) -> None:
    run(["trial", "bug"])

    said = capsys.readouterr()
    place = re.search(r"is in (\S+);", said.err)
    assert place is not None
    report = Path(place[1])
    assert report.is_relative_to(tmp_path)
    assert report.parent.stat().st_mode & 0o777 == 0o700
    assert report.stat().st_mode & 0o777 == 0o600
    text = report.read_text()
    assert "builtins.LookupError" in text
    assert "command: trial" in text
    assert re.search(r"bot/cli\.py:\d+ in _code\n    code = program\.main", text)
    assert HIDDEN not in text
    assert "Python 3." in text


def test_a_report_with_content_says_that_it_has_some(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHANGEWRIGHT_REPORT_CONTENT", "true")
    run(["trial", "bug"])

    said = capsys.readouterr().err
    assert "it quotes what was worked on, so read it first" in said
    assert "without any of your code" not in said


def test_secrets_are_in_no_message(capsys: Capture) -> None:
    console.redact_with(lambda: Redactor([HIDDEN]))

    run(["trial", "bug"])
    run(["trial", f"--{HIDDEN}"])

    said = capsys.readouterr().err
    assert "(LookupError: [secret])" in said
    assert HIDDEN not in said


def test_a_fault_in_the_reporting_is_still_a_plain_line(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))

    assert run(["trial", "bug"]) == 3

    assert capsys.readouterr().err == (
        "changewright: a fault of ours (LookupError), and it cannot be reported"
        " (FileNotFoundError); please say so in an issue\n"
    )


def test_a_redactor_that_fails_lets_nothing_through(capsys: Capture) -> None:
    def broken() -> Redactor:
        raise ValueError(KEY)

    console.redact_with(broken)

    assert run(["trial", "refuse"]) == 3
    said = capsys.readouterr().err
    assert said.startswith("changewright: a fault of ours (Refusal), and it cannot be reported")
    assert "do that instead" not in said
    assert KEY not in said


def test_the_log_holds_how_the_command_ended(tmp_path: Path, capsys: Capture) -> None:
    console.redact_with(lambda: Redactor([KEY]))

    assert run(["trial", "log"]) == 2

    lines = [
        json.loads(line) for line in (tmp_path / "state/logs/r1.jsonl").read_text().splitlines()
    ]
    assert [line["event"] for line in lines] == [
        *("process.started", "process.refused", "process.finished"),
    ]
    assert lines[0]["command"] == "trial"
    assert lines[1]["refusal"] == "Refusal"
    assert lines[2]["code"] == 2
    assert "changewright: not with [secret]" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "how", "form"),
    [
        (["--json", "word"], "word", "document"),
        (["word", "--json"], "word", "document"),
        (["--json=lists", "word"], "word", "lists"),
        (["--json"], "", "document"),
        (["--", "--json"], "--json", ""),
        (["word"], "word", ""),
    ],
)
def test_json_never_takes_the_next_word(
    words: list[str], how: str, form: str, capsys: Capture
) -> None:
    assert run(["trial", *words]) == 0
    assert json.loads(capsys.readouterr().out) == [how, form]


def test_an_unknown_form_of_json_is_wrong_use(capsys: Capture) -> None:
    assert run(["trial", "--json=list"]) == 2
    assert "'list' is no form of it; write --json=lists" in capsys.readouterr().err


# --- errors as documents --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "kind", "code", "message"),
    [
        ("refuse", "refusal", 2, "no \\x1b[2J; do that instead"),
        ("--none", "usage", 2, "No such option '--none'."),
        ("--json=list", "usage", 2, "'list' is no form of it; write --json=lists"),
        ("quota", "machine", 2, "the disk is full: where the state or temporary files are kept;"),
        ("memory", "machine", 2, "memory ran out; free some, and the run can be resumed"),
        ("interrupt", "interrupted", 130, "interrupted; what was finished is in the journal"),
        ("abort", "interrupted", 130, "interrupted; what was finished is in the journal"),
        ("bug", "bug", 3, f"a fault of ours (LookupError: {HIDDEN})"),
    ],
)
def test_an_error_is_a_document_where_one_was_asked_for(
    how: str, kind: str, code: int, message: str, capsys: Capture
) -> None:
    assert run(["trial", "--json", how]) == code

    said = capsys.readouterr()
    error = json.loads(said.out)["error"]
    assert (error["kind"], error["exit_code"]) == (kind, code)
    assert message in error["message"]
    assert error["message"] in said.err
    assert ("report" in error) is (kind == "bug")


def test_a_bugs_document_names_its_report(capsys: Capture) -> None:
    run(["trial", "bug", "--json"])

    error = json.loads(capsys.readouterr().out)["error"]
    assert "builtins.LookupError" in Path(error["report"]).read_text()


@pytest.mark.parametrize("words", [["none", "--json"], ["--json"], ["a\0b", "--json=document"]])
def test_words_that_are_no_command_are_a_document_too(words: list[str], capsys: Capture) -> None:
    assert run(words) == 2
    assert json.loads(capsys.readouterr().out)["error"]["kind"] == "usage"


def test_a_word_behind_two_dashes_asks_for_no_document(capsys: Capture) -> None:
    assert run(["trial", "refuse", "--", "--json"]) == 2
    assert capsys.readouterr().out == ""


def test_a_command_that_printed_its_document_prints_no_second(capsys: Capture) -> None:
    assert run(["trial", "late", "--json"]) == 2

    said = capsys.readouterr()
    assert json.loads(said.out) == ["done"]
    assert said.err == "changewright: no; it is too late\n"

    run(["trial", "refuse", "--json"])  # what the one before printed is not this one's
    assert json.loads(capsys.readouterr().out)["error"]["kind"] == "refusal"


def test_the_document_of_a_child_is_the_only_one(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["trial", "child", "--json"]) == 2

    said = capfd.readouterr()
    assert json.loads(said.out)["error"]["message"] == "No such command 'none'."
    assert said.err.endswith("changewright: no; the child had its say\n")


def test_no_secret_is_in_a_document_of_an_error(capsys: Capture) -> None:
    console.redact_with(lambda: Redactor([HIDDEN]))

    run(["trial", "bug", "--json"])

    assert json.loads(capsys.readouterr().out)["error"]["message"].endswith("Error: [secret])")


def test_what_cannot_be_redacted_is_a_document_of_our_own_words(capsys: Capture) -> None:
    def broken() -> Redactor:
        raise ValueError(KEY)

    console.redact_with(broken)

    assert run(["trial", "refuse", "--json"]) == 3

    said = capsys.readouterr()
    assert json.loads(said.out)["error"] == {
        "kind": "bug",
        "message": "a fault of ours (Refusal), and it cannot be reported (ValueError); please say"
        " so in an issue",
        "exit_code": 3,
    }
    assert KEY not in said.out + said.err


# --- as a process: signals, pipes, the environment ------------------------------------------------

DRIVER = """
import os, subprocess, sys, time
from bot import cli

class Stubborn:
    def __enter__(self):
        pass
    def __exit__(self, kind, error, trace):
        if kind is KeyboardInterrupt:
            print("settling", flush=True)
            sys.stdin.readline()
            print("settled", flush=True)

@cli.program.command()
def wait():
    with Stubborn():
        print("ready", flush=True)
        time.sleep(60)

@cli.program.command()
def much():
    from bot.console import Console
    for number in range(100_000):
        Console().say("line")

@cli.program.command()
def brief():
    from bot.console import Console
    Console().note("noted")
    Console().say("said")
    print(subprocess.run(["sh", "-c", "echo told; echo noted >&2 || true"], check=True))

@cli.program.command()
def document():
    from bot.console import Console
    Console("document").document({"lines": ["line"] * 100_000})

@cli.program.command()
def buggy():
    raise LookupError("the value of a variable, " + os.environ["HIDDEN_TOKEN"])

cli.main()
"""


def start(
    command: str, environment: dict[str, str]
) -> AbstractContextManager[subprocess.Popen[str]]:
    return ended(
        subprocess.Popen(
            [sys.executable, "-c", DRIVER, command],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    )


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_any_wish_to_end_settles_and_a_second_one_waits(
    number: signal.Signals, environment: dict[str, str]
) -> None:
    with start("wait", environment) as process:
        assert line(process) == "ready"
        process.send_signal(number)
        assert line(process) == "settling"
        process.send_signal(number)
        assert process.stderr is not None
        assert "still settling; once more ends it at once" in process.stderr.readline()
        out, err = process.communicate("\n", timeout=LIMIT_S)

    assert process.returncode == 130
    assert out == "settled\n"
    assert err == "changewright: interrupted; what was finished is in the journal\n"


def test_a_third_wish_to_end_ends_it(environment: dict[str, str]) -> None:
    with start("wait", environment) as process:
        assert line(process) == "ready"
        process.send_signal(signal.SIGINT)
        assert line(process) == "settling"
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        process.stderr.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=LIMIT_S)

    assert process.returncode == 130
    assert (out, err) == ("", "")


def test_an_ignored_hang_up_stays_ignored(environment: dict[str, str]) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with start("wait", environment) as process:
            assert line(process) == "ready"
            process.send_signal(signal.SIGHUP)
            process.send_signal(signal.SIGTERM)
            assert line(process) == "settling"
            _, err = process.communicate("\n", timeout=LIMIT_S)
    finally:
        signal.signal(signal.SIGHUP, before)

    assert "still settling" not in err
    assert process.returncode == 130


@pytest.mark.parametrize("command", ["much", "document"])
def test_a_reader_that_stops_reading_hears_nothing_more(
    command: str, environment: dict[str, str]
) -> None:
    with start(command, environment) as process:
        assert process.stdout is not None
        process.stdout.read(1)
        process.stdout.close()
        assert process.stderr is not None
        err = process.stderr.read()
        process.wait(LIMIT_S)

    assert err == ""
    assert process.returncode == 141


@pytest.mark.parametrize(
    ("closing", "code"),
    [
        ("2>/dev/full", 0),
        (">/dev/full", 2),
        (">&-", 0),
        ("2>&-", 0),
        ("<&- >&- 2>&-", 0),
    ],
)
def test_standard_streams_that_take_nothing_are_no_fault_of_ours(
    closing: str, code: int, environment: dict[str, str]
) -> None:
    argv = ["sh", "-c", f'exec "$@" {closing}', "sh", sys.executable, "-c", DRIVER, "brief"]
    done = subprocess.run(
        argv, env=environment, capture_output=True, text=True, check=False, timeout=LIMIT_S
    )

    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    told = "changewright: standard output cannot be written: No space left on device; give it"
    assert (told in done.stderr) is (code == 2)


def test_standard_input_that_is_not_there_holds_nothing(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    asked = [sys.executable, "-c", DRIVER, "apply", "--tree", str(tmp_path), "-"]
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", *asked],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
    )

    assert (done.returncode, done.stdout) == (1, "the reply holds no edit\n")


def test_a_current_folder_that_is_gone_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()

    assert run(["runs", "--state", "here"]) == 2
    assert "the current folder is gone; go to one that is there" in capsys.readouterr().err


def test_a_locale_that_knows_no_letters_is_refused(environment: dict[str, str]) -> None:
    posix = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    argv = [sys.executable, "-c", DRIVER, "brief"]
    done = subprocess.run(
        argv, env=environment | posix, capture_output=True, text=True, check=False, timeout=LIMIT_S
    )

    assert done.returncode == 2
    assert "this locale writes names of files in ascii; start it with LC_ALL=C.UTF-8" in done.stderr


def test_a_planted_bug_tells_neither_key_nor_value_nor_path(
    environment: dict[str, str], tmp_path: Path
) -> None:
    state = tmp_path / "state" / "changewright"
    state.mkdir(parents=True)
    told = environment | {"XDG_STATE_HOME": str(state.parent), "HIDDEN_TOKEN": KEY}
    with start("buggy", told) as process:
        out, err = process.communicate(timeout=LIMIT_S)

    assert process.returncode == 3
    assert out == ""
    report = next(iter((state / "reports").iterdir()))
    assert str(report) in err
    assert re.fullmatch(r"\d{8}T\d{6}Z-\d+\.txt", report.name)
    text = report.read_text()
    assert "the value of a variable" not in text
    assert KEY not in text
    assert str(tmp_path) not in text
    assert os.getcwd() not in text  # noqa: PTH109 - as the program would name it
