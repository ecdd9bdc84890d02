"""One issue that is labelled, all of it real but GitHub: what happens, and who sees it."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bot.adapters.anthropic_stand_in import StandIn
from tests.e2e.repositories import FILES
from tests.github import our_action, payloads
from tests.github.acting import Ran, Runner
from tests.github.emulated import OfflineGitHub, Seed, offline
from tests.github.spec_proxy import Description

KEY = "sk-ant-canary-of-the-models-key"
LABEL = "changewright"
EDIT = "a.txt\n<<<<<<< SEARCH\none\n=======\ntwo\n>>>>>>> REPLACE\n"
JOBS = ("admit", "propose", "publish", "settle")
BRANCH = "changewright/issue-1-spelling-error-in-the-readme-file"


@dataclass(slots=True)
class Story:
    """A repository with one issue, and people who label it."""

    github: OfflineGitHub
    runner: Runner
    model: StandIn
    workflow: Path = our_action.WORKFLOW

    def label(self) -> Ran:
        """Set the label as the owner does, and run what that starts."""
        self.github.ask("Codertocat", "POST", "issues/1/labels", {"labels": [LABEL]})
        self.model.says(StandIn.replies({"type": "text", "text": EDIT}))
        now = self.github.ask("Codertocat", "GET", "issues/1")
        said = payloads.told_of(
            payloads.examples("issues", "labeled")[0],
            label={"name": LABEL},
            issue={"updated_at": now["updated_at"]},
            repository={"default_branch": "main"},
        )
        return self.runner.run(self.workflow, "issues", said)

    @property
    def pulls(self) -> list[dict[str, Any]]:
        return list(self.github.ask("Codertocat", "GET", "pulls?state=all"))

    @property
    def comments(self) -> list[str]:
        return [each["body"] for each in self.github.ask("Codertocat", "GET", "issues/1/comments")]

    @property
    def labels(self) -> list[str]:
        return [each["name"] for each in self.github.ask("Codertocat", "GET", "issues/1/labels")]


@contextmanager
def told(
    folder: Path,
    description: Description,
    *,
    installed: bool = False,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Story]:
    """Begin a story below ``folder``; ``installed`` by the action itself, with ``environment``."""
    seed = Seed("Codertocat/Hello-World", roles={"octocat": "write"})
    with closing(StandIn()) as model, offline(folder, description, seed) as github:
        github.commit("main", FILES, "What is there")
        example = payloads.examples("issues", "labeled")[0]["issue"]
        issue = {"title": example["title"], "body": example["body"]}
        github.ask("Codertocat", "POST", "issues", issue)
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
