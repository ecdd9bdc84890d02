"""Publishing where people are: on top of what they did, on a base that still holds, and once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.adapters.local_forge.forge import LocalForge
from bot.adapters.sqlite_journal.journal import SqliteJournal
from validators.checkout import open_clone
from validators.clones.ancestry import is_ancestor
from workflows.hosted import Circumstances, Hosted, Requester, reviewers
from workflows.outbound import QuarantineRefusal
from workflows.ports import ForgeRefusal
from workflows.press import AlreadyOpen, Press, Published, StaleBase
from workflows.proposal import Bundle, BundleRefusal
from workflows.publish import publish
from workflows.pull_request import Commit, PullRequest
from workflows.review import Review
from workflows.tracker import Artifact, CheckResult, CheckRun, Issue, IssueComment, Role

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

BRANCH = "changewright/issue-7-words-counts-spaces"
SOURCE = "tally.py"
Git = Callable[..., str]


class GrowingForge(LocalForge):
    """A forge whose branches are never forced, as GitHub's are for us."""

    def push(self, branch: str, commit: Commit, expected: str | None) -> None:
        super().push(branch, commit, expected)
        assert expected is None or is_ancestor(self._git_dir, expected, commit.sha)


@dataclass
class Board:
    """A tracker that keeps the check runs it is given."""

    repository: str = "ada/tally"
    trouble: str = ""
    checks: list[tuple[str, CheckRun]] = field(default_factory=list)

    def check(self, head: str, run: CheckRun) -> str:
        if self.trouble:
            raise ForgeRefusal(self.trouble)
        self.checks.append((head, run))
        return "https://forge.example/check"

    def role(self, login: str) -> Role:
        raise NotImplementedError

    def issue(self, number: int) -> Issue:
        raise NotImplementedError

    def artifact(self, workflow_run: str, name: str) -> Artifact | None:
        raise NotImplementedError

    def check_results(self, commit: str) -> Sequence[CheckResult]:
        raise NotImplementedError

    def check_log(self, check: CheckResult) -> str:
        raise NotImplementedError

    def read_file(self, path: str, commit: str) -> bytes | None:
        raise NotImplementedError

    def comments(self, number: int) -> Sequence[IssueComment]:
        raise NotImplementedError

    def remove_label(self, number: int, label: str) -> None:
        raise NotImplementedError

    def say(self, number: int, body: str, key: str) -> IssueComment:
        raise NotImplementedError

    def dispatch(self, workflow: str, revision: str, inputs: Mapping[str, str]) -> None:
        raise NotImplementedError

    def is_under_way(self, workflow_run: str) -> bool:
        raise NotImplementedError


@dataclass
class House:
    """A studio whose forge has people on it."""

    studio: "Studio"
    git: Git
    board: Board = field(default_factory=Board)
    told: list[Circumstances] = field(default_factory=list)
    said: str = "words"

    @property
    def repository(self) -> Path:
        return self.studio.folder / "tally"

    @property
    def press(self) -> Press:
        hosted = Hosted(
            self.board,
            words=self.words,
            check=lambda bundle, request: CheckRun("changewright", "success", bundle.title, "s"),
            owners=lambda paths: ("grace",) if SOURCE in paths else (),
            requester=Requester("ada", 42),
        )
        return replace(self.studio.press, hosted=hosted)

    def words(self, bundle: Bundle, about: Circumstances) -> tuple[str, str]:
        self.told.append(about)
        return f"Title {bundle.proposal.run}", self.said

    def publish(self, run: str = "r1", press: Press | None = None) -> Published:
        return publish(*self.studio.bundle(run), press or self.press)

    def tree(self, revision: str) -> str:
        return self.git(self.repository, "rev-parse", f"{revision}^{{tree}}")

    def commit_on(self, branch: str, path: str, text: str, **more: str) -> str:
        """Commit a file as a person does, in a work tree of their own."""
        place = self.studio.folder / f"work-{len(list(self.studio.folder.glob('work-*')))}"
        self.git(self.repository, "worktree", "add", "-q", str(place), branch)
        (place / path).write_text(text)
        self.git(place, "add", "-A")
        self.git(place, "commit", "-q", "-m", more.get("message", "mine"))
        head = self.git(place, "rev-parse", "HEAD")
        self.git(self.repository, "worktree", "remove", str(place))
        return head

    def base_goes_on(self, path: str = "notes.md") -> str:
        """Move main on, under whoever has it checked out, as a push to a server does."""
        self.git(self.repository, "checkout", "-q", "--detach")
        return self.commit_on("main", path, "theirs\n")

    def seal(self, run: str, more: Mapping[str, str] | None = None) -> Bundle:
        """Seal a proposal on the present head of main."""
        place = self.studio.folder / f"clone-{run}"
        self.studio.clone = open_clone(self.repository, "main", place)
        return self.studio.seal(run, more)


@pytest.fixture
def house(studio: "Studio", run_git: Git) -> House:
    clone = studio.clone
    store = studio.folder / "forge"
    studio.forge = GrowingForge(clone.repository, clone.original_git_dir, store, lambda: "t")
    studio.seal()
    return House(studio, run_git)


