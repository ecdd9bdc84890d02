"""What became of pull requests, collected from a local forge and from GitHub, and counted."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.adapters.github_forge.access import GitHubAccess, Token
from bot.adapters.github_forge.forge import GitHubForge
from bot.wiring import now_iso
from tests.bot.adapters.github.small_github import NAME, TOKEN, SmallGitHub, small_github
from tests.bot.commands.conftest import GATE
from tests.workflows.generated_history import Story, history
from validators.clones.own_repository import open_own
from workflows.journal_branch import JournalBranch
from workflows.pull_request_outcome import PullRequestOutcome
from workflows.recorder import Recorder, leased
from workflows.run import Event
from workflows.run_record import Record, record_of

if TYPE_CHECKING:
    from tests.bot.commands.conftest import Desk


@pytest.fixture
def published(desk: "Desk") -> "Desk":
    _, document = desk.propose("good")
    desk.run("publish", document["bundle"])
    return desk


def test_a_merge_on_this_machine_is_collected_counted_and_checked(published: "Desk") -> None:
    desk = published
    assert desk.run("review", "accept", "1", "--merge") == 0

    code, document = desk.ask("review", "collect")

    (found,) = document["collected"]
    assert (code, found["outcome"]["state"]) == (0, "accepted")
    assert found["outcome"]["aftermath"]["edited"] == 0
    assert desk.run("review", "collect") == 0
    assert desk.said == "nothing is new\n"
    code, document = desk.ask("metrics", "--check", "acceptance>=1", "--check", "veto_rate<1")
    assert code == 1
    assert document["failed"] == ["veto_rate < 1: there is nothing to count it from yet"]
    figures = document["metrics"]
    assert (figures["accepted"], figures["zero_touch"], figures["acceptance"]) == (1, 1.0, 1.0)
    assert figures["scope_recall"] == 1.0
    assert desk.run("metrics", "--check", "acceptance>=1") == 0
    assert "acceptance           100.0%" in desk.said
    assert desk.run("metrics", "--check", "acceptence>=1") == 2
    assert "do you mean acceptance?" in desk.noted


def test_one_that_is_merged_with_git_waits_for_nobody(published: "Desk") -> None:
    desk = published
    branch = desk.pull_requests()[0]["draft"]["branch"]
    desk.git("merge", "--quiet", "--no-ff", "--message", "by hand", branch)
    assert desk.ask("review", "list")[1]["pull_requests"] != []

    assert desk.ask("review", "collect")[1]["collected"][0]["outcome"]["state"] == "accepted"

    assert desk.ask("review", "list")[1]["pull_requests"] == []
    assert [one["state"] for one in desk.pull_requests()] == ["merged"]
    assert desk.run("review", "collect") == 0
    assert desk.said == "nothing is new\n"


def test_a_branch_that_somebody_deleted_is_put_back_by_its_bundle(desk: "Desk") -> None:
    _, document = desk.propose("good")
    desk.run("publish", document["bundle"])
    (known,) = desk.pull_requests()
    desk.git("branch", "--quiet", "-D", known["draft"]["branch"])

    assert desk.run("publish", document["bundle"]) == 0

    assert desk.git("rev-parse", known["draft"]["branch"]) == known["head"]
    assert desk.run("review", "accept", "1", "--merge") == 0
    desk.git("branch", "--quiet", "-D", known["draft"]["branch"])
    assert desk.run("publish", document["bundle"]) == 0
    assert desk.git("branch", "--list", "changewright/*") == ""  # it has been decided on


def test_one_closed_unsaid_is_given_its_reason_later(published: "Desk") -> None:
    desk = published
    with desk.at("2031-01-01T00:00:00Z"):
        assert desk.run("review", "expire", "--days", "3") == 0
    assert desk.run("review", "collect") == 0
    assert desk.said.startswith("#1 rejected: nobody said why\nsay why with: changewright review")
    assert desk.run("review", "reject", "1", "--reason", "too-large") == 0
    assert desk.run("review", "collect") == 0
    assert desk.said == "#1 rejected: too-large\n"
    assert desk.ask("metrics")[1]["metrics"]["reasons"] == {"too-large": 1}


# --- on GitHub -----------------------------------------------------------------------------------


@pytest.fixture
def hub(desk: "Desk", monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallGitHub]:
    """A small GitHub that has a draft of ours, its run on the journal's branch."""
    with small_github(desk.folder) as small:
        place = small.hub.repositories[NAME]["place"]
        desk.git("push", "--quiet", str(place), "main")
        monkeypatch.setenv("GITHUB_REPOSITORY", NAME)
        monkeypatch.setenv("GITHUB_API_URL", small.url)
        monkeypatch.setenv("GITHUB_SERVER_URL", small.git.url)
        _, document = desk.propose("good")
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        assert desk.run("publish", document["bundle"], "--forge", "github") == 0
        with desk.journal() as journal:
            record = record_of(journal.read(document["run"]), NAME)
        branch(desk.folder, small).append([record], "2026-11-21T08:11:00Z")
        yield small


