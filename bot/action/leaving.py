"""What the job propose leaves, however it ends: the bundle, the journal, and last how it ended.

The absence of that last file says that the job died.
"""

import time
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

from bot.action.parcels import PROPOSAL, content_of, put
from bot.action.surroundings import Surroundings
from bot.adapters.sqlite_journal.export_run import export_to
from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.console import redacted
from bot.wiring import now_iso, state_folder
from validators.encoding import encode
from validators.verdict import VerdictWord
from workflows.asking import verdict_of
from workflows.handover import MAX_TAIL, RunOutcome
from workflows.proposal import MAX_BUNDLE_BYTES
from workflows.run import RunState, summarise
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
