"""What every forge promises, run against each one we have; then what only the local one promises.

To add a forge: give `STAGES` a function that makes a `Stage` for it.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.adapters.github_forge.access import GitHubAccess, Token
from bot.adapters.github_forge.forge import GitHubForge
from bot.adapters.local_forge.forge import LocalForge
from tests.bot.adapters.github.small_github import NAME, TOKEN, small_github
from validators.checkout import Clone, commit, locate, open_clone, write_tree
from validators.clones import branches
from validators.clones.ancestry import is_ancestor, tree_of
from validators.clones.commits import commit_on
from validators.clones.own_repository import open_own
from validators.clones.repository import Place
from validators.sandbox import FileChange
from workflows.ports import Forge, ForgeRefusal
from workflows.pull_request import Commit, PullRequestDraft
from workflows.review import Comment, Review
from workflows.threads import ThreadComment

NOW = "2026-11-21T08:11:00+00:00"
BRANCH = "changewright/issue-7"
AUTHOR = "Ada <ada@example.org>"


def plain(folder: Path, *arguments: str) -> str:
    """Git as a person runs it, for setting the stage."""
    argv = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org", *arguments]
    done = subprocess.run(argv, cwd=folder, capture_output=True, check=True)
    return done.stdout.decode().strip()


def write(path: Path, content: bytes = b"one\ntwo\nthree\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


# Has somebody begin a thread on a pull request: number, words, path and line; returns its id.
Say = Callable[[int, str, str, int], str]


@dataclass(frozen=True, slots=True)
class Stage:
    """A forge over a repository whose ``main`` holds two files, and a clone to make commits in."""

    forge: Forge
    repository: Path
    clone: Clone
    store: Path
    say: "Say"

    def commit(
        self, content: bytes = b"ONE\ntwo\nthree\n", path: str = "a.txt", on: str = ""
    ) -> Commit:
        change = FileChange(path, "100644", content)
        tree = write_tree(self.clone, self.clone.base_tree, [change])
        made = commit(self.clone, tree, on or self.clone.base_commit, "words\n", AUTHOR, NOW)
        return Commit(made.sha, made.parent, made.tree, made.pack)

    def draft(
        self, branch: str = BRANCH, key: str = "key", title: str = "Title"
    ) -> PullRequestDraft:
        base = self.clone.base_commit
        return PullRequestDraft(key, branch, "main", base, title, "Body", "run", "0" * 64)

    def open(self) -> int:
        made = self.commit()
        self.forge.push(BRANCH, made, None)
        return self.forge.open_pull_request(self.draft(), made.sha).number


def project(folder: Path) -> Path:
    repository = folder / "project"
    repository.mkdir()
    plain(repository, "init", "-q", "-b", "main")
    write(repository / "a.txt")
    write(repository / "src/b.py")
    plain(repository, "add", ".")
    plain(repository, "commit", "-q", "-m", "first")
    return repository


def local_stage(folder: Path) -> Stage:
    repository = project(folder)
    store = folder / "store"
    forge = local_forge(repository, store)

    def say(number: int, words: str, path: str, line: int) -> str:
        comment = ThreadComment("Grace", words, NOW)
        return forge.begin_thread(number, (path, line, "head"), comment).id

    return Stage(forge, repository, _clone(repository, folder), store, say)


def local_forge(repository: Path, store: Path) -> LocalForge:
    return LocalForge(repository, locate(repository), store, lambda: NOW)


def _clone(repository: Path, folder: Path) -> Clone:
    return open_clone(repository, "main", folder / "clone")


@contextmanager
def github_stage(folder: Path) -> Iterator[Stage]:
    """GitHub's adapter over a served repository, with a git directory of its own."""
    with small_github(folder) as small:
        served, own = small.git.root / f"{NAME}.git", folder / "own.git"
        plain(project(folder), "push", "-q", str(served), "main")
        plain(folder, "clone", "-q", "--bare", str(served), str(own))
        access = GitHubAccess(NAME, Token(TOKEN), small.url, small.git.url)

        def say(number: int, words: str, path: str, line: int) -> str:
            return small.hub.begin_thread(number, "Grace", words, path, line)

        yield Stage(GitHubForge(access, own), served, _clone(served, folder), folder, say)


STAGES: dict[str, Callable[[Path], AbstractContextManager[Stage]]] = {
    "local": lambda folder: nullcontext(local_stage(folder)),
    "github": github_stage,
}


