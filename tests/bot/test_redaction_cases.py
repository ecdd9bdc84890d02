"""Cases of the threat model about secrets, each tried on every way that words leave the program.

The cases are development data and no part of the project: here are their ids alone, which are
compared with those in the folder that CHANGEWRIGHT_DEV_DATA names, where there is one.
"""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot import console, logs
from bot.bug_report import write_report
from bot.progress import line_of
from bot.redaction import Redactor
from tests.validators.threats.cases import ids
from workflows.run import Entry, Event

KEY = "ghs_Zq7vT2mXw9RkL4pB8nYc3HdJ6sFgA1eU"
PROMPT = "the prompt, with the target's code in it"

Capture = pytest.CaptureFixture[str]


def words_with_a_token() -> list[str]:
    """SEC-02: in an exception's text, in a remote's URL, in an argv."""
    url = f"https://x-access-token:{KEY}@github.com/owner/name"
    basic = base64.b64encode(f"x-access-token:{KEY}".encode()).decode()
    argv = ["git", "push", url, "-c", f"http.extraheader=Authorization: basic {basic}"]
    return [f"fatal: unable to access '{url}/': 403", repr(argv), str(ValueError(argv))]


def words_in_disguise() -> list[str]:
    """SEC-03: in base64, reversed, in hexadecimal, split."""
    encoded = base64.b64encode(KEY.encode()).decode()
    halves = f"{KEY[:18]}\n{KEY[18:]}"
    return [encoded, encoded.rstrip("="), KEY[::-1], KEY.encode().hex(), halves, " ".join(KEY)]


def words_in_pieces() -> list[str]:
    """SEC-04: after colours and JSON escapes; chunk boundaries are below."""
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in KEY)
    return [f"\x1b[1m{KEY[:9]}\x1b[0m{KEY[9:]}", json.dumps({"token": KEY}), escaped]


WORDS: dict[str, Callable[[], list[str]]] = {
    "SEC-02": words_with_a_token,
    "SEC-03": words_in_disguise,
    "SEC-04": words_in_pieces,
    "SEC-06": lambda: [PROMPT],
}


@pytest.fixture(autouse=True)
def knowing_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    console.redact_with(lambda: Redactor([KEY]))
    yield
    console.redact_with(None)
    logs.begin("")


def pieces() -> list[str]:
    forms = [KEY, KEY[::-1], KEY.encode().hex(), base64.b64encode(KEY.encode()).decode()]
    return [form[at : at + 12] for form in forms for at in range(len(form) - 11)]


def everything_said(words: str, state: Path, capsys: Capture) -> str:
    """Return what is read anywhere when ``words`` were in a message, a reason and a fault."""
    error = ValueError(words)
    log = logs.open_log(state, "r1", console.redactor(), 2)
    log.event("tried", told=words)
    why = {"state": "failed", "why": words}
    ended = Entry(1, "r1", "2026-01-02T03:04:05Z", Event("run.finished", why))
    log.entry(ended)
    speaker = console.Console("document")
    speaker.say(words)
    speaker.note(line_of(ended))
    speaker.document({words: [words]})
    report = write_report(error, ["propose", words]).path.read_text()
    log.close()
    said = capsys.readouterr()
    return "".join([said.out, said.err, report, (state / "logs" / "r1.jsonl").read_text()])


def test_each_case_of_the_boundary_is_tried() -> None:
    assert ids("secrets") <= WORDS.keys()


@pytest.mark.parametrize("case", ["SEC-02", "SEC-03", "SEC-04"])
def test_no_piece_of_the_key_is_said_anywhere(
    case: str, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHANGEWRIGHT_REPORT_CONTENT", "true")
    for words in WORDS[case]():
        said = everything_said(words, tmp_path, capsys)
        assert "[secret]" in said
        assert [piece for piece in pieces() if piece in said] == []


def test_no_chunk_boundary_hides_the_key() -> None:
    for words in (words for case in WORDS.values() for words in case()):
        for size in range(1, len(words) + 1):
            stream = Redactor([KEY]).stream()
            chunks = [words[at : at + size] for at in range(0, len(words), size)]
            said = "".join([*map(stream.feed, chunks), stream.close()])
            assert [piece for piece in pieces() if piece in said] == []


def test_a_prompt_is_in_no_log_and_in_a_report_only_when_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = logs.open_log(tmp_path, "r1", console.redactor())
    prompt = {"attempt": 1, "conversation": PROMPT, "turns": [PROMPT], "task": {"body": PROMPT}}
    log.entry(Entry(1, "r1", "2026-01-02T03:04:05Z", Event("prompt.sent", prompt)))
    assert PROMPT not in (tmp_path / "logs" / "r1.jsonl").read_text()

    error = ValueError(f"{PROMPT} {KEY}")
    assert PROMPT not in write_report(error, []).path.read_text()
    monkeypatch.setenv("CHANGEWRIGHT_REPORT_CONTENT", "true")
    asked = write_report(error, [PROMPT]).path.read_text()
    assert PROMPT in asked
    assert KEY not in asked
