"""What is said of the events around a run, and of a campaign's: nobody is told as they come."""

from collections.abc import Callable, Mapping
from typing import Any

from workflows.run import EventKind

Data = Mapping[str, Any]


def _swept(data: Data) -> str:
    only, again = data.get("only"), data.get("again") or ()
    which = "all targets" if only is None else f"{len(only)} targets"
    return f"asked for: {which}" + (f", {len(again)} of them once more" if again else "")


def _step(data: Data) -> str:
    done = f"failed: {data['trouble']}" if data.get("trouble") else "done"
    return f"step {data.get('step', 1)} of try {data.get('attempt', 1)}: {done}"


def _review(data: Data) -> str:
    review = data["review"]
    verdict = review.get("verdict", "")
    return f"review: {review.get('reviewer', '')} {_DECIDED.get(verdict, verdict)}"


def _stale(data: Data) -> str:
    return f"base moved to {data['head'][:12]}, {data.get('paths', 0)} paths met"


_DECIDED = {
    "accepted": "accepted it",
    "rejected": "rejected it",
    "changes-requested": "asked for changes",
}
AROUND: Mapping[EventKind, Callable[[Data], str]] = {
    "run.admitted": lambda d: f"admitted: answers {d.get('answers') or 'a person'}",
    "base.stale": _stale,
    "scope.asked": lambda d: f"order of files asked of {d.get('model', 'a model')}",
    "command.finished": _step,
    "gate.answered": lambda d: f"the model asked for {d['gate']} gates: {d['outcome']}",
    "tool.answered": lambda d: f"tool {d['tool']} of {d['server']}: {d['outcome']}",
    "review.recorded": _review,
    "outcome.collected": lambda d: (
        f"pull request {d['outcome'].get('number')}: {d['outcome'].get('state', '')}"
    ),
    "campaign.started": lambda d: f"campaign {d['campaign']}",
    "campaign.swept": _swept,
    "campaign.paused": lambda d: f"paused by {d.get('by', 'a person')}: {d.get('why', '')}",
    "campaign.resumed": lambda _: "goes on",
    "campaign.cancelled": lambda _: "cancelled",
    "author.started": lambda d: f"its program is written by run {d['run']}",
    "program.tried": lambda d: f"program tried: the campaign's, number {d['attempt']}",
    "author.finished": lambda d: f"program: {d.get('cause') or d.get('place') or 'written'}",
    "target.claimed": lambda d: f"taken by {d['worker']}",
    "target.released": lambda d: f"given back by {d['worker']}",
    "target.started": lambda d: f"worked on by run {d['run']}",
    "target.changed": lambda d: f"{d.get('files', 0)} files changed",
    "target.published": lambda d: f"pull request {d['number']}: {d['url']}",
    "target.settled": lambda d: f"{d['state']}: {d.get('why', '')}",
}
