"""The action and the workflows that people copy: rights, triggers, pins, and what linters say."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot.commands.workflow_files import workflow_files
from tests.conftest import SCRIPTS
from tests.ending import LIMIT_S

PINNED = "octo/changewright@" + "0123456789" * 4
EXAMPLES = Path("bot/action/examples")
RIGHTS = {
    "admit": {
        "issues": "write",
        "pull-requests": "write",
        "contents": "read",
        "actions": "read",
        "checks": "read",
    },
    "propose": {"contents": "read"},
    "verify": {"contents": "read"},
    "publish": {
        "contents": "write",
        "pull-requests": "write",
        "checks": "write",
        "issues": "read",
        "attestations": "write",
        "id-token": "write",
    },
    "keep": {"contents": "write", "pull-requests": "read", "issues": "read"},
    "settle": {
        "issues": "write",
        "pull-requests": "write",
        "contents": "read",
        "actions": "write",
    },
    "gate": {"contents": "read"},
    "collect": {"contents": "write", "pull-requests": "write"},
}
# `on` is a truth to YAML 1.1 and a word to 1.2, which GitHub and this reader speak.
LOADER = YAML(typ="safe", pure=True)


def loaded(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = LOADER.load(path.read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workflows as `changewright init --github` writes them."""
    folder = tmp_path_factory.mktemp("written")
    for one in workflow_files(PINNED):
        path = folder / one.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(one.content or b"")
    return folder