@pytest.fixture(params=sorted(STAGES))
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    with STAGES[request.param](tmp_path) as made:
        yield made


@pytest.fixture
def local(tmp_path: Path) -> Stage:
    return local_stage(tmp_path)


def review(number: int, verdict: str = "accepted", **more: object) -> Review:
    fields = {
        "pull_request": number,
        "verdict": verdict,
        "reviewer": "Grace",
        "words": "",
        "at": "",
    }
    return Review(**(fields | more))  # type: ignore[arg-type]  # the fields of a Review, by name


# --- branches: every forge -----------------------------------------------------------------------


def test_a_branch_is_pushed_once_and_pushing_it_again_is_no_harm(stage: Stage) -> None:
    made = stage.commit()
    assert stage.forge.branch_head(BRANCH) is None
    stage.forge.push(BRANCH, made, None)
    stage.forge.push(BRANCH, made, None)
    assert stage.forge.branch_head(BRANCH) == made.sha


def test_a_branch_moves_only_from_where_it_is_expected(stage: Stage) -> None:
    first = stage.commit(b"1\n")
    second = stage.commit(b"2\n", on=first.sha)
    with pytest.raises(ForgeRefusal, match="is at no commit"):
        stage.forge.push(BRANCH, second, first.sha)
    stage.forge.push(BRANCH, first, None)
    for expected in (None, stage.clone.base_commit):
        with pytest.raises(ForgeRefusal, match=f"is at {first.sha}"):
            stage.forge.push(BRANCH, second, expected)
    stage.forge.push(BRANCH, second, first.sha)
    assert stage.forge.branch_head(BRANCH) == second.sha


@pytest.mark.parametrize(
    "branch",
    [
        "main", "changewright", "changewright/", "changewright/A", "changewright/a..b",
        "changewright/a/", "changewright/-x", "changewright/a;touch${IFS}x", "changewright/a\n",
        "-changewright/a", "refs/heads/changewright/a", "changewright/" + "a" * 300,
    ],
)  # fmt: skip
def test_a_branch_that_is_not_ours_is_never_written(stage: Stage, branch: str) -> None:
    made = stage.commit()
    with pytest.raises(ForgeRefusal, match="not a branch of ours"):
        stage.forge.push(branch, made, None)
    with pytest.raises(ForgeRefusal, match="not a branch of ours"):
        stage.forge.open_pull_request(stage.draft(branch), made.sha)


def test_a_pack_that_is_damaged_or_incomplete_moves_nothing(stage: Stage) -> None:
    made = stage.commit()
    empty = b"PACK\0\0\0\2\0\0\0\0"
    for pack in (made.pack[:-30], empty + hashlib.sha1(empty, usedforsecurity=False).digest()):
        with pytest.raises(ForgeRefusal):
            stage.forge.push(BRANCH, replace(made, pack=pack), None)
        assert stage.forge.branch_head(BRANCH) is None


def test_no_branch_has_an_impossible_name(stage: Stage) -> None:
    assert stage.forge.branch_head("changewright/*") is None
    assert stage.forge.branch_head("a\0b") is None


# --- pull requests: every forge ------------------------------------------------------------------


def test_a_pull_request_opened_twice_is_one(stage: Stage) -> None:
    made = stage.commit()
    stage.forge.push(BRANCH, made, None)
    opened = stage.forge.open_pull_request(stage.draft(), made.sha)
    assert stage.forge.open_pull_request(stage.draft(), made.sha) == opened
    assert (opened.number, opened.state, opened.head) == (1, "open", made.sha)
    assert opened.draft == stage.draft()
    assert stage.forge.find_pull_request(BRANCH) == opened
    assert stage.forge.pull_request(1) == opened
    assert list(stage.forge.pull_requests()) == [opened]


def test_a_pull_request_needs_the_branch_where_it_says(stage: Stage) -> None:
    made = stage.commit()
    with pytest.raises(ForgeRefusal, match="is at no commit"):
        stage.forge.open_pull_request(stage.draft(), made.sha)
    stage.forge.push(BRANCH, made, None)
    with pytest.raises(ForgeRefusal, match=f"is at {made.sha}"):
        stage.forge.open_pull_request(stage.draft(), stage.clone.base_commit)


