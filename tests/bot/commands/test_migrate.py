"""One command over many files, started as often as it takes."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.bot.commands.conftest import Desk

SHARDED = ("--on", "*.txt", "--shard", "directory", "--unsafe-no-sandbox", "--quiet")
SHOUT = ("migrate", "--rule", "sed -i s/$/!/", *SHARDED)
# Makes `bad` of the one shard, which then does not pass.
SPOIL = ("migrate", "--rule", "sed -i s/two/bad/;s/one/good/", *SHARDED)


def test_what_is_done_stays_done(desk: "Desk") -> None:
    first = desk.ask(*SHOUT)
    assert (first[0], [one["state"] for one in first[1]["targets"]]) == (0, ["gated", "gated"])

    assert desk.ask(*SHOUT) == first

    runs = desk.ask("runs")[1]["runs"]
    assert sorted(run["id"] for run in runs) == sorted(one["run"] for one in first[1]["targets"])
    assert {run["state"] for run in runs} == {"proposed"}


def test_what_failed_is_tried_again_and_the_rest_is_not(desk: "Desk") -> None:
    code, first = desk.ask(*SPOIL)
    assert code == 1
    states = {one["state"]: one["run"] for one in first["targets"]}
    assert set(states) == {"gated", "failed"}

    code, again = desk.ask(*SPOIL)

    assert code == 1
    later = {one["state"]: one["run"] for one in again["targets"]}
    assert later["gated"] == states["gated"]
    assert later["failed"] != states["failed"]


def test_a_target_that_was_cut_off_goes_on_in_its_run(desk: "Desk") -> None:
    _, first = desk.ask(*SHOUT)
    target = first["targets"][0]
    desk.cut_off(f"target-{target['target']}", "target.started")
    desk.cut_off(target["run"], "gate.finished")

    assert desk.ask(*SHOUT) == (0, first)

    assert desk.kinds(target["run"]).count("command.finished") == 1
    assert desk.kinds(target["run"]).count("run.resumed") == 1


def test_other_shards_are_another_campaign(desk: "Desk") -> None:
    sharded = desk.ask(*SHOUT)[1]["campaign"]

    whole = desk.ask(*SHOUT, "--shard", "all")[1]

    assert whole["campaign"]["key"] != sharded["key"]
    assert [one["files_changed"] for one in whole["targets"]] == [2]


def test_a_command_line_that_cannot_be_read_is_wrong_use(desk: "Desk") -> None:
    assert desk.run("migrate", "--rule", "sed 's/x", *SHARDED) == 2
    assert "--rule: No closing quotation" in desk.noted


def test_each_result_is_a_line_with_what_to_do_next(desk: "Desk") -> None:
    assert desk.run(*SPOIL) == 1

    good, bad = sorted(desk.said.splitlines(), key=lambda line: "failed" in line)
    assert f"publish {desk.state / 'bundles'}" in good
    assert " failed    1 files  fail: " in bad