def branch(folder: Path, small: SmallGitHub) -> JournalBranch:
    own = open_own(folder / f"own-{len(list(folder.glob('own-*')))}.git")
    access = GitHubAccess(NAME, Token(TOKEN), small.url, small.git.url)
    return JournalBranch(GitHubForge(access, own.git_dir), own, lambda _: None)


def collected(desk: "Desk") -> list[dict[str, Any]]:
    code, document = desk.ask("review", "collect", "--forge", "github")
    assert code == 0
    found: list[dict[str, Any]] = document["collected"]
    return found


def test_who_closed_it_is_asked_once_and_the_tick_is_counted(
    desk: "Desk", hub: SmallGitHub
) -> None:
    (number,) = hub.hub.pulls
    now = desk.git("log", "-1", "--format=%cI")
    hub.hub.pulls[number] |= {"state": "closed", "closed_at": now}

    (first,) = collected(desk)

    assert (first["is_asked"], first["outcome"]["reason"]) == (True, "")
    (asked,) = hub.hub.comments.values()
    assert "- [ ] `not-wanted`: nobody wants this change" in asked["body"]
    assert collected(desk) == []
    asked["body"] = asked["body"].replace("[ ] `not-wanted`", "[x] `not-wanted`")
    asked["editor"] = {"login": "eve", "__typename": "User"}
    assert collected(desk) == []  # she may not even triage
    asked["editor"] = {"login": "ada", "__typename": "User"}
    hub.hub.roles["ada"] = ("write", "write")
    assert [one["outcome"]["reason"] for one in collected(desk)] == ["not-wanted"]
    assert len(hub.hub.comments) == 1
    assert collected(desk) == []
    figures = desk.ask("metrics", "--forge", "github")[1]["metrics"]
    assert (figures["rejected"], figures["reasons"]) == (1, {"not-wanted": 1})
    assert figures["scope_precision"] is not None
    records = branch(desk.folder, hub).read()
    assert len(records[0].entries) > 5
    assert "Say it better" not in json.dumps([str(one) for one in records])


def test_a_pull_request_is_one_though_its_repository_was_renamed(
    desk: "Desk", hub: SmallGitHub
) -> None:
    journal = branch(desk.folder, hub)
    (record,) = journal.read()
    begun, *rest = record.entries
    task = begun.event.data["task"] | {"repository": "ada/as-it-was-called"}
    event = Event("run.started", {**begun.event.data, "task": task})
    before = Record("r20250101-000000-abcdef", (replace(begun, event=event), *rest))
    journal.append([before], now_iso())

    figures = desk.ask("metrics", "--forge", "github")[1]["metrics"]

    assert (figures["runs"], figures["pull_requests"]) == (2, 1)


def test_a_squash_whose_branch_is_gone_is_told_from_what_we_proposed(
    desk: "Desk", hub: SmallGitHub
) -> None:
    (number,) = hub.hub.pulls
    place, head = hub.hub.repositories[NAME]["place"], hub.hub.pulls[number]["head"]
    desk.git("fetch", "--quiet", str(place), head["ref"])
    desk.git("merge", "--quiet", "--squash", "FETCH_HEAD")
    (desk.repo / "data/one.txt").write_text("good enough\n")
    desk.git("commit", "--quiet", "--all", "--message=squashed")
    desk.git("push", "--quiet", str(place), "main")
    delete = ["git", "--git-dir", str(place), "branch", "--quiet", "-D", head["ref"]]
    subprocess.run(delete, check=True)
    now, merge = desk.git("log", "-1", "--format=%cI"), desk.git("rev-parse", "HEAD")
    ended = {"closed_at": now, "merged_at": now, "merge_commit_sha": merge}
    hub.hub.pulls[number] |= {"state": "closed", **ended}

    (found,) = collected(desk)

    assert found["outcome"]["state"] == "accepted"
    after = found["outcome"]["aftermath"]
    assert (after["lines"], after["edited"], after["edited_paths"]) == (1, 1, ["data/one.txt"])
    figures = desk.ask("metrics", "--forge", "github")[1]["metrics"]
    assert (figures["acceptance"], figures["zero_touch"]) == (1.0, 0.0)


