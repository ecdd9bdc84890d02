"""A town: one repository on a forge with people, and the jobs of a workflow run against it.

The forge is the local one with a tracker in memory beside it; git, the sandbox, the journal, the
files between the jobs and the jobs themselves are the real ones.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import pytest

from bot.action.admit import admit_job
from bot.action.gate import gate_job
from bot.action.propose import propose_job
from bot.action.publish import publish_job
from bot.action.report import put_out
from bot.action.salvage import salvage_job
from bot.action.settle import settle_job
from bot.action.surroundings import Surroundings, told_by
from bot.action.verify import verify_job
from bot.adapters.local_forge.forge import LocalForge
from bot.wiring import now_iso
from tests.ending import ended
from tests.found_out import lend
from workflows.ports import ForgeRefusal
from workflows.pull_request import PullRequest
from workflows.tracker import Artifact, CheckResult, CheckRun, Issue, IssueComment, Role

REPOSITORY = "octo/tally"
# A tree in which a text says `bad` does not pass.
GATE = {"name": "words", "kind": "test", "run": "! grep -rqw bad --include=*.txt ."}
CONFIGURATION = {"setup": {"run": []}, "gates": [GATE]}
OPERATORS = {"model": {"stages": ["small", "large"]}}  # what the input `configuration` says
FILES = {"data/one.txt": "one\n", "docs/two.txt": "two\n"}
EDIT = "data/one.txt\n<<<<<<< SEARCH\n{}\n=======\n{}\n>>>>>>> REPLACE\n"
LABELLED_AT = "2026-11-22T08:00:00Z"


class Town(LocalForge):
    """A forge with people on it. What is said is kept with its mark, as a forge would."""

    def __init__(self, origin: Path, store: Path) -> None:
        super().__init__(origin, origin / ".git", store, now_iso)
        self.origin = origin
        self.repository = REPOSITORY
        self.roles: dict[str, Role] = {"ada": "write", "tom": "triage", "eve": "read"}
        self.labels = {"changewright", "bug"}
        self.state: Literal["open", "closed"] = "open"
        self.said: list[IssueComment] = []
        self.places: dict[int, int] = {}
        self.others: dict[int, PullRequest] = {}
        self.check_ends: dict[str, list[CheckResult]] = {}
        self.dispatched: list[tuple[str, str, Mapping[str, str]]] = []
        self.checks: list[CheckRun] = []
        self.under_way: set[str] = set()
        self.is_silent = False
        self.keeps_artifacts = True
        self.workflow_branch = "main"
        self.ends_the_process = False

    def role(self, login: str) -> Role:
        if self.is_silent:
            raise ForgeRefusal("the forge does not say who may do what; try again later")
        return self.roles.get(login, "none")

    def pull_request(self, number: int) -> PullRequest:
        """Return one whose head follows its branch, and whose people the forge vouches for."""
        if number in self.others:
            return self.others[number]
        known = super().pull_request(number)
        head = self.branch_head(known.draft.branch) if known.state == "open" else None
        reviews = tuple(replace(one, verified=True) for one in known.reviews)
        return replace(known, head=head or known.head, reviews=reviews)

    def check_results(self, commit: str) -> Sequence[CheckResult]:
        return tuple(self.check_ends.get(commit, ()))

    def check_log(self, check: CheckResult) -> str:
        return f"log of {check.name}\n{check.summary}\n"

    def issue(self, number: int) -> Issue:
        labels, url = tuple(sorted(self.labels)), f"https://forge.example/{REPOSITORY}/issues/7"
        return Issue(number, "One is too few", "Edited since.", "eve", self.state, labels, url)

    def comments(self, number: int) -> Sequence[IssueComment]:
        return tuple(one for one in self.said if self.places[one.id] == number)

    def remove_label(self, number: int, label: str) -> None:
        if self.ends_the_process:
            raise KeyboardInterrupt
        self.labels.discard(label)

    def say(self, number: int, body: str, key: str) -> IssueComment:
        text = f"{body}\n\n<!-- changewright:{key} -->"
        for at, known in enumerate(self.said):
            is_here = known.is_ours and self.places[known.id] == number
            if is_here and known.body.endswith(f"changewright:{key} -->"):
                self.said[at] = replace(known, body=text, edited=now_iso())
                return self.said[at]
        return self.hear("bot", text, ours=True, place=number)

    def hear(
        self,
        author: str,
        body: str,
        created: str = "2026-11-22T09:00:00Z",
        *,
        ours: bool = False,
        place: int = 7,
    ) -> IssueComment:
        number = len(self.said) + 100
        url = f"https://forge.example/{REPOSITORY}/issues/{place}#{number}"
        self.places[number] = place
        self.said.append(IssueComment(number, author, body, created, created, url, ours))
        return self.said[-1]

    def check(self, head: str, run: CheckRun) -> str:
        self.checks.append(run)
        return f"https://forge.example/{REPOSITORY}/checks/1"

    def artifact(self, workflow_run: str, name: str) -> Artifact | None:
        kept = self.origin.parent / f"run-{workflow_run}" / "parcels" / name
        if not (self.keeps_artifacts and kept.is_dir()):
            return None
        size = sum(path.stat().st_size for path in kept.iterdir())
        return Artifact(name, size, self.workflow_branch, is_foreign=False)

    def read_file(self, path: str, commit: str) -> bytes | None:
        shown = subprocess.run(
            ["git", "show", f"{commit}:{path}"], cwd=self.origin, capture_output=True, check=False
        )
        return None if shown.returncode else shown.stdout

    def dispatch(self, workflow: str, revision: str, inputs: Mapping[str, str]) -> None:
        self.dispatched.append((workflow, revision, inputs))

    def is_under_way(self, workflow_run: str) -> bool:
        return workflow_run in self.under_way

    @property
    def ours(self) -> list[str]:
        return [comment.body for comment in self.said if comment.is_ours]


@dataclass
class Hall:
    """Where the jobs of one workflow run after the other; each run has folders of its own."""

    folder: Path
    town: Town
    monkeypatch: pytest.MonkeyPatch
    runs: int = 0
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)

    def git(self, *words: str, cwd: Path | None = None) -> str:
        named = ["-c", "user.name=ada", "-c", "user.email=ada@localhost"]
        done = subprocess.run(
            ["git", *named, *words],
            cwd=cwd or self.town.origin,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    @property
    def run(self) -> str:
        """The run that was admitted."""
        return str(self.results["admit"]["outputs"]["run"])

    @property
    def place(self) -> Path:
        return self.folder / f"run-{self.runs}"

    @property
    def parcels(self) -> Path:
        return self.place / "parcels"

    def begin(self, event: Mapping[str, Any], name: str = "issues") -> "Hall":
        """Deliver an event: a new workflow run begins."""
        self.runs += 1
        self.results.clear()
        self.place.mkdir()
        (self.place / "event.json").write_text(json.dumps(event))
        self.environment = {
            "GITHUB_EVENT_NAME": name,
            "GITHUB_EVENT_PATH": str(self.place / "event.json"),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_SERVER_URL": "https://forge.example",
            "GITHUB_RUN_ID": str(self.runs),
            "GITHUB_WORKFLOW_REF": f"{REPOSITORY}/.github/workflows/asked.yml@refs/heads/main",
            "GITHUB_WORKSPACE": str(self.place),
            "INPUT_FOLDER": str(self.parcels),
        }
        return self

    def told(self, job: str) -> dict[str, str]:
        """Return what a job alone is told, on a machine of its own."""
        state = self.place / f"state-{job.replace('salvage', 'propose')}"
        self.monkeypatch.setenv("CHANGEWRIGHT_STATE", str(lend(state)))
        return {
            "INPUT_RESULTS": json.dumps(self.results),
            "GITHUB_OUTPUT": str(self.place / f"{job}.output"),
            "GITHUB_STEP_SUMMARY": str(self.place / f"{job}.md"),
            "CHANGEWRIGHT_STATE": str(state),
        }

    def around(self, job: str) -> Surroundings:
        told = self.environment | self.told(job)
        return told_by("publish" if job == "keep" else job, told)

    def did(self, job: str, outputs: Mapping[str, str], result: str = "success") -> dict[str, str]:
        self.results[job] = {"result": result, "outputs": dict(outputs)}
        return dict(outputs)

    def admit(self) -> dict[str, str]:
        around = self.around("admit")
        outputs = admit_job(around, self.town, self.place / "journal.git")
        put_out(around, outputs)
        if earlier := outputs.get("earlier"):  # as the steps after it do
            kept = self.folder / f"run-{earlier}" / "parcels" / "changewright-proposal"
            shutil.copytree(kept, self.parcels / "changewright-earlier")
        return self.did("admit", outputs)

    def check_out(self) -> None:
        target = self.place / "target"
        if not target.exists():
            self.git("clone", "--quiet", str(self.town.origin), str(target), cwd=self.folder)

    def _scripted(self, *replies: str) -> None:
        self.check_out()
        script = self.place / "replies.yml"
        script.write_text(json.dumps({"replies": [{"text": reply} for reply in replies]}))
        self.monkeypatch.setenv("CHANGEWRIGHT_MODEL", f"scripted:{script}")

    def started_propose(self, *replies: str) -> AbstractContextManager[subprocess.Popen[str]]:
        """Run the author's job as the action does, in a process of its own, beside the block."""
        self._scripted(*replies)
        argv = [sys.executable, "-P", "-m", "bot.action", "propose"]
        environment = os.environ | self.environment | self.told("propose")
        return ended(
            subprocess.Popen(
                argv, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
            )
        )

    def propose(self, *replies: str) -> dict[str, str]:
        """Run the author's job on a model that says ``replies``."""
        self._scripted(*replies)
        try:
            outputs = propose_job(self.around("propose"))
        except BaseException:
            self.did("propose", {}, "failure")
            raise
        return self.did("propose", outputs)

    def salvage(self) -> dict[str, str]:
        """Run what the job propose runs last, on the same machine."""
        return dict(salvage_job(self.around("salvage")))

    def verify(self) -> dict[str, str]:
        return self.did("verify", verify_job(self.around("verify")))

    def gate(self) -> dict[str, str]:
        self.check_out()
        return dict(gate_job(self.around("gate")))

    def publish(self) -> dict[str, str]:
        self.check_out()
        self.results.setdefault("verify", {"result": "skipped", "outputs": {}})
        return self.did("publish", publish_job(self.around("publish"), self.town))

    def keep(self) -> dict[str, str]:
        """Run what runs where publish was cancelled, on a machine of its own."""
        return self.did("keep", publish_job(self.around("keep"), self.town))

    def settle(self) -> dict[str, str]:
        return dict(settle_job(self.around("settle"), self.town))

    def journal(self) -> list[str]:
        """Return the records on the journal's branch."""
        listed = self.git("ls-tree", "-r", "--name-only", "changewright/journal")
        return [self.git("show", f"changewright/journal:{path}") for path in listed.splitlines()]


