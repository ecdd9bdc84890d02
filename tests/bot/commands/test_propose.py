"""One task to one bundle, on the command line; and a run that died is gone on with."""

from pathlib import Path
from typing import TYPE_CHECKING

from workflows.proposal import unseal

if TYPE_CHECKING:
    from tests.bot.commands.conftest import Desk


def test_a_proposal_is_a_bundle_and_is_published_by_what_is_printed(desk: "Desk") -> None:
    code, document = desk.propose("bad", "good")

    assert (code, document["state"], document["verdict"]["word"]) == (0, "proposed", "pass")
    assert len(document["attempts"]) == 2
    bundle = desk.state / "bundles" / f"{document['run']}.json"
    assert document["bundle"] == str(bundle)
    assert unseal(bundle.read_bytes())[0].changes[0].content == b"good\n"
    assert list((desk.state / "scratch").iterdir()) == []


def test_what_the_command_was_told_is_kept_for_who_takes_the_run_up(desk: "Desk") -> None:
    _, document = desk.propose("good")

    with desk.journal() as journal:
        told = journal.read(document["run"])[0].event.data["told"]
    assert told == {
        "command": "propose",
        "model": f"scripted:{desk.folder / 'replies.yml'}",
        "unsafe": True,
    }


def test_a_run_that_died_is_gone_on_with_by_the_same_words(desk: "Desk") -> None:
    _, first = desk.propose("bad", "good")
    document = Path(first["bundle"]).read_bytes()
    desk.cut_off(first["run"], "model.replied", 2)
    Path(first["bundle"]).unlink()

    code, again = desk.propose("bad", "good")

    assert (code, again) == (0, first)
    assert Path(again["bundle"]).read_bytes() == document
    assert desk.kinds(first["run"]).count("run.resumed") == 1
    assert len(desk.ask("runs")[1]["runs"]) == 1


def test_a_run_that_came_to_its_end_is_not(desk: "Desk") -> None:
    _, first = desk.propose("good")

    assert desk.propose("good")[1]["run"] != first["run"]


def test_a_run_of_another_model_is_not(desk: "Desk") -> None:
    _, first = desk.propose("good")
    desk.cut_off(first["run"], "scope.selected")

    code, other = desk.ask(
        *("propose", "--task", "Say it better", "--unsafe-no-sandbox"),
        desk.replies("better", name="others"),
    )

    assert (code, other["run"] != first["run"]) == (0, True)
    assert desk.kinds(first["run"])[-1] == "scope.selected"


def test_nothing_to_propose_is_an_expected_no(desk: "Desk") -> None:
    code, document = desk.propose("bad", more=("--max-attempts", "1"))

    assert (code, document["state"], document["bundle"]) == (1, "nothing", "")


def test_what_a_stopped_run_leaves_is_told(desk: "Desk") -> None:
    words = ("--task", "Say it better", "--unsafe-no-sandbox", desk.replies("bad"))

    assert desk.run("propose", *words) == 1

    (bundle,) = (desk.state / "bundles").iterdir()
    run = bundle.name.removesuffix(".partial.json")
    where = f"--repo {desk.repo} --state {desk.state}"
    assert f"run {run}: failed, verdict infrastructure" in desk.said
    assert f"go on with it: changewright resume {run} {where}" in desk.said
    assert f"what had landed is in {bundle}" in desk.said
    assert f"changewright publish {bundle} {where}" in desk.said


def test_a_copy_of_the_bundle_is_put_where_it_is_wanted(desk: "Desk") -> None:
    copy = desk.folder / "copy.json"

    _, document = desk.propose("good", more=("--out", str(copy)))

    assert document["bundle"] == str(copy)
    kept = desk.state / "bundles" / f"{document['run']}.json"
    assert copy.read_bytes() == kept.read_bytes()
