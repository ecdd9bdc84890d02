"""A migration program as a campaign's step: its work, what it leaves, and what it overlooks."""

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from bot.adapters.bwrap_sandbox import BwrapSandbox
from bot.campaigns.codemod_step import CodemodStep, make_codemod
from bot.campaigns.step_place import StepPlace
from bot.campaigns.steps import STEP_KINDS
from bot.codemod_start import write_start
from bot.configuration.values import Node, Place, SettingsRefusal
from bot.settings import from_process
from bot.wiring import Bench
from tests.found_out import lend
from validators.checkout import open_clone
from validators.codemods.program import CodemodRefusal, read_program
from workflows.campaign import Target
from workflows.migration_step import StepInput, StepResult

FILES = {
    "good.py": "from library import old_name\n\nprint(old_name(1))\n",
    "rest.py": "from library import old_name\n\n\ndef f(*a):\n    return old_name(*a)\n",
    "none.py": "print(1)\n",
}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    repo = tmp_path / "repo"
    repo.mkdir()
    for name, content in FILES.items():
        (repo / name).write_text(content)
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "one"]):
        named = ["-c", "user.name=a", "-c", "user.email=a@localhost"]
        subprocess.run(["git", *named, *words], cwd=repo, check=True)
    settings = from_process({"state": tmp_path / "state"})
    settings = replace(settings, rules=replace(settings.rules, require=()))
    clone = open_clone(repo, "HEAD", tmp_path / "clone")
    (tmp_path / "scratch").mkdir()
    nothing = cast("Any", None)
    kept = lend(tmp_path / "state") / "probes" / "bwrap.json"
    sandbox = BwrapSandbox(tmp_path / "scratch", kept=kept)
    probe = sandbox.probe()
    if not probe.usable:
        pytest.skip(f"{probe.why_not}. {probe.mend}")
    return Bench(settings, clone, sandbox, nothing, nothing, tmp_path / "scratch", nothing)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    write_start(tmp_path / "rename", is_rule=False)
    return tmp_path / "rename"


def applied(bench: Bench, program: Path, path: str, *, is_followed: bool = False) -> StepResult:
    step = CodemodStep("rename", read_program(program), bench, is_followed)
    target = Target("t", "repo", (path,))
    return step.apply(StepInput(target, bench.clone.base_tree, "", cast("Any", None)))


def place_of(bench: Bench) -> StepPlace:
    return StepPlace(bench, *[cast("Any", None)] * 2)


def test_a_program_changes_its_targets_files(bench: Bench, program: Path) -> None:
    result = applied(bench, program, "good.py")

    (change,) = result.files
    assert (change.path, change.mode, result.trouble) == ("good.py", "100644", "")
    assert change.content == b"from library import new_name\n\nprint(new_name(1))\n"
    assert applied(bench, program, "none.py") == StepResult(left=())


def test_what_it_leaves_is_told_with_its_place_and_reason(bench: Bench, program: Path) -> None:
    result = applied(bench, program, "rest.py")

    assert "rest.py:5: its arguments cannot be told" in (result.left or ())


def test_what_is_still_there_after_others_is_what_it_leaves_and_what_it_would_change(
    bench: Bench, program: Path
) -> None:
    step = CodemodStep("rename", read_program(program), bench)
    given = StepInput(
        Target("t", "repo", tuple(FILES)), bench.clone.base_tree, "", cast("Any", None)
    )

    there = step.still_there(given, ("good.py", "rest.py"))

    assert "rest.py:5: its arguments cannot be told" in there
    assert "good.py:1: the program would change it once more" in there
    assert step.still_there(given, ("none.py",)) == ()


def test_what_it_overlooks_fails_the_target(bench: Bench, program: Path) -> None:
    place = program / "codemod.py"
    place.write_text(place.read_text().replace('"old_name($$$ARGS)"', '"other($$$ARGS)"'))

    result = applied(bench, program, "good.py")

    assert result.reason == "step"
    assert "sites were not dealt with, first good.py:" in result.trouble
    followed = applied(bench, program, "good.py", is_followed=True)
    assert (followed.trouble, len(followed.left or ())) == ("", 1)


def test_a_campaign_keeps_to_the_program_that_it_was_begun_with(
    bench: Bench, program: Path, tmp_path: Path
) -> None:
    place = Place(str(tmp_path / "campaign.yml"), "steps.codemod")
    words = STEP_KINDS["codemod"].value.read(Node("rename", 3), place)
    assert make_codemod(words, place_of(bench)).name == "codemod rename"
    (program / "codemod.py").write_text((program / "codemod.py").read_text() + "\n# other\n")

    with pytest.raises(CodemodRefusal, match="no longer the program that this campaign was begun"):
        make_codemod(words, place_of(bench))
    with pytest.raises(SettingsRefusal, match=r"campaign\.yml:3: steps\.codemod cannot be used"):
        STEP_KINDS["codemod"].value.read(Node("nowhere", 3), place)
