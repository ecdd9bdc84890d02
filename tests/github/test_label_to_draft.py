"""From octokit's example of a label to a draft pull request and a settled comment.

Everything between is real but GitHub itself: our workflow run by act, four jobs of our action, each
a process with a token of its own, PyGithub, a proxy that holds each request against GitHub's
description, git over HTTP. What the model says comes from a stand-in of its API.
"""

import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.repositories import CONFIG
from tests.ending import joined
from tests.github import our_action
from tests.github.git_facts import GitFacts
from tests.github.spec_proxy import Description
from tests.github.story import BRANCH, JOBS, KEY, Labelled, Story, told

pytestmark = pytest.mark.sandbox
Draft = tuple[Story, Labelled]


@pytest.fixture
def story(tmp_path: Path, description: Description) -> Iterator[Story]:
    with told(tmp_path, description) as story:
        yield story


def test_a_label_becomes_a_draft(draft: Draft) -> None:
    story, seen = draft

    assert seen.ran.results == dict.fromkeys(JOBS, "success") | {
        "verify": "skipped",
        "keep": "skipped",
    }, str(seen.ran)
    assert seen.pulls == 1
    assert (seen.pull["draft"], seen.pull["head"]["ref"], seen.pull["user"]["login"]) == (
        True,
        BRANCH,
        "github-actions[bot]",
    )
    assert "Fixes #1" in seen.pull["body"]
    assert seen.pull["head"]["sha"] == seen.head
    assert GitFacts(story.github.bare).git("show", f"{seen.head}:a.txt") == "two\n"
    (check,) = seen.checks
    assert (check["head_sha"], check["conclusion"]) == (seen.head, "success")


def test_the_one_comment_says_how_it_ended_and_the_label_is_gone(draft: Draft) -> None:
    _, seen = draft

    (comment,) = seen.comments
    assert comment.startswith("**Proposed.**")
    assert seen.pull["html_url"] in comment
    assert seen.labels == ()


def test_the_journal_branch_tells_of_the_run_and_nothing_that_was_said(draft: Draft) -> None:
    story, seen = draft
    git = GitFacts(story.github.bare)

    (path,) = git.git("ls-tree", "-r", "--name-only", seen.journal, "runs").split()
    kept = git.git("show", f"{seen.journal}:{path}")
    assert path.startswith("runs/20")
    assert "SEARCH" not in kept
    assert "accidently" not in kept


def test_no_job_holds_a_secret_of_another(draft: Draft) -> None:
    story, ran = draft[0], draft[1].ran
    folder = story.runner.folder

    seen = {job: our_action.environment_of(folder, 1, job) for job in JOBS}
    with_key = {job for job, held in seen.items() if KEY in str(held)}
    assert with_key == {"propose"}
    for job, held in seen.items():
        tokens = set(re.findall(r"ghs_\w+", str(held)))
        assert tokens == (set() if job == "propose" else {f"ghs_run1_{job}"}), job
    kept = b"".join(path.read_bytes() for path in folder.glob("artifacts/**/*") if path.is_file())
    said = "\n".join([*story.comments, story.pulls[0]["body"], ran.log])
    for secret in (KEY, *(f"ghs_run1_{job}" for job in (*JOBS, "verify"))):
        assert secret.encode() not in kept
        assert secret not in said


@pytest.mark.long
def test_two_labels_at_once_become_one_pull_request(story: Story) -> None:
    with ThreadPoolExecutor(2) as pool:
        ran = [each.result() for each in [pool.submit(story.label) for _ in range(2)]]

    assert [each.results["settle"] for each in ran] == ["success", "success"]
    assert len(story.pulls) == 1
    assert not any("**Working on it**" in comment for comment in story.comments)


@pytest.mark.long
@pytest.mark.parametrize("job", JOBS)
def test_a_job_that_is_killed_leaves_a_settled_comment_and_the_next_label_goes_on(
    story: Story, job: str
) -> None:
    with Killing(lambda: our_action.process_of(story.runner.folder, 1, job)):
        ran = story.label()
    # settle is asked a second time by its own job.
    assert ran.results[job] == ("success" if job == "settle" else "failure"), str(ran)
    assert ran.results["settle"] == "success", str(ran)
    assert not any("**Working on it**" in comment for comment in story.comments)

    again = story.label()
    said = f"{ran}\n{again}\n{story.comments}"
    assert again.results["settle"] == "success", said
    assert [pull["head"]["ref"] for pull in story.pulls] == [BRANCH], said
    assert not any("**Working on it**" in comment for comment in story.comments), said


@pytest.mark.long
def test_what_a_killed_process_had_landed_is_kept_and_gone_on_with_for_nothing(
    story: Story,
) -> None:
    slow = CONFIG.replace('"! grep', '"! grep -q two a.txt || sleep 4; ! grep')
    story.github.commit("main", {".github/changewright.yml": slow})

    def landed() -> int:
        asked = len(story.model.requests)
        return our_action.process_of(story.runner.folder, 1, "propose") if asked else 0

    with Killing(landed):
        ran = story.label()
    assert ran.results["propose"] == "failure", str(ran)
    assert GitFacts(story.github.bare).git("show", f"{BRANCH}:a.txt") == "two\n"
    assert story.pulls == []
    assert "was killed from outside" in story.comments[0]

    again = story.label()
    assert again.results["settle"] == "success", f"{ran}\n{again}"
    assert [pull["head"]["ref"] for pull in story.pulls] == [BRANCH], f"{again}\n{story.comments}"
    assert len(story.model.requests) == 1


@pytest.mark.long
def test_a_workflow_that_is_cancelled_before_publish_keeps_what_the_next_label_proposes(
    story: Story, tmp_path: Path
) -> None:
    # act cannot be cancelled between two jobs; what a job's `if` then comes to is written here.
    asked = "${{ !cancelled() && needs.admit.outputs.admitted == 'true' }}"
    shipped = our_action.WORKFLOW.read_text()
    assert asked in shipped
    story.workflow = tmp_path / "changewright.yml"
    story.workflow.write_text(shipped.replace(asked, "${{ false }}"))

    ran = story.label()
    assert (ran.results["publish"], ran.results["keep"]) == ("skipped", "success"), str(ran)
    assert story.pulls == []
    assert story.comments[0].startswith("**Cancelled.**")
    assert GitFacts(story.github.bare).git("show", f"{BRANCH}:a.txt") == "two\n"

    story.workflow = our_action.WORKFLOW
    again = story.label()
    assert [pull["head"]["ref"] for pull in story.pulls] == [BRANCH], f"{ran}\n{again}"
    assert len(story.model.requests) == 1
    assert story.github.state.denied == []


class Killing:
    """Ends a process as soon as there is one, without a word."""

    def __init__(self, process: Callable[[], int]) -> None:
        self._process = process
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        joined(self._thread)

    def _watch(self) -> None:
        while not self._done.wait(0.02):
            if number := self._process():
                time.sleep(1.0)
                os.kill(number, signal.SIGKILL)
                return
