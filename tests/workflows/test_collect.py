"""What became of a pull request is read off the repository, and written down once."""

import os
import subprocess
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from bot.adapters.local_forge.forge import LocalForge
from workflows.collect import Collected, Collector, collect
from workflows.publish import publish
from workflows.pull_request import PullRequest
from workflows.pull_request_outcome import Aftermath, PullRequestOutcome
from workflows.reasons import question, ticked
from workflows.recorder import Recorder, leased
from workflows.review import Review
from workflows.run_facts import FactsRefusal, facts_of
from workflows.tracker import IssueComment

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

NOW, SOON = "2026-11-21T09:00:00Z", "2026-11-25T09:00:00Z"
LATE, LATER = "2026-12-20T09:00:00Z", "2027-01-20T09:00:00Z"
BRANCH = "changewright/issue-7-words-counts-spaces"


@dataclass
class Scene:
    """Pull request 1 of a studio; ``git`` is a person in the repository, at some time."""

    studio: "Studio"
    pull_request: PullRequest

    @property
    def forge(self) -> LocalForge:
        return self.studio.forge

    def git(self, *words: str, at: str = NOW) -> str:
        person = {"NAME": "ada", "EMAIL": "ada@localhost", "DATE": at}
        roles = ("AUTHOR", "COMMITTER")
        who = {f"GIT_{role}_{key}": value for role in roles for key, value in person.items()}
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_EDITOR": "true"}
        done = subprocess.run(
            ["git", *words], cwd=self.studio.clone.repository, env=environment | who,
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout.strip()

    def write(self, path: str, text: str, at: str = NOW, words: str = "by hand") -> str:
        (self.studio.clone.repository / path).write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", words, at=at)
        return self.git("rev-parse", "HEAD")

    def read(self, path: str) -> str:
        return (self.studio.clone.repository / path).read_text()

    def look(self, now: str = SOON, tracker: object = None) -> list[Collected]:
        """Collect, and keep what was found in the journal as the command does."""
        studio = self.studio
        facts = facts_of(studio.journal.follow()).values()
        found = list(collect(facts, Collector(self.forge, tracker, studio.clone, now)))  # type: ignore[arg-type]  # the part of a tracker that is used
        for one in found:
            with leased(studio.journal, one.run, "test") as pen:
                Recorder(studio.journal, pen).record("outcome.collected", outcome=one.outcome)
        return found

    def outcome(self, now: str = SOON) -> PullRequestOutcome:
        (found,) = self.look(now)
        assert found.outcome is not None, found.trouble
        return found.outcome

    def aftermath(self, now: str = SOON) -> Aftermath:
        found = self.outcome(now).aftermath
        assert found is not None
        return found


def told_by_the_forge(scene: Scene, **facts: object) -> None:
    """Have the forge say this of the pull request, as one may where people open and merge."""
    known = replace(scene.forge.pull_request(1), **facts)  # type: ignore[arg-type]  # its own fields

    class Told(LocalForge):
        def pull_request(self, number: int) -> PullRequest:
            return known if number == 1 else super().pull_request(number)

    place = scene.studio.clone
    scene.studio.forge = Told(
        place.repository, place.original_git_dir, scene.studio.folder / "forge", lambda: NOW
    )


@pytest.fixture
def scene(studio: "Studio") -> Scene:
    studio.seal(more={"data/one.txt": "one\nnew\n"})
    made = publish(*studio.bundle(), studio.press).pull_request
    assert made is not None
    return Scene(studio, made)


def test_one_that_is_merged_as_it_is_was_accepted_untouched(scene: Scene) -> None:
    assert scene.outcome().state == "pending"
    assert scene.look() == []  # it is known
    scene.forge.merge(1)

    found = scene.outcome()

    assert found == PullRequestOutcome(
        1, "issue-7", "accepted", NOW, "", NOW, 0, 2, 2, ("data/one.txt", "tally.py"),
        aftermath=Aftermath(2, 0),
    )  # fmt: skip
    assert found.aftermath is not None
    assert (found.aftermath.is_zero_touch, found.aftermath.distance) == (True, 0.0)
    assert scene.look() == []
    assert scene.look(LATE) == []  # and settled by now


def test_a_persons_edits_of_our_lines_are_counted_and_others_are_not(scene: Scene) -> None:
    scene.git("switch", "--quiet", BRANCH)
    scene.write("tally.py", scene.read("tally.py").replace("text.split()", "text.strip().split()"))
    scene.write("tally.py", scene.read("tally.py").replace("splitlines", "split"))
    scene.write("notes.txt", "mine\n")
    scene.git("switch", "--quiet", "main")
    scene.git("merge", "--quiet", "--no-ff", "--message", "merged by hand", BRANCH)

    found = scene.aftermath()

    assert found == Aftermath(2, 1, 1, 3, "", ("tally.py",))
    assert (found.is_zero_touch, found.distance) == (False, 0.5)


def test_what_happens_on_the_base_meanwhile_is_no_edit_of_ours(scene: Scene) -> None:
    scene.write("tally.py", scene.read("tally.py") + "\n\n# the end\n")
    scene.git("merge", "--quiet", "--no-ff", "--message", "merged by hand", BRANCH)
    scene.write("data/two.txt", "more\n")

    assert scene.aftermath() == Aftermath(2, 0)


def test_a_squash_is_told_apart_from_what_was_proposed(scene: Scene) -> None:
    scene.git("merge", "--quiet", "--squash", BRANCH)
    merge = scene.write("data/one.txt", "one\nnewer\n", words="squashed")
    scene.git("branch", "--quiet", "-D", BRANCH)
    told_by_the_forge(scene, state="merged", ended=NOW, merge_commit=merge)

    found = scene.outcome()

    assert (found.state, found.aftermath) == (
        "accepted",
        Aftermath(2, 1, 0, 0, "", ("data/one.txt",)),
    )


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("how", "at", "reverted"),
    [
        ("revert", SOON, SOON),
        ("number", SOON, SOON),
        ("by hand", SOON, SOON),
        ("half", SOON, ""),
        ("revert", LATE, ""),
        ("another number", SOON, ""),
    ],
)
def test_a_revert_counts_within_a_fortnight(scene: Scene, how: str, at: str, reverted: str) -> None:
    before = {path: scene.read(path) for path in ("tally.py", "data/one.txt")}
    merge = scene.forge.merge(1)
    if how == "revert":
        scene.git("revert", "--no-edit", "--mainline", "1", merge, at=at)
    elif how.endswith("number"):
        number = "1" if how == "number" else "12"
        words = f"Revert it\n\nReverts ada/tally#{number}\n"
        scene.write("tally.py", before["tally.py"] + "# or so\n", at, words)
    else:
        scene.write("tally.py", before["tally.py"], at)
        if how == "by hand":
            scene.write("data/one.txt", "zero\n" + before["data/one.txt"], at)

    assert scene.aftermath(LATER).reverted == reverted


