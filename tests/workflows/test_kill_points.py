"""A process killed at any step: whoever goes on ends where an undisturbed run ends, and pays once.

Each story is told once undisturbed, then again and again by a child process that kills itself
(SIGKILL: no handler, no `finally`) before or after its n-th step, and told to its end by this one.
A step is a write to the journal, a reply of the model, a change at the forge, a file put in place.
"""

import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from bot.adapters.local_engine import LocalEngine
from bot.adapters.local_forge.forge import LocalForge
from bot.adapters.scripted_model import ScriptedModel, ScriptedReply
from bot.adapters.sqlite_journal.journal import SqliteJournal
from tests.ending import exit_code
from tests.workflows.conftest import NOW, RIGHT, WRONG, Studio, search_replace
from validators.checkout import open_clone
from validators.sandbox import Changes, Completed, FileChange
from workflows.board import Board
from workflows.budget import Budget
from workflows.campaign import EngineLimits, Recipe, Template
from workflows.campaign_plan import CampaignSpec, Selection, Site, plan
from workflows.conversation import Conversation, Reply, ReplyLimits
from workflows.history import history_of
from workflows.migrate import run_target
from workflows.migration_step import CommandStep
from workflows.propose import propose
from workflows.publish import publish
from workflows.pull_request import Commit, PullRequest, PullRequestDraft
from workflows.review import Review
from workflows.revise import revision_of
from workflows.run import Entry, Event, Fence, effects, summarise
from workflows.sharding import Shard
from workflows.target_attempt import Workbench
from workflows.task import Task
from workflows.workshop import Outcome, Wishes

ALMOST = '    return len(text.split(" ")) or 1\n'
REPLIES = (
    f"At least one.\n\n{search_replace('tally.py', WRONG, ALMOST)}",
    f"Only words count.\n\n{search_replace('tally.py', ALMOST, RIGHT)}",
)
REVISED = (f"In words.\n\n{search_replace('tally.py', RIGHT, RIGHT + '    # words' + chr(10))}",)


T = TypeVar("T")


class Fate:
    """Counts steps, and ends the process at the one it is given; 0 is never."""

    def __init__(self, at: int = 0) -> None:
        self.at = at
        self.steps = 0

    def pass_by(self) -> None:
        self.steps += 1
        if self.steps == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, act: Callable[[], T]) -> T:
        self.pass_by()
        result = act()
        self.pass_by()
        return result


class MortalJournal(SqliteJournal):
    fate = Fate()

    def lease(self, run: str, owner: str, ttl_s: float = 60.0) -> Fence:
        return self.fate.around(lambda: SqliteJournal.lease(self, run, owner, ttl_s))

    def release(self, fence: Fence) -> None:
        self.fate.around(lambda: SqliteJournal.release(self, fence))

    def append(self, fence: Fence, event: Event, unless: Callable[[], str] | None = None) -> Entry:
        return self.fate.around(lambda: SqliteJournal.append(self, fence, event, unless))

    def put_blob(self, content: bytes) -> str:
        return self.fate.around(lambda: SqliteJournal.put_blob(self, content))


class MortalForge(LocalForge):
    fate = Fate()

    def push(self, branch: str, commit: Commit, expected: str | None) -> None:
        self.fate.around(lambda: LocalForge.push(self, branch, commit, expected))

    def open_pull_request(self, draft: PullRequestDraft, head: str) -> PullRequest:
        return self.fate.around(lambda: LocalForge.open_pull_request(self, draft, head))

    def update_pull_request(self, number: int, draft: PullRequestDraft, head: str) -> PullRequest:
        return self.fate.around(lambda: LocalForge.update_pull_request(self, number, draft, head))


class MortalModel(ScriptedModel):
    """Writes down, outside of the journal, each reply that somebody would have to pay for."""

    fate = Fate()
    bill = Path()

    def reply(
        self,
        conversation: Conversation,
        limits: ReplyLimits,
        observe: Callable[[str], None] = lambda _: None,
    ) -> Reply:
        self.fate.pass_by()
        reply = super().reply(conversation, limits, observe)
        with self.bill.open("a") as bill:
            bill.write(f"{reply.message.text[:20]!r}\n")
        self.fate.pass_by()
        return reply


