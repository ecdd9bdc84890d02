"""Which run of a task was stopped before its end, by the records on the journal's branch."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workflows.run import EventKind
from workflows.run_record import Record

# What stopped so many workflow runs is likely to be the run itself.
_MOST_WORKFLOW_RUNS = 3
_DELIVERY = re.compile(r"[0-9]{1,20}")
_HASH = re.compile(r"[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class StoppedRun:
    """A run that may be gone on with.

    ``delivery`` is the workflow run that worked on it last, and ``journal_sha256`` the hash of the
    file in which that one left it.
    """

    run: str
    base_commit: str
    delivery: str
    journal_sha256: str


def stopped_run(records: Iterable[Record], task_key: str, text_sha256: str) -> StoppedRun | None:
    """Return the newest run of a task, if it was stopped while it worked on the very same words.

    One that came to an end of its own, ran out of its budget, or was stopped again and again is
    not: who asks again then wants another try.
    """
    of_task = [one for one in records if _last(one, "run.started").get("task_key") == task_key]
    newest = max(of_task, key=lambda one: one.entries[-1].at, default=None)
    # What a review asked for is gone on with by asking for it again, on what stands there then.
    if newest is None or not _was_stopped(newest) or _last(newest, "run.started").get("revises"):
        return None
    admitted = [one.event.data for one in newest.entries if one.event.kind == "run.admitted"]
    if not admitted or len(admitted) >= _MOST_WORKFLOW_RUNS:
        return None
    if any(one.get("text_sha256") != text_sha256 for one in admitted):
        return None
    base = str(_last(newest, "run.started").get("base_commit"))
    delivery, sha256 = (str(admitted[-1].get(key)) for key in ("delivery", "journal_sha256"))
    is_known = _COMMIT.fullmatch(base) and _DELIVERY.fullmatch(delivery) and _HASH.fullmatch(sha256)
    return StoppedRun(newest.run, base, delivery, sha256) if is_known else None


def _was_stopped(record: Record) -> bool:
    kinds = {entry.event.kind for entry in record.entries}
    if "model.replied" not in kinds or "base.stale" in kinds:
        return False
    end = _last(record, "run.finished")
    return not end or (end.get("state") in {"cancelled", "failed"} and end["verdict"] != "budget")


def _last(record: Record, kind: EventKind) -> Mapping[str, Any]:
    """Return the data of the last event of a kind, or nothing."""
    found = [entry.event.data for entry in record.entries if entry.event.kind == kind]
    return found[-1] if found else {}
