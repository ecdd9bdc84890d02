"""``changewright trace``, and the traces that commands leave without being asked."""

import json
import re
from typing import Any

import pytest

from bot.cli import run
from bot.telemetry.names import tables
from tests.bot.commands.conftest import Desk
from tests.bot.telemetry.collector import collector
from tests.validators.threats.cases import CHECKOUT

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
HEADERS = "OTEL_EXPORTER_OTLP_HEADERS"
SECRET = "Bearer 9f3k-Qz71-xx02"  # noqa: S105 - nobody's


def traced(desk: Desk, name: str, *more: str) -> tuple[int, Any]:
    """Run the command for its document; it has no repository."""
    desk.capsys.readouterr()
    code = run(["trace", name, "--state", str(desk.state), "--json", *more])
    desk.said, desk.noted = desk.capsys.readouterr()
    return code, json.loads(desk.said)


def test_a_run_leaves_its_trace_and_the_command_makes_the_same(desk: Desk) -> None:
    _, told = desk.propose("bad", "good")
    name = told["run"]
    kept = (desk.state / "traces" / f"{name}.jsonl").read_bytes()

    out = desk.folder / "out.jsonl"
    code, said = traced(desk, name, "--out", str(out))

    assert code == 0
    assert out.read_bytes() == kept
    spans = json.loads(kept)["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert said == {
        "run": name,
        "path": str(out),
        "bytes": len(kept),
        "spans": len(spans),
        "sent": False,
    }
    names = [span["name"] for span in spans]
    assert names.count("attempt") == 2
    assert {"scope", "prepare environment", "chat scripted", "land edits", "gate words"} <= {*names}
    assert desk.run("publish", told["bundle"]) == 0
    published = (desk.state / "traces" / f"{name}.jsonl").read_text()
    assert {"publish push", "publish pull-request"} <= {*re.findall(r'"name":"(.*?)"', published)}
    assert "Say it better" not in published


def test_a_run_is_sent_where_the_operator_says_and_no_key_is_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collector() as known:
        monkeypatch.setenv(ENDPOINT, known.url)
        monkeypatch.setenv(HEADERS, f"authorization={SECRET.replace(' ', '%20')}")
        # Beside a busy machine the end may come before it is sent.
        _, told = desk.propose("good")
        sent = desk.noted
        assert traced(desk, told["run"], "--send", "--out", str(desk.folder / "t.jsonl"))[0] == 0

    assert {one.name for one in known.spans} >= {"invoke_agent changewright", "attempt"}
    assert {headers["authorization"] for _, headers, _ in known.requests} == {SECRET}
    texts = [path.read_text(errors="replace") for path in desk.state.glob("*/*.jsonl")]
    assert not [text for text in (sent, desk.noted, *texts) if "9f3k" in text]


def test_a_receiver_that_is_gone_changes_no_run_and_is_told_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collector() as known:
        pass
    monkeypatch.setenv(ENDPOINT, known.url)

    code, told = desk.propose("good")

    assert (code, told["state"]) == (0, "proposed")
    assert desk.noted.count("spans were not sent") == 1
    assert "changewright trace RUN --send" in desk.noted
    assert (desk.state / "traces" / f"{told['run']}.jsonl").is_file()
    assert traced(desk, told["run"], "--out", str(desk.folder / "t.jsonl"))[0] == 0
    assert "not sent" not in desk.noted  # who only reads has nothing to send
    assert desk.run("publish", told["bundle"]) == 0
    assert "not sent" not in desk.noted  # nor is it waited for


def test_to_send_without_a_receiver_is_refused(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    _, told = desk.propose("good")
    where = ["--state", str(desk.state), "--out", str(desk.folder / "t.jsonl")]

    assert run(["trace", told["run"], "--send", *where]) == 2
    assert "set telemetry.endpoint" in capsys.readouterr().err
    assert run(["trace", "r-none", *where]) == 2
    assert "no run 'r-none'" in capsys.readouterr().err


def test_the_page_shows_the_tables_of_the_code() -> None:
    page = (CHECKOUT / "docs" / "reports.md").read_text(encoding="utf-8")

    (shown,) = re.findall(r"<!-- spans -->\n(.*?)<!-- /spans -->", page, re.DOTALL)

    assert shown == tables()