class MortalStudio(Studio):
    fate = Fate()

    def write_bundle(self, name: str, document: bytes) -> str:
        return self.fate.around(lambda: Studio.write_bundle(self, name, document))


@dataclass(frozen=True)
class Place:
    """A folder that is put back to what it was before each telling of a story."""

    prepared: Path
    folder: Path

    def restore(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.prepared, self.folder)

    def open(self, fate: Fate) -> MortalStudio:
        """Open everything as a new process would, with a clone of its own."""
        folder = self.folder
        repository, clone = folder / "tally", folder / f"clone-{os.getpid()}"
        shutil.rmtree(clone, ignore_errors=True)
        cloned = open_clone(repository, "main", clone)
        journal = MortalJournal(folder / "journal.sqlite", lambda: NOW, lambda: 1_000.0)
        forge = MortalForge(repository, cloned.original_git_dir, folder / "forge", lambda: NOW)
        task = Task("words() counts spaces", 'words("a  b") says 3.', str(repository), number="7")
        studio = MortalStudio(folder, cloned, journal, forge, task=task)
        for mortal in (journal, forge, studio):
            mortal.fate = fate
        return studio


Prepared = tuple[Place, dict[str, Any], int]
Story = Callable[[MortalStudio], None]


def run_of(studio: MortalStudio, run: str, replies: tuple[str, ...], **more: Any) -> Outcome:
    history = history_of(studio.journal.read(run))
    model = MortalModel([ScriptedReply(text) for text in replies], start=history.replies)
    model.fate, model.bill = studio.fate, studio.folder / "bill.txt"
    wishes = Wishes(Budget(), 3)
    if "waiting" in more:
        pull_request, earlier = more["waiting"]
        revision = revision_of(pull_request, earlier, studio.clone)
        wishes = replace(wishes, revision=revision)
    return propose(studio.task, run, (model,), studio.workshop, wishes)


def is_done(studio: MortalStudio, run: str) -> bool:
    ended = history_of(studio.journal.read(run)).ended
    return ended is not None and ended["state"] in {"proposed", "published"}


def proposing(studio: MortalStudio) -> None:
    if not is_done(studio, "r1"):
        run_of(studio, "r1", REPLIES)


def publishing(studio: MortalStudio) -> None:
    publish(*studio.bundle("r1"), studio.press)


def asking_for_changes(studio: MortalStudio) -> None:
    studio.forge.record_review(Review(1, "changes-requested", "ada", "Say it in words.", NOW))


def revising(studio: MortalStudio) -> None:
    if not is_done(studio, "r2"):
        waiting = (studio.forge.pull_request(1), studio.bundle("r1")[0])
        if waiting[0].draft.run == "r1":
            run_of(studio, "r2", REVISED, waiting=waiting)
    publish(*studio.bundle("r2"), studio.press)


def migrating(studio: MortalStudio) -> None:
    def shout(argv: Any, _: str) -> tuple[Completed, Changes]:
        studio.fate.pass_by()
        changed = [FileChange(path, "100644", b"loud!\n") for path in argv[1:]]
        completed = Completed("ok", 0)
        return completed, Changes(tuple(changed))

    def judge(tree: str, recorder: Any) -> Any:
        from validators.verdict import Verdict  # noqa: PLC0415

        recorder.record("gate.finished", gate="tests", outcome="pass")
        return Verdict("pass"), studio.evidence(tree)

    studio.judge = judge
    bench = Workbench(studio.workshop, (CommandStep("shout", ("shout",), shout),))
    steps, on = (Recipe("run", ("shout",)),), Selection(globs=("*.txt",))
    spec = CampaignSpec("loud", on, steps, Template("Shout"), shard=Shard("directory"))
    campaign = plan(spec, [Site(studio.clone, studio.rules)])
    for _ in LocalEngine(studio.journal, "engine").execute(
        campaign,
        lambda one, target, fence: run_target(one, target, fence, bench, lambda: f"m-{target.key}"),
        EngineLimits(workers=1),
    ):
        continue
    board = Board(studio.journal, campaign)
    board.refresh()
    for standing in board.standings.values():
        publish(*studio.bundle(standing.run), studio.press)


