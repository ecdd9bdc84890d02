"""A run that was stopped or killed is taken to its end, by its name or as the newest of them."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.bot.commands.conftest import Desk

UNSAFE = "--unsafe-no-sandbox"
MIGRATION = (
    *("migrate", "--rule", "sed -i s/$/!/", "--on", "*.txt", "--shard", "directory"),
    UNSAFE,
)


@pytest.fixture
def cut(desk: "Desk") -> dict[str, Any]:
    """The document of an undisturbed run, of which the journal knows the first attempt alone."""
    _, document = desk.propose("bad", "good")
    desk.cut_off(document["run"], "attempt.finished")
    Path(document["bundle"]).unlink()
    return document


def test_a_run_that_was_cut_off_comes_to_the_same_end(desk: "Desk", cut: dict[str, Any]) -> None:
    assert desk.ask("resume", cut["run"], UNSAFE) == (0, cut)

    assert Path(cut["bundle"]).is_file()
    assert desk.kinds(cut["run"]).count("model.replied") == 2


def test_without_a_name_the_newest_that_was_stopped_is_taken_up(
    desk: "Desk", cut: dict[str, Any]
) -> None:
    desk.propose("bad", name="ended", more=("--max-attempts", "1"))

    assert desk.ask("resume", UNSAFE) == (0, cut)
    assert desk.run("resume", UNSAFE) == 2
    assert "no run was stopped; name one, `changewright runs` lists them" in desk.noted


def test_a_run_that_is_being_written_is_left_alone(desk: "Desk", cut: dict[str, Any]) -> None:
    with desk.journal() as journal:
        journal.lease(cut["run"], "somebody")
        assert desk.run("resume", UNSAFE) == 2
        assert desk.run("resume", cut["run"], UNSAFE) == 2

    assert f"run {cut['run']} is being written by somebody" in desk.noted


def test_the_walls_are_not_left_out_because_somebody_once_said_so(
    desk: "Desk", cut: dict[str, Any]
) -> None:
    kinds = desk.kinds(cut["run"])

    assert desk.run("resume", cut["run"]) == 2

    assert "this run began with --unsafe-no-sandbox; say it again" in desk.noted
    assert desk.kinds(cut["run"]) == kinds


def test_a_run_nobody_knows_is_told_as_such(desk: "Desk", cut: dict[str, Any]) -> None:
    assert desk.run("resume", "r-nobody") == 2
    assert "the journal has no run 'r-nobody'; `changewright runs` lists them" in desk.noted


@pytest.mark.parametrize(("texts", "state", "code"), [(("good",), "proposed", 0), ((), "", 1)])
def test_a_run_that_has_ended_is_told_as_such(
    desk: "Desk", texts: tuple[str, ...], state: str, code: int
) -> None:
    _, document = desk.propose(*(texts or ("bad",)), more=("--max-attempts", "1"))
    kinds = desk.kinds(document["run"])
    state = state or "nothing"

    assert desk.ask("resume", document["run"], UNSAFE) == (
        code,
        {"run": document["run"], "state": state},
    )
    assert desk.run("resume", document["run"], UNSAFE) == code
    assert f"run {document['run']} is {state} already: {document['why']}" in desk.said
    assert desk.kinds(document["run"]) == kinds


@pytest.mark.parametrize("cap", ["--max-turns", "--max-requests"])
def test_a_run_whose_budget_was_used_up_goes_on_with_more(desk: "Desk", cap: str) -> None:
    _, stopped = desk.propose("bad", "good", more=(cap, "1"))
    assert (stopped["state"], stopped["verdict"]["word"]) == ("failed", "budget")
    run = stopped["run"]

    again = desk.ask("resume", run, UNSAFE)
    assert (again[0], again[1]["verdict"]["word"]) == (1, "budget")
    code, document = desk.ask("resume", run, UNSAFE, cap, "2")

    assert (code, document["state"]) == (0, "proposed")
    assert document["attempts"][:1] == stopped["attempts"]


def test_a_repository_that_was_moved_is_named(desk: "Desk", cut: dict[str, Any]) -> None:
    moved = desk.repo.rename(desk.folder / "moved")
    assert desk.run("resume", cut["run"], UNSAFE) == 2

    code, document = desk.ask("resume", cut["run"], UNSAFE, "--repo", str(moved))

    assert (code, document) == (0, cut)


def test_a_base_that_is_gone_is_told(desk: "Desk", cut: dict[str, Any]) -> None:
    shutil.rmtree(desk.repo / ".git")
    desk.git("init", "--quiet", "--initial-branch=main")
    desk.git("commit", "--quiet", "--allow-empty", "--message=another")

    assert desk.run("resume", cut["run"], UNSAFE) == 2
    assert desk.kinds(cut["run"])[-1] == "attempt.finished"


def test_a_run_that_is_known_by_its_bundle_alone_is_not_resumed(desk: "Desk") -> None:
    _, document = desk.propose("good")
    (desk.state / "journal.sqlite").unlink()
    for rest in desk.state.glob("journal.sqlite-*"):
        rest.unlink()
    assert desk.run("publish", document["bundle"]) == 0

    assert desk.run("resume", document["run"]) == 2
    assert "was brought here by its bundle alone; resume it where it began" in desk.noted


@pytest.mark.parametrize(("kind", "nth"), [("effect.intended", 1), ("effect.settled", 1)])
def test_a_run_that_was_half_published_is_published(desk: "Desk", kind: str, nth: int) -> None:
    _, document = desk.propose("good")
    assert desk.run("publish", document["bundle"]) == 0
    before = desk.pull_requests()
    desk.cut_off(document["run"], kind, nth)

    assert desk.run("resume", document["run"]) == 0

    assert desk.pull_requests() == before
    assert desk.ask("runs")[1]["runs"][0]["state"] == "published"


def test_a_target_of_a_migration_resumes_its_campaign(desk: "Desk") -> None:
    code, first = desk.ask(*MIGRATION)
    assert (code, [one["state"] for one in first["targets"]]) == (0, ["gated", "gated"])
    one, other = first["targets"]
    desk.cut_off(f"target-{one['target']}", "target.started")
    desk.cut_off(one["run"], "command.finished")

    assert desk.run("resume", one["run"]) == 2  # without its walls, unless that is said again
    code, again = desk.ask("resume", one["run"], UNSAFE)

    assert (code, again) == (0, first)
    assert desk.kinds(one["run"]).count("run.resumed") == 1
    assert "run.resumed" not in desk.kinds(other["run"])


def test_a_revision_goes_on_from_the_bundle_it_revises(desk: "Desk") -> None:
    _, first = desk.propose("good")
    desk.run("publish", first["bundle"])
    answer = desk.replies("good", "better", name="answer")
    (desk.folder / "answer.yml").write_text(
        (desk.folder / "answer.yml").read_text().replace("SEARCH\\none\\n", "SEARCH\\ngood\\n", 1)
    )
    words = ("request-changes", "1", "--words", "Say better.", UNSAFE, "--quiet", answer)
    desk.run("review", *words)
    run = desk.ask("runs")[1]["runs"][0]["id"]
    desk.cut_off(run, "scope.selected")
    kept = Path(first["bundle"]).rename(desk.folder / "elsewhere.json")

    assert desk.run("resume", run, UNSAFE) == 2
    assert f"the bundle of run {first['run']}, which is revised, is not in" in desk.noted
    kept.rename(first["bundle"])
    desk.run("resume", run, UNSAFE)

    assert desk.kinds(run).count("run.resumed") == 1
    with desk.journal() as journal:
        assert journal.read(run)[0].event.data["revises"] == 1