def test_an_open_branch_belongs_to_one_task(stage: Stage) -> None:
    stage.open()
    head = str(stage.forge.branch_head(BRANCH))
    with pytest.raises(ForgeRefusal, match="open for another task"):
        stage.forge.open_pull_request(stage.draft(key="other"), head)


def test_an_update_replaces_text_and_head_and_keeps_the_reviews(stage: Stage) -> None:
    number = stage.open()
    stage.forge.record_review(review(number, "changes-requested"))
    second = stage.commit(b"2\n", on=str(stage.forge.branch_head(BRANCH)))
    stage.forge.push(BRANCH, second, stage.forge.branch_head(BRANCH))
    draft = stage.draft(title="Better")
    updated = stage.forge.update_pull_request(number, draft, second.sha)
    assert (updated.draft, updated.head, len(updated.reviews)) == (draft, second.sha, 1)
    assert stage.forge.pull_request(number) == updated
    with pytest.raises(ForgeRefusal, match="is not about branch"):
        stage.forge.update_pull_request(number, stage.draft("changewright/other"), second.sha)


def test_one_is_closed_unmerged_once_and_its_branch_kept(stage: Stage) -> None:
    number = stage.open()
    head = stage.forge.branch_head(BRANCH)
    closed = stage.forge.close_pull_request(number, "Nobody took it up.")
    assert (closed.state, closed.head, closed.reviews) == ("closed", head, ())
    assert stage.forge.close_pull_request(number, "Again.") == closed
    assert stage.forge.pull_request(number) == closed
    assert stage.forge.branch_head(BRANCH) == head


def test_a_branch_is_copied_whole_into_a_git_directory_of_ours(
    stage: Stage, tmp_path: Path
) -> None:
    own = open_own(tmp_path / "own.git")
    assert stage.forge.fetch_branch(BRANCH, own.git_dir) is None
    made = stage.commit()
    stage.forge.push(BRANCH, made, None)
    for _ in range(2):
        assert stage.forge.fetch_branch(BRANCH, own.git_dir) == made.sha
    assert tree_of(own.git_dir, made.sha) == made.tree
    assert is_ancestor(own.git_dir, made.parent, made.sha)


def test_a_branch_without_a_past_is_begun_by_a_commit_without_a_parent(
    stage: Stage, tmp_path: Path
) -> None:
    own = open_own(tmp_path / "own.git")
    change = FileChange("runs/a.jsonl", "100644", b"{}\n")
    tree = write_tree(own, own.base_tree, [change])
    made = commit_on(own, tree, (), "first\n", (AUTHOR, NOW))
    commit = Commit(made.sha, made.parent, made.tree, made.pack)
    stage.forge.push("changewright/journal", commit, None)
    assert stage.forge.fetch_branch("changewright/journal", own.git_dir) == made.sha


def test_a_number_nobody_gave_is_a_refusal(stage: Stage) -> None:
    for ask in (
        lambda: stage.forge.pull_request(9),
        lambda: stage.forge.merge(9),
        lambda: stage.forge.close_pull_request(9, "x"),
        lambda: stage.forge.comment(9, "x", "key"),
        lambda: stage.forge.record_review(review(9)),
    ):
        with pytest.raises(ForgeRefusal, match="there is no pull request 9"):
            ask()


def test_the_newest_comes_first_and_states_select(stage: Stage) -> None:
    first = stage.open()
    stage.forge.record_review(review(first, "rejected"))
    second = stage.forge.open_pull_request(stage.draft(), stage.commit().sha)
    assert [request.number for request in stage.forge.pull_requests()] == [second.number, first]
    assert [request.number for request in stage.forge.pull_requests("closed")] == [first]
    assert stage.forge.find_pull_request(BRANCH) == second
    assert stage.forge.find_pull_request("changewright/none") is None


@pytest.mark.parametrize(
    ("verdict", "state"),
    [("accepted", "open"), ("rejected", "closed"), ("changes-requested", "open")],
)
def test_a_decision_is_kept_once_and_ends_what_it_ends(
    stage: Stage, verdict: str, state: str
) -> None:
    decided = review(stage.open(), verdict, comments=(Comment("why?", "a.txt", 1),))
    assert stage.forge.record_review(decided).state == state
    known = stage.forge.record_review(decided)
    assert known.reviews == (decided,)
    if state == "closed":
        for act in (
            lambda: stage.forge.record_review(review(1, "rejected", words="again")),
            lambda: stage.forge.update_pull_request(1, stage.draft(), known.head),
            lambda: stage.forge.merge(1),
        ):
            with pytest.raises(ForgeRefusal, match="is closed already"):
                act()


