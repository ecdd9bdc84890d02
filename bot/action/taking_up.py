"""A stopped run as an earlier workflow run left it, taken into the journal of this machine.

The file came by an artifact and is a stranger's until its hash is the one that the journal's branch
has on record. It is read apart first: a run that could not go on is not taken up, and begins anew.
"""

import time
from contextlib import closing
from pathlib import Path
from typing import cast

from bot.action.beginning import begun_with
from bot.action.parcels import content_of
from bot.adapters.sqlite_journal.import_run import import_run
from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.adapters.sqlite_journal.run_file import MAX_FILE_BYTES
from bot.wiring import Bench, now_iso
from bot.workshop import workshop
from scoping.refusal import Refusal
from validators.encoding import digest, encode
from workflows.admission import Admission, task_of
from workflows.history import history_of
from workflows.ports import Journal
from workflows.recorder import changed_since
from workflows.run_record import Record, record_of
from workflows.unfinished import start_of
from workflows.workshop import Watch, Wishes


class TakingUpRefusal(Refusal):
    """What an earlier workflow run left is not gone on with, and why."""


def take_up(path: Path, admission: Admission, bench: Bench) -> None:
    """Have the admitted run in the journal of ``bench``, as it is in the file at ``path``.

    A Refusal where it cannot go on here; the journal is then what it was.
    """
    content = content_of(path, MAX_FILE_BYTES)
    if content is None:
        raise TakingUpRefusal("what an earlier workflow run left of it is not kept any more")
    if digest(content) != admission.earlier_sha256:
        raise TakingUpRefusal(
            f"{path.name} is not the file that the journal's branch has on record; do not trust it"
        )
    apart = bench.scratch / "earlier"
    apart.mkdir()
    with closing(SqliteJournal(apart / "journal.sqlite", now_iso, time.time)) as journal:
        import_run(path, journal, apart, salvage=False)
        _require_able(admission, bench, journal)
    bundles = bench.settings.state / "bundles"
    import_run(path, cast("SqliteJournal", bench.journal), bundles, salvage=False)


def spent_beside(run: str, bench: Bench, records: tuple[Record, ...]) -> tuple[Record, ...]:
    """Return ``records`` without what the journal of ``bench`` tells of ``run`` itself."""
    told = record_of(bench.journal.read(run), "")
    seen = {(entry.at, encode(entry.event)) for entry in told.entries}
    kept = []
    for record in records:
        entries = record.entries
        if record.run == run:
            entries = tuple(one for one in entries if (one.at, encode(one.event)) not in seen)
        kept.append(Record(record.run, entries))
    return tuple(kept)


def _require_able(admission: Admission, bench: Bench, journal: Journal) -> None:
    """Refuse a run that is another, or that what has changed since keeps from going on."""
    run, task = admission.run, task_of(admission)
    begun = history_of(journal.read(run)).started
    if begun is None:
        raise TakingUpRefusal("what an earlier workflow run left is about another run")
    wishes = Wishes(bench.settings.budget)
    if meaning := changed_since(begun, start_of(task, "", workshop(bench, Watch()), wishes)):
        raise TakingUpRefusal(f"its {meaning} is no longer what it was when it began")
    begun_with(task, run, bench, journal)
