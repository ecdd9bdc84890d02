"""What the job propose leaves, however it ends: the bundle, the journal, and then how it ended.

The absence of that file says that the job died. Behind it come the run's page, for people, and its
trace, for viewers.
"""

import time
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

from bot import logs
from bot.action.parcels import PROPOSAL, content_of, put
from bot.action.surroundings import Surroundings
from bot.adapters.sqlite_journal.export_run import export_to
from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.bundle_files import read_bundle
from bot.console import redacted
from bot.pages.run_page import run_page
from bot.telemetry.traces import document_of, spans_of
from bot.wiring import now_iso, opened_journal, state_folder
from validators.encoding import encode
from validators.verdict import VerdictWord
from workflows.asking import verdict_of
from workflows.handover import MAX_TAIL, RunOutcome
from workflows.proposal import MAX_BUNDLE_BYTES
from workflows.run import RunState, summarise
from workflows.run_story import story_of
from workflows.workshop import Outcome


def stopped(run: str, state: RunState = "failed", why: str = "the job was stopped") -> Outcome:
    """Return the end of a run that did not come to its own."""
    word: VerdictWord = "cancelled" if state == "cancelled" else "infrastructure"
    return Outcome(run, state, verdict_of(word, "job", why), why)


def leave(ended: Outcome, tail: str, around: Surroundings) -> RunOutcome:
    """Write the parcel: the bundle, the journal, and in the end how it ended."""
    place, state = around.folder / PROPOSAL, state_folder({})
    bundle = _bundle_of(ended, state)
    if bundle is not None:
        content = content_of(bundle, MAX_BUNDLE_BYTES)
        put(place / bundle.name, content or b"")
    usd, tokens = _exported(ended.run, state, place)
    decisive = ended.verdict.blocking or ended.verdict.findings
    message = decisive[0].message if decisive else ""
    outcome = RunOutcome(
        run=ended.run,
        state=ended.state,
        verdict=ended.verdict.word,
        why=redacted(ended.why)[:MAX_TAIL],
        code=decisive[0].code if decisive else "",
        tail=redacted(tail or message)[-MAX_TAIL:],
        usd=usd,
        tokens=tokens,
        bundle=bundle.name if bundle else "",
    )
    put(place / "outcome.json", encode(outcome))
    _put_page(ended.run, bundle, state, place)
    return outcome


def told(outcome: RunOutcome) -> dict[str, str]:
    """Return what a job that left ``outcome`` hands to the steps after it."""
    usd, tokens = f"{outcome.usd:.4f}", str(outcome.tokens)
    return {"run": outcome.run, "state": outcome.state, "usd": usd, "tokens": tokens}


def _bundle_of(ended: Outcome, state: Path) -> Path | None:
    """Return the run's bundle, or what it had landed before it was stopped."""
    names = [f"{ended.run}.json"] if ended.state == "proposed" else [f"{ended.run}.partial.json"]
    found = (state / "bundles" / name for name in names)
    return next((path for path in found if path.is_file()), None)


def _put_page(run: str, bundle: Path | None, state: Path, place: Path) -> None:
    """Put the run's page beside the rest, and its trace; no run is lost because neither is made.

    Others read the artifact: of content the trace has none, whatever the operator's own may have.
    """
    if not (state / "journal.sqlite").is_file():
        return
    try:
        with opened_journal({}) as journal:
            story = story_of(run, journal)
            put(place / f"{run}.traces.jsonl", document_of(spans_of(run, journal)))
        sealed = read_bundle(bundle)[0] if bundle else None
        put(place / f"{run}.html", run_page(story, sealed, bundle.name if bundle else "").encode())
    except Exception as fault:  # noqa: BLE001 - how the run ended is told already
        told = {"run": run, "fault": type(fault).__name__}
        logs.current().event("action.no_page", "warning", **told)


def _exported(run: str, state: Path, place: Path) -> tuple[float, int]:
    """Write the run's journal into the parcel; return what it cost, in US dollars and tokens."""
    path = state / "journal.sqlite"
    if not path.is_file():
        return 0.0, 0
    with closing(SqliteJournal(path, now_iso, time.time)) as journal:
        entries = journal.read(run)
        if not entries:
            return 0.0, 0
        place.mkdir(parents=True, exist_ok=True)
        export_to(place / f"{run}.jsonl", journal, run, state / "bundles", version("changewright"))
        if not any(entry.event.kind == "run.started" for entry in entries):
            return 0.0, 0
        summary = summarise(entries)
        return summary.usd, summary.tokens
