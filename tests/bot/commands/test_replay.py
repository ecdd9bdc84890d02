"""A run made again from its journal: the same trees, nobody asked, nothing written down."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.cli import run

if TYPE_CHECKING:
    from tests.bot.commands.conftest import Desk


def replay(desk: "Desk", *words: str) -> int:
    code = run(["replay", *words, "--state", str(desk.state)])
    said = desk.capsys.readouterr()
    desk.said, desk.noted = said.out, said.err
    return code


def steps(desk: "Desk", name: str) -> list[int]:
    """Return the numbers of the steps at which something landed."""
    return [at for at, kind in enumerate(desk.kinds(name), 1) if kind == "patch.landed"]


def test_every_tree_is_made_again_and_each_step_can_be_gone_back_to(
    desk: "Desk", monkeypatch: pytest.MonkeyPatch
) -> None:
    _, document = desk.propose("bad", "good")
    name, kinds = document["run"], desk.kinds(document["run"])
    monkeypatch.chdir(desk.folder)

    assert replay(desk, name) == 0
    assert "same: 2 kept replies landed again, and no model was asked" in desk.said
    first, second = steps(desk, name)
    assert first < second
    for step, text in ((first - 1, "one\n"), (first, "bad\n")):
        assert replay(desk, name, "--until", str(step)) == 0
        assert (desk.folder / f"{name}-{step}/data/one.txt").read_text() == text
    assert desk.kinds(name) == kinds
    assert desk.git("status", "--porcelain") == ""

    assert replay(desk, name, "--until", str(first)) == 2
    assert "is there already; name a new folder with --out" in desk.noted
    assert replay(desk, name, "--until", "999") == 2
    assert "and 999 is none of them" in desk.noted


def test_a_tree_that_is_not_made_again_is_told(desk: "Desk") -> None:
    _, document = desk.propose("good")
    name = document["run"]
    with desk.journal() as journal:
        landed = [one for one in journal.read(name) if one.event.kind == "patch.landed"]
        tree = landed[0].event.data["tree"]
        with journal.database.writing() as connection:
            connection.execute(
                "UPDATE events SET event = CAST(replace(CAST(event AS TEXT), ?, ?) AS BLOB)"
                " WHERE position = ?",
                (tree, "f" * 40, landed[0].position),
            )

    assert replay(desk, name) == 1
    assert f"attempt 1: tree ffffffffffff, DIFFERENT: {tree[:12]} now" in desk.said


def test_a_run_that_was_cut_off_is_made_again_as_far_as_it_came(desk: "Desk") -> None:
    _, document = desk.propose("bad", "good")
    name = document["run"]
    desk.cut_off(name, "gate.finished")

    assert replay(desk, name) == 0
    assert "same: 1 kept reply landed again" in desk.said


def test_a_run_that_is_not_there_is_refused(desk: "Desk") -> None:
    desk.state.mkdir(mode=0o700, exist_ok=True)
    assert replay(desk, "r9") == 2
    assert "the journal has no run 'r9'" in desk.noted
    assert not list(Path(desk.state).glob("scratch/*"))


def test_a_run_that_worked_by_snippets_is_gone_over_without_running_one(
    desk: "Desk", monkeypatch: pytest.MonkeyPatch
) -> None:
    snippets = ('edit("data/one.txt", "one", "good")', 'finish("said better")')
    turns = [{"calls": [{"name": "run_code", "arguments": {"code": one}}]} for one in snippets]
    script = desk.folder / "snippets.json"
    script.write_text(json.dumps({"replies": turns}))
    words = ("--task", "Say it better", "--unsafe-no-sandbox", f"--model=scripted:{script}")
    monkeypatch.setenv("CHANGEWRIGHT_MODEL_ACTION", "code")
    code, document = desk.ask("propose", *words)
    assert code == 0, desk.noted
    monkeypatch.delenv("CHANGEWRIGHT_MODEL_ACTION")  # it is the run that says how it worked
    name = document["run"]

    assert replay(desk, name) == 0
    assert "same: 2 kept replies landed again" in desk.said
    first = desk.kinds(name).index("snippet.finished") + 1
    for step, text in ((first - 1, "one\n"), (first, "good\n")):
        place = desk.folder / str(step)
        assert replay(desk, name, "--until", str(step), "--out", str(place)) == 0
        assert (place / "data/one.txt").read_text() == text


def test_a_run_of_a_campaign_lays_the_changes_of_its_steps_again(desk: "Desk") -> None:
    command = ("migrate", "--rule", "sed -i s/$/!/", "--on", "*.txt", "--shard", "directory")
    code, document = desk.ask(*command, "--unsafe-no-sandbox", "--quiet")
    assert code == 0, desk.noted
    name = document["targets"][0]["run"]
    step = desk.kinds(name).index("command.finished") + 1

    assert replay(desk, name) == 0
    assert "attempt 1: tree" in desk.said
    assert "same: 1 kept step landed again, and no model was asked" in desk.said
    for until, text in ((step - 1, "one\n"), (step, "one!\n")):
        place = desk.folder / str(until)
        assert replay(desk, name, "--until", str(until), "--out", str(place)) == 0
        assert (place / "data/one.txt").read_text() == text
    assert run(["show", name, str(step), "--state", str(desk.state)]) == 0
    said = desk.capsys.readouterr().out
    assert "step 1 of try 1: done" in said
    assert "data/one.txt" in said
