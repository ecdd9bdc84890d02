"""Where ``init`` writes, and where it does not."""

import json
import subprocess
from pathlib import Path

import pytest

from bot.cli import run
from bot.commands.workflow_files import _installed_from

FILE = ".github/changewright.yml"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "target"
    folder.mkdir()
    (folder / "a.py").write_text("A = 1\n")
    for words in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=m", "-c", "user.email=m@localhost", "commit", "-qm", "one"],
    ):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


def _init(repository: Path, *words: str) -> int:
    state = repository.parent / "state"
    return run(["init", "--repo", str(repository), "--state", str(state), *words])


def test_it_writes_the_file_at_the_root_and_replaces_it_only_when_told(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "folder").mkdir()

    assert _init(repository / "folder") == 0

    assert "gates:" in (repository / FILE).read_text()
    assert list((repository / "folder").iterdir()) == []
    (repository / FILE).write_text("# mine\n")
    assert _init(repository) == 1
    assert "--force replaces it" in capsys.readouterr().out
    assert (repository / FILE).read_text() == "# mine\n"
    assert _init(repository, "--force") == 0
    assert "gates:" in (repository / FILE).read_text()


def test_it_writes_through_no_link_of_the_repository(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (repository / ".github").symlink_to(outside)

    assert _init(repository) == 2
    assert "a folder on the way is a link" in capsys.readouterr().err

    (repository / ".github").unlink()
    (repository / ".github").mkdir()
    (repository / FILE).symlink_to(outside / "config.yml")
    assert _init(repository) == 1
    assert _init(repository, "--force") == 0
    assert list(outside.iterdir()) == []
    assert not (repository / FILE).is_symlink()


def test_it_writes_down_what_the_workflows_run_and_what_was_not_used(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workflow = repository / ".github" / "workflows" / "ci.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(
        "on: push\njobs:\n  tests:\n    steps:\n      - run: pip install attrs\n"
        "      - run: pytest -q tests\n      - run: mypy ${{ matrix.x }}\n"
    )
    (repository / "tests").mkdir()
    (repository / "tests" / "test_a.py").write_text("")
    who = ["-c", "user.name=m", "-c", "user.email=m@localhost"]
    for words in (["add", "."], [*who, "commit", "-qm", "two"]):
        subprocess.run(["git", *words], cwd=repository, check=True)

    assert _init(repository, "--json") == 0

    written = (repository / FILE).read_text()
    place = "workflow .github/workflows/ci.yml, job tests"
    note = f"{place}, step 3: not used; it uses an expression"
    assert f"name: tests  # from {place}\n" in written
    assert 'run: [python, "-m", pytest, tests]\n' in written
    assert "- [uv, pip, install, attrs, pytest, coverage]\n" in written
    assert f"# - {note}\n" in written
    printed = json.loads(capsys.readouterr().out)
    assert printed["notes"] == [note]


def test_a_file_that_is_replaced_is_not_what_is_found(repository: Path) -> None:
    declared = "gates:\n  - name: odd\n    kind: test\n    run: [odd]\nsetup:\n  run: [[odd]]\n"
    (repository / ".github").mkdir()
    (repository / FILE).write_text(declared)
    who = ["-c", "user.name=m", "-c", "user.email=m@localhost"]
    for words in (["add", "."], [*who, "commit", "-qm", "two"]):
        subprocess.run(["git", *words], cwd=repository, check=True)

    assert _init(repository, "--force") == 0

    assert "odd" not in (repository / FILE).read_text()


PINNED = "octo/changewright@" + "0123456789" * 4


def test_the_workflows_are_written_beside_it_with_the_action_pinned(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / ".github").mkdir()
    (repository / FILE).write_text("# mine\n")

    assert _init(repository, "--github", "--action", PINNED, "--json") == 0

    document = json.loads(capsys.readouterr().out)
    names = ["changewright-collect.yml", "changewright-gate.yml", "changewright.yml"]
    assert [Path(path).name for path in document["workflows"]] == names
    assert (repository / FILE).read_text() == "# mine\n"
    for path in document["workflows"]:
        text = Path(path).read_text()
        assert f"uses: {PINNED} # v" in text
        assert "@00000" not in text


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--github",), "say it with --action"),
        (("--github", "--action", "octo/changewright@v1"), "does not pin the action"),
        (("--action", PINNED), "give both"),
    ],
)
def test_an_action_that_is_not_one_commit_is_not_written(
    repository: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], complaint: str
) -> None:
    assert _init(repository, *words) == 2

    assert complaint in capsys.readouterr().err
    assert not (repository / ".github").exists()


def test_an_installer_says_which_commit_a_program_is_of() -> None:
    told = {"url": "https://forge.example/octo/tool.git", "vcs_info": {"commit_id": "ab" * 20}}

    assert _installed_from(json.dumps(told)) == f"octo/tool@{'ab' * 20}"
