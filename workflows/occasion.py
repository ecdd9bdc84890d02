"""What a forge delivered, read tolerantly: only what is used must be there, and only that is kept.

The text of an issue is the delivery's own snapshot of it, so that what was edited since is not what
was asked for.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from validators.encoding import digest, encode
from workflows.payload import (
    BRANCH,
    COMMIT,
    LOGIN,
    REPOSITORY,
    Absent,
    matching,
    number,
    part,
    positive,
    prose,
    text,
)

_RUN = re.compile(r"r[0-9]{8}-[0-9]{6}-[0-9a-f]{6}")
_NUMBER = re.compile(r"[1-9][0-9]{0,9}")
_LONGEST_TITLE, _LONGEST_BODY = 1_000, 200_000
_KEY_LENGTH = 16
_MOST_LABELS = 100
# Begins the topic of a stop that was said where the comments of an issue do not show it.
STOPPED = "stopped-"


@dataclass(frozen=True, slots=True)
class Declined:
    """Why a delivery starts no run. ``is_told`` says that people on the issue should read it.

    ``place`` is that issue where the delivery does not name it. What is told of one ``topic``
    replaces what was told of it before.
    """

    why: str
    is_told: bool = False
    place: int = 0
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Occasion:
    """One delivery that may start a run. ``at`` is the moment behind which nothing said counts.

    ``issue`` is the number of the issue or pull request that it is about, 0 where it names none.
    ``key`` is the same however often, and under whatever name, the same event is delivered.
    ``run`` is the one that is to be started anew, where that is asked. ``sender_id`` is the forge's
    number for the sender, 0 where the delivery does not tell it, ``labels`` what the issue bears.
    A review ``wants_changes`` by its own verdict. ``branch`` and ``head`` are where checks failed.
    """

    kind: Literal["label", "comment", "dispatch", "review", "checks"]
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
    wants_changes: bool = False
    branch: str = ""
    head: str = ""
    labels: tuple[str, ...] = ()


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
    except Absent as absent:
        return Declined(f"the delivery of {event} lacks {absent}, so nothing is done")


def _of_label(payload: Mapping[str, Any]) -> Occasion:
    at = text(payload, "issue", "updated_at")
    label, sender = text(payload, "label", "name"), matching(LOGIN, payload, "sender", "login")
    # Labelling does not move `updated_at`, and what we say on the issue does: hence one key for one
    # event under many deliveries, and another for the next.
    key = _key(payload, _issue_number(payload), "label", label, at, sender)
    return Occasion("label", key, at=at, label=label, **_of_issue(payload))


def _of_comment(payload: Mapping[str, Any]) -> Occasion:
    said = number(payload, "comment", "id")
    _require_own(payload, "comment")
    return Occasion(
        "comment",
        _key(payload, _issue_number(payload), "comment", str(said)),
        at=text(payload, "comment", "created_at"),
        said=text(payload, "comment", "body")[:_LONGEST_BODY],
        comment_url=part(payload, "comment").get("html_url") or "",
        **_of_issue(payload),
    )


def _of_review(payload: Mapping[str, Any]) -> Occasion:
    """Read a review that somebody handed in, with all that was said in it at lines."""
    _require_own(payload, "review")
    said = number(payload, "review", "id")
    return Occasion(
        "review",
        _key(payload, number(payload, "pull_request", "number"), "review", str(said)),
        at=text(payload, "review", "submitted_at"),
        said=prose(payload, "review", "body")[:_LONGEST_BODY],
        wants_changes=text(payload, "review", "state").lower() == "changes_requested",
        **_of_pull_request(payload),
    )


def _of_thread(payload: Mapping[str, Any]) -> Occasion:
    """Read one comment in a thread at a line."""
    _require_own(payload, "comment")
    said = number(payload, "comment", "id")
    return Occasion(
        "review",
        _key(payload, number(payload, "pull_request", "number"), "thread", str(said)),
        at=text(payload, "comment", "created_at"),
        said=prose(payload, "comment", "body")[:_LONGEST_BODY],
        **_of_pull_request(payload),
    )


def _of_checks(payload: Mapping[str, Any], name: str) -> Occasion | Declined:
    """Read that checks of a branch failed, by whichever of GitHub's three names for that."""
    place = (name, "check_suite") if name == "check_run" else (name,)
    if part(payload, name).get("conclusion") not in {"failure", "timed_out"}:
        return Declined("these checks have not failed")
    branch = matching(BRANCH, payload, *place, "head_branch")
    origin = part(payload, name).get("head_repository")
    ours = matching(REPOSITORY, payload, "repository", "full_name")
    if isinstance(origin, Mapping) and origin.get("full_name") != ours:
        return Declined("these checks are about a branch of another repository")
    # One key for a branch, so that one repair of it is begun however many checks fail.
    return Occasion(
        "checks",
        _key(payload, 0, "checks", branch),
        branch=branch,
        head=matching(COMMIT, payload, *place, "head_sha"),
        is_pull_request=True,
        **_of_sender(payload),
    )


