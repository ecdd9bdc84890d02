"""A campaign's pull requests under an offline GitHub: opened by portions, merged by people."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.cli import run
from tests.github.emulated import OfflineGitHub

pytestmark = pytest.mark.long

GATE = {"name": "words", "kind": "test", "run": "! grep -rqw bad --include=*.txt ."}
# As in a workflow that publishes: no model's key, and of GitHub no more than this.
PERMISSIONS = {"contents": "write", "pull-requests": "write", "issues": "write", "checks": "write"}
SHELVES = ("east", "north", "west")
Migrate = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def checkout(tmp_path: Path, github: OfflineGitHub) -> Path:
    """Alice's clone of her shop, which has three shelves and a gate."""
    config = json.dumps({"setup": {"run": []}, "gates": [GATE]})
    shelves = {f"{name}/goods.txt": f"{name}\n" for name in SHELVES}
    github.commit("main", {".github/changewright.yml": config, **shelves})
    place = tmp_path / "shop"
    subprocess.run(["git", "clone", "-q", "-b", "main", str(github.bare), str(place)], check=True)
    url = f"{github.git.url}/{github.repository}.git"
    subprocess.run(["git", "remote", "set-url", "origin", url], cwd=place, check=True)
    return place


@pytest.fixture
def migrate(
    tmp_path: Path,
    github: OfflineGitHub,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Migrate:
    """Run a command of the campaign as alice does on her machine."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CHANGEWRIGHT_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("GITHUB_API_URL", github.api_url)
    monkeypatch.setenv("GITHUB_SERVER_URL", github.git.url)
    token = github.token("ghs_" + "publisher0" * 4, PERMISSIONS)

    def asked(*words: str, token: str = token) -> tuple[int, dict[str, Any]]:
        with monkeypatch.context() as process:
            if words[0] == "publish":
                process.setenv("GITHUB_TOKEN", token)
            code = run(["migrate", *words, "--json"])
        said, noted = capsys.readouterr()
        assert token not in said + noted
        return code, json.loads(said) if said else {"noted": noted}

    return asked


def steps(document: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["step"] for one in document["targets"]}


def test_people_merge_and_close_and_the_campaign_goes_on_by_that(
    tmp_path: Path, github: OfflineGitHub, checkout: Path, migrate: Migrate
) -> None:
    document = {
        "name": "loud",
        "on": {"globs": ["*/goods.txt"]},
        "steps": [{"run": ["sed", "-i", "s/$/!/"]}],
        "shard": {"by": "directory"},
        "template": {"title": "Say it aloud", "labels": ["campaign"]},
        "published": True,
        "rollout": {"max_open": 1},
    }
    file = tmp_path / "campaign.yml"
    file.write_text(json.dumps(document))
    assert migrate("sweep", str(file), "--repo", str(checkout), "--unsafe-no-sandbox")[0] == 0

    code, first = migrate("publish", "loud", "--forge", "github")
    assert (code, steps(first)) == (
        0,
        {"east": "published", "north": "held-back", "west": "held-back"},
    )
    number = first["targets"][0]["number"]
    pull = github.ask("alice", "GET", f"pulls/{number}")
    assert (pull["draft"], [one["name"] for one in pull["labels"]]) == (True, ["campaign"])
    github.make_ready("alice", number)
    github.ask("alice", "PUT", f"pulls/{number}/merge", {"merge_method": "squash"})

    second = migrate("publish", "loud", "--forge", "github")[1]
    assert steps(second) == {"east": "merged", "north": "published", "west": "held-back"}
    number = second["targets"][1]["number"]
    github.ask("wendy", "PATCH", f"pulls/{number}", {"state": "closed"})

    third = migrate("publish", "loud", "--forge", "github")[1]
    assert steps(third) == {"north": "closed", "west": "published"}
    outcomes = {one["state"]: one["count"] for one in migrate("status", "loud")[1]["outcomes"]}
    assert outcomes == {"merged": 1, "closed": 1, "published": 1}
    assert (github.report.refused, github.state.denied) == ([], [])
