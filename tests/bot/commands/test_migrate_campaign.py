"""A campaign from its file to its pull requests, by the command line."""

import json
import os
import shutil
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.adapters.sqlite_journal.process_identity import pid_of
from bot.wiring import opened_journal
from tests.ending import beside
from workflows.recorder import leased

if TYPE_CHECKING:
    from tests.bot.commands.conftest import Desk

UNSAFE = ("--unsafe-no-sandbox", "--quiet")


def campaign(desk: "Desk", command: str = "sed -i s/$/!/", name: str = "loud", **more: Any) -> str:
    """Write a campaign over the texts, one target a folder; return its path."""
    document = {
        "name": name,
        "on": {"globs": ["*.txt"]},
        "steps": [{"run": command.split()}],
        "shard": {"by": "directory"},
        "template": {"title": "Say it aloud"},
        "published": True,
        **more,
    }
    path = desk.folder / f"{name}.yml"
    path.write_text(json.dumps(document))
    return str(path)


def ask(desk: "Desk", *words: str) -> tuple[int, dict[str, Any]]:
    """Run a subcommand; those that need no repository are told none."""
    places = ["--repo", str(desk.repo)] if words[1] in {"check", "sample", "sweep"} else []
    arguments = [*words, "--state", str(desk.state), *places, "--json"]
    from bot.cli import run  # noqa: PLC0415 - the program itself

    desk.capsys.readouterr()
    code = run(arguments)
    desk.said, desk.noted = desk.capsys.readouterr()
    return code, json.loads(desk.said) if desk.said else {}


def states(report: dict[str, Any]) -> dict[str, int]:
    return {one["state"]: one["count"] for one in report["outcomes"]}


def test_from_a_check_to_pull_requests_and_once_more(desk: "Desk", tmp_path: Path) -> None:
    file = campaign(desk, rollout={"max_open": 1})
    code, plan = ask(desk, "migrate", "check", file)
    assert (code, plan["files"], plan["warnings"]) == (0, 2, [])
    assert [one["name"] for one in plan["targets"]] == ["data", "docs"]

    code, sampled = ask(desk, "migrate", "sample", "1", file, *UNSAFE)
    assert (code, sampled["asked_for"], states(sampled)) == (0, 1, {"gated": 1})
    ask(desk, "migrate", "pause", "loud")
    code, paused = ask(desk, "migrate", "sweep", file, *UNSAFE)  # nothing would end its waiting
    assert (code, paused["phase"], states(paused)) == (1, "paused", {"gated": 1, "pending": 1})
    ask(desk, "migrate", "resume", "loud")
    code, swept = ask(desk, "migrate", "sweep", file, *UNSAFE)
    assert (code, swept["phase"], states(swept)) == (0, "done", {"gated": 2})
    assert len(desk.ask("runs")[1]["runs"]) == 2

    out = tmp_path / "out"
    code, preview = ask(desk, "migrate", "preview", file, "--out", str(out))
    diffs = sorted(path.read_text() for path in out.iterdir())
    assert (code, len(preview["files"]), "+one!" in diffs[0]) == (0, 2, True)
    assert desk.pull_requests() == []

    with (
        opened_journal({"state": desk.state}) as journal,
        leased(journal, f"publish-{preview['campaign']}", "another"),
    ):
        assert ask(desk, "migrate", "publish", file)[0] == 2
    assert "is being written by another" in desk.noted
    assert desk.pull_requests() == []
    code, first = ask(desk, "migrate", "publish", file)
    assert (code, [one["step"] for one in first["targets"]]) == (0, ["published", "held-back"])
    code, again = ask(desk, "migrate", "publish", "loud")
    assert (code, [one["step"] for one in again["targets"]]) == (0, ["held-back"])
    desk.run("review", "accept", "1", "--reviewer", "ada", "--merge")
    code, last = ask(desk, "migrate", "publish", "loud")
    assert [one["step"] for one in last["targets"]] == ["merged", "published"]
    assert [one["state"] for one in desk.pull_requests()] == ["open", "merged"]
    code, status = ask(desk, "migrate", "status", "loud")
    assert (code, states(status)) == (0, {"merged": 1, "published": 1})
    assert [one["number"] for one in status["waiting"]] == [2]
    (trace,) = (desk.state / "traces").glob("campaign-*.jsonl")
    assert trace.read_text().count('"name":"target d') == 2
    assert trace.read_text().count('"stringValue":"merged"') == 1


