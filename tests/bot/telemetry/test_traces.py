"""Traces beside the journal: there for every run, the same each time, and in nobody's way."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot import logs
from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.redaction import Redactor
from bot.telemetry.destination import Destination
from bot.telemetry.journal import TracedJournal
from bot.telemetry.sending import Sender
from bot.telemetry.traces import Keeping, Traces, document_of, spans_of
from tests.bot.telemetry.collector import Answer, collector
from workflows.campaign import Campaign, Target, TargetResult, Template
from workflows.recorder import Recorder, leased, recording
from workflows.run import Event

START = {"task": {"title": "t", "body": "", "repository": "r"}, "task_key": "k"}
WHEN = "2026-01-02T03:04:05.678Z"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "traces"


@contextmanager
def opened(folder: Path, sender: Sender | None = None) -> Iterator[TracedJournal]:
    traces = Traces(Keeping(folder, sender=sender))
    path = folder.parent / "journal.sqlite"
    journal = TracedJournal(path, lambda: WHEN, time.time, traces)
    try:
        yield journal
    finally:
        journal.close()


@contextmanager
def plain(folder: Path) -> Iterator[SqliteJournal]:
    """Open the journal as somebody does who keeps no traces."""
    journal = SqliteJournal(folder.parent / "journal.sqlite", lambda: WHEN, time.time)
    try:
        yield journal
    finally:
        journal.close()


def spans(path: Path) -> list[dict[str, Any]]:
    documents = [json.loads(line) for line in path.read_bytes().splitlines()]
    scopes = [one["resourceSpans"][0]["scopeSpans"][0] for one in documents]
    return [span for scope in scopes for span in scope["spans"]]


def names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def run_in(journal: SqliteJournal, name: str = "r1") -> None:
    with recording(journal, name, START) as recorder:
        recorder.record("run.finished", state="proposed", verdict="pass", why="")


def test_a_run_that_ended_has_its_trace_and_no_mark(folder: Path) -> None:
    with opened(folder) as journal:
        with recording(journal, "r1", START) as recorder:
            assert names(folder) == ["begun", "begun/r1"]
            recorder.record("run.finished", state="proposed", verdict="pass", why="")
        assert names(folder) == ["begun", "r1.jsonl"]

    (whole,) = spans(folder / "r1.jsonl")
    assert whole["name"] == "invoke_agent changewright"
    assert whole["endTimeUnixNano"].endswith("678000000")


def test_a_run_that_stopped_has_its_trace_too(folder: Path) -> None:
    with opened(folder) as journal, pytest.raises(KeyboardInterrupt):  # noqa: SIM117 - in it
        with recording(journal, "r1", START):
            raise KeyboardInterrupt

    (whole,) = spans(folder / "r1.jsonl")
    assert whole["status"] == {"code": 2, "message": "cancelled"}


def test_what_a_run_gets_later_is_in_its_trace_and_made_again_it_is_the_same(folder: Path) -> None:
    with opened(folder) as journal:
        run_in(journal)
        first = (folder / "r1.jsonl").read_bytes()
        assert first == document_of(spans_of("r1", journal))
        with leased(journal, "r1", "publish") as fence:
            pen = Recorder(journal, fence)
            effect = {"key": "push x", "kind": "push"}
            pen.record("effect.intended", **effect, request={})
            pen.record("effect.settled", key="push x", outcome={})

        assert [one["name"] for one in spans(folder / "r1.jsonl")][1:] == ["publish push"]
        assert (folder / "r1.jsonl").read_bytes() == document_of(spans_of("r1", journal))


def test_a_run_that_a_dead_process_left_is_told_by_the_next_command(folder: Path) -> None:
    with plain(folder) as journal:
        run_in(journal)
        run_in(journal, "r2")
    Traces(Keeping(folder)).begun("r1")  # r2's process knew no traces

    with opened(folder):
        pass

    assert names(folder) == ["begun", "r1.jsonl"]


def test_a_run_that_a_living_process_writes_is_left_to_it(folder: Path) -> None:
    with plain(folder) as theirs, recording(theirs, "r1", START):
        Traces(Keeping(folder)).begun("r1")
        with opened(folder):
            pass

        assert names(folder) == ["begun", "begun/r1"]


def test_streams_that_are_no_runs_have_no_trace(folder: Path) -> None:
    with opened(folder) as journal:
        for stream in ("target-1", "campaign-1", "author-1"):
            with leased(journal, stream, "worker") as fence:
                journal.append(fence, Event("campaign.resumed"))
        with leased(journal, "o1", "an order of files") as fence:
            journal.append(fence, Event("scope.asked"))

    assert names(folder) == ["begun"]


@pytest.mark.parametrize("place", ["a file", "nothing", "no clock"])
def test_a_trace_that_cannot_be_kept_is_a_line_in_the_log_and_the_run_goes_on(
    folder: Path, place: str
) -> None:
    if place == "a file":
        folder.write_text("in the way")
    name = "r1" if place == "a file" else "..r1" if place == "nothing" else "r2"
    log = logs.open_log(folder.parent / "state", "", Redactor())
    with opened(folder) as journal:
        if place == "no clock":
            journal.now_iso = lambda: "some day"
        run_in(journal, name)
        assert [one.event.kind for one in journal.read(name)] == ["run.started", "run.finished"]

    assert "trace.not_kept" in {kind for _, kind in log.recent}
    assert not (folder / f"{name}.jsonl").exists()
    logs.begin("")


def test_what_is_sent_is_what_no_receiver_has_yet(folder: Path) -> None:
    complaints: list[str] = []

    def sender(url: str) -> Sender:
        return Sender(lambda: Destination(f"{url}/v1/traces"), complaints.append)

    with collector([Answer(500), Answer()]) as known:
        for name in ("r1", "r1", "r2"):
            with opened(folder, sender(known.url)) as journal:
                run_in(journal, name)
                journal.traces.close(60)
        with opened(folder, sender(known.url)) as journal:
            with leased(journal, "r2", "look") as _:
                pass
            journal.traces.close(60)

    sent = [len(known.requests), len(known.spans), len(complaints)]
    assert sent == [3, 3, 1]
    assert names(folder) == ["begun", "r1.jsonl", "r1.sent", "r2.jsonl", "r2.sent"]


def test_a_campaign_s_trace_has_its_targets_and_links_to_their_runs(folder: Path) -> None:
    targets = tuple(Target(key, "repo", ("a.py",), name=key) for key in ("one", "two", "three"))
    results = (TargetResult("one", "gated"), TargetResult("two", "failed", reason="gates"))
    campaign = Campaign("key", "camp", (), Template("t"), targets)
    with opened(folder) as journal:
        with leased(journal, "campaign-key", "me") as fence:
            pen = Recorder(journal, fence)
            pen.record("campaign.started", campaign="key", plan=pen.keep(campaign), told={})
        for target, result in zip(targets, results, strict=False):
            with leased(journal, f"target-{target.key}", "me") as fence:
                pen = Recorder(journal, fence)
                pen.record("target.claimed", campaign="key", worker="me")
                pen.record("target.started", run=f"r-{target.key}")
                pen.record("target.finished", result=result)
        with pytest.raises(KeyboardInterrupt), journal.traces.campaign("key", journal):
            raise KeyboardInterrupt

        kept = (folder / "campaign-key.jsonl").read_bytes()
        for name in ("key", "campaign-key"):
            assert document_of(spans_of(name, journal)) == kept
    whole, *inner = spans(folder / "campaign-key.jsonl")
    assert whole["name"] == "invoke_workflow changewright"
    assert [(one["name"], one.get("status", {}).get("message")) for one in inner] == [
        ("target one", None),
        ("target two", "gates"),
    ]
    assert [len(one["links"]) for one in inner] == [1, 1]