def test_a_thread_is_answered_once_and_resolved(stage: Stage) -> None:
    number = stage.open()
    asked = [stage.say(number, f"why {line}?", "a.txt", line) for line in (1, 2, 3)]

    for _ in range(2):
        stage.forge.answer_thread(number, asked[1], "Because.", "run r1")
        stage.forge.resolve_thread(number, asked[1])

    found = stage.forge.threads(number)
    assert [(one.id, one.path, one.line, one.side) for one in found] == [
        (name, "a.txt", line, "head") for line, name in enumerate(asked, 1)
    ]
    assert [one.resolved for one in found] == [False, True, False]
    assert [len(one.comments) for one in found] == [1, 2, 1]
    words, answer = found[1].comments
    assert (words.author, words.body, words.is_ours) == ("Grace", "why 2?", False)
    assert (answer.body.startswith("Because."), answer.is_ours) == (True, True)


def test_an_answer_bears_its_key_and_no_thread_is_a_refusal(stage: Stage) -> None:
    number = stage.open()
    asked = stage.say(number, "why?", "a.txt", 1)
    keys = ("thread r1 heard 2026-11-21T09:00:00+00:00", "thread r--2 <é>")
    for key in keys:
        stage.forge.answer_thread(number, asked, "Because.", key)
    (found,) = stage.forge.threads(number)
    assert [(one.is_ours, one.key) for one in found.comments] == [
        (False, ""),
        *((True, key) for key in keys),
    ]
    with pytest.raises(ForgeRefusal, match="has no thread 'none'"):
        stage.forge.answer_thread(number, "none", "Because.", "key")
    with pytest.raises(ForgeRefusal, match="has no thread 'none'"):
        stage.forge.resolve_thread(number, "none")
    with pytest.raises(ForgeRefusal, match="no pull request 99"):
        stage.forge.threads(99)


def test_what_a_pull_request_held_is_had_without_its_branch(stage: Stage, tmp_path: Path) -> None:
    number = stage.open()
    head = stage.forge.pull_request(number).head
    plain(stage.repository, "branch", "-q", "-D", BRANCH)
    own = open_own(tmp_path / "mine.git")

    assert stage.forge.fetch_pull_request(number, own.git_dir) == head

    assert tree_of(own.git_dir, head) == stage.commit().tree


def test_when_a_request_ended_is_known(stage: Stage) -> None:
    number = stage.open()
    assert stage.forge.pull_request(number).ended == ""
    stage.forge.close_pull_request(number, "not now")
    found = stage.forge.pull_request(number)
    assert (found.ended[:10], found.merge_commit) == (NOW[:10], "")


def test_a_base_is_the_branch_that_was_named_or_holds_the_commit(stage: Stage) -> None:
    base = stage.clone.base_commit
    plain(stage.repository, "branch", "side")
    plain(stage.repository, "tag", "v1")
    for revision in ("HEAD", "main", "refs/heads/main", "v1", base, base[:12]):
        assert stage.forge.base_branch(revision) == "main"
    assert stage.forge.base_branch("side") == "side"
    with pytest.raises(ForgeRefusal, match="no commit 'nowhere'"):
        stage.forge.base_branch("nowhere")


# --- the local forge -----------------------------------------------------------------------------