# The short form dies at one point of so many, make proof at all.
PARTS = 8
STORIES: dict[str, tuple[tuple[Story, ...], Story]] = {
    "propose": ((), proposing),
    "publish": ((proposing,), publishing),
    "revise": ((proposing, publishing, asking_for_changes), revising),
    "migrate": ((), migrating),
}


def outside(studio: MortalStudio) -> dict[str, Any]:
    """What people and other programs see, in words that do not depend on the path taken."""
    requests = studio.forge.pull_requests()
    heads = {name: studio.forge.branch_head(name) for name in studio.branches()}
    bundles = sorted(
        studio.bundle(path.stem)[0].applied_tree for path in studio.folder.glob("*.json")
    )
    runs = [
        summarise(entries)
        for entries in map(studio.journal.read, studio.journal.runs())
        if any(entry.event.kind == "run.started" for entry in entries)
    ]
    return {
        "pull requests": sorted((r.draft.branch, r.head, r.state) for r in requests),
        "branches": heads,
        "trees": bundles,
        "replies": sum(history_of(studio.journal.read(run)).replies for run in ("r1", "r2")),
        "runs": sorted((run.state, run.verdict, run.attempts, run.task) for run in runs),
    }


def told_to_its_end(place: Place, before: tuple[Story, ...], story: Story, at: int) -> MortalStudio:
    """Tell a story in a child that is killed at a step, then go on with it here."""
    child = os.fork()
    if child == 0:
        try:
            story(place.open(Fate(at)))
        finally:
            os._exit(0)
    assert exit_code(child) in {0, -signal.SIGKILL}
    studio = place.open(Fate())
    story(studio)
    return studio


@pytest.fixture(scope="module")
def place(original: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Prepared]:
    made: dict[str, Prepared] = {}

    def prepare(name: str) -> Prepared:
        if name not in made:
            root = tmp_path_factory.mktemp(name)
            one = Place(root / "prepared", root / "work")
            before, story = STORIES[name]
            shutil.copytree(original, one.folder / "tally")
            studio = one.open(Fate())
            for earlier in before:
                earlier(studio)
            studio.journal.close()
            shutil.rmtree(studio.clone.git_dir)
            shutil.copytree(one.folder, one.prepared)
            one.restore()
            fate = Fate()
            studio = one.open(fate)
            story(studio)
            made[name] = one, outside(studio), fate.steps
            studio.journal.close()
        return made[name]

    return prepare


@pytest.mark.sampled(PARTS * 2)
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("name", STORIES)
def test_a_run_that_was_killed_ends_where_an_undisturbed_one_does(
    place: Callable[[str], Prepared], name: str, part: int
) -> None:
    where, undisturbed, steps = place(name)
    assert steps > 10
    before, story = STORIES[name]
    for at in range(1 + part, steps + 1, PARTS):
        where.restore()
        studio = told_to_its_end(where, before, story, at)
        assert outside(studio) == undisturbed, f"killed at step {at} of {steps}"
        assert_paid_once(studio, at)
        studio.journal.close()


def assert_paid_once(studio: MortalStudio, at: int) -> None:
    """Each reply that was billed is kept, or said to be lost; every effect is settled."""
    bill = studio.folder / "bill.txt"
    billed = len(bill.read_text().splitlines()) if bill.exists() else 0
    kept = lost = 0
    for run in studio.journal.runs():
        entries = studio.journal.read(run)
        kept += sum(entry.event.kind == "model.replied" for entry in entries)
        settled = [e.event.data for e in entries if e.event.kind == "budget.settled"]
        reserved = [e.event.data for e in entries if e.event.kind == "budget.reserved"]
        assert len(settled) == len(reserved), f"killed at step {at}"
        lost += sum(data["lost"] for data in settled)
        assert all(effect.outcome for effect in effects(entries).values()), f"killed at step {at}"
    assert kept <= billed <= kept + lost, f"killed at step {at}"