def test_other_steps_bring_the_same_pull_request_up_to_date(desk: "Desk") -> None:
    on = {"globs": ["data/*.txt"]}
    file = campaign(desk, on=on)
    ask(desk, "migrate", "sweep", file, *UNSAFE)
    ask(desk, "migrate", "publish", file)
    campaign(desk, "sed -i s/$/?/", on=on)

    ask(desk, "migrate", "sweep", file, *UNSAFE)
    code, published = ask(desk, "migrate", "publish", file)

    (target,) = published["targets"]
    assert (code, target["step"], target["number"]) == (0, "published", 1)
    assert len(desk.pull_requests()) == 1
    branch = desk.pull_requests()[0]["draft"]["branch"]
    assert desk.git("show", f"{branch}:data/one.txt") == "one?"


def test_what_moved_or_is_in_other_hands_is_not_published(desk: "Desk") -> None:
    quiet = campaign(desk, "sed -i s/e/E/", "quiet", on={"globs": ["data/*.txt"]})
    loud = campaign(desk)
    for file in (quiet, loud):
        assert ask(desk, "migrate", "sweep", file, *UNSAFE)[0] == 0
    ask(desk, "migrate", "publish", quiet)
    (desk.repo / "docs" / "two.txt").write_text("three\n")
    desk.git("commit", "--quiet", "--all", "--message=two")

    _, done = ask(desk, "migrate", "publish", loud)

    steps = {one["name"]: (one["step"], one["why"]) for one in done["targets"]}
    assert steps["data"][0] == "held-back"
    assert "data/one.txt is in pull request 1 of campaign quiet already" in steps["data"][1]
    assert steps["docs"][0] == "stale"
    assert steps["docs"][1].startswith("docs/two.txt has changed on main since then")
    assert len(desk.pull_requests()) == 1
    # On the present commit it is another target, and its turn.
    assert states(ask(desk, "migrate", "sweep", loud, *UNSAFE)[1]) == {"gated": 2}


def test_a_bound_that_is_reached_stops_the_campaign_until_a_person_goes_on(desk: "Desk") -> None:
    file = campaign(desk, "sed -i s/one/bad/;s/two/good/", rollout={"first": 1})

    code, braked = ask(desk, "migrate", "sweep", file, *UNSAFE)
    assert (code, braked["phase"]) == (1, "braked")
    assert braked["why"] == "1 of the first 1 targets failed"
    assert states(braked) == {"failed": 1, "pending": 1}
    (failed,) = [one for one in braked["outcomes"] if one["state"] == "failed"]
    assert (failed["reason"], failed["example"]) == ("gates", "data")
    assert ask(desk, "migrate", "publish", file)[0] == 2
    assert "nothing is published: 1 of the first 1 targets failed" in desk.noted

    assert ask(desk, "migrate", "resume", file)[0] == 0
    code, cancelled = ask(desk, "migrate", "cancel", "loud")
    assert (code, cancelled["said"]) == (0, "cancel")
    assert ask(desk, "migrate", "resume", file)[0] == 2
    assert "was cancelled, and stays so" in desk.noted
    code, left = ask(desk, "migrate", "sweep", file, *UNSAFE)
    assert (code, left["phase"]) == (1, "cancelled")


def test_several_processes_share_the_work_over_several_repositories(desk: "Desk") -> None:
    other = desk.folder / "other"
    shutil.copytree(desk.repo, other)
    on = {"globs": ["*.txt"], "repositories": ["repo", "other"]}
    file = campaign(desk, "sed -i s/two/bad/;s/one/good/", on=on)

    code, swept = ask(desk, "migrate", "sweep", file, "--workers", "2", *UNSAFE)

    assert (code, swept["phase"], states(swept)) == (1, "done", {"gated": 2, "failed": 2})
    _, done = ask(desk, "migrate", "publish", file)
    assert [one["name"] for one in done["targets"]] == ["repo data", "other data"]


