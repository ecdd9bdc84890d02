"""What a forge delivered, read tolerantly: only what is used must be there, and only that is kept.

The text of an issue is the delivery's own snapshot of it, so that what was edited since is not what
was asked for.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from validators.encoding import digest, encode

_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}(?:\[bot\])?")
_BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,200}")
_RUN = re.compile(r"r[0-9]{8}-[0-9]{6}-[0-9a-f]{6}")
_LONGEST_TITLE, _LONGEST_BODY = 1_000, 200_000
_KEY_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Declined:
    """Why a delivery starts no run. ``is_told`` says that people on the issue should read it."""

    why: str
    is_told: bool = False


@dataclass(frozen=True, slots=True)
class Occasion:
    """One delivery that may start a run. ``at`` is the moment behind which nothing said counts.

    ``key`` is the same however often, and under whatever name, the same event is delivered.
    ``run`` is the one that is to be started anew, where that is asked. ``sender_id`` is the forge's
    number for the sender, 0 where the delivery does not tell it.
    """

    kind: Literal["label", "comment", "dispatch"]
    key: str
    repository: str
    sender: str
    sender_is_bot: bool
    default_branch: str
    issue: int = 0
    title: str = ""
    body: str = ""
    is_pull_request: bool = False
    at: str = ""
    label: str = ""
    said: str = ""
    comment_url: str = ""
    run: str = ""
    sender_id: int = 0


class _Absent(Exception):
    """A part of a payload that is used is not there, or not what it must be."""


def occasion_in(event: str, payload: object) -> Occasion | Declined:
    """Return what ``payload`` of a delivered ``event`` may start, or why it starts nothing."""
    if not isinstance(payload, Mapping):
        return Declined("the delivery is no JSON object")
    action = payload.get("action")
    action = action if isinstance(action, str) else None
    if (event, action) == ("pull_request", "labeled"):
        return Declined("a pull request is no task; label an issue instead")
    reader = _READERS.get((event, None if event == "workflow_dispatch" else action))
    if reader is None:
        return Declined(f"nothing to do for {event}{f' ({action})' if action else ''}")
    try:
        return reader(payload)
    except _Absent as absent:
        return Declined(f"the delivery of {event} lacks {absent}, so nothing is done")


def _of_label(payload: Mapping[str, Any]) -> Occasion:
    at = _text(payload, "issue", "updated_at")
    label, sender = _text(payload, "label", "name"), _matching(_LOGIN, payload, "sender", "login")
    # Labelling does not move `updated_at`, and what we say on the issue does: hence one key for one
    # event under many deliveries, and another for the next.
    key = _key(payload, "label", label, at, sender)
    return Occasion("label", key, at=at, label=label, **_of_issue(payload))


def _of_comment(payload: Mapping[str, Any]) -> Occasion:
    number = _number(payload, "comment", "id")
    author = _matching(_LOGIN, payload, "comment", "user", "login")
    if author != _matching(_LOGIN, payload, "sender", "login"):
        raise _Absent("a comment of its sender")
    return Occasion(
        "comment",
        _key(payload, "comment", str(number)),
        at=_text(payload, "comment", "created_at"),
        said=_text(payload, "comment", "body")[:_LONGEST_BODY],
        comment_url=_part(payload, "comment").get("html_url") or "",
        **_of_issue(payload),
    )


def _of_dispatch(payload: Mapping[str, Any]) -> Occasion:
    run = _matching(_RUN, payload, "inputs", "run")
    return Occasion("dispatch", _key(payload, "dispatch", run), run=run, **_of_sender(payload))


_READERS: Mapping[tuple[str, object], Callable[[Mapping[str, Any]], Occasion]] = {
    ("issues", "labeled"): _of_label,
    ("issue_comment", "created"): _of_comment,
    ("workflow_dispatch", None): _of_dispatch,
}


def _of_issue(payload: Mapping[str, Any]) -> dict[str, Any]:
    issue = _part(payload, "issue")
    body = issue.get("body") or ""
    if not isinstance(body, str):
        raise _Absent("issue.body as text")
    return _of_sender(payload) | {
        "issue": _number(payload, "issue", "number"),
        "title": _text(payload, "issue", "title")[:_LONGEST_TITLE],
        "body": body[:_LONGEST_BODY],
        "is_pull_request": bool(issue.get("pull_request")),
    }


def _of_sender(payload: Mapping[str, Any]) -> dict[str, Any]:
    sender = _matching(_LOGIN, payload, "sender", "login")
    is_bot = _part(payload, "sender").get("type") != "User" or sender.endswith("[bot]")
    return {
        "repository": _matching(_REPOSITORY, payload, "repository", "full_name"),
        "sender": sender,
        "sender_is_bot": is_bot,
        "sender_id": _positive(_part(payload, "sender").get("id")),
        "default_branch": _matching(_BRANCH, payload, "repository", "default_branch"),
    }


def _key(payload: Mapping[str, Any], *words: str) -> str:
    number = _part(payload, "issue").get("number") if "issue" in payload else 0
    place = _matching(_REPOSITORY, payload, "repository", "full_name").lower()
    return digest(encode([place, number, *words]))[:_KEY_LENGTH]


def _part(payload: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    found = payload
    for depth, name in enumerate(path, 1):
        inner = found.get(name)
        if not isinstance(inner, Mapping):
            raise _Absent(".".join(path[:depth]))
        found = inner
    return found


def _text(payload: Mapping[str, Any], *path: str) -> str:
    found = _part(payload, *path[:-1]).get(path[-1])
    if not isinstance(found, str) or not found:
        raise _Absent(".".join(path))
    return found


def _matching(shape: re.Pattern[str], payload: Mapping[str, Any], *path: str) -> str:
    found = _text(payload, *path)
    if not shape.fullmatch(found):
        raise _Absent(f"{'.'.join(path)} as it must be written")
    return found


def _number(payload: Mapping[str, Any], *path: str) -> int:
    found = _positive(_part(payload, *path[:-1]).get(path[-1]))
    if not found:
        raise _Absent(".".join(path))
    return found


def _positive(found: object) -> int:
    """Return a number that counts from 1, or 0 for anything else."""
    if not isinstance(found, int) or isinstance(found, bool):
        return 0
    return max(found, 0)
