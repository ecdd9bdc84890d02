"""What a run is known by, and those that a dying process left behind, found by it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from validators.encoding import digest, encode
from workflows import prompts
from workflows.history import History, history_of
from workflows.ports import Journal
from workflows.remarks import holds_patch
from workflows.task import Task
from workflows.workshop import Wishes, Workshop

# What killed a run three times is likely to be the run itself.
_MOST_RESUMED = 3
_SEARCHED = 100
_SAME = ("task", "base_commit", "rules_sha256", "revision", "told", "action")


def start_of(task: Task, model: str, workshop: Workshop, wishes: Wishes) -> dict[str, Any]:
    """Return what a run is known by, and what somebody needs to take it up."""
    revision, code = wishes.revision, workshop.code
    return {
        "task": task,
        "task_key": task.key,
        "base_commit": workshop.clone.base_commit,
        "model": model,
        "rules_sha256": digest(encode(workshop.rules)),
        "prompts_sha256": prompts.version(),
        "budget": wishes.budget,
        "max_attempts": wishes.max_attempts,
        "revises": revision.number if revision else 0,
        "revision": workshop.journal.put_blob(encode(revision)) if revision else "",
        "told": wishes.told,
        "patch_in_task": holds_patch(f"{task.title}\n{task.body}"),
        **({"action": f"code in {code.interpreter.name}"} if code else {}),
    }


def left_behind(journal: Journal, start: Mapping[str, Any]) -> str:
    """Return the newest run that began with ``start`` and died without an end, or ""."""
    wanted = json.loads(encode(dict(start)))
    for run in journal.runs(_SEARCHED):
        history = history_of(journal.read(run))
        if (
            is_cut_off(history)
            and history.resumed < _MOST_RESUMED
            and _agree(history, wanted)
            and not journal.holder(run)
        ):
            return run
    return ""


def cut_off(journal: Journal, runs: Iterable[str]) -> Iterator[str]:
    """Yield those of ``runs`` that began, did not end, and that no living process writes."""
    for run in runs:
        if is_cut_off(history_of(journal.read(run))) and not journal.holder(run):
            yield run


def stopped(journal: Journal) -> str:
    """Return the newest run that was cut off or interrupted, or ""."""
    for run in journal.runs():
        history = history_of(journal.read(run))
        was_interrupted = history.ended is not None and history.ended["state"] == "cancelled"
        if (is_cut_off(history) or was_interrupted) and not journal.holder(run):
            return run
    return ""


def is_cut_off(history: History) -> bool:
    """Whether a run began and has no end; somebody may be working on it still."""
    return history.started is not None and history.ended is None


def _agree(history: History, wanted: Mapping[str, Any]) -> bool:
    known = _comparable(history.started or {})
    return all(known.get(name) == value for name, value in _comparable(wanted).items())


def _comparable(start: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: start.get(name) for name in _SAME}
    if isinstance(found["task"], Mapping):
        # Earlier versions knew of none; a label that comes or goes asks for nothing else.
        known = {"pictures": [], "is_pull_request": False, "campaign": "", "shard": ""}
        known |= found["task"]
        found["task"] = {name: value for name, value in known.items() if name != "labels"}
    return found
