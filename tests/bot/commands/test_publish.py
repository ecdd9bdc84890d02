"""A bundle becomes one pull request, however often and by however many it is published."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.bot.commands.conftest import Desk


def test_publishing_twice_is_publishing_once(desk: "Desk") -> None:
    _, proposal = desk.propose("good")

    first = desk.ask("publish", proposal["bundle"])

    head = desk.git("rev-parse", first[1]["branch"])
    assert first == (0, {**first[1], "number": 1, "head": head, "state": "open"})
    assert desk.ask("publish", proposal["bundle"]) == first
    assert len(desk.pull_requests()) == 1


def test_two_processes_that_publish_one_bundle_at_once_open_one_request(desk: "Desk") -> None:
    _, proposal = desk.propose("good")

    codes = desk.at_once(*[("publish", proposal["bundle"])] * 2)

    # Who came while the other was at it is told so, and may ask again.
    assert set(codes) <= {0, 2}
    assert 0 in codes
    assert [one["draft"]["run"] for one in desk.pull_requests()] == [proposal["run"]]
    assert desk.run("publish", proposal["bundle"]) == 0


def test_of_two_runs_that_publish_at_once_one_is_published(desk: "Desk") -> None:
    bundles = {desk.propose(text)[1]["bundle"] for text in ("good", "better")}

    codes = desk.at_once(*[("publish", bundle) for bundle in bundles])

    assert sorted(codes) in ([0, 1], [0, 2])
    assert len(desk.pull_requests()) == 1
    assert sorted(desk.run("publish", bundle) for bundle in bundles) == [0, 1]


def test_a_second_answer_to_one_task_is_an_expected_no(desk: "Desk") -> None:
    _, first = desk.propose("good")
    _, second = desk.propose("better")
    desk.run("publish", first["bundle"])

    code, document = desk.ask("publish", second["bundle"])

    assert (code, document["state"]) == (1, "already-open")
    assert document["why"].startswith(
        f"pull request 1 (run {first['run']}) already answers this task and waits for a person"
    )
    assert desk.run("publish", second["bundle"]) == 1
    assert document["why"] in desk.said
    desk.run("review", "reject", "1", "--reason", "not so")
    assert desk.ask("publish", second["bundle"])[1]["number"] == 2


def test_unfinished_work_gets_a_branch_alone(desk: "Desk") -> None:
    _, stopped = desk.propose("bad", more=("--max-turns", "1"))
    assert stopped["bundle"] == str(desk.state / "bundles" / f"{stopped['run']}.partial.json")

    code, document = desk.ask("publish", stopped["bundle"])

    head = desk.git("rev-parse", document["branch"])
    assert (code, document) == (
        0,
        {
            "number": None,
            "url": None,
            "branch": document["branch"],
            "head": head,
            "state": "branch-only",
        },
    )
    assert desk.git("show", f"{head}:data/one.txt") == "bad"
    assert desk.run("publish", stopped["bundle"]) == 0
    assert f"branch {document['branch']} at {head[:12]}: unfinished work, no pull request" in (
        desk.said
    )
    assert desk.pull_requests() == []


def test_a_decision_that_was_taken_since_is_told(desk: "Desk") -> None:
    _, proposal = desk.propose("good")
    desk.run("publish", proposal["bundle"])
    assert "look at it with: changewright review show 1" in desk.said
    desk.run("review", "reject", "1", "--reason", "not so")

    assert desk.run("publish", proposal["bundle"]) == 0

    assert "pull request 1 is closed" in desk.said
    assert "a person has decided on it already; propose again for a new one" in desk.said


def test_what_a_person_committed_to_the_branch_stays(desk: "Desk") -> None:
    _, stopped = desk.propose("bad", more=("--max-turns", "1"))
    branch = desk.ask("publish", stopped["bundle"])[1]["branch"]
    desk.git("switch", "--quiet", branch)
    (desk.repo / "data" / "one.txt").write_text("mine\n")
    desk.git("commit", "--quiet", "--all", "--message=mine")
    theirs = desk.git("rev-parse", "HEAD")
    desk.git("switch", "--quiet", "main")
    _, proposal = desk.propose("good")

    assert desk.run("publish", proposal["bundle"]) == 2

    assert "somebody worked on it" in desk.noted
    assert desk.git("rev-parse", branch) == theirs
    assert desk.pull_requests() == []


def test_a_file_that_is_no_bundle_is_named(desk: "Desk") -> None:
    (desk.folder / "no.json").write_text("{}")

    assert desk.run("publish", str(desk.folder / "no.json")) == 2
    assert f"{desk.folder / 'no.json'}: this is not a bundle of changewright" in desk.noted
    assert desk.run("publish", str(Path("nowhere.json"))) == 2
    assert "nowhere.json: cannot read the bundle" in desk.noted
