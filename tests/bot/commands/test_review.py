"""A person's decision ends a run or starts the next attempt, in a process of its own."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from bot.desk import open_desk
from workflows.ports import Held, Journal
from workflows.review import Review
from workflows.run import Fence

if TYPE_CHECKING:
    from tests.bot.commands.conftest import Desk


@pytest.fixture
def published(desk: "Desk") -> dict[str, Any]:
    """The document of a run whose pull request 1 is open."""
    _, document = desk.propose("good")
    desk.run("publish", document["bundle"])
    return document


def states(desk: "Desk") -> list[str]:
    return [run["state"] for run in desk.ask("runs")[1]["runs"]]


def test_a_decision_ends_the_run_it_is_about(desk: "Desk", published: dict[str, Any]) -> None:
    assert desk.run("review", "accept", "1", "--words", "well done") == 0

    assert states(desk) == ["accepted"]
    assert desk.run("review", "reject", "1", "--reason", "after all not") == 0
    assert states(desk) == ["rejected"]
    assert desk.run("publish", published["bundle"]) == 0
    assert states(desk) == ["rejected"]


class Busy:
    """A journal whose first lease somebody else holds a moment longer."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.asked = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._journal, name)

    def lease(self, run: str, owner: str, seconds: float) -> Fence:
        self.asked += 1
        if self.asked == 1:
            raise Held(f"run {run} is being written by somebody else")
        return self._journal.lease(run, owner, seconds)


@pytest.mark.usefixtures("published")
def test_a_decision_waits_for_whoever_writes_the_run(desk: "Desk") -> None:
    with open_desk(desk.repo, {"state": desk.state}) as here:
        busy = Busy(here.journal)
        patient = replace(here, journal=cast("Journal", busy))
        patient.record(Review(1, "accepted", "ada", "well done", "2026-11-22T09:00:00Z"))

    assert states(desk) == ["accepted"]
    assert busy.asked == 2


def test_words_of_a_reviewer_are_answered_on_the_same_request(
    desk: "Desk", published: dict[str, Any]
) -> None:
    script = desk.folder / "answer.yml"
    model = desk.replies("better", name="answer")
    script.write_text(script.read_text().replace("SEARCH\\none\\n", "SEARCH\\ngood\\n"))
    words = ("--words", "Say better.", "--unsafe-no-sandbox", "--quiet", model)

    assert desk.run("review", "request-changes", "1", *words) == 0

    newest = desk.ask("runs")[1]["runs"][0]
    assert (newest["state"], newest["id"] != published["run"]) == ("proposed", True)
    assert desk.run("publish", newest["bundle"]) == 0
    (request,) = desk.pull_requests()
    assert (request["number"], request["draft"]["run"]) == (1, newest["id"])


def test_the_exit_code_of_the_next_attempt_is_the_commands(
    desk: "Desk", published: dict[str, Any]
) -> None:
    model = desk.replies("never", name="answer")  # finds no line to replace
    words = ("--words", "Say better.", "--unsafe-no-sandbox", "--quiet", model)

    assert desk.run("review", "request-changes", "1", *words) == 1
    assert states(desk)[0] == "failed"


def test_an_empty_reason_is_none(desk: "Desk", published: dict[str, Any]) -> None:
    assert desk.run("review", "reject", "1", "--reason", " ") == 2
    assert "say it in words" in desk.noted
    assert states(desk) == ["published"]
