"""What doctor says on machines where something is missing."""

import json
from pathlib import Path

import pytest

from bot.adapters.bwrap_sandbox import BwrapSandbox
from bot.cli import run
from bot.doctor import Check, _git, _model, _probed, examine
from bot.settings import Sources, load

Capture = pytest.CaptureFixture[str]
KEY = "ANTHROPIC_API_KEY"


def _fake_git(folder: Path, said: str) -> str:
    script = folder / "git"
    script.write_text(f"#!/bin/sh\necho '{said}'\n")
    script.chmod(0o755)
    return str(folder)


@pytest.mark.parametrize(
    ("said", "works"),
    [
        ("git version 2.38.0", True),
        ("git version 10.1 (Apple Git-1)", True),
        ("git version 2.37.9", False),
        ("nonsense", False),
    ],
)
def test_git_must_be_new_enough(
    said: str, *, works: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", _fake_git(tmp_path, said))

    check = _git()

    assert (check.works, check.required) == (works, True)
    assert check.found == (said if works else f"{said}; 2.38 or later is needed")
    assert bool(check.mend) is not works


def test_git_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert _git() == Check("git", False, True, "not installed", "apt-get install git")  # noqa: FBT003 - compared whole


def test_without_bubblewrap_it_says_how_to_get_it(tmp_path: Path) -> None:
    check = _probed(BwrapSandbox(tmp_path, tmp_path / "bwrap").probe())

    assert not check.works
    assert check.required
    assert check.found == f"bwrap: bubblewrap is not installed ({tmp_path}/bwrap does not exist)"
    assert check.mend == "apt-get install bubblewrap"


@pytest.mark.parametrize(("environment", "works"), [({}, False), ({KEY: "sk-x"}, True)])
def test_a_missing_key_is_told_and_required_by_nothing(
    environment: dict[str, str], *, works: bool, tmp_path: Path
) -> None:
    check = _model(load(Sources(environment=environment, default_state=tmp_path)))

    assert (check.works, check.required) == (works, False)
    assert "sk-x" not in repr(check)


def test_a_state_folder_that_cannot_be_used_is_one_line_among_all(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    checks = {one.name: one for one in examine({"state": tmp_path / "file"}, offline=True)}

    assert list(checks) == ["platform", "state", "git", "sandbox", "model key", "forge"]
    assert not checks["state"].works
    assert not checks["sandbox"].works
    assert checks["sandbox"].found.startswith("not measured: cannot make the state folder")


def test_the_document_holds_every_check(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "file").write_text("")

    code = run(["doctor", "--json", "--offline", "--state", str(tmp_path / "file")])

    said = capsys.readouterr()
    checks = json.loads(said.out)["checks"]
    assert code == 1
    assert [sorted(check) for check in checks] == [
        ["found", "mend", "name", "required", "works"]
    ] * 6
    assert "FAIL  state" in said.err
    assert "to mend it: changewright doctor --state DIR" in said.err