def test_a_revert_that_was_merged_as_a_pull_request_is_one(scene: Scene) -> None:
    merge = scene.forge.merge(1)
    scene.git("switch", "--quiet", "--create", "revert-1")
    scene.git("revert", "--no-edit", "--mainline", "1", merge, at=NOW)
    scene.git("switch", "--quiet", "main")
    scene.git("merge", "--quiet", "--no-ff", "--message", "Merge #2", "revert-1", at=SOON)
    text = scene.read("tally.py").replace("return len(text", "return 0 + len(text")
    scene.write("tally.py", text, SOON)  # so that the lines are not as they were before

    assert scene.aftermath(LATER).reverted == SOON


def test_of_a_rebase_all_commits_are_what_was_merged(scene: Scene) -> None:
    before = {path: scene.read(path) for path in ("tally.py", "data/one.txt")}
    scene.git("switch", "--quiet", BRANCH)
    head = scene.write("notes.txt", "mine\n")
    scene.git("switch", "--quiet", "--detach")
    scene.git("rebase", "--quiet", "--force-rebase", "main")
    merge = scene.git("rev-parse", "HEAD")
    scene.git("switch", "--quiet", "main")
    scene.git("merge", "--quiet", "--ff-only", merge)
    for path, text in before.items():
        scene.write(path, text, SOON)
    told_by_the_forge(scene, state="merged", head=head, ended=NOW, merge_commit=merge)

    found = scene.aftermath(LATER)

    assert (found.files, found.commits, found.reverted) == (1, 1, SOON)


def test_one_that_is_closed_and_merged_by_hand_is_accepted(scene: Scene) -> None:
    scene.forge.record_review(Review(1, "rejected", "ada", "", NOW, kind="not-wanted"))
    assert scene.outcome(SOON).state == "rejected"
    scene.git("merge", "--quiet", "--no-ff", "--message", "after all", BRANCH)

    found = scene.outcome(LATE)

    assert (found.state, found.ended, found.reason) == ("accepted", LATE, "")
    assert scene.look(LATE) == []


def test_one_that_is_opened_again_begins_anew(scene: Scene) -> None:
    labelled = replace(scene.pull_request.draft, labels=("changewright: wrong",))
    told_by_the_forge(scene, state="closed", ended=NOW, draft=labelled)
    assert (scene.outcome().state, scene.look()) == ("rejected", [])
    told_by_the_forge(scene, state="open", ended="")

    found = scene.outcome(SOON)

    assert (found.state, found.ended, found.reason) == ("pending", "", "")
    scene.git("merge", "--quiet", "--no-ff", "--message", "after all", BRANCH)
    assert (scene.outcome(LATE).state, scene.look(LATER)) == ("accepted", [])


def test_one_whose_description_was_rewritten_is_compared_all_the_same(scene: Scene) -> None:
    draft = replace(scene.pull_request.draft, key="", run="", base_commit="", body="My words.")
    told_by_the_forge(scene, draft=draft)
    scene.git("merge", "--quiet", "--no-ff", "--message", "by hand", BRANCH)

    assert scene.aftermath() == Aftermath(2, 0)


