"""``doctor --config`` for a repository, for a folder without one, and for a base."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from bot.cli import run

Capture = pytest.CaptureFixture[str]
TARGET = ".github/changewright.yml"


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine with a key, on which nobody has configured anything."""
    for name in list(os.environ):
        if name.startswith("CHANGEWRIGHT_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-canary")


def git(repo: Path, *words: str) -> str:
    who = ["-c", "user.name=me", "-c", "user.email=me@example.invalid"]
    done = subprocess.run(
        ["git", *who, *words], cwd=repo, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    repo = tmp_path / "repo"
    (repo / ".github").mkdir(parents=True)
    git(repo, "init", "--quiet")
    for attempts in (1, 2):
        (repo / TARGET).write_text(f"max_attempts: {attempts}\n")
        git(repo, "add", ".")
        git(repo, "commit", "--quiet", "--message", "x")
    (repo / TARGET).write_text("not committed: [")
    return repo


def attempts(page: str) -> str:
    row = next(line for line in page.splitlines() if line.startswith("max_attempts"))
    return " ".join(row.split()[1:])


def test_the_targets_file_counts_as_it_is_at_the_base(repo: Path, capsys: Capture) -> None:
    head, before = git(repo, "rev-parse", "HEAD"), git(repo, "rev-parse", "HEAD~1")

    assert run(["doctor", "--config", "--repo", str(repo)]) == 0
    now = capsys.readouterr().out
    assert run(["doctor", "--config", "--repo", str(repo), "--base", "HEAD~1"]) == 0
    then = capsys.readouterr().out

    assert now.splitlines()[1] == f"target    {TARGET} at {head[:12]} of {repo}"
    assert then.splitlines()[1] == f"target    {TARGET} at {before[:12]} of {repo}"
    assert attempts(now) == "2 target line 1"
    assert attempts(then) == "1 target line 1"
    assert "canary" not in now


def test_the_page_is_read_in_a_terminal_of_a_hundred_columns(repo: Path, capsys: Capture) -> None:
    assert run(["doctor", "--config", "--repo", str(repo), "--state", "/state"]) == 0

    _operator, _target, *rows = capsys.readouterr().out.splitlines()
    assert max(map(len, rows)) <= 100


def test_a_folder_without_a_repository_has_the_operators_side_only(
    tmp_path: Path, capsys: Capture
) -> None:
    assert run(["doctor", "--config", "--repo", str(tmp_path)]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "operator  no file of the operator's"
    assert lines[1].startswith(f"target    not read: {tmp_path} is not in a git repository;")


def test_a_repository_without_the_file_or_without_a_commit_says_so(
    tmp_path: Path, capsys: Capture
) -> None:
    git(tmp_path, "init", "--quiet")
    assert run(["doctor", "--config", "--repo", str(tmp_path)]) == 0
    assert "target    not read: the repository " in capsys.readouterr().out

    git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", "x")
    assert run(["doctor", "--config", "--repo", str(tmp_path)]) == 0
    assert f"target    no {TARGET} at " in capsys.readouterr().out


def test_a_base_that_was_asked_for_must_be_there(repo: Path, capsys: Capture) -> None:
    assert run(["doctor", "--config", "--repo", str(repo), "--base", "gone"]) == 2

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("changewright: there is no commit 'gone' in ")


def test_the_document_is_alone_on_standard_output_and_options_count(
    repo: Path, tmp_path: Path, capsys: Capture
) -> None:
    argv = ["doctor", "--config", "--json", "--repo", str(repo), "--state", str(tmp_path / "s")]
    assert run(argv) == 0

    said = capsys.readouterr()
    rows = {row["key"]: row for row in json.loads(said.out)["settings"]}
    assert rows["state"] == {"key": "state", "value": str(tmp_path / "s"), "origin": "--state"}
    assert rows["max_attempts"]["origin"] == f"target {TARGET}:1"
    assert rows["api_key"]["value"] == "set"
    assert "canary" not in said.out + said.err


def test_looking_at_the_settings_leaves_nothing_behind(repo: Path, tmp_path: Path) -> None:
    before = sorted(str(path) for path in tmp_path.rglob("*"))

    assert run(["doctor", "--config", "--repo", str(repo)]) == 0

    assert sorted(str(path) for path in tmp_path.rglob("*")) == before