def shipped(root: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for folder in (root / EXAMPLES, root / ".github/workflows"):
        for path in sorted(folder.glob("*.yml")):
            yield path.name, loaded(path)


def steps(job: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from job["steps"]


def ours(job: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [one for one in steps(job) if one.get("uses", "").startswith("changewright/")]


def test_each_job_has_the_rights_it_needs_and_the_workflow_none(root: Path) -> None:
    found: dict[str, Any] = {}
    for name, workflow in shipped(root):
        assert workflow["permissions"] == {}, name
        if name.startswith("changewright"):
            found |= {job: one["permissions"] for job, one in workflow["jobs"].items()}

    assert found == RIGHTS


def test_every_job_ends_by_itself_and_no_expression_stands_in_a_shell_line(root: Path) -> None:
    action = loaded(root / "action.yml")
    jobs = [one for _, workflow in shipped(root) for one in workflow["jobs"].values()]

    assert all(0 < job["timeout-minutes"] <= 90 for job in jobs)
    for step in (*action["runs"]["steps"], *(step for job in jobs for step in steps(job))):
        assert "${{" not in step.get("run", "")


def test_no_workflow_runs_with_rights_on_what_a_fork_brings(root: Path) -> None:
    for name, workflow in shipped(root):
        triggers = workflow["on"]
        names = set(triggers if isinstance(triggers, dict | list) else [triggers])
        assert not names & {"pull_request_target", "push_request"}, name
        if "pull_request" in names:
            assert "secrets." not in str(workflow), name
        if "workflow_run" in names:
            # Whoever failed, what is checked out is what admit froze: a commit of the base.
            started = workflow["jobs"]["admit"]["if"]
            assert "workflow_run.head_repository.full_name == github.repository" in started
            refs = re.findall(r"'ref': '([^']*)'", str(workflow["jobs"]))
            assert set(refs) == {"${{ needs.admit.outputs.base-commit }}"}, name
    gate = loaded(root / EXAMPLES / "changewright-gate.yml")
    assert set(gate["on"]) == {"pull_request"}


def test_runs_are_kept_apart_by_event_and_issue_and_cancel_nothing(root: Path) -> None:
    asked = loaded(root / EXAMPLES / "changewright.yml")["concurrency"]

    assert asked["cancel-in-progress"] is False
    assert asked["group"].startswith("changewright-${{ github.event_name }}-")
    for key in ("github.event.issue.number", "github.event.comment.id", "github.event.label.name"):
        assert key in asked["group"]


def test_the_models_key_and_a_token_are_never_in_one_job(root: Path) -> None:
    jobs = loaded(root / EXAMPLES / "changewright.yml")["jobs"]
    given = {
        name: {key for step in ours(job) for key in step["with"]} for name, job in jobs.items()
    }

    assert {name for name, keys in given.items() if "model-key" in keys} == {"propose"}
    assert {name for name, keys in given.items() if "token" in keys} == {
        "admit",
        "publish",
        "keep",
        "settle",
    }
    assert "${{ github.token }}" not in str(jobs["propose"])
    assert "${{ secrets" not in str({name: jobs[name] for name in jobs if name != "propose"})


def test_what_is_checked_out_keeps_no_token_and_lies_in_a_folder_of_its_own(root: Path) -> None:
    for name, workflow in shipped(root):
        for job in workflow["jobs"].values():
            for step in steps(job):
                if step.get("uses", "").startswith("actions/checkout@"):
                    assert step["with"]["persist-credentials"] is False
                    if name.startswith("changewright"):
                        assert step["with"]["path"] == "target"
    jobs = loaded(root / EXAMPLES / "changewright.yml")["jobs"]
    assert "actions/checkout" not in str((jobs["admit"], jobs["settle"]))


def test_the_jobs_that_must_run_whatever_happened_do(root: Path) -> None:
    jobs = loaded(root / EXAMPLES / "changewright.yml")["jobs"]

    assert jobs["settle"]["if"].startswith("always()")
    assert set(jobs["settle"]["needs"]) == {"admit", "propose", "verify", "publish", "keep"}
    assert set(jobs["publish"]["needs"]) == {"admit", "propose", "verify"}


def test_a_cancelled_workflow_opens_nothing_and_keeps_what_there_is(root: Path) -> None:
    jobs = loaded(root / EXAMPLES / "changewright.yml")["jobs"]
    publish, keep = jobs["publish"], jobs["keep"]
    admitted = "needs.admit.outputs.admitted == 'true'"

    # A step's `cancelled()` is about its own job alone: a job that runs always never sees it.
    assert publish["if"] == "${{ !cancelled() && " + admitted + " }}"
    assert keep["if"].startswith(f"always() && {admitted} && ")
    assert keep["if"].endswith(
        """contains(fromJSON('["cancelled", "skipped"]'), needs.publish.result)"""
    )
    assert set(keep["needs"]) == {"admit", "propose", "verify", "publish"}
    (told,) = ours(keep)
    assert told["with"]["job"] == "publish"
    assert told["with"]["results"] == "${{ toJSON(needs) }}"
    assert "pull-requests: write" not in str(keep)


def test_what_a_stopped_run_had_done_is_fetched_by_admit_and_missed_by_nobody(root: Path) -> None:
    jobs = loaded(root / EXAMPLES / "changewright.yml")["jobs"]
    place = "${{ runner.temp }}/changewright/changewright-earlier"
    fetched, handed_on = (
        step for step in steps(jobs["admit"]) if step.get("with", {}).get("path") == place
    )
    (taken,) = (
        step for step in steps(jobs["propose"]) if step.get("with", {}).get("path") == place
    )

    assert fetched["with"]["run-id"] == "${{ steps.admit.outputs.earlier }}"
    assert fetched["if"] == handed_on["if"] == "steps.admit.outputs.earlier != ''"
    assert taken["if"] == "needs.admit.outputs.earlier != ''"
    assert "github-token" not in taken["with"]
    assert fetched["continue-on-error"] is taken["continue-on-error"] is True
    assert handed_on["with"]["if-no-files-found"] == "ignore"
    assert handed_on["with"]["name"] == taken["with"]["name"] != fetched["with"]["name"]


def test_what_a_killed_process_had_done_is_kept_without_key_or_token(root: Path) -> None:
    steps = loaded(root / "action.yml")["runs"]["steps"]
    (kept,) = [step for step in steps if step.get("run", "").endswith(" salvage")]

    assert kept["if"].startswith("always() && inputs.job == 'propose' ")
    assert not {"GITHUB_TOKEN", "ANTHROPIC_API_KEY"} & set(kept["env"])
    assert "model-key" not in str(kept)


def test_outcomes_are_collected_without_a_model_and_without_the_key(root: Path) -> None:
    workflow = loaded(root / EXAMPLES / "changewright-collect.yml")
    [step] = ours(workflow["jobs"]["collect"])

    assert set(workflow["on"]) == {"schedule", "workflow_dispatch"}
    assert step["with"]["job"] == "collect"
    assert "secrets." not in str(workflow)
    assert "model-key" not in step["with"]


def test_every_action_is_one_commit_with_its_version_beside_it(root: Path, written: Path) -> None:
    for folder in (root / EXAMPLES, root / ".github/workflows", written / ".github/workflows"):
        for path in folder.glob("*.yml"):
            for line in path.read_text().splitlines():
                if "uses:" in line:
                    assert re.search(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)+$", line)


def test_the_action_hands_its_inputs_on_as_variables_and_keeps_no_cache(root: Path) -> None:
    action = loaded(root / "action.yml")
    [job] = [step for step in action["runs"]["steps"] if step.get("id") == "job"]

    assert job["env"]["PYTHONSAFEPATH"] == "1"
    assert job["env"]["GITHUB_TOKEN"] == "${{ inputs.token }}"  # noqa: S105 - an expression
    assert action["inputs"]["token"]["default"] == ""
    assert "cache" not in str([step.get("uses") for step in action["runs"]["steps"]])
    installer = (root / "bot/action/install.sh").read_text()
    assert installer.count("--require-hashes") >= 3
    assert "requirements.lock" in installer


def test_no_shipped_file_names_an_expression_that_a_stranger_writes_in_a_script(
    root: Path,
) -> None:
    for path in (*(root / "bot/action").glob("*.sh"), root / "action.yml"):
        text = path.read_text()
        assert "github.event" not in text
        assert "head_ref" not in text


def test_linters_find_nothing(root: Path, written: Path) -> None:
    places = [str(root / ".github"), str(root / "action.yml"), str(written / ".github")]
    zizmor = [str(SCRIPTS / "zizmor"), "--offline", "--quiet", *places]
    workflows = [
        str(path)
        for folder in (root, written)
        for path in sorted((folder / ".github/workflows").glob("*.yml"))
    ]
    schema = [str(SCRIPTS / "check-jsonschema"), "--quiet", "--builtin-schema"]

    for argv in (
        zizmor,
        [*schema, "vendor.github-workflows", *workflows],
        [*schema, "vendor.github-actions", str(root / "action.yml")],
        [*schema, "vendor.dependabot", str(root / ".github/dependabot.yml")],
    ):
        done = subprocess.run(
            argv, capture_output=True, text=True, check=False, cwd=root, timeout=LIMIT_S
        )
        assert done.returncode == 0, done.stdout + done.stderr