def shown(published: Published) -> PullRequest:
    assert published.pull_request is not None
    return published.pull_request


def test_the_words_are_the_publishers_and_the_check_stands_beside_the_head(house: House) -> None:
    made = shown(house.publish())

    draft = made.draft
    assert (draft.title, draft.body, draft.draft) == ("Title r1", "words", True)
    assert draft.reviewers == ("ada",)
    assert [(head, run.title) for head, run in house.board.checks] == [
        (made.head, house.studio.bundle()[0].title)
    ]
    assert house.told == [Circumstances(BRANCH, "7", was_verified=False)]
    message = house.git(house.repository, "log", "-1", "--format=%B", BRANCH)
    assert message.splitlines()[-3:] == [
        "Changewright-Run: r1",
        f"Changewright-Bundle: {house.studio.bundle()[1][:16]}",
        "Co-authored-by: ada <42+ada@users.noreply.github.com>",
    ]


def test_publishing_twice_is_publishing_once(house: House) -> None:
    first = house.publish()

    assert house.publish() == first
    assert len(house.board.checks) == 1
    assert len(house.studio.forge.pull_requests()) == 1


def test_of_two_publishers_at_once_both_end_on_one_branch_and_one_pull_request(
    house: House,
) -> None:
    house.seal("r2", {"extra.txt": "more\n"})
    studio = house.studio

    class Overtaken(GrowingForge):
        """Another machine publishes the other run just before this one's first push."""

        def push(self, branch: str, commit: Commit, expected: str | None) -> None:
            if not studio.forge.pull_requests():
                house.publish("r1")
            super().push(branch, commit, expected)

    clone = studio.clone
    slow = Overtaken(clone.repository, clone.original_git_dir, studio.folder / "forge", lambda: "t")
    journal = SqliteJournal(studio.folder / "other.sqlite", lambda: "t", lambda: 1_000.0)

    made = shown(house.publish("r2", replace(house.press, forge=slow, journal=journal)))
    journal.close()

    assert [one.number for one in studio.forge.pull_requests()] == [made.number]
    assert made.draft.run == "r2"
    listed = house.git(house.repository, "log", "--format=%s", f"main..{BRANCH}").splitlines()
    assert len(listed) == 2


def test_a_draft_it_is_whatever_the_settings_say(house: House) -> None:
    made = house.publish(press=replace(house.press, draft=False))

    assert shown(made).draft.draft


def test_a_second_run_goes_on_with_branch_and_pull_request_on_a_new_base(house: House) -> None:
    first = shown(house.publish())
    base = house.base_goes_on()
    bundle = house.seal("r2", {"extra.txt": "more\n"})

    second = shown(house.publish("r2"))

    assert (second.number, second.draft.branch) == (first.number, BRANCH)
    assert house.tree(second.head) == bundle.applied_tree
    parents = house.git(house.repository, "log", "-1", "--format=%P", second.head)
    assert parents.split() == [first.head, base]
    assert second.draft.run == "r2"


def test_what_people_added_stays_below_and_is_said(house: House) -> None:
    house.publish()
    theirs = house.commit_on(BRANCH, "theirs.txt", "a person's\n")
    house.seal("r2", {"extra.txt": "more\n"})

    made = shown(house.publish("r2"))

    log = house.git(house.repository, "log", "-1", "--format=%P", made.head)
    assert log == theirs
    listed = house.git(house.repository, "ls-tree", "--name-only", made.head).split()
    assert {"theirs.txt", "extra.txt"} <= set(listed)
    assert house.told[-1].commits_below == 1


def test_the_same_bundle_again_leaves_alone_what_people_put_on_it(house: House) -> None:
    first = shown(house.publish())
    theirs = house.commit_on(BRANCH, SOURCE, "a person's own\n")

    again = house.publish()

    assert again.head == theirs
    assert shown(again).number == first.number
    assert house.studio.forge.branch_head(BRANCH) == theirs


def test_what_people_changed_is_not_written_over(house: House) -> None:
    house.publish()
    theirs = house.commit_on(BRANCH, "extra.txt", "a person's own\n")
    house.seal("r2", {"extra.txt": "more\n"})

    with pytest.raises(ForgeRefusal, match=r"people have changed 'extra\.txt' on branch"):
        house.publish("r2")

    assert house.studio.forge.branch_head(BRANCH) == theirs


def test_a_branch_that_was_never_ours_is_left_and_another_name_taken(house: House) -> None:
    house.git(house.repository, "branch", BRANCH)
    theirs = house.commit_on(BRANCH, "theirs.txt", "a person's\n")

    made = shown(house.publish())

    assert made.draft.branch == f"{BRANCH}-2"
    assert house.studio.forge.branch_head(BRANCH) == theirs
    assert house.told[-1].branch == f"{BRANCH}-2"


def test_a_mark_of_ours_in_a_persons_words_makes_no_branch_ours(house: House) -> None:
    house.git(house.repository, "branch", BRANCH)
    house.commit_on(BRANCH, "theirs.txt", "x\n", message="mine\n\nChangewright-Run: r1")

    assert shown(house.publish()).draft.branch == f"{BRANCH}-2"


