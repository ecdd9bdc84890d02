"""What a proposal's base has become since it was recorded decides whether it may be published."""

from collections.abc import Callable
from pathlib import Path

import pytest

from workflows.stale import Base, base_now

Git = Callable[..., str]


@pytest.fixture
def repository(tmp_path: Path, run_git: Git) -> Path:
    place = tmp_path / "tally"
    place.mkdir()
    run_git(place, "init", "-q", "-b", "main")
    for name in ("tally.py", "docs/page.md", "data/one.txt"):
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_text(f"{name}\n")
    return place


def commit(run_git: Git, place: Path, *more: str) -> str:
    run_git(place, "add", "-A")
    run_git(place, "commit", "-q", "--allow-empty", "-m", "words", *more)
    return run_git(place, "rev-parse", "HEAD")


def standing(place: Path, recorded: str, head: str, *touched: str) -> Base:
    return base_now(place / ".git", recorded, head, touched)


def test_a_branch_where_it_was_is_the_same(repository: Path, run_git: Git) -> None:
    head = commit(run_git, repository)

    found = standing(repository, head, head, "tally.py")

    assert (found.state, found.may_be_published_on, found.paths) == ("same", True, ())


@pytest.mark.parametrize(
    ("written", "touched", "state"),
    [
        ("docs/page.md", ("tally.py",), "moved-elsewhere"),
        ("tally.py", ("tally.py",), "stale"),
        ("tally.py/inner.py", ("tally.py",), "stale"),
        ("docs", ("docs/new.md",), "stale"),
        ("tally.py2", ("tally.py",), "moved-elsewhere"),
        ('söme "odd\tname', ('söme "odd\tname', "tally.py"), "stale"),
    ],
)
def test_what_moved_counts_where_the_change_is(
    repository: Path, run_git: Git, written: str, touched: tuple[str, ...], state: str
) -> None:
    recorded = commit(run_git, repository)
    for part in (repository / written, *(repository / written).parents):
        if part.is_file():
            part.unlink()
    if (repository / written).is_dir():
        run_git(repository, "rm", "-qr", written)
    (repository / written).parent.mkdir(exist_ok=True)
    (repository / written).write_text("other\n")
    head = commit(run_git, repository)

    found = standing(repository, recorded, head, *touched)

    assert found.state == state
    assert found.may_be_published_on == (state == "moved-elsewhere")
    assert bool(found.paths) == (state == "stale")


def test_a_file_that_was_moved_away_was_touched(repository: Path, run_git: Git) -> None:
    recorded = commit(run_git, repository)
    run_git(repository, "mv", "tally.py", "count.py")
    head = commit(run_git, repository)

    assert standing(repository, recorded, head, "tally.py").paths == ("tally.py",)


def test_a_file_that_is_what_it_was_again_is_not_stale(repository: Path, run_git: Git) -> None:
    recorded = commit(run_git, repository)
    (repository / "tally.py").write_text("other\n")
    commit(run_git, repository)
    (repository / "tally.py").write_text("tally.py\n")
    head = commit(run_git, repository)

    assert standing(repository, recorded, head, "tally.py").state == "moved-elsewhere"


def test_history_that_was_replaced_is_rewritten_even_with_the_same_files(
    repository: Path, run_git: Git
) -> None:
    recorded = commit(run_git, repository)
    head = commit(run_git, repository, "--amend", "--date=2001-01-01T00:00:00Z")

    found = standing(repository, recorded, head, "tally.py")

    assert (found.state, found.may_be_published_on) == ("rewritten", False)


def test_a_recorded_commit_that_is_gone_is_rewritten(repository: Path, run_git: Git) -> None:
    head = commit(run_git, repository)

    assert standing(repository, "1" * 40, head, "tally.py").state == "rewritten"
