"""One issue that is labelled, all of it real but GitHub: what happens, and who sees it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bot.adapters.anthropic_stand_in import StandIn
from tests.e2e.repositories import FILES
from tests.github import our_action, payloads
from tests.github.acting import Ran, Runner
from tests.github.emulated import OfflineGitHub, Seed, offline
from tests.github.git_facts import GitFacts
from tests.github.spec_proxy import Description

KEY = "sk-ant-canary-of-the-models-key"
LABEL = "changewright"
OWNER = "Codertocat"
EDIT = """\
a.txt
<<<<<<< SEARCH
one
=======
two
>>>>>>> REPLACE

steps.txt
<<<<<<< SEARCH
=======
First count.
Second count.
Third count.
>>>>>>> REPLACE
"""
JOBS = ("admit", "propose", "publish", "settle")
BRANCH = "changewright/issue-1-spelling-error-in-the-readme-file"
JOURNAL = "changewright/journal"


@dataclass(frozen=True, slots=True)
class Labelled:
    """What there was to be seen after the first label, whatever has happened since."""

    ran: Ran
    pull: Mapping[str, Any]
    pulls: int
    comments: tuple[str, ...]
    labels: tuple[str, ...]
    checks: tuple[Mapping[str, Any], ...]
    head: str
    journal: str


@dataclass(slots=True)
class Story:
    """A repository with one issue, and people who label it."""

    github: OfflineGitHub
    runner: Runner
    model: StandIn
    workflow: Path = our_action.WORKFLOW

    def label(self) -> Ran:
        """Set the label as the owner does, and run what that starts."""
        self.github.ask(OWNER, "POST", "issues/1/labels", {"labels": [LABEL]})
        self.says(EDIT)
        now = self.github.ask(OWNER, "GET", "issues/1")
        said = payloads.told_of(
            payloads.examples("issues", "labeled")[0],
            label={"name": LABEL},
            issue={"updated_at": now["updated_at"]},
            repository={"default_branch": "main"},
        )
        return self.runner.run(self.workflow, "issues", said)

    def labelled(self) -> Labelled:
        """Set the label, and return all that it has brought about."""
        ran, git = self.label(), GitFacts(self.github.bare)
        checks = self.github.ask(OWNER, "GET", f"commits/{BRANCH}/check-runs")["check_runs"]
        return Labelled(
            ran,
            next(iter(self.pulls), {}),
            len(self.pulls),
            tuple(self.comments),
            tuple(self.labels),
            tuple(checks),
            git.head(BRANCH) or "",
            git.head(JOURNAL) or "",
        )

    def says(self, *replies: str) -> None:
        """Have the model say this, one after the other, to whoever asks next."""
        self.model.says(*(StandIn.replies({"type": "text", "text": one}) for one in replies))

    @property
    def pulls(self) -> list[dict[str, Any]]:
        return list(self.github.ask(OWNER, "GET", "pulls?state=all"))

    @property
    def comments(self) -> list[str]:
        return self.comments_on(1)

    def comments_on(self, number: int) -> list[str]:
        """Return what is said below an issue or a pull request."""
        return [each["body"] for each in self.github.ask(OWNER, "GET", f"issues/{number}/comments")]

    @property
    def labels(self) -> list[str]:
        return [each["name"] for each in self.github.ask(OWNER, "GET", "issues/1/labels")]


@contextmanager
def told(
    folder: Path,
    description: Description,
    *,
    installed: bool = False,
    environment: Mapping[str, str] | None = None,
    speaker: Callable[[], StandIn] = StandIn,
) -> Iterator[Story]:
    """Begin a story below ``folder``; ``installed`` by the action itself, with ``environment``.

    ``speaker`` makes what stands in for the model's API.
    """
    seed = Seed(f"{OWNER}/Hello-World", roles={"octocat": "write"})
    with closing(speaker()) as model, offline(folder, description, seed) as github:
        github.commit("main", FILES, "What is there")
        example = payloads.examples("issues", "labeled")[0]["issue"]
        issue = {"title": example["title"], "body": example["body"]}
        github.ask(OWNER, "POST", "issues", issue)
        configuration = f"model:\n  endpoint: {model.url}\n"
        runner = Runner(
            folder / "rig",
            github,
            actions={our_action.NAME: our_action.laid_out(folder, installed=installed)},
            secrets={"ANTHROPIC_API_KEY": KEY},
            variables={"CHANGEWRIGHT_CONFIGURATION": configuration},
            environment=environment or {},
        )
        yield Story(github, runner, model)
        assert not github.report.refused, str(github.report)
        assert not model.complaints
