"""Old drafts of ours are closed; nothing that a person touched is."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from validators.clones.own_repository import open_own
from workflows.expire import Expiry, close_expired
from workflows.publish import publish
from workflows.review import Review
from workflows.threads import ThreadComment

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.workflows.conftest import Studio

BRANCH = "changewright/issue-7-words-counts-spaces"
LATER, SOON = "2026-12-24T12:00:00Z", "2026-11-22T12:00:00Z"


@pytest.fixture
def opened(studio: "Studio") -> "Studio":
    studio.seal()
    publish(*studio.bundle(), studio.press)
    return studio


def closed(studio: "Studio", tmp_path: Path, now: str = LATER, days: int = 14) -> list[int]:
    own = open_own(tmp_path / "own.git")
    return [one.number for one in close_expired(studio.forge, Expiry(days, now, own.git_dir))]


def test_a_draft_that_nobody_took_up_is_closed_once_and_its_branch_kept(
    opened: "Studio", tmp_path: Path
) -> None:
    assert closed(opened, tmp_path, SOON) == []
    assert closed(opened, tmp_path) == [1]
    assert opened.forge.pull_request(1).state == "closed"
    assert opened.forge.branch_head(BRANCH) is not None
    assert closed(opened, tmp_path) == []


def test_one_that_a_person_reviewed_stays(opened: "Studio", tmp_path: Path) -> None:
    opened.forge.record_review(Review(1, "changes-requested", "ada", "Better.", "t"))

    assert closed(opened, tmp_path) == []


def test_one_about_a_line_of_which_somebody_said_something_stays(
    opened: "Studio", tmp_path: Path
) -> None:
    question = ThreadComment("ada", "Why this one?", SOON)
    opened.forge.begin_thread(1, ("tally.py", 2, "head"), question)

    assert closed(opened, tmp_path) == []


def test_one_that_a_person_marked_as_ready_stays(opened: "Studio", tmp_path: Path) -> None:
    known = opened.forge.pull_request(1)
    opened.forge.update_pull_request(1, replace(known.draft, draft=False), known.head)

    assert closed(opened, tmp_path) == []


def test_one_that_a_person_committed_to_stays(
    opened: "Studio", tmp_path: Path, run_git: "Callable[..., str]"
) -> None:
    repository = opened.folder / "tally"
    tree = run_git(repository, "rev-parse", f"{BRANCH}^{{tree}}")
    theirs = run_git(repository, "commit-tree", "-p", BRANCH, "-m", "mine", tree)
    run_git(repository, "update-ref", f"refs/heads/{BRANCH}", theirs)
    assert closed(opened, tmp_path) == []
    known = opened.forge.pull_request(1)
    opened.forge.update_pull_request(1, known.draft, theirs)

    assert closed(opened, tmp_path) == []


def test_one_whose_branch_is_gone_stays_for_people_to_look_at(
    opened: "Studio", tmp_path: Path, run_git: "Callable[..., str]"
) -> None:
    run_git(opened.folder / "tally", "branch", "-q", "-D", BRANCH)

    assert closed(opened, tmp_path) == []
