"""The examples are there that our events need, and may be told of a test's own repository."""

import pytest

from tests.github import payloads

NEEDED = [
    ("issues", "labeled"),
    ("issues", "unlabeled"),
    ("issues", "opened"),
    ("issue_comment", "created"),
    ("pull_request", "labeled"),
    ("pull_request", "closed"),
    ("pull_request_review", "submitted"),
    ("pull_request_review_comment", "created"),
    ("workflow_dispatch", ""),
    ("installation", "created"),
]


@pytest.mark.parametrize(("event", "action"), NEEDED)
def test_each_event_that_we_read_has_an_example(event: str, action: str) -> None:
    assert event in payloads.names()
    for example in payloads.examples(event, action):
        assert example["sender"]["login"]


def test_what_is_said_lies_over_the_example_and_leaves_it_as_it_was() -> None:
    labelled = payloads.examples("issues", "labeled")[0]
    told = payloads.told_of(labelled, label={"name": "bot"}, issue={"number": 7})

    assert (told["label"]["name"], told["issue"]["number"]) == ("bot", 7)
    assert told["label"]["color"] == labelled["label"]["color"]
    assert told["issue"]["title"] == labelled["issue"]["title"]
    assert labelled["label"]["name"] != "bot"
