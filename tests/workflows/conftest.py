"""A workshop on real git, a real journal and a real forge; only the gates are a plain function."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.local_forge.forge import LocalForge
from bot.adapters.scripted_model import ScriptedModel, ScriptedReply
from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.pages.pull_request import pull_request_text
from scoping.objects import open_objects
from scoping.reordering import Reorder
from scoping.scope import Scope, ScopeOptions, select
from validators.checkout import Clone, line_counts, open_clone, read_file, write_tree
from validators.encoding import decode
from validators.evidence import Evidence
from validators.rules import GateKind, Rules
from validators.sandbox import FileChange
from validators.verdict import Finding, Verdict
from workflows.budget import Budget
from workflows.conversation import Conversation
from workflows.explore import CodeMode
from workflows.history import history_of
from workflows.ports import Model
from workflows.press import Press
from workflows.proposal import Attempt, Bundle, Proposal, unseal
from workflows.propose import propose
from workflows.recorder import Recorder, recording
from workflows.run import Entry
from workflows.sealing import write_bundle
from workflows.task import Task
from workflows.workshop import Outcome, Revision, Watch, Wishes, Workshop

NOW = "2026-11-21T09:00:00Z"
SOURCE = """\
def words(text):
    return len(text.split(" "))


def lines(text):
    return len(text.splitlines())
"""
TESTS = """\
import tally


def test_two_words():
    assert tally.words("one two") == 2