def test_an_edited_title_stays_with_the_branch_of_the_open_pull_request(house: House) -> None:
    first = shown(house.publish())
    studio = house.studio
    studio.task = replace(studio.task, title="another title")
    house.seal("r2", {"extra.txt": "more\n"})

    second = shown(house.publish("r2"))

    assert (second.number, second.draft.branch) == (first.number, BRANCH)


def test_after_a_merge_the_branch_is_used_again_and_not_forced(house: House) -> None:
    first = shown(house.publish())
    house.git(house.repository, "checkout", "-q", "--detach")
    house.git(house.repository, "branch", "-f", "main", first.head)
    house.studio.forge.record_review(Review(first.number, "accepted", "ada", "", "t", merged=True))
    bundle = house.seal("r2", {"extra.txt": "more\n"})

    second = shown(house.publish("r2"))

    assert (second.draft.branch, second.number) == (BRANCH, first.number + 1)
    assert house.tree(second.head) == bundle.applied_tree


def test_a_base_that_moved_elsewhere_is_published_on_and_said(house: House) -> None:
    recorded = house.studio.clone.base_commit
    head = house.base_goes_on()

    made = shown(house.publish())

    assert house.told[-1].base_head == head
    assert house.git(house.repository, "log", "-1", "--format=%P", made.head) == recorded


def test_a_base_whose_files_moved_publishes_nothing_and_is_on_record(house: House) -> None:
    head = house.base_goes_on(SOURCE)

    with pytest.raises(StaleBase, match=r"'tally\.py' changed on main meanwhile") as caught:
        house.publish()

    assert caught.value.base.state == "stale"
    assert house.studio.forge.branch_head(BRANCH) is None
    assert house.studio.forge.pull_requests() == []
    assert house.studio.data("base.stale") == [
        {"base_commit": house.studio.clone.base_commit, "head": head, "paths": 1}
    ]


@pytest.mark.parametrize("partial", [False, True])
def test_a_base_that_was_rewritten_takes_nothing_at_all(house: House, *, partial: bool) -> None:
    house.git(house.repository, "commit", "-q", "--amend", "--allow-empty", "-m", "other")
    bundle, sha256 = house.studio.bundle()

    with pytest.raises(StaleBase, match="base rewritten: branch main") as caught:
        publish(replace(bundle, partial=partial), sha256, house.press)

    assert caught.value.base.state == "rewritten"
    assert house.studio.branches() == ["main"]


def test_unfinished_work_is_kept_on_the_branch_though_its_base_is_stale(house: House) -> None:
    house.base_goes_on(SOURCE)
    bundle, sha256 = house.studio.bundle()

    made = publish(replace(bundle, partial=True), sha256, house.press)

    assert (made.branch, made.pull_request) == (BRANCH, None)
    assert house.studio.forge.branch_head(BRANCH) == made.head


def test_a_branch_of_another_task_is_not_taken_over(house: House) -> None:
    made = shown(house.publish())
    house.studio.forge.update_pull_request(
        made.number, replace(made.draft, key="issue-8"), made.head
    )
    house.seal("r2", {"extra.txt": "more\n"})

    with pytest.raises(AlreadyOpen):
        house.publish("r2")


@pytest.mark.parametrize("branch", ["changewright/journal", "changewright/issue-8-x", "main"])
def test_no_bundle_chooses_its_branch(house: House, branch: str) -> None:
    bundle, sha256 = house.studio.bundle()

    with pytest.raises(BundleRefusal, match="is for branch"):
        publish(replace(bundle, branch=branch), sha256, house.press)


def test_what_the_forge_will_not_show_beside_the_commit_is_said_and_no_failure(
    house: House,
) -> None:
    house.board.trouble = "checks: write is missing"

    published = house.publish()

    assert shown(published).state == "open"
    assert published.notes == (
        "the findings are not shown beside the commit: checks: write is missing",
    )


def test_the_publishers_own_words_are_looked_through_for_secrets(house: House) -> None:
    house.said = "token ghp_" + "x7Kq2Lm9Pz4Rt6Vw8Yb1Nc3Df5Gh0Js2Wq4e"

    with pytest.raises(QuarantineRefusal):
        house.publish()

    assert house.studio.branches() == ["main"]


@pytest.mark.parametrize(
    ("wanted", "asked"),
    [
        ((), ("ada",)),
        (("codeowners",), ("grace",)),
        (("@linus", "requester", "org/team", "linus"), ("linus", "ada", "org/team")),
    ],
)
def test_who_is_asked_to_review(house: House, wanted: tuple[str, ...], asked: object) -> None:
    hosted = house.press.hosted
    assert hosted is not None

    assert reviewers(wanted, hosted, [SOURCE]) == asked
    assert reviewers((), replace(hosted, requester=Requester("bot[bot]")), [SOURCE]) == ()


@pytest.mark.parametrize("login", ["", "a b", "a>\nSigned-off-by: x", "-a", "a" * 40])
def test_a_login_that_is_none_adds_no_line_to_a_commit(login: str) -> None:
    assert Requester(login, 1).trailer == ""