@pytest.mark.long
def test_a_worker_that_is_killed_is_replaced_and_its_target_taken_over(desk: "Desk") -> None:
    file = campaign(desk, steps=[{"run": 'sleep 1; sed -i "s/$/!/" "$@"'}])
    killed: list[int] = []

    def kill_one() -> None:
        query = "SELECT identity FROM holders WHERE run IN (SELECT run FROM events WHERE run LIKE"
        until = time.monotonic() + 60
        while not killed and time.monotonic() < until:
            time.sleep(0.02)
            if not (desk.state / "journal.sqlite").exists():
                continue
            with desk.journal() as journal:
                found = journal.database.rows(f"{query} 'target-%')", ())
            killed.extend(int(pid_of(one)) for (one,) in found[:1])
        os.kill(killed[0], signal.SIGKILL)

    with beside(kill_one):
        code, swept = ask(desk, "migrate", "sweep", file, "--workers", "2", *UNSAFE)

    assert (code, states(swept)) == (0, {"gated": 2})
    with desk.journal() as journal:
        claims = [one.run for one in journal.follow() if one.event.kind == "target.claimed"]
        ends = [one.run for one in journal.follow() if one.event.kind == "target.finished"]
    assert (len(claims), len(ends)) == (3, 2)


def test_a_campaigns_gates_judge_beside_the_repositorys_own(desk: "Desk") -> None:
    strict = {"name": "strict", "kind": "test", "run": "! grep -rq one! --include=*.txt ."}
    file = campaign(desk, gates=[strict])

    code, swept = ask(desk, "migrate", "sweep", file, *UNSAFE)

    assert (code, states(swept)) == (1, {"failed": 1, "gated": 1})
    file = campaign(desk, gates=[{**strict, "name": "words"}])
    assert ask(desk, "migrate", "check", file)[0] == 2
    assert "has a gate named 'words' of its own" in desk.noted


def test_what_cannot_be_asked_is_told(desk: "Desk") -> None:
    file = campaign(desk, on={"globs": ["*.rs"]})
    assert ask(desk, "migrate", "check", file)[0] == 2
    assert "loud.yml: on: no file at" in desk.noted
    assert ask(desk, "migrate", "status", "never")[0] == 2
    assert "campaign 'never' was not begun with this state folder" in desk.noted
    assert desk.run("migrate") == 2
    assert "Missing option '--rule'" in desk.noted
    assert ask(desk, "migrate", "status", file, "--watch")[0] == 2


def test_a_plan_warns_of_what_is_probably_not_meant(desk: "Desk") -> None:
    for number in range(21):
        (desk.repo / "data" / f"{number}.txt").write_text("x\n")
    desk.git("add", "--all")
    desk.git("commit", "--quiet", "--message=more")
    file = campaign(desk, published=False, on={"globs": ["*"]}, steps=[{"run": "make all"}])
    document = json.loads(Path(file).read_text())
    del document["published"]
    Path(file).write_text(json.dumps(document))

    warnings = " ".join(ask(desk, "migrate", "check", file)[1]["warnings"])

    assert "matches every one of the 24 files" in warnings
    assert "the script 'make all' is not handed the target's files" in warnings
    assert "1 targets have more than 20 files, first data with 22" in warnings
    assert "`published` is not set" in warnings


def test_one_bundle_is_published_by_hand_as_the_campaigns_file_says(desk: "Desk") -> None:
    template = {"title": "Say it aloud", "labels": ["loud"]}
    file = campaign(desk, template=template, published=[{"data": True}, {"docs": "draft"}])
    ask(desk, "migrate", "sweep", file, *UNSAFE)

    for bundle in (desk.state / "bundles").glob("*.json"):
        assert desk.run("publish", str(bundle)) == 0

    drafts = [one["draft"] for one in desk.pull_requests()]
    assert [one["labels"] for one in drafts] == [["loud"]] * 2
    assert sorted(one["draft"] for one in drafts) == [False, True]
