"""A campaign that was cut off goes on: what is done stays done, and what failed is tried anew."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from validators.encoding import decode, encode
from validators.evidence import Evidence
from validators.sandbox import Changes, Completed, FileChange, SandboxRefusal
from validators.verdict import Finding, Verdict
from workflows.campaign import Campaign, Recipe, Rollout, TargetResult, Template
from workflows.campaign_plan import CampaignSpec, Selection, Site, plan
from workflows.migrate import announce, run_target
from workflows.migration_step import CommandStep
from workflows.ports import Held
from workflows.recorder import Recorder, leased
from workflows.run import summarise
from workflows.target_attempt import Workbench

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

SHOUT = ("shout",)
Execute = Callable[[Sequence[str], str], tuple[Completed, Changes]]
DONE = Completed("ok", 0)
CHANGES = Changes((FileChange("data/one.txt", "100644", b"one!\n"),))


class Commands:
    """Stands for the sandbox: each command changes one file, and is counted."""

    def __init__(self) -> None:
        self.asked = 0
        self.before: Callable[[], None] = lambda: None

    def __call__(self, _: Sequence[str], __: str) -> tuple[Completed, Changes]:
        self.asked += 1
        self.before()
        return DONE, CHANGES


@pytest.fixture
def studio(studio: "Studio") -> "Studio":
    """The studio with a judge that passes every tree."""

    def judge(tree: str, recorder: Recorder) -> tuple[Verdict, Evidence]:
        recorder.record("gate.finished", gate="tests", outcome="pass")
        return Verdict("pass"), studio.evidence(tree)

    studio.judge = judge
    return studio


@pytest.fixture
def commands() -> Commands:
    return Commands()


def planned(studio: "Studio") -> Campaign:
    spec = CampaignSpec(
        "", Selection(globs=("data/*.txt",)), (Recipe("run", SHOUT),), Template("Shout")
    )
    return plan(spec, [Site(studio.clone, studio.rules)])


def work(studio: "Studio", execute: Execute, run: str = "r1") -> TargetResult:
    """Work on the only target as an engine does; ``run`` names the run when one is begun."""
    campaign = planned(studio)
    (target,) = campaign.targets
    bench = Workbench(studio.workshop, (CommandStep("shout", SHOUT, execute),))
    with leased(studio.journal, f"target-{target.key}", "me") as fence:
        return run_target(campaign, target, fence, bench, lambda: run)


def stream(studio: "Studio") -> str:
    return f"target-{planned(studio).targets[0].key}"


def test_a_target_that_failed_is_tried_anew_in_a_run_of_its_own(
    studio: "Studio", commands: Commands
) -> None:
    judge = studio.judge
    found = Finding("tests", "new-failure", "block", "it is bad")
    studio.judge = lambda tree, _: (Verdict("fail", (found,)), studio.evidence(tree))
    assert (work(studio, commands).state, commands.asked) == ("failed", 1)
    studio.judge = judge

    again = work(studio, commands, "r2")

    assert (again.state, again.run, commands.asked) == ("gated", "r2", 2)
    assert [one["run"] for one in studio.data("target.started", stream(studio))] == ["r1", "r2"]


@pytest.mark.parametrize(
    "kind",
    [
        "run.started",
        "environment.ready",
        "command.finished",
        "gate.finished",
        "attempt.finished",
        "bundle.written",
        "run.finished",
    ],
)
def test_a_target_that_was_cut_off_goes_on_in_its_own_run(
    studio: "Studio", commands: Commands, kind: str
) -> None:
    first = work(studio, commands)
    bundle = studio.bundle()
    studio.cut_off(1, stream(studio))
    studio.cut_off(studio.kinds().index(kind) + 1)
    was_run = kind not in {"run.started", "environment.ready"}

    again = work(studio, commands, "r2")

    assert again == first
    assert studio.bundle() == bundle
    assert commands.asked == 2 - was_run
    kinds = studio.kinds()
    assert (kinds.count("run.resumed"), kinds.count("command.finished")) == (1, 1)
    assert (kinds.count("attempt.finished"), kinds[-1]) == (1, "run.finished")
    assert studio.kinds(stream(studio))[-1] == "target.finished"
    assert studio.kinds("r2") == []


def test_a_target_whose_run_never_began_begins_it(studio: "Studio", commands: Commands) -> None:
    first = work(studio, commands)
    studio.cut_off(1, stream(studio))
    with studio.journal.database.writing() as connection:
        connection.execute("DELETE FROM events WHERE run = 'r1'")

    assert work(studio, commands, "r2") == first
    assert studio.kinds()[0] == "run.started"
    assert "run.resumed" not in studio.kinds()


def test_a_command_whose_result_was_refused_is_refused_again_without_being_run(
    studio: "Studio", commands: Commands
) -> None:
    stray = Changes((FileChange("tally.py", "100644", b""),))
    first = work(studio, lambda *_: (DONE, stray))
    studio.cut_off(1, stream(studio))
    studio.cut_off(studio.kinds().index("command.finished") + 1)

    assert work(studio, commands) == first
    assert (first.state, first.reason, commands.asked) == ("failed", "stray", 0)


def test_a_person_who_stops_a_target_finds_it_where_it_was(
    studio: "Studio", commands: Commands
) -> None:
    def stop() -> None:
        commands.before = lambda: None
        raise KeyboardInterrupt

    commands.before = stop
    with pytest.raises(KeyboardInterrupt):
        work(studio, commands)
    assert summarise(studio.journal.read("r1")).state == "cancelled"
    assert studio.kinds(stream(studio)) == ["target.started"]

    again = work(studio, commands, "r2")

    assert (again.state, again.run, commands.asked) == ("gated", "r1", 2)
    assert summarise(studio.journal.read("r1")).state == "proposed"


def test_a_refusal_ends_the_target_and_its_next_try_is_another_run(
    studio: "Studio", commands: Commands
) -> None:
    def refuse() -> None:
        commands.before = lambda: None
        raise SandboxRefusal("there is no sandbox")

    commands.before = refuse
    assert work(studio, commands).cause == "there is no sandbox"

    assert work(studio, commands, "r2").run == "r2"


def test_who_loses_a_target_leaves_its_result_to_the_other(
    studio: "Studio", commands: Commands
) -> None:
    def lose() -> None:
        commands.before = lambda: None
        studio.journal.lease("r1", "run r1")

    commands.before = lose

    result = work(studio, commands)

    assert (result.state, result.run) == ("running", "r1")
    assert "is no longer run r1's to write" in result.cause
    assert studio.kinds(stream(studio)) == ["target.started"]
    assert studio.kinds() == ["run.started", "environment.ready"]
    assert list(studio.folder.glob("*.json")) == []


def test_who_loses_the_target_itself_writes_no_result(studio: "Studio", commands: Commands) -> None:
    def lose() -> None:
        studio.journal.lease(stream(studio), "me")

    commands.before = lose

    assert work(studio, commands).state == "running"

    assert studio.kinds(stream(studio)) == ["target.started"]


def test_a_run_that_a_living_process_writes_is_left_to_it(
    studio: "Studio", commands: Commands
) -> None:
    fence = studio.journal.lease("r1", "somebody")

    with pytest.raises(Held, match="is being written by somebody"):
        work(studio, commands)

    assert commands.asked == 0
    studio.journal.release(fence)
    assert work(studio, commands, "r2").run == "r1"


def test_a_campaign_is_announced_once(studio: "Studio") -> None:
    campaign = planned(studio)

    announce(campaign, {"rule": ["shout"], "base": "main"}, studio.journal)
    announce(campaign, {"rule": ["shout"], "base": "HEAD"}, studio.journal)
    (event,) = [entry.event for entry in studio.journal.read(f"campaign-{campaign.key}")]
    assert (event.kind, event.data["campaign"]) == ("campaign.started", campaign.key)
    assert event.data["told"] == {"rule": ["shout"], "base": "main"}
    assert decode(studio.journal.get_blob(event.data["plan"]), Campaign) == campaign


def test_a_campaign_whose_bounds_have_changed_is_announced_anew(studio: "Studio") -> None:
    campaign = planned(studio)

    announce(campaign, {}, studio.journal)
    announce(replace(campaign, rollout=Rollout(first=1)), {}, studio.journal)

    assert studio.kinds(f"campaign-{campaign.key}") == ["campaign.started"] * 2


def test_a_campaign_that_was_only_paused_before_is_announced_all_the_same(
    studio: "Studio",
) -> None:
    campaign = planned(studio)
    with leased(studio.journal, f"campaign-{campaign.key}", "me") as fence:
        Recorder(studio.journal, fence).record("campaign.paused", campaign=campaign.key)

    announce(campaign, {}, studio.journal)

    kinds = studio.kinds(f"campaign-{campaign.key}")
    assert kinds == ["campaign.paused", "campaign.started"]


def test_what_is_kept_of_a_result_is_what_it_was(studio: "Studio", commands: Commands) -> None:
    result = work(studio, commands)

    kept = studio.data("target.finished", stream(studio))[0]["result"]
    assert decode(encode(kept), TargetResult) == result


def test_a_campaign_that_another_announces_now_is_refused(studio: "Studio") -> None:
    campaign = planned(studio)
    studio.journal.lease(f"campaign-{campaign.key}", "somebody")

    with pytest.raises(Held):
        announce(campaign, {}, studio.journal)
