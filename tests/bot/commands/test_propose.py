"""One task to one bundle, on the command line; and a run that died is gone on with."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

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


VETO = {"path": "data/one.txt", "start_line": 1, "end_line": 1, "why": "Nobody says that."}


def second_opinions(desk: "Desk", monkeypatch: pytest.MonkeyPatch, *decisions: str) -> None:
    """Have a script give second opinions, which only the operator may ask for."""
    script = desk.folder / "opinions.yml"
    replies = [
        {
            "calls": [
                {
                    "name": "verdict",
                    "arguments": {"decision": said, "reasons": [VETO] if said == "veto" else []},
                }
            ]
        }
        for said in decisions
    ]
    script.write_text(json.dumps({"replies": replies}))
    monkeypatch.setenv("CHANGEWRIGHT_MODEL_ADJUDICATOR", f"scripted:{script}")


def test_a_second_opinion_is_asked_for_where_the_operator_names_who_gives_it(
    desk: "Desk", monkeypatch: pytest.MonkeyPatch
) -> None:
    second_opinions(desk, monkeypatch, "veto", "accept")

    code, document = desk.propose("good", "better")

    assert (code, document["state"], len(document["attempts"])) == (0, "proposed", 2)
    assert "Nobody says that." in unseal(Path(document["bundle"]).read_bytes())[0].body
    (listed,) = desk.ask("runs")[1]["runs"]
    assert (listed["opinions"], listed["vetoes"]) == (2, 1)


def test_a_run_that_died_beside_its_second_opinion_goes_on_behind_it(
    desk: "Desk", monkeypatch: pytest.MonkeyPatch
) -> None:
    second_opinions(desk, monkeypatch, "veto", "accept")
    _, first = desk.propose("good", "better")
    document = Path(first["bundle"]).read_bytes()
    desk.cut_off(first["run"], "adjudication.finished")

    code, again = desk.propose("good", "better")

    assert (code, again) == (0, first)
    assert Path(again["bundle"]).read_bytes() == document


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ("scripted:/nowhere.yml", "the script cannot be read"),
        (
            "claude:judge-1",
            "there is no key for the model judge-1 at its vendor: set ANTHROPIC_API_KEY",
        ),
        ("recorded:r0", "the journal has no run"),
        ("anybody", "must be off, claude, claude:NAME, scripted:FILE or recorded:RUN"),
        ("claude:", "must be off, claude, claude:NAME, scripted:FILE or recorded:RUN"),
    ],
)
def test_who_cannot_be_asked_is_told_before_anything_is_paid(
    desk: "Desk", monkeypatch: pytest.MonkeyPatch, named: str, words: str
) -> None:
    monkeypatch.setenv("CHANGEWRIGHT_MODEL_ADJUDICATOR", named)

    task = ("--task", "Say it better", "--unsafe-no-sandbox")
    code = desk.run("propose", *task, desk.replies("good"))

    assert code == 2
    assert words in desk.noted
    monkeypatch.delenv("CHANGEWRIGHT_MODEL_ADJUDICATOR")
    assert desk.ask("runs")[1]["runs"] == []