# --- learn ---------------------------------------------------------------------------------------


def remember(desk: "Desk", *outcomes: PullRequestOutcome) -> None:
    """Have the journal know what became of some pull requests of the desk's repository."""
    told = [Story(one.number, one) for one in outcomes]
    desk.run("runs")  # makes the journal
    with desk.journal() as journal:
        for entry in history(iter(told)):
            data = dict(entry.event.data)
            if "task" in data:
                data["task"] = data["task"] | {"repository": str(desk.repo)}
            with leased(journal, entry.run, "test") as pen:
                Recorder(journal, pen).record(entry.event.kind, **data)


def rejected(number: int, reason: str, lines: int = 5) -> PullRequestOutcome:
    return PullRequestOutcome(
        number, f"issue-{number}", "rejected", "2026-01-01T00:00:00Z", "", "2026-01-02T00:00:00Z",
        1, 1, lines, ("data/one.txt",), reason,  # type: ignore[arg-type]  # a kind
    )  # fmt: skip


def test_what_repeats_becomes_a_proposal_of_its_own_that_a_person_is_asked_about(
    desk: "Desk",
) -> None:
    (desk.repo / ".github/changewright.yml").write_text(f"# Ours.\ngates: {json.dumps([GATE])}\n")
    desk.git("commit", "--quiet", "--all", "--message=as YAML")
    remember(desk, *(rejected(number, "not-wanted") for number in (3, 4, 5)), rejected(6, "style"))
    code, listed = desk.ask("learn", "--list")
    assert (code, len(listed["lessons"])) == (0, 1)
    assert listed["lessons"][0]["rule"] == "/data/one.txt"
    assert listed["lessons"][0]["evidence"] == [3, 4, 5]

    code, document = desk.ask("learn", "--unsafe-no-sandbox", "--quiet")

    assert (code, document["state"], document["verdict"]["word"]) == (0, "proposed", "pass")
    codes = [one["code"] for one in document["verdict"]["findings"]]
    assert "learnt-rules" in codes
    assert desk.run("publish", document["bundle"]) == 0
    (request,) = desk.pull_requests()
    assert request["draft"]["title"] == "Rules that reviews suggest"
    shown = desk.git("show", f"{request['head']}:.github/changewright.yml")
    assert "3 of 4 proposals that touched data/one.txt" in shown
    assert desk.run("review", "accept", "1", "--merge") == 0
    # From now on a change of that file is refused, and nothing is left to be learnt.
    assert desk.ask("learn", "--list")[1] == {"lessons": []}
    code, refused = desk.propose("good", name="again", more=("--max-attempts", "1"))
    assert (code, refused["state"]) == (1, "nothing")
    assert "data/one.txt is protected" in json.dumps(refused)


def test_lessons_from_a_file_are_proposed_without_a_forge(desk: "Desk") -> None:
    lesson = {"kind": "instruction", "rule": "Write short.", "why": "so", "evidence": [1, 2, 3]}
    source = desk.folder / "lessons.json"
    source.write_text(json.dumps({"lessons": [lesson]}))

    given = ("learn", "--from", str(source), "--unsafe-no-sandbox", "--quiet")
    code, document = desk.ask(*given)

    assert (code, document["state"]) == (0, "proposed")
    assert "contributor-guide" in json.dumps(document["verdict"])
    source.write_text('{"lessons": [{"kind": "instruction"}]}')
    assert desk.run(*given) == 2
    assert "is not what `changewright learn --list --json` prints" in desk.noted
    assert desk.run("learn", "--list") == 1
    assert desk.said == "nothing repeats often enough to suggest a rule\n"


def test_what_runs_the_gates_asks_no_forge_with_a_token(
    desk: "Desk", monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_github(desk.folder) as small:
        monkeypatch.setenv("GITHUB_REPOSITORY", NAME)
        monkeypatch.setenv("GITHUB_API_URL", small.url)
        monkeypatch.setenv("GITHUB_SERVER_URL", small.git.url)
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        assert desk.run("learn", "--forge", "github", "--unsafe-no-sandbox") == 2
    assert "Do it in two steps" in desk.noted