def fingerprint(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            status = path.lstat()
            found[str(path.relative_to(folder))] = (
                status.st_mode,
                status.st_mtime_ns,
                path.read_bytes(),
            )
    return found


def trap(repository: Path, canary: Path) -> None:
    """Let every way a repository has to name a program touch ``canary``."""
    program = f"sh -c 'touch {canary}; cat'"
    for name in ("post-index-change", "reference-transaction", "post-merge", "post-checkout"):
        hook = write(repository / ".git/hooks" / name, f"#!/bin/sh\ntouch {canary}\n".encode())
        hook.chmod(0o755)
    write(repository / ".git/info/attributes", b"* filter=evil diff=evil merge=evil\n")
    for key, value in {
        "core.fsmonitor": f"touch {canary}; false",
        "core.pager": program,
        "alias.update-ref": f"!{program}",
        "filter.evil.clean": program,
        "filter.evil.smudge": program,
        "merge.evil.driver": program,
        "commit.gpgSign": "true",
        "gpg.program": program,
        "core.logAllRefUpdates": "always",
    }.items():
        plain(repository, "config", key, value)


def test_a_branch_of_ours_is_replaced_where_nobody_else_works(local: Stage) -> None:
    first, second = local.commit(b"1\n"), local.commit(b"2\n")
    local.forge.push(BRANCH, first, None)
    local.forge.push(BRANCH, second, first.sha)
    assert local.forge.branch_head(BRANCH) == second.sha


def test_merging_twice_is_merging_once(local: Stage) -> None:
    number = local.open()
    merged = local.forge.merge(number)
    assert local.forge.merge(number) == merged
    assert local.forge.branch_head("main") == merged
    assert local.forge.pull_request(number).state == "merged"
    accepted = local.forge.record_review(review(number, merged=True))
    assert (accepted.state, len(accepted.reviews)) == ("merged", 1)
    with pytest.raises(ForgeRefusal, match="merged already"):
        local.forge.record_review(review(number, "rejected"))


def test_a_conflict_is_a_refusal_that_names_the_files(local: Stage) -> None:
    number = local.open()
    write(local.repository / "a.txt", b"1\ntwo\nthree\n")
    plain(local.repository, "commit", "-qam", "theirs")
    before = local.forge.branch_head("main")
    with pytest.raises(ForgeRefusal, match=r"1 files conflict with main: 'a\.txt'"):
        local.forge.merge(number)
    assert local.forge.branch_head("main") == before
    assert local.forge.pull_request(number).state == "open"


def test_what_was_looked_at_is_what_is_merged(local: Stage) -> None:
    number = local.open()
    local.forge.push(BRANCH, local.commit(b"2\n"), local.forge.branch_head(BRANCH))
    with pytest.raises(ForgeRefusal, match="somebody worked on it"):
        local.forge.merge(number)
    plain(local.repository, "branch", "-qD", BRANCH)
    with pytest.raises(ForgeRefusal, match="publish its bundle again"):
        local.forge.merge(number)


def test_publishing_adds_one_branch_and_objects_and_nothing_else(
    local: Stage, tmp_path: Path
) -> None:
    canary = tmp_path / "canary"
    trap(local.repository, canary)
    before = fingerprint(local.repository)
    local.open()
    after = fingerprint(local.repository)
    assert before.items() <= after.items()
    for added in after.keys() - before.keys():
        assert added.startswith((f".git/refs/heads/{BRANCH}", ".git/objects/"))
    assert not canary.exists()
    assert plain(local.repository, "fsck", "--strict") == ""


def test_merging_runs_nothing_the_repository_names(local: Stage, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    number = local.open()
    write(local.repository / "a.txt", b"one\ntwo\n3\n")
    plain(local.repository, "commit", "-qam", "theirs")
    trap(local.repository, canary)
    local.forge.merge(number)
    assert (local.repository / "a.txt").read_bytes() == b"ONE\ntwo\n3\n"
    assert not canary.exists()


def test_a_merge_moves_the_files_of_a_clean_work_tree_along(local: Stage) -> None:
    write(local.repository / "untracked.txt")
    merged = local.forge.merge(local.open())
    assert plain(local.repository, "rev-parse", "HEAD") == merged
    assert plain(local.repository, "status", "--porcelain") == "?? untracked.txt"
    assert (local.repository / "a.txt").read_bytes() == b"ONE\ntwo\nthree\n"
    parents = plain(local.repository, "log", "-1", "--format=%P|%s|%cI").split("|")
    assert parents[0].split() == [local.clone.base_commit, local.forge.branch_head(BRANCH)]
    assert parents[1:] == ["Merge pull request 1: Title", NOW]
    assert plain(local.repository, "reflog", "-1", "--format=%H %gs") == f"{merged} changewright"


def test_a_work_tree_with_changes_is_left_alone(local: Stage) -> None:
    number = local.open()
    write(local.repository / "src/b.py", b"mine\n")
    before = fingerprint(local.repository / "src")
    with pytest.raises(ForgeRefusal, match=r"1 uncommitted changes \('src/b\.py'.*stash"):
        local.forge.merge(number)
    assert fingerprint(local.repository / "src") == before
    assert local.forge.branch_head("main") == local.clone.base_commit


def test_a_merge_a_person_has_begun_is_left_alone(local: Stage) -> None:
    number = local.open()
    write(local.repository / ".git/MERGE_HEAD")
    with pytest.raises(ForgeRefusal, match="in the middle of something"):
        local.forge.merge(number)


def test_a_branch_that_is_being_rebased_is_left_alone(local: Stage) -> None:
    number = local.open()
    plain(local.repository, "switch", "-q", "--detach")
    write(local.repository / ".git/rebase-merge/head-name", b"refs/heads/main\n")
    with pytest.raises(ForgeRefusal, match="in the middle of something"):
        local.forge.merge(number)


def test_a_branch_that_moves_meanwhile_takes_no_files_along(local: Stage) -> None:
    made = local.commit()
    plain(local.repository, "commit", "-q", "--allow-empty", "-m", "meanwhile")
    meanwhile = plain(local.repository, "rev-parse", "HEAD")
    standing = branches.checked_out(Place(local.repository, local.repository / ".git"), "main")
    assert standing is not None
    with pytest.raises(branches.BranchRefusal, match=r"is not at .* any more"):
        branches.move_checked_out(local.clone, standing, made.sha)
    assert plain(local.repository, "status", "--porcelain") == ""
    assert local.forge.branch_head("main") == meanwhile


def test_a_git_directory_without_a_config_is_bare_by_its_name(local: Stage) -> None:
    (local.repository / ".git/config").unlink()
    standing = branches.checked_out(Place(local.repository, local.repository / ".git"), "main")
    assert standing is not None
    bare = local.repository.parent / "bare.git"
    (local.repository / ".git").rename(bare)
    assert branches.checked_out(Place(bare, bare), "main") is None


def test_a_store_that_cannot_be_written_is_said(local: Stage) -> None:
    write(local.store)
    with pytest.raises(ForgeRefusal, match="cannot be read or written"):
        local.open()


def test_an_untracked_file_in_the_way_is_not_overwritten(local: Stage) -> None:
    made = local.commit(b"ours\n", "new.txt")
    local.forge.push(BRANCH, made, None)
    number = local.forge.open_pull_request(local.draft(), made.sha).number
    write(local.repository / "new.txt", b"mine\n")
    with pytest.raises(ForgeRefusal, match="in the way of the merge"):
        local.forge.merge(number)
    assert (local.repository / "new.txt").read_bytes() == b"mine\n"
    assert local.forge.branch_head("main") == local.clone.base_commit


def test_a_file_that_needs_a_filter_is_merged_by_a_person(local: Stage) -> None:
    number = local.open()
    write(local.repository / ".gitattributes", b"*.txt filter=lfs\n")
    with pytest.raises(ForgeRefusal, match=r"'a\.txt' goes through the filter 'lfs'"):
        local.forge.merge(number)


def test_a_base_nobody_stands_on_moves_without_any_file(local: Stage) -> None:
    number = local.open()
    plain(local.repository, "switch", "-q", "-c", "elsewhere")
    before = fingerprint(local.repository / "src")
    merged = local.forge.merge(number)
    assert plain(local.repository, "rev-parse", "main") == merged
    assert plain(local.repository, "status", "--porcelain") == ""
    assert (local.repository / "a.txt").read_bytes() == b"one\ntwo\nthree\n"
    assert fingerprint(local.repository / "src") == before


def test_a_base_in_a_linked_work_tree_moves_with_its_files(local: Stage, tmp_path: Path) -> None:
    number = local.open()
    plain(local.repository, "switch", "-q", "-c", "elsewhere")
    plain(local.repository, "worktree", "add", "-q", str(tmp_path / "linked"), "main")
    merged = local.forge.merge(number)
    assert plain(tmp_path / "linked", "rev-parse", "HEAD") == merged
    assert plain(tmp_path / "linked", "status", "--porcelain") == ""
    assert (local.repository / "a.txt").read_bytes() == b"one\ntwo\nthree\n"
    shutil.move(tmp_path / "linked", tmp_path / "moved")
    made = local.commit(b"2\n")
    local.forge.push("changewright/second", made, None)
    draft = local.draft("changewright/second")
    second = local.forge.open_pull_request(draft, made.sha).number
    with pytest.raises(ForgeRefusal):
        local.forge.merge(second)


def test_a_bare_repository_is_merged_in_too(tmp_path: Path) -> None:
    stage = local_stage(tmp_path)
    plain(tmp_path, "clone", "-q", "--bare", str(stage.repository), "bare.git")
    bare = replace(
        stage,
        forge=local_forge(tmp_path / "bare.git", stage.store),
        repository=tmp_path / "bare.git",
    )
    merged = bare.forge.merge(bare.open())
    assert plain(tmp_path / "bare.git", "rev-parse", "main") == merged
    assert stage.forge.branch_head(BRANCH) is None
    assert list(stage.forge.pull_requests()) == []


def test_a_branch_somebody_stands_on_is_not_moved(local: Stage) -> None:
    local.open()
    plain(local.repository, "switch", "-q", BRANCH)
    with pytest.raises(ForgeRefusal, match="is checked out in"):
        local.forge.push(BRANCH, local.commit(b"2\n"), local.forge.branch_head(BRANCH))


def test_what_a_person_merged_by_hand_is_merged(local: Stage) -> None:
    number = local.open()
    plain(local.repository, "merge", "-q", "--ff-only", BRANCH)
    assert local.forge.merge(number) == local.forge.branch_head("main")
    assert local.forge.pull_request(number).state == "merged"


def test_a_base_that_is_gone_is_said(local: Stage) -> None:
    number = local.open()
    plain(local.repository, "branch", "-m", "main", "trunk")
    with pytest.raises(ForgeRefusal, match="no branch 'main' to merge into"):
        local.forge.merge(number)


def test_histories_that_share_nothing_are_not_merged(local: Stage) -> None:
    number = local.open()
    plain(local.repository, "switch", "-q", "--orphan", "other")
    plain(local.repository, "commit", "-q", "--allow-empty", "-m", "root")
    plain(local.repository, "branch", "-q", "-M", "main")
    with pytest.raises(ForgeRefusal, match="unrelated histories"):
        local.forge.merge(number)


def test_a_detached_head_has_the_branch_that_holds_it_as_base(local: Stage) -> None:
    plain(local.repository, "switch", "-q", "--detach")
    assert local.forge.base_branch("HEAD") == "main"
    plain(local.repository, "commit", "-q", "--allow-empty", "-m", "loose")
    with pytest.raises(ForgeRefusal, match="no usual branch contains 'HEAD'"):
        local.forge.base_branch("HEAD")


def test_a_claimed_name_stays_a_claim(local: Stage) -> None:
    known = local.forge.record_review(review(local.open(), verified=True))
    assert known.reviews[0].verified is False


def test_a_merge_by_hand_is_recorded_as_one(local: Stage) -> None:
    assert local.forge.record_review(review(local.open(), merged=True)).state == "merged"


def test_a_comment_with_the_same_key_replaces_the_first(local: Stage) -> None:
    number = local.open()
    local.forge.comment(number, "first", "key")
    local.forge.comment(number, "other", "another")
    local.forge.comment(number, "second", "key")
    (file,) = local.store.glob(f"*/{number}.json")
    assert b"first" not in file.read_bytes()
    assert file.read_bytes().count(b'"body":"second"') == 1
    assert file.read_bytes().count(b'"body":"other"') == 1


def test_a_damaged_record_is_named(local: Stage) -> None:
    number = local.open()
    (file,) = local.store.glob("*/1.json")
    file.write_bytes(b'{"format":')
    with pytest.raises(ForgeRefusal, match=rf"{file} is damaged"):
        local.forge.pull_request(number)


def test_many_writers_number_without_gaps_or_doubles(local: Stage) -> None:
    made = local.commit()
    names = [f"changewright/task-{number}" for number in range(8)]
    for branch in names:
        local.forge.push(branch, made, None)

    def open_one(branch: str) -> int:
        forge = local_forge(local.repository, local.store)
        return forge.open_pull_request(local.draft(branch), made.sha).number

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(open_one, names * 2))
    assert sorted(numbers[:8]) == list(range(1, 9))
    assert numbers[:8] == numbers[8:]
    assert not list(local.store.rglob("tmp*"))


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any user may reach: pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may act as somebody else")
def test_root_leaves_nothing_of_its_own_in_anothers_repository(open_folder: Path) -> None:
    stage = local_stage(open_folder)
    subprocess.run(["chown", "-R", "65534:65534", str(stage.repository)], check=True)
    stage.forge.merge(stage.open())
    assert (stage.repository / "a.txt").read_bytes() == b"ONE\ntwo\nthree\n"
    for path in stage.repository.rglob("*"):
        assert (path.lstat().st_uid, path.lstat().st_gid) == (65534, 65534), path
