"""The check run beside a commit: what the gates found, at its lines."""

from collections.abc import Sequence
from typing import Any

from bot.adapters.github_forge import answers
from bot.adapters.github_forge.client import Client
from bot.adapters.github_forge.faults import Unsettled
from workflows.tracker import Annotation, CheckRun

# GitHub takes so many annotations in one request, and adds those of the next to them.
_BATCH = 50
_LONGEST = 65_535
_OURS = "changewright"


def show_check(client: Client, head: str, run: CheckRun) -> str:
    """Show ``run`` beside ``head`` and return its address; what stands there already stays.

    Annotations cannot be taken back, so a check run that has any is not changed: GitHub shows the
    newest of a name.
    """
    known = _known(client, head, run)
    if known is not None and _shows(known, run):
        return known.html_url or ""
    batches = [run.annotations[at : at + _BATCH] for at in range(0, len(run.annotations), _BATCH)]
    first = {**_document(run, batches[0] if batches else ()), "name": run.name}
    if known is not None and not known.output.annotations_count:
        made = client.write("PATCH", f"check-runs/{known.id}", answers.CheckRun, first)
    else:
        made = _created(client, {**first, "head_sha": head, "external_id": _OURS}, run)
    for batch in batches[1:]:
        client.write("PATCH", f"check-runs/{made.id}", answers.CheckRun, _document(run, batch))
    return made.html_url or ""


def _created(client: Client, document: dict[str, Any], run: CheckRun) -> answers.CheckRun:
    try:
        return client.write("POST", "check-runs", answers.CheckRun, document)
    except Unsettled:
        known = _known(client, document["head_sha"], run)
        if known is None:
            raise
        return known


def _known(client: Client, head: str, run: CheckRun) -> answers.CheckRun | None:
    """Return the newest check run of ours of this name; another App's cannot be changed."""
    wanted = {"check_name": run.name, "filter": "latest"}
    listed = client.read(f"commits/{head}/check-runs", answers.CheckRuns, wanted)
    ours = [one for one in listed.check_runs if (one.name, one.external_id) == (run.name, _OURS)]
    return max(ours, key=lambda one: one.id, default=None)


def _shows(known: answers.CheckRun, run: CheckRun) -> bool:
    told = (known.conclusion, known.output.title, known.output.summary)
    is_same = told == (run.conclusion, run.title, run.summary[:_LONGEST])
    return is_same and known.output.annotations_count == len(run.annotations)


def _document(run: CheckRun, batch: Sequence[Annotation]) -> dict[str, Any]:
    document: dict[str, Any] = {
        "status": "completed",
        "conclusion": run.conclusion,
        "output": {
            "title": run.title,
            "summary": run.summary[:_LONGEST],
            "annotations": [_annotation(one) for one in batch],
        },
    }
    if run.details_url:
        document["details_url"] = run.details_url
    return document


def _annotation(one: Annotation) -> dict[str, Any]:
    document: dict[str, Any] = {
        "path": one.path,
        "start_line": one.first_line,
        "end_line": one.last_line,
        "annotation_level": one.level,
        "message": one.message,
    }
    if one.title:
        document["title"] = one.title
    return document