def _of_dispatch(payload: Mapping[str, Any]) -> Occasion:
    if part(payload, "inputs").get("pull-request"):
        about = matching(_NUMBER, payload, "inputs", "pull-request")
        key = _key(payload, int(about), "dispatch", matching(_RUN, payload, "inputs", "run"))
        told = _of_sender(payload)
        return Occasion("review", key, issue=int(about), is_pull_request=True, **told)
    run = matching(_RUN, payload, "inputs", "run")
    return Occasion("dispatch", _key(payload, 0, "dispatch", run), run=run, **_of_sender(payload))


_READERS: Mapping[tuple[str, object], Callable[[Mapping[str, Any]], Occasion | Declined]] = {
    ("issues", "labeled"): _of_label,
    ("issue_comment", "created"): _of_comment,
    ("pull_request_review", "submitted"): _of_review,
    ("pull_request_review_comment", "created"): _of_thread,
    ("check_suite", "completed"): lambda payload: _of_checks(payload, "check_suite"),
    ("check_run", "completed"): lambda payload: _of_checks(payload, "check_run"),
    ("workflow_run", "completed"): lambda payload: _of_checks(payload, "workflow_run"),
    ("workflow_dispatch", None): _of_dispatch,
}


def _of_issue(payload: Mapping[str, Any]) -> dict[str, Any]:
    issue = part(payload, "issue")
    return _of_sender(payload) | {
        "issue": number(payload, "issue", "number"),
        "title": text(payload, "issue", "title")[:_LONGEST_TITLE],
        "body": prose(payload, "issue", "body")[:_LONGEST_BODY],
        "is_pull_request": bool(issue.get("pull_request")),
        "labels": _labels(issue.get("labels")),
    }


def _labels(listed: object) -> tuple[str, ...]:
    """Return the names of an issue's labels; what is none is passed over."""
    labels = listed if isinstance(listed, list) else []
    names = (one.get("name") for one in labels[:_MOST_LABELS] if isinstance(one, Mapping))
    return tuple(name for name in names if isinstance(name, str))


def _of_pull_request(payload: Mapping[str, Any]) -> dict[str, Any]:
    about = number(payload, "pull_request", "number")
    return _of_sender(payload) | {"issue": about, "is_pull_request": True}


def _of_sender(payload: Mapping[str, Any]) -> dict[str, Any]:
    sender = matching(LOGIN, payload, "sender", "login")
    is_bot = part(payload, "sender").get("type") != "User" or sender.endswith("[bot]")
    return {
        "repository": matching(REPOSITORY, payload, "repository", "full_name"),
        "sender": sender,
        "sender_is_bot": is_bot,
        "sender_id": positive(part(payload, "sender").get("id")),
        "default_branch": matching(BRANCH, payload, "repository", "default_branch"),
    }


def _require_own(payload: Mapping[str, Any], name: str) -> None:
    """Refuse words that are not their sender's."""
    author = matching(LOGIN, payload, name, "user", "login")
    if author != matching(LOGIN, payload, "sender", "login"):
        raise Absent(f"a {name} of its sender")


def _issue_number(payload: Mapping[str, Any]) -> object:
    return part(payload, "issue").get("number")


def _key(payload: Mapping[str, Any], about: object, *words: str) -> str:
    place = matching(REPOSITORY, payload, "repository", "full_name").lower()
    return digest(encode([place, about, *words]))[:_KEY_LENGTH]
