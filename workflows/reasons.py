"""Why a pull request was closed: asked once, answered by one click, a label or a command."""

import re
from collections.abc import Iterable, Mapping
from typing import cast, get_args

from workflows.pull_request import PullRequest
from workflows.review import RejectionKind

QUESTION_KEY = "reason"
_HEAD = "Closed without being merged: **why?** One tick is enough, and it is counted."
MEANINGS: Mapping[RejectionKind, str] = {
    "wrong": "it does the wrong thing, or does not work",
    "incomplete": "part of what was asked is missing",
    "too-large": "it changes too much to be read",
    "not-wanted": "nobody wants this change",
    "duplicate": "it is done elsewhere already",
    "style": "it is not how this project writes",
    "other": "something else",
}
_TICK = re.compile(r"^\s*[-*] \[[xX]\] `([a-z-]+)`", re.MULTILINE)
_LABEL = re.compile(r"changewright\s*[:/]\s*([a-z-]+)", re.IGNORECASE)


def question() -> str:
    """Return the comment that asks, with a box for each kind of reason."""
    boxes = "\n".join(f"- [ ] `{kind}`: {meaning}" for kind, meaning in MEANINGS.items())
    return f"{_HEAD}\n\n{boxes}\n"


def is_question(body: str) -> bool:
    """Whether a comment is the one that asks, ticked or not."""
    return body.startswith(_HEAD)


def ticked(body: str) -> RejectionKind | None:
    """Return the first kind whose box is ticked, or None."""
    return next((kind for found in _TICK.finditer(body) if (kind := _kind(found[1]))), None)


def labelled(labels: Iterable[str]) -> RejectionKind | None:
    """Return the kind that a label like ``changewright: too-large`` names, or None."""
    named = (found[1] for label in labels if (found := _LABEL.fullmatch(label.strip())))
    return next((kind for name in named if (kind := _kind(name.lower()))), None)


def reviewed(pull_request: PullRequest) -> RejectionKind | None:
    """Return the kind that the newest rejection of it names, or None where there is none."""
    said = [one.kind for one in pull_request.reviews if one.verdict == "rejected"]
    return said[-1] if said else None


def _kind(name: str) -> RejectionKind | None:
    return cast("RejectionKind", name) if name in get_args(RejectionKind) else None
