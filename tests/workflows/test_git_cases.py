"""Threat cases about git: what a repository, an address or a title could make it do."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.bot.adapters import test_forge_contract
from tests.validators import test_checkout, test_git
from tests.validators.threats.cases import Table, held, ids, troubles
from tests.workflows import test_publish
from validators.checkout import CheckoutRefusal, locate, materialise, open_clone
from validators.git import GitRefusal, Terms, git
from workflows.continuing import COMMIT_AUTHOR
from workflows.publish import publish

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

Git = Callable[..., str]

PLANTED = (
    "\n\nCo-authored-by: somebody <s@example.org>\nSigned-off-by: somebody <s@example.org>\r\x1b[2J"
)


@pytest.mark.parametrize(
    "address",
    [
        "ext::sh -c touch% {canary}",
        "file://{repository}",
        "{repository}",
        "https://example.invalid/a.git",
        "git@example.invalid:-oProxyCommand=touch {canary}",
        "ssh://-oProxyCommand=touch%20{canary}/a",
        "git://example.invalid/a",
    ],
)
def test_no_address_is_ever_fetched_from_whatever_it_is(
    studio: "Studio", tmp_path: Path, address: str
) -> None:
    canary, repository = tmp_path / "canary", studio.folder / "tally"
    named = address.format(canary=canary, repository=repository)

    for words in (("fetch", "--", named), ("ls-remote", "--", named)):
        with pytest.raises(GitRefusal):
            git(studio.clone.git_dir, *words, terms=Terms(timeout_s=60))
    if address != "{repository}":
        with pytest.raises(CheckoutRefusal):
            locate(Path(named))
    assert not canary.exists()


def test_an_option_in_the_place_of_a_commit_runs_nothing(studio: "Studio", tmp_path: Path) -> None:
    canary = tmp_path / "canary"

    with pytest.raises(CheckoutRefusal, match="is not the name of a commit"):
        open_clone(studio.folder / "tally", f"--upload-pack=touch {canary}", tmp_path / "other")
    assert not canary.exists()


def test_what_a_repository_says_of_its_own_history_and_settings_has_no_effect(
    studio: "Studio", tmp_path: Path, run_git: Git
) -> None:
    repository, canary = studio.folder / "tally", tmp_path / "canary"
    git_dir = repository / ".git"
    true_tree = run_git(repository, "rev-parse", "main^{tree}")
    blob = run_git(repository, "rev-parse", "main:tally.py")
    (repository / "other.py").write_text("other = 1\n")
    run_git(repository, "replace", blob, run_git(repository, "hash-object", "-w", "other.py"))
    more = tmp_path / "more.config"
    more.write_text(f"[core]\n\tfsmonitor = touch {canary}\n\thooksPath = {tmp_path}\n")
    run_git(repository, "config", f"includeIf.gitdir:{repository}/.path", str(more))
    (git_dir / "info").mkdir(exist_ok=True)
    (git_dir / "info" / "grafts").write_text(f"{run_git(repository, 'rev-parse', 'main')}\n")
    assert run_git(repository, "cat-file", "blob", blob) == "other = 1"

    clone = open_clone(repository, "main", tmp_path / "again")
    materialise(clone, clone.base_tree, tmp_path / "tree")

    assert clone.base_tree == true_tree
    assert "def words" in (tmp_path / "tree" / "tally.py").read_text()
    assert not canary.exists()


def test_an_alternate_of_the_repository_lends_objects_and_no_settings(
    studio: "Studio", tmp_path: Path, run_git: Git
) -> None:
    canary, lender = tmp_path / "canary", studio.folder / "tally"
    borrower = tmp_path / "borrower"
    run_git(tmp_path, "clone", "--quiet", "--shared", str(lender), str(borrower))
    run_git(lender, "config", "core.fsmonitor", f"touch {canary}")

    clone = open_clone(borrower, "HEAD", tmp_path / "again")
    materialise(clone, clone.base_tree, tmp_path / "tree")

    assert (tmp_path / "tree" / "tally.py").is_file()
    assert not canary.exists()


def test_a_base_that_moved_on_is_left_where_it_is_and_the_old_commit_is_named(
    studio: "Studio", run_git: Git
) -> None:
    bundle, repository = studio.seal(), studio.folder / "tally"
    run_git(repository, "commit", "--quiet", "--allow-empty", "--message=later")
    moved = run_git(repository, "rev-parse", "main")

    made = publish(*studio.bundle(), studio.press)

    assert run_git(repository, "rev-parse", "main") == moved
    assert run_git(repository, "rev-parse", f"{made.head}^") == bundle.base_commit
    assert made.pull_request is not None
    assert made.pull_request.draft.base_commit == bundle.base_commit
    assert f"--base {bundle.base_commit[:12]}" in made.pull_request.draft.body


@pytest.mark.parametrize(
    "words",
    [("branch", "-m", "main", "trunk"), ("update-ref", "refs/heads/main", "{rewritten}")],
)
def test_a_base_that_was_renamed_or_rewritten_is_not_touched_by_publishing(
    studio: "Studio", run_git: Git, words: tuple[str, ...]
) -> None:
    bundle, repository = studio.seal(), studio.folder / "tally"
    tree = run_git(repository, "rev-parse", "main^{tree}")
    rewritten = run_git(repository, "commit-tree", "-m", "another history", tree)
    run_git(repository, *(word.format(rewritten=rewritten) for word in words))
    before = {branch: run_git(repository, "rev-parse", branch) for branch in studio.branches()}

    made = publish(*studio.bundle(), studio.press)

    after = {branch: run_git(repository, "rev-parse", branch) for branch in before}
    assert after == before
    assert run_git(repository, "rev-parse", f"{made.head}^") == bundle.base_commit


@pytest.mark.parametrize("is_forged", [False, True])
def test_a_title_puts_one_line_into_a_commit_and_nobodys_name(
    studio: "Studio", run_git: Git, *, is_forged: bool
) -> None:
    studio.task = replace(studio.task, title="Words" if is_forged else f"Words{PLANTED}")
    studio.seal()
    bundle, sha256 = studio.bundle()
    if is_forged:
        bundle = replace(bundle, title=f"Words{PLANTED}")

    made = publish(bundle, sha256, studio.press)

    repository = studio.folder / "tally"
    message = run_git(repository, "log", "-1", "--format=%B", made.head)
    subject, blank, *rest = message.split("\n")
    assert subject.startswith("Words Co-authored-by: somebody")
    assert subject.isprintable() or "\u200b" in subject
    assert (blank, rest) == (
        "",
        ["Proposed by changewright for issue 7.", "", "Changewright-Run: r1"],
    )
    trailers = run_git(repository, "log", "-1", "--format=%(trailers:only)", made.head)
    assert trailers == "Changewright-Run: r1"
    signed = run_git(repository, "log", "-1", "--format=%an <%ae>|%cn <%ce>", made.head)
    assert signed == f"{COMMIT_AUTHOR}|{COMMIT_AUTHOR}"
    assert made.pull_request is not None
    assert made.pull_request.draft.title == subject


def test_git_never_waits_for_a_person_and_asks_no_helper_of_the_repository(
    studio: "Studio", tmp_path: Path, run_git: Git
) -> None:
    repository, canary = studio.folder / "tally", tmp_path / "canary"
    for key in ("credential.helper", "core.askPass", "gpg.program", "core.editor"):
        run_git(repository, "config", key, f"!touch {canary}; cat")
    run_git(repository, "config", "commit.gpgSign", "true")
    asking = b"protocol=https\nhost=example.invalid\n\n"
    alias = Terms(timeout_s=60, config=("alias.tell=!env; cat; true",))

    seen = git(repository / ".git", "tell", terms=alias).decode()
    answer = b""
    try:
        answer = git(repository / ".git", "credential", "fill", stdin=asking, terms=Terms(10))
    except GitRefusal as refusal:
        assert refusal.code is not None, "it waited"  # noqa: PT017 - either answer is right

    assert {"GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=true"} <= set(seen.splitlines())
    assert b"password=" not in answer.replace(b"password=\n", b"")
    assert not canary.exists()
    subprocess.run(
        ["git", "credential", "fill"], cwd=repository, input=asking, check=False, timeout=60
    )
    assert canary.exists(), "the trap itself must work, or this test proves nothing"


HELD_BY: Table = {
    "GIT-02": (
        held(test_no_address_is_ever_fetched_from_whatever_it_is),
        held(test_an_option_in_the_place_of_a_commit_runs_nothing),
        held(test_git.test_what_can_be_no_name_of_a_commit_never_reaches_git),
    ),
    "GIT-03": (
        held(test_checkout.test_nothing_of_the_original_changes_and_nothing_it_names_runs),
        held(test_what_a_repository_says_of_its_own_history_and_settings_has_no_effect),
        held(test_an_alternate_of_the_repository_lends_objects_and_no_settings),
        held(test_git.test_what_a_partial_clone_lacks_is_not_fetched),
    ),
    "GIT-05": (
        held(test_a_base_that_moved_on_is_left_where_it_is_and_the_old_commit_is_named),
        held(test_a_base_that_was_renamed_or_rewritten_is_not_touched_by_publishing),
        held(test_forge_contract.test_a_branch_moves_only_from_where_it_is_expected),
        held(test_forge_contract.test_a_branch_that_is_not_ours_is_never_written),
        held(test_forge_contract.test_a_base_that_is_gone_is_said),
    ),
    "GIT-06": (
        held(test_publish.test_a_persons_commits_on_the_branch_are_not_buried),
        held(test_publish.test_a_persons_branch_of_our_name_is_not_ours_to_move),
        held(test_publish.test_a_second_run_of_the_same_issue_opens_no_second_request),
        held(test_publish.test_a_revision_of_what_stands_there_updates_the_open_request),
    ),
    "GIT-08": (held(test_a_title_puts_one_line_into_a_commit_and_nobodys_name),),
    "GIT-09": (
        held(test_git_never_waits_for_a_person_and_asks_no_helper_of_the_repository),
        held(test_git.test_a_git_that_hangs_is_stopped_with_its_children),
        held(test_checkout.test_nothing_of_the_original_changes_and_nothing_it_names_runs),
    ),
}


def test_every_case_about_git_is_held() -> None:
    assert troubles(HELD_BY) == []
    assert ids("git") <= HELD_BY.keys()
