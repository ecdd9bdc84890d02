"""Deliveries are read tolerantly, and what is used of them strictly."""

import json
from typing import Any

import pytest

from tests.bot.action.conftest import commented, dispatched, labelled
from tests.validators.threats.cases import DATA
from workflows.occasion import Declined, Occasion, occasion_in

PAYLOADS = DATA / "github" / "payloads"
ASKING = {
    ("issues", "labeled"),
    ("issue_comment", "created"),
    ("pull_request_review", "submitted"),
    ("pull_request_review_comment", "created"),
}
# Only where they failed, of a branch that is named.
MAY_ASK = {("check_run", "completed"), ("check_suite", "completed"), ("workflow_run", "completed")}


def test_a_label_is_an_occasion_with_the_deliverys_own_words() -> None:
    found = occasion_in("issues", labelled(body=None))

    assert isinstance(found, Occasion)
    assert (found.kind, found.issue, found.label) == ("label", 7, "changewright")
    assert (found.title, found.body, found.sender) == ("One is too few", "", "ada")
    assert (found.sender_id, found.sender_is_bot) == (4711, False)


def test_the_same_event_has_the_same_key_however_often_it_is_delivered() -> None:
    keys = [
        found.key
        for event in (labelled(), labelled(body="another"), labelled(at="2026-11-22T08:00:01Z"))
        if isinstance(found := occasion_in("issues", event), Occasion)
    ]

    assert keys[0] == keys[1] != keys[2]


@pytest.mark.parametrize(
    ("listed", "labels"),
    [
        ([{"name": "Area: Money"}, {"name": "bug"}], ("Area: Money", "bug")),
        ([{"name": 3}, "bug", None, {}, {"name": "ui"}], ("ui",)),
        ([{"name": "x"}] * 1_000, ("x",) * 100),
        ("bug", ()),
        (None, ()),
    ],
)
def test_the_labels_of_the_delivery_s_issue_are_kept(
    listed: object, labels: tuple[str, ...]
) -> None:
    found = occasion_in("issues", labelled(labels=listed))

    assert isinstance(found, Occasion)
    assert found.labels == labels


@pytest.mark.parametrize("number", [None, "4711", True, -1, 4711.5, [4711]])
def test_a_sender_whose_number_is_none_is_known_by_name_alone(number: object) -> None:
    event = labelled()
    event["sender"]["id"] = number
    found = occasion_in("issues", event)

    assert isinstance(found, Occasion)
    assert (found.sender, found.sender_id) == ("ada", 0)


def test_a_run_that_is_to_be_started_anew_is_named_by_its_whole_name() -> None:
    found = occasion_in("workflow_dispatch", dispatched({"run": "r20261122-010203-abcdef"}))
    other = occasion_in("workflow_dispatch", dispatched({"run": "r1; rm"}))

    assert isinstance(found, Occasion)
    assert (found.run, found.sender_is_bot) == ("r20261122-010203-abcdef", True)
    assert isinstance(other, Declined)


def _without(*path: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(json.dumps(commented("/changewright go")))
    inner = event
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return event


@pytest.mark.parametrize(
    "path",
    [
        ("issue",),
        ("issue", "number"),
        ("issue", "title"),
        ("comment", "id"),
        ("comment", "body"),
        ("comment", "user"),
        ("comment", "created_at"),
        ("sender", "login"),
        ("repository", "full_name"),
        ("repository", "default_branch"),
    ],
)
def test_what_is_used_must_be_there(path: tuple[str, ...]) -> None:
    found = occasion_in("issue_comment", _without(*path))

    assert isinstance(found, Declined)
    assert "lacks" in found.why


@pytest.mark.parametrize(
    ("event", "payload", "why"),
    [
        ("issues", [], "no JSON object"),
        ("issues", {"action": ["labeled"]}, "nothing to do"),
        ("issues", labelled() | {"action": "unlabeled"}, "nothing to do for issues (unlabeled)"),
        ("issue_comment", commented("x") | {"action": "edited"}, "nothing to do"),
        ("pull_request", {"action": "labeled"}, "a pull request is no task"),
        ("pull_request_target", labelled(), "nothing to do"),
        ("workflow_run", {"action": "requested"}, "nothing to do for workflow_run"),
        ("workflow_run", {"action": "completed"}, "lacks workflow_run"),
        (
            "check_run",
            {"action": "completed", "check_run": {"conclusion": "success"}},
            "not failed",
        ),
        ("issues", labelled(number=True), "lacks issue.number"),
        ("issues", labelled(sender="a b"), "lacks sender.login"),
        ("issues", labelled(body=3), "lacks issue.body"),
    ],
)
def test_anything_else_is_politely_nothing_to_do(event: str, payload: Any, why: str) -> None:
    found = occasion_in(event, payload)

    assert isinstance(found, Declined)
    assert why in found.why


def test_a_comment_that_somebody_else_sends_is_not_believed() -> None:
    event = commented("/changewright go", sender="eve")
    event["sender"] = {"login": "ada", "type": "User"}

    assert isinstance(occasion_in("issue_comment", event), Declined)


@pytest.mark.skipif(not PAYLOADS.is_dir(), reason="the examples of deliveries are not here")
def test_every_example_of_a_delivery_is_read_or_declined() -> None:
    read = 0
    for path in sorted(PAYLOADS.rglob("*.json")):
        if path.parent.name.startswith("_"):
            continue
        payload = json.loads(path.read_bytes())
        found = occasion_in(path.parent.name, payload)
        action = payload.get("action") if isinstance(payload, dict) else None
        if (path.parent.name, action) in ASKING:
            assert isinstance(found, Occasion), path
            read += 1
        elif (path.parent.name, action) not in MAY_ASK:
            assert isinstance(found, Declined), path
    assert read