"""
FILES = {
    "tally.py": SOURCE,
    "tests/test_tally.py": TESTS,
    "data/one.txt": "one\n",
    "data/two.txt": "two\n",
    "docs/three.txt": "three\n",
}
# The judge of these tests passes a tree by this line and no other.
WRONG = '    return len(text.split(" "))\n'
RIGHT = "    return len(text.split())\n"

SCOPES: dict[tuple[str, str, str], Scope] = {}
Judge = Callable[[str, Recorder], tuple[Verdict, Evidence]]


def search_replace(path: str, old: str, new: str) -> str:
    return f"{path}\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n"


def git(folder: Path, *words: str) -> str:
    signed = {
        f"GIT_{role}_{key}": value
        for role in ("AUTHOR", "COMMITTER")
        for key, value in (("NAME", "ada"), ("EMAIL", "ada@localhost"), ("DATE", NOW))
    }
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", *words],
        cwd=folder,
        env=environment | signed,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@dataclass
class Studio:
    """One repository and all that a workflow is handed for it, with what was observed."""

    folder: Path
    clone: Clone
    journal: SqliteJournal
    forge: LocalForge
    rules: Rules = field(default_factory=Rules)
    task: Task = field(default_factory=lambda: Task("words() counts spaces", "", ""))
    judge: Judge | None = None
    adjudicator: Callable[[str], Model | None] = lambda _: None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    trouble: str = ""
    told: Mapping[str, Any] = field(default_factory=dict)
    candidates: int = 1
    stages: int = 1
    reranks: bool = False
    code: CodeMode | None = None
    seconds: float = 0.0
    seen: list[Entry] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    on_entry: Callable[[Entry], None] | None = None

    def watch_entry(self, entry: Entry) -> None:
        self.seen.append(entry)
        if self.on_entry:
            self.on_entry(entry)

    def file(self, tree: str, path: str) -> str | None:
        found = read_file(self.clone, tree, path)
        return found[1].decode() if found else None

    def evidence(self, tree: str) -> Evidence:
        clone = self.clone
        return Evidence(clone.base_commit, clone.base_tree, tree, "0" * 64, "env", "none", (), ())

    def judge_by_content(self, tree: str, recorder: Recorder) -> tuple[Verdict, Evidence]:
        passed = RIGHT in (self.file(tree, "tally.py") or "")
        recorder.record("gate.finished", gate="tests", outcome="pass" if passed else "fail")
        if passed:
            return Verdict("pass"), self.evidence(tree)
        found = Finding(
            "tests",
            "new-failure",
            "block",
            "test_no_words fails\nassert 1 == 0",
            "tests/test_tally.py",
            9,
            "Mend what it shows.",
        )
        return Verdict("fail", (found,)), self.evidence(tree)

    def gate(self, kind: GateKind, tree: str, recorder: Recorder) -> Verdict:
        """The gates of one kind pass the right line, as all together do."""
        return (self.judge or self.judge_by_content)(tree, recorder)[0]

    def prepare(self, recorder: Recorder) -> str:
        recorder.record("environment.ready", key="env", trouble=self.trouble)
        return self.trouble

    def choose(self, task: Task, reorder: Reorder | None = None) -> Scope:
        if reorder:
            with open_objects(self.clone.git_dir) as reader:
                options = ScopeOptions(reorder=reorder)
                return select(reader, self.clone.base_commit, task.title, task.body, options)
        # The same commit and words always make the same scope; most tests share both.
        key = (self.clone.base_commit, task.title, task.body)
        if key not in SCOPES:
            with open_objects(self.clone.git_dir) as reader:
                SCOPES[key] = select(reader, *key)
        return SCOPES[key]

    def render(self, proposal: Proposal, evidence: Evidence) -> tuple[str, str]:
        counts = line_counts(self.clone, evidence.base_tree, evidence.applied_tree)
        text = pull_request_text(proposal, evidence, counts)
        return text.title, text.body

    def write_bundle(self, name: str, document: bytes) -> str:
        path = self.folder / name
        path.write_bytes(document)
        return str(path)

    def find_bundle(self, run: str) -> str:
        path = self.folder / f"{run}.json"
        return str(path) if path.is_file() else ""

    @property
    def workshop(self) -> Workshop:
        return Workshop(
            clone=self.clone,
            rules=self.rules,
            journal=self.journal,
            select=self.choose,
            prepare=self.prepare,
            judge=self.judge or self.judge_by_content,
            gate=self.gate,
            render=self.render,
            write_bundle=self.write_bundle,
            find_bundle=self.find_bundle,
            now=lambda: self.seconds,
            now_iso=lambda: NOW,
            adjudicator=self.adjudicator,
            watch=Watch(self.watch_entry, self.heard.append),
            include=self.include,
            exclude=self.exclude,
            reranks=self.reranks,
            code=self.code,
        )

    @property
    def press(self) -> Press:
        return Press(self.clone, self.rules, self.forge, self.journal, ("bot",))

    def propose(
        self,
        replies: Sequence[ScriptedReply | str] | Model,
        run: str = "r1",
        budget: Budget | None = None,
        attempts: int = 3,
        revision: Revision | None = None,
    ) -> Outcome:
        if isinstance(replies, Sequence):
            said = [ScriptedReply(one) if isinstance(one, str) else one for one in replies]
            replied = history_of(self.journal.read(run)).replies
            model: Model = ScriptedModel(said, start=replied)
        else:
            model = replies
        wishes = Wishes(
            budget or Budget(), attempts, self.candidates, revision=revision, told=self.told
        )
        return propose(self.task, run, (model,) * self.stages, self.workshop, wishes)

    def cut_off(self, count: int, run: str = "r1") -> None:
        """Leave what a process leaves that was killed after the first ``count`` entries of a run.

        The clone is opened anew, and what was written after them is gone.
        """
        kept = self.journal.read(run)[:count]
        with self.journal.database.writing() as connection:
            connection.execute(
                "DELETE FROM events WHERE run = ? AND position > ?", (run, kept[-1].position)
            )
        number = len(list(self.folder.glob("clone-*")))
        place = self.folder / f"clone-{number}"
        self.clone = open_clone(self.clone.repository, self.clone.base_commit, place)
        for bundle in self.folder.glob(f"{run}*.json"):
            bundle.unlink()
        self.seen.clear()

    def seal(self, run: str = "r1", more: Mapping[str, str] | None = None) -> Bundle:
        """Seal a proposal of the right line and ``more`` files, without asking a model."""
        files = {"tally.py": SOURCE.replace(WRONG, RIGHT)} | dict(more or {})
        changes = [FileChange(path, "100644", text.encode()) for path, text in files.items()]
        tree = write_tree(self.clone, self.clone.base_tree, changes)
        attempt = Attempt(1, Verdict("pass"), (), tree, evidence=self.evidence(tree))
        base = self.clone.base_commit
        proposal = Proposal(run, self.task, base, "scripted", (), (attempt,), NOW)
        base = self.clone.base_commit
        start = {"task": self.task, "task_key": self.task.key, "base_commit": base}
        with recording(self.journal, run, start) as recorder:
            write_bundle(proposal, self.workshop, recorder)
            recorder.record("run.finished", state="proposed", verdict="pass", why="it holds")
        return self.bundle(run)[0]

    def bundle(self, run: str = "r1") -> tuple[Bundle, str]:
        return unseal((self.folder / f"{run}.json").read_bytes())

    def kinds(self, run: str = "r1") -> list[str]:
        return [entry.event.kind for entry in self.journal.read(run)]

    def data(self, kind: str, run: str = "r1") -> list[Any]:
        return [entry.event.data for entry in self.journal.read(run) if entry.event.kind == kind]

    def asked(self, run: str = "r1") -> list[Conversation]:
        """The conversation of each request, as the journal keeps it."""
        sent = self.data("prompt.sent", run)
        return [decode(self.journal.get_blob(one["conversation"]), Conversation) for one in sent]

    def branches(self) -> list[str]:
        return git(self.folder / "tally", "branch", "--format=%(refname:short)").split()


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    repository = tmp_path_factory.mktemp("original") / "tally"
    for name, content in FILES.items():
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    git(repository, "init", "--quiet", "--template=", "--initial-branch=main")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message=tally 1.0")
    return repository


@pytest.fixture
def studio(original: Path, tmp_path: Path) -> Iterator[Studio]:
    repository = shutil.copytree(original, tmp_path / "tally")
    clone = open_clone(repository, "main", tmp_path / "clone")
    journal = SqliteJournal(tmp_path / "journal.sqlite", lambda: NOW, lambda: 1_000.0)
    forge = LocalForge(clone.repository, clone.original_git_dir, tmp_path / "forge", lambda: NOW)
    task = Task("words() counts spaces", 'words("a  b") says 3.', str(repository), number="7")
    yield Studio(tmp_path, clone, journal, forge, task=task)
    journal.close()


@pytest.fixture(scope="session")
def run_git() -> Callable[..., str]:
    return git


@pytest.fixture(scope="session")
def edit() -> Callable[[str, str, str], str]:
    return search_replace


@pytest.fixture(scope="session")
def right() -> str:
    """A reply that the judge passes."""
    mend = search_replace("tally.py", WRONG, RIGHT)
    return f"Only words count.\n\n{mend}"


@pytest.fixture(scope="session")
def wrong() -> str:
    """A reply that lands and that the judge fails; `after_wrong` mends it."""
    new = '    return len(text.split(" ")) or 1\n'
    mend = search_replace("tally.py", WRONG, new)
    return f"At least one.\n\n{mend}"


@pytest.fixture(scope="session")
def after_wrong() -> str:
    mend = search_replace("tally.py", '    return len(text.split(" ")) or 1\n', RIGHT)
    return f"Only words count.\n\n{mend}"