@pytest.fixture
def hall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hall:
    origin = tmp_path / "origin"
    files = {".github/changewright.yml": json.dumps(CONFIGURATION)} | FILES
    for name, content in files.items():
        path = origin / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    for name in ("ANTHROPIC_API_KEY", "GITHUB_TOKEN", "GH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    operator = tmp_path / "operator.yml"
    operator.write_text(json.dumps(OPERATORS))
    operator.chmod(0o600)
    monkeypatch.setenv("CHANGEWRIGHT_CONFIG", str(operator))
    made = Hall(tmp_path, Town(origin, tmp_path / "store"), monkeypatch)
    made.git("init", "--quiet", "--initial-branch=main")
    made.git("add", "--all")
    made.git("commit", "--quiet", "--message=one")
    return made


def labelled(
    sender: str = "ada", label: str = "changewright", at: str = LABELLED_AT, **issue: Any
) -> dict[str, Any]:
    """Return the delivery of a label that was set."""
    asked = {"number": 7, "title": "One is too few", "body": "Say it *better*.", "updated_at": at}
    return {
        "action": "labeled",
        "label": {"name": label},
        "issue": asked | issue,
        "sender": {"login": sender, "type": "User", "id": 4711},
        "repository": {"full_name": REPOSITORY, "default_branch": "main"},
    }


def commented(body: str, sender: str = "ada", number: int = 900) -> dict[str, Any]:
    """Return the delivery of a comment."""
    made = {"id": number, "body": body, "created_at": LABELLED_AT, "user": {"login": sender}}
    return labelled(sender) | {"action": "created", "comment": made}


def dispatched(inputs: Mapping[str, str]) -> dict[str, Any]:
    """Return the delivery that a job itself caused."""
    sender = {"login": "forge-actions[bot]", "type": "Bot"}
    place = {"full_name": REPOSITORY, "default_branch": "main"}
    return {"inputs": dict(inputs), "sender": sender, "repository": place}