def test_a_reason_that_was_given_stays_when_another_takes_its_place(scene: Scene) -> None:
    studio = scene.studio
    scene.forge.record_review(Review(1, "rejected", "ada", "", NOW, kind="wrong"))
    studio.seal("r2")
    publish(*studio.bundle("r2"), studio.press)

    first, second = (one.outcome for one in scene.look())

    assert first is not None
    assert second is not None
    assert (first.state, first.reason, second.state) == ("rejected", "wrong", "pending")


def test_a_rejection_has_the_reason_that_somebody_gave(scene: Scene) -> None:
    at = "2026-11-21T11:00:00+02:00"
    scene.forge.record_review(Review(1, "changes-requested", "ada", "more", at))
    scene.forge.record_review(Review(1, "rejected", "ada", "", SOON, kind="incomplete"))

    found = scene.outcome()

    assert (found.state, found.reason, found.rounds) == ("rejected", "incomplete", 1)
    assert (found.reviewed, found.ended, found.aftermath) == (NOW, NOW, None)


def test_one_without_a_reason_is_looked_at_until_it_has_one(scene: Scene) -> None:
    scene.forge.close_pull_request(1, "no time")
    assert scene.outcome().reason == ""
    assert scene.look() == []
    scene.forge.record_review(Review(1, "rejected", "ada", "", SOON, kind="too-large"))
    assert scene.outcome().reason == "too-large"
    assert scene.look() == []


def test_one_that_another_took_the_place_of_is_not_a_rejection(scene: Scene) -> None:
    scene.forge.close_pull_request(1, "no time")
    studio = scene.studio
    studio.seal("r2")
    publish(*studio.bundle("r2"), studio.press)

    first, second = scene.look()

    assert [first.number, first.run, first.outcome and first.outcome.state] == [
        1,
        "r1",
        "superseded",
    ]
    assert [second.number, second.run, second.outcome and second.outcome.state] == [
        2,
        "r2",
        "pending",
    ]


@dataclass
class Talk:
    """What is said on a pull request of a forge with people."""

    forge: LocalForge
    said: list[IssueComment]

    def comments(self, number: int) -> list[IssueComment]:
        return self.said


def test_why_is_asked_once_and_the_ticked_box_is_the_answer(scene: Scene) -> None:
    scene.forge.close_pull_request(1, "no time")
    asked: list[tuple[int, str, str]] = []
    scene.studio.forge.comment = lambda *words: asked.append(words)  # type: ignore[method-assign]
    stranger = IssueComment(1, "eve", question().replace("[ ] `style`", "[x] `style`"), NOW, NOW)
    talk = Talk(scene.forge, [stranger])

    (found,) = scene.look(SOON, talk)

    assert (found.is_asked, asked) == (True, [(1, question(), "reason")])
    assert found.outcome is not None
    assert found.outcome.reason == ""
    talk.said.append(IssueComment(2, "us", question(), NOW, NOW, is_ours=True))
    assert scene.look(SOON, talk) == []
    text = question().replace("[ ] `too-large`", "[X] `too-large`")
    talk.said[1] = replace(talk.said[1], body=text)
    (found,) = scene.look(SOON, talk)
    assert found.outcome is not None
    assert found.outcome.reason == "too-large"
    assert len(asked) == 1


def test_nobody_is_asked_about_what_is_long_past(scene: Scene) -> None:
    scene.forge.close_pull_request(1, "no time")
    (found,) = scene.look(LATE.replace("2026-12-20", "2027-03-01"), Talk(scene.forge, []))
    assert not found.is_asked


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("- [x] `wrong`: it does", "wrong"),
        ("- [ ] `wrong`: x\n- [x] `style`: y", "style"),
        ("- [x] `nonsense`: y", None),
        ("> - [x] `wrong`", None),
        ("", None),
    ],
)
def test_a_box_is_read_where_it_is_one(text: str, kind: str | None) -> None:
    assert ticked(text) == kind


def test_one_that_cannot_be_looked_at_does_not_keep_the_others_from_it(scene: Scene) -> None:
    studio = scene.studio
    scene.forge.close_pull_request(1, "no time")
    studio.seal("r2")
    publish(*studio.bundle("r2"), studio.press)
    (record,) = studio.folder.glob("forge/*/1.json")
    record.write_text("{")

    facts = facts_of(studio.journal.follow()).values()
    first, second = collect(facts, Collector(scene.forge, None, studio.clone, SOON))

    assert "is damaged" in first.trouble
    assert second.outcome is not None


def test_a_journal_that_cannot_be_counted_names_the_run_and_the_event(scene: Scene) -> None:
    with leased(scene.studio.journal, "r1", "test") as pen:
        Recorder(scene.studio.journal, pen).record("gate.finished", gate="tests")
    with pytest.raises(FactsRefusal, match=r"run r1 says of gate\.finished"):
        facts_of(scene.studio.journal.follow())
