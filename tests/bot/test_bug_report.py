"""The report of a fault: where it happened, and nothing of what was worked on unless asked."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot import console, logs
from bot.bug_report import write_report
from bot.redaction import Redactor

KEY = "sk-ant-Zq7vT2mXw9RkL4pB8nYc3HdJ6sFgA1eU"
CONTENT = "def price(): return 'a line of the target'"
TARGET = "/home/me/private-project/prices.py"
ARGUMENTS = ["propose", "--task", f"do it in {TARGET}"]

Raised = Callable[[], BaseException]


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state folder that is there, and a key that is known."""
    state = tmp_path / "state" / "changewright"
    state.mkdir(parents=True)
    monkeypatch.setenv("XDG_STATE_HOME", str(state.parent))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    console.redact_with(lambda: Redactor([KEY]))
    logs.begin("propose")
    yield state
    console.redact_with(None)
    logs.begin("")


def caught(act: Callable[[], object]) -> BaseException:
    try:
        act()
    except BaseException as error:  # noqa: BLE001 - whatever it is
        return error
    raise AssertionError


def fails_inside_ours() -> None:
    def report_broken() -> str:
        raise LookupError(f"{KEY} {CONTENT} {TARGET}")

    console.redact_with(report_broken)  # type: ignore[arg-type]
    try:
        console.redacted("")
    finally:
        console.redact_with(lambda: Redactor([KEY]))


def fails_twice() -> None:
    try:
        dict[str, str]()[CONTENT]
    except KeyError as first:
        raise ExceptionGroup(TARGET, [ValueError(KEY), OSError(TARGET)]) from first


def recurses() -> None:
    recurses()


def test_frames_of_ours_have_their_source_lines_and_no_value_is_told() -> None:
    text = write_report(caught(fails_inside_ours), ARGUMENTS).path.read_text()

    assert "builtins.LookupError" in text
    assert re.search(r"  bot/console\.py:\d+ in redactor\n    self\._made = self\._make\(\)", text)
    assert "report_broken" in text
    for hidden in (KEY, CONTENT, TARGET, "do it", "raise LookupError"):
        assert hidden not in text


def test_the_whole_chain_is_named_and_nothing_of_what_it_says() -> None:
    text = write_report(caught(fails_twice), ARGUMENTS).path.read_text()

    kinds = re.findall(r"^(?:with )?builtins\.(\w+)$", text, re.MULTILINE)
    assert kinds == ["ExceptionGroup", "ValueError", "OSError", "KeyError"]
    for hidden in (KEY, CONTENT, TARGET):
        assert hidden not in text


def test_versions_command_run_and_last_events_are_told(at_home: Path) -> None:
    log = logs.open_log(at_home, "r1", Redactor([KEY]))
    for number in range(30):
        log.event(f"step.{number}", told=CONTENT)

    text = write_report(caught(fails_twice), ARGUMENTS).path.read_text()

    assert text.startswith("changewright ")
    assert re.search(r"^git: git version \d", text, re.MULTILINE)
    assert "command: propose\nrun: r1\n" in text
    assert "step.9\n" not in text
    assert [f"step.{number}" in text for number in range(10, 30)] == [True] * 20
    assert CONTENT not in text


def test_the_report_is_private_and_where_the_state_is(at_home: Path) -> None:
    path = write_report(caught(fails_twice), ARGUMENTS).path

    assert path.parent == at_home / "reports"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_the_log_knows_the_state_folder_of_this_command(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    logs.open_log(tmp_path / "other", "r1", Redactor())

    path = write_report(caught(fails_twice), ARGUMENTS).path
    assert path.parent == tmp_path / "other" / "reports"


def test_without_a_usable_state_folder_it_has_a_folder_of_its_own(at_home: Path) -> None:
    (at_home / "reports").write_text("in the way")

    path = write_report(caught(fails_twice), ARGUMENTS).path

    assert path.parent.name.startswith("changewright-report-")
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_broken_settings_are_no_reason_to_tell_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHANGEWRIGHT_NONSENSE", "x")

    text = write_report(caught(fails_twice), ARGUMENTS).path.read_text()

    assert CONTENT not in text


def test_content_is_told_when_asked_for_and_still_no_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CHANGEWRIGHT_REPORT_CONTENT", "true")

    text = write_report(caught(fails_inside_ours), ARGUMENTS).path.read_text()

    assert "with content, because report.content is set:" in text
    assert f"LookupError: [secret] {CONTENT} {TARGET}" in text
    assert f"arguments: propose --task 'do it in {TARGET}'" in text
    assert KEY not in text


def test_a_recursion_is_not_told_frame_by_frame() -> None:
    text = write_report(caught(recurses), ARGUMENTS).path.read_text()

    assert re.search(r"^  \.\.\. \d{3,} more$", text, re.MULTILINE)
    assert len(text.splitlines()) < 150


def test_a_program_that_is_missing_is_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)

    text = write_report(caught(fails_twice), ARGUMENTS).path.read_text()

    assert "git: not found\nbubblewrap: not found\n" in text
