"""What a job is told, and with which secrets in reach it does not even begin."""

import json
from pathlib import Path

import pytest

from bot.action.surroundings import ActionRefusal, told_by

EVERYTHING = {"admit", "propose", "salvage", "verify", "publish", "settle", "gate"}


@pytest.fixture
def told(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "event.json").write_text('{"action": "labeled"}')
    needs = {"admit": {"result": "success", "outputs": {"sha256": "ab", "n": 1}}, "odd": 3}
    return {
        "GITHUB_EVENT_NAME": "issues",
        "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
        "GITHUB_REPOSITORY": "octo/tally",
        "GITHUB_SERVER_URL": "https://forge.example/",
        "GITHUB_RUN_ID": "42",
        "GITHUB_WORKFLOW_REF": "octo/tally/.github/workflows/own.yml@refs/heads/main",
        "GITHUB_WORKSPACE": str(tmp_path),
        "INPUT_FOLDER": str(tmp_path / "parcels"),
        "INPUT_RESULTS": json.dumps(needs),
        "GITHUB_TOKEN": "",
        "ANTHROPIC_API_KEY": "",
    }


def test_a_job_knows_its_event_its_folders_and_the_jobs_before_it(
    told: dict[str, str], tmp_path: Path
) -> None:
    found = told_by("settle", told)

    assert found.event == {"action": "labeled"}
    assert (found.target, found.folder) == (tmp_path / "target", tmp_path / "parcels")
    assert (found.workflow, found.delivery) == ("own.yml", "42")
    assert found.page == "https://forge.example/octo/tally/actions/runs/42"
    assert found.results == {"admit": "success"}
    assert found.handed == {"admit": {"sha256": "ab"}}


@pytest.mark.parametrize(
    ("secret", "may"),
    [
        ("GITHUB_TOKEN", {"admit", "publish", "settle"}),
        ("GH_TOKEN", {"admit", "publish", "settle"}),
        ("CHANGEWRIGHT_FORGE_TOKEN", {"admit", "publish", "settle"}),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", {"publish"}),
        ("ANTHROPIC_API_KEY", {"propose"}),
        ("AWS_BEARER_TOKEN_BEDROCK", {"propose"}),
        ("GOOGLE_OAUTH_ACCESS_TOKEN", {"propose"}),
        ("ANTHROPIC_FOUNDRY_API_KEY", {"propose"}),
    ],
)
def test_no_job_begins_with_a_secret_that_is_not_its_own(
    told: dict[str, str], secret: str, may: set[str]
) -> None:
    begun = set()
    for job in EVERYTHING:
        try:
            told_by(job, told | {secret: "canary-0123456789"})
        except ActionRefusal as refusal:
            assert secret in str(refusal)  # noqa: PT017 - those that begin are compared below
            assert "canary" not in str(refusal)  # noqa: PT017
        else:
            begun.add(job)

    assert begun == may


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"GITHUB_EVENT_NAME": ""}, "GITHUB_EVENT_NAME is not set"),
        ({"GITHUB_REPOSITORY": "a/b/c"}, "owner/name"),
        ({"GITHUB_EVENT_PATH": "/nowhere/event.json"}, "cannot read the event"),
        ({"INPUT_RESULTS": "{"}, "toJSON"),
    ],
)
def test_what_is_missing_is_named(
    told: dict[str, str], change: dict[str, str], complaint: str
) -> None:
    with pytest.raises(ActionRefusal, match=complaint):
        told_by("admit", told | change)


def test_an_unknown_job_and_an_event_that_is_no_json_are_refused(
    told: dict[str, str], tmp_path: Path
) -> None:
    with pytest.raises(ActionRefusal, match="there is no job 'deploy'"):
        told_by("deploy", told)
    (tmp_path / "event.json").write_text("[" * 100_000)
    with pytest.raises(ActionRefusal, match="is no JSON"):
        told_by("admit", told)
