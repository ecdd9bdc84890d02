"""One command over many targets: planned from the base, gated apart, and no failure stops the rest.

The commands really run, without walls: they are ours. Engine, journal, git and landing are real.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot.adapters.local_engine import LocalEngine
from bot.adapters.none_sandbox import NoneSandbox
from validators.checkout import materialise, open_clone
from validators.encoding import builtins, decode
from validators.evidence import Evidence
from validators.sandbox import Changes, Completed, FileChange, Limits, Phase, SandboxRefusal
from validators.verdict import Finding, Verdict
from workflows.campaign import (
    Campaign,
    EngineLimits,
    Recipe,
    Target,
    TargetResult,
    Template,
)
from workflows.campaign_plan import (
    CampaignRefusal,
    CampaignSpec,
    Selection,
    Site,
    chosen,
    plan,
)
from workflows.migrate import run_target, task_of
from workflows.migration_step import CommandStep, Step, StepInput, StepResult
from workflows.ports import Held
from workflows.publish import publish
from workflows.recorder import Recorder, leased
from workflows.run import summarise
from workflows.sharding import Shard, ShardBy
from workflows.target_attempt import Workbench

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

Execute = Callable[[Sequence[str], str], tuple[Completed, Changes]]
Git = Callable[..., str]
SHOUT = ("sed", "-i", "s/$/!/")
DONE = ["command.finished", "gate.finished", "attempt.finished", "bundle.written", "run.finished"]


@pytest.fixture
def studio(studio: "Studio") -> "Studio":
    """The studio with a judge that fails every tree with a file that says `bad!`."""

    def judge(tree: str, recorder: Recorder) -> tuple[Verdict, Evidence]:
        bad = (studio.file(tree, "docs/three.txt") or "").endswith("bad!\n")
        recorder.record("gate.finished", gate="tests", outcome="fail" if bad else "pass")
        found = (Finding("tests", "new-failure", "block", "it is bad\nreally"),) if bad else ()
        return Verdict("fail" if bad else "pass", found), studio.evidence(tree)

    studio.judge = judge
    return studio


@pytest.fixture
def execute(studio: "Studio", tmp_path: Path) -> Execute:
    sandbox = NoneSandbox(tmp_path)
    phase = Phase("codemod", environment={"LC_ALL": "C.UTF-8"}, path=(os.environ["PATH"],))

    def run(argv: Sequence[str], base: str) -> tuple[Completed, Changes]:
        tree = tmp_path / base
        if not tree.exists():
            materialise(studio.clone, base, tree)
        with sandbox.open(tree, phase, Limits()) as session:
            return session.run(argv), session.changes()

    return run


def planned(
    studio: "Studio", rule: Sequence[str], *on: str, shard: ShardBy = "directory"
) -> Campaign:
    steps = (Recipe("run", tuple(rule)),)
    spec = CampaignSpec(
        "", Selection(globs=on or ("*.txt",)), steps, Template("Shout"), shard=Shard(shard)
    )
    return plan(spec, [Site(studio.clone, studio.rules)])


def bench(studio: "Studio", campaign: Campaign, execute: Execute, *more: Step) -> Workbench:
    (recipe,) = campaign.steps
    step = CommandStep(" ".join(recipe.words), recipe.words, execute)
    return Workbench(studio.workshop, (step, *more))


def run_all(studio: "Studio", campaign: Campaign, execute: Execute) -> dict[str, TargetResult]:
    place = bench(studio, campaign, execute)
    engine = LocalEngine(studio.journal, "me")
    results = engine.execute(
        campaign,
        lambda one, target, fence: run_target(
            one, target, fence, place, lambda: f"run-{target.key}"
        ),
        EngineLimits(),
    )
    folders = {target.key: str(Path(target.paths[0]).parent) for target in campaign.targets}
    return {folders[result.target]: result for result in results}


def work_on(
    studio: "Studio",
    campaign: Campaign,
    target: Target,
    execute: Execute,
    run: str = "r1",
    more: tuple[Step, ...] = (),
) -> TargetResult:
    """Work on one target under a lease, as an engine does; ``run`` names a run that it begins."""
    place = bench(studio, campaign, execute, *more)
    with leased(studio.journal, f"target-{target.key}", "me") as fence:
        return run_target(campaign, target, fence, place, lambda: run)


def run_one(
    studio: "Studio", execute: Execute, rule: Sequence[str], *on: str, run: str = "r1"
) -> TargetResult:
    campaign = planned(studio, rule, *on, shard="all")
    return work_on(studio, campaign, campaign.targets[0], execute, run)


def test_a_plan_holds_the_regular_files_that_match(studio: "Studio") -> None:
    whole = planned(studio, SHOUT, "*.txt", "!two.txt", shard="all")
    folders = planned(studio, SHOUT, "*", "!tests/**")

    assert [target.paths for target in whole.targets] == [("data/one.txt", "docs/three.txt")]
    assert sorted(target.paths for target in folders.targets) == [
        ("data/one.txt", "data/two.txt"),
        ("docs/three.txt",),
        ("tally.py",),
    ]
    assert whole.targets[0].base == studio.clone.base_commit
    assert len({target.key for target in folders.targets}) == 3


def test_the_same_words_plan_the_same_campaign(studio: "Studio") -> None:
    assert planned(studio, SHOUT) == planned(studio, SHOUT)
    assert planned(studio, SHOUT).key != planned(studio, SHOUT, "*.py").key
    assert planned(studio, SHOUT).key != planned(studio, SHOUT, shard="all").key


def test_what_other_rules_decided_is_another_campaign(studio: "Studio") -> None:
    before = planned(studio, SHOUT)
    studio.rules = replace(studio.rules, allowed_paths=("data/",))

    assert planned(studio, SHOUT).key != before.key
    assert not {one.key for one in planned(studio, SHOUT).targets} & {
        one.key for one in before.targets
    }


@pytest.mark.parametrize(
    ("rule", "on", "words"),
    [
        ((), "*.txt", "the rule is empty"),
        (SHOUT, "*.rs", "no file at [0-9a-f]{12} matches '\\*.rs'"),
        (SHOUT, "!", "a pattern cannot be read"),
    ],
)
def test_a_campaign_that_cannot_start_says_why(
    studio: "Studio", rule: tuple[str, ...], on: str, words: str
) -> None:
    with pytest.raises(CampaignRefusal, match=words):
        planned(studio, rule, on)


def selected(studio: "Studio", **on: Any) -> tuple[str, ...]:
    return chosen(Selection(**on), studio.clone).paths


def test_files_are_chosen_by_name_by_pattern_and_by_the_code_in_them(studio: "Studio") -> None:
    assert selected(studio, paths=("tally.py",)) == ("tally.py",)
    assert selected(studio, paths=("tally.py",), globs=("data/",)) == (
        "data/one.txt",
        "data/two.txt",
        "tally.py",
    )
    assert selected(studio, pattern="len($A.split($$$))") == ("tally.py",)
    assert selected(studio, globs=("data/",), pattern="len($A)") == ()


def test_a_folder_that_is_taken_back_is_left_out_whatever_names_its_files(
    studio: "Studio",
) -> None:
    assert selected(studio, globs=("*.txt", "!data/")) == ("docs/three.txt",)
    assert selected(studio, globs=("*.txt", "!/d*/")) == ()
    assert selected(studio, globs=("!data/", "*/t*.txt")) == ("data/two.txt", "docs/three.txt")


def test_a_file_that_is_named_and_not_there_is_refused(studio: "Studio") -> None:
    spec = CampaignSpec("", Selection(("gone.py",)), (Recipe("run", SHOUT),), Template("x"))

    with pytest.raises(CampaignRefusal, match=r"on\.paths names 'gone\.py', which is no regular"):
        plan(spec, [Site(studio.clone, studio.rules)])


def test_files_of_others_are_left_out_unless_they_are_named(
    studio: "Studio", run_git: Git, tmp_path: Path
) -> None:
    repository = studio.folder / "tally"
    (repository / "vendor").mkdir()
    (repository / "vendor" / "x.txt").write_text("x\n")
    run_git(repository, "add", "--all")
    run_git(repository, "commit", "--quiet", "--message=vendored")
    studio.clone = open_clone(repository, "main", tmp_path / "again")

    found = chosen(Selection(globs=("x.txt", "one.txt")), studio.clone)

    assert (found.paths, found.vendored) == (("data/one.txt",), 1)
    assert selected(studio, paths=("vendor/x.txt",)) == ("vendor/x.txt",)
    only = CampaignSpec("", Selection(globs=("vendor/",)), (Recipe("run", SHOUT),), Template("x"))
    with pytest.raises(CampaignRefusal, match="the 1 files that match are those of others"):
        plan(only, [Site(studio.clone, studio.rules)])


def test_the_same_words_on_another_commit_are_other_targets_of_the_same_task(
    studio: "Studio", run_git: Git, tmp_path: Path
) -> None:
    before = replace(planned(studio, SHOUT), name="loud")
    repository = studio.folder / "tally"
    run_git(repository, "commit", "--quiet", "--allow-empty", "--message=on")
    studio.clone = open_clone(repository, "main", tmp_path / "again")
    after = replace(planned(studio, SHOUT), name="loud")

    pairs = list(zip(before.targets, after.targets, strict=True))
    assert all(one.key != other.key for one, other in pairs)
    assert all(task_of(before, one).key == task_of(after, other).key for one, other in pairs)


def test_a_link_is_no_target(studio: "Studio", run_git: Git, tmp_path: Path) -> None:
    repository = studio.folder / "tally"
    (repository / "data" / "link.txt").symlink_to("/etc/passwd")
    run_git(repository, "add", "--all")
    run_git(repository, "commit", "--quiet", "--message=link")
    studio.clone = open_clone(repository, "main", tmp_path / "again")

    paths = [path for target in planned(studio, SHOUT).targets for path in target.paths]
    assert paths == ["data/one.txt", "data/two.txt", "docs/three.txt"]


def test_a_target_becomes_a_proposal_that_can_be_published(
    studio: "Studio", execute: Execute
) -> None:
    result = run_one(studio, execute, SHOUT)

    assert (result.state, result.cause, result.files_changed) == ("gated", "", 3)
    assert studio.kinds() == ["run.started", "environment.ready", *DONE]
    bundle, sha256 = studio.bundle()
    assert {change.path: change.content for change in bundle.changes} == {
        "data/one.txt": b"one!\n",
        "data/two.txt": b"two!\n",
        "docs/three.txt": b"three!\n",
    }
    attempt = bundle.proposal.attempts[0]
    assert attempt.summary == "Made by these steps, not by a model: sed -i s/$/!/"
    assert [(edit.how, edit.landed) for edit in attempt.edits] == [("command", True)] * 3
    assert bundle.proposal.model == "none"
    run = summarise(studio.journal.read("r1"))
    assert (run.state, run.verdict, run.why, run.usd) == ("proposed", "pass", "gated", 0.0)
    assert (run.bundle, result.bundle) == ("r1.json", str(studio.folder / "r1.json"))
    made = publish(bundle, sha256, studio.press).pull_request
    assert made is not None
    assert made.number == 1


def test_what_became_of_a_target_stands_in_its_own_stream(
    studio: "Studio", execute: Execute
) -> None:
    result = run_one(studio, execute, SHOUT)

    stream = f"target-{result.target}"
    assert studio.kinds(stream) == ["target.started", "target.changed", "target.finished"]
    assert studio.data("target.started", stream) == [{"run": "r1"}]
    assert studio.data("target.finished", stream) == [{"result": {**builtins(result), "left": []}}]
    assert {entry.run for entry in studio.seen} == {"r1", stream}


def test_a_commands_end_and_changes_are_kept(studio: "Studio", execute: Execute) -> None:
    run_one(studio, execute, SHOUT, "data/one.txt")

    (ended,) = studio.data("command.finished")
    changes = studio.journal.get_blob(ended.pop("changes"))
    assert ended == {"attempt": 1, "step": 1, "trouble": ""}
    assert decode(changes, StepResult).files == (FileChange("data/one.txt", "100644", b"one!\n"),)


def test_each_shard_is_a_proposal_of_its_own_and_one_failure_stops_none(
    studio: "Studio", execute: Execute
) -> None:
    campaign = planned(studio, ("sed", "-i", "s/three/bad/;s/$/!/"))

    results = run_all(studio, campaign, execute)

    assert {folder: result.state for folder, result in results.items()} == {
        "data": "gated",
        "docs": "failed",
    }
    assert (results["docs"].reason, results["docs"].cause) == ("gates", "fail: it is bad")
    assert results["docs"].files_changed == 1
    kinds = studio.kinds(results["docs"].run)
    assert kinds[-2:] == ["attempt.finished", "run.finished"]
    assert studio.kinds(f"target-{results['docs'].target}")[-1] == "target.finished"
    assert "bundle.written" not in kinds
    run = summarise(studio.journal.read(results["docs"].run))
    assert (run.state, run.verdict) == ("nothing", "fail")
    bundle = studio.bundle(results["data"].run)[0]
    assert {change.path for change in bundle.changes} == {"data/one.txt", "data/two.txt"}
    assert bundle.proposal.task.title == "Shout in data"


def test_a_command_that_changes_nothing_is_no_failure(studio: "Studio", execute: Execute) -> None:
    result = run_one(studio, execute, ("true",))

    assert (result.state, result.bundle) == ("unchanged", "")
    run = summarise(studio.journal.read("r1"))
    assert (run.state, run.verdict, run.why) == ("nothing", "pass", "unchanged")


def test_changes_outside_the_target_are_refused(studio: "Studio", execute: Execute) -> None:
    result = run_one(studio, execute, ("sh", "-c", "echo x > tally.py; echo x > new.py"))

    assert (result.state, result.reason) == ("failed", "stray")
    assert result.cause.endswith(" changed 2 files outside its target, first new.py")


def test_what_cannot_be_part_of_a_change_is_refused(studio: "Studio", execute: Execute) -> None:
    result = run_one(studio, execute, ("sh", "-c", "mkfifo pipe"))

    assert result.state == "failed"
    assert result.cause.startswith("the command left something that cannot be part of a change")
    assert "pipe" in result.cause


def test_a_failing_command_is_told_by_its_last_words(studio: "Studio", execute: Execute) -> None:
    result = run_one(studio, execute, ("sh", "-c", "echo why it failed >&2; exit 3"))

    assert (result.state, result.cause) == (
        "failed",
        "the command failed with exit code 3: why it failed",
    )


def test_a_linter_that_fixed_something_and_exits_with_one_is_used(
    studio: "Studio", execute: Execute
) -> None:
    # ruff check --fix does so when it could not fix all it found.
    result = run_one(studio, execute, ("sh", "-c", 'sed -i "s/$/!/" "$@"; exit 1', "sh"))

    assert result.state == "gated"


def test_a_command_that_is_not_there_fails_its_target(studio: "Studio", execute: Execute) -> None:
    result = run_one(studio, execute, ("no-such-command-anywhere",))

    assert result.state == "failed"
    assert result.cause.startswith("the command ")


def test_a_command_that_was_stopped_is_told_as_such(studio: "Studio") -> None:
    stopped = Completed("timeout", None, 9, detail="it took longer than 900 s")

    result = run_one(studio, lambda *_: (stopped, Changes()), SHOUT)

    assert result.cause == "the command ended with timeout: it took longer than 900 s"


def test_an_environment_that_cannot_be_built_runs_no_command(studio: "Studio") -> None:
    studio.trouble = "no such package"
    asked: list[Sequence[str]] = []

    def never(argv: Sequence[str], _: str) -> tuple[Completed, Changes]:
        asked.append(argv)
        return Completed("ok", 0), Changes()

    result = run_one(studio, never, SHOUT)

    assert asked == []
    assert result.cause == "the target's environment could not be built: no such package"
    run = summarise(studio.journal.read("r1"))
    assert (run.state, run.verdict) == ("failed", "infrastructure")


@pytest.mark.parametrize("prints", ["unchanged", "failed"])
def test_steps_of_their_own_need_no_environment_before_something_is_to_be_judged(
    studio: "Studio", execute: Execute, prints: str
) -> None:
    studio.trouble = "no interpreter"
    campaign = planned(studio, SHOUT if prints == "failed" else ("true",), shard="all")
    (target,) = campaign.targets
    place = replace(bench(studio, campaign, execute), self_contained=True)

    with leased(studio.journal, f"target-{target.key}", "me") as fence:
        result = run_target(campaign, target, fence, place, lambda: "r1")

    assert result.state == prints
    assert (result.reason == "environment") == (prints == "failed")


def test_gates_in_trouble_are_not_called_a_failure_of_the_change(
    studio: "Studio", execute: Execute
) -> None:
    studio.judge = lambda tree, _: (Verdict("infrastructure"), studio.evidence(tree))

    result = run_one(studio, execute, SHOUT)

    assert (result.state, result.cause) == ("failed", "verdict infrastructure")
    run = summarise(studio.journal.read("r1"))
    assert (run.state, run.verdict) == ("failed", "infrastructure")


def test_a_refusal_fails_the_target_and_a_bug_flies(studio: "Studio") -> None:
    def refusing(argv: Sequence[str], _: str) -> tuple[Completed, Changes]:
        raise SandboxRefusal("there is no sandbox")

    def broken(argv: Sequence[str], _: str) -> tuple[Completed, Changes]:
        raise ZeroDivisionError

    result = run_one(studio, refusing, SHOUT)
    cause = "there is no sandbox"
    assert result == TargetResult(result.target, "failed", "r1", cause=cause, reason="refused")
    assert studio.kinds() == ["run.started", "environment.ready", "run.finished"]
    campaign = planned(studio, SHOUT, shard="all")
    target = campaign.targets[0]
    with pytest.raises(ZeroDivisionError):
        work_on(studio, campaign, target, broken, "r2")
    assert studio.kinds(f"target-{target.key}")[-1] == "target.started"
    assert summarise(studio.journal.read("r2")).state == "failed"


def test_a_run_that_somebody_else_writes_is_left_to_them(
    studio: "Studio", execute: Execute
) -> None:
    studio.journal.lease("r1", "somebody")

    with pytest.raises(Held, match="is being written by somebody"):
        run_one(studio, execute, SHOUT)


def test_a_file_that_is_named_like_an_option_is_none(studio: "Studio") -> None:
    seen: list[Sequence[str]] = []

    def listening(argv: Sequence[str], _: str) -> tuple[Completed, Changes]:
        seen.append(argv)
        return Completed("ok", 0), Changes()

    target = Target("t", "repo", ("--in-place", "a/-b"))
    campaign = Campaign("c", "", (Recipe("run", ("x",)),), Template("x"), (target,))
    work_on(studio, campaign, target, listening)

    assert seen == [("x", "./--in-place", "a/-b")]


def test_a_targets_task_is_the_same_on_every_base_and_under_other_words(
    studio: "Studio",
) -> None:
    target = Target("t", "repo", ("a",), "c" * 40, "src/app")
    campaign = Campaign("c", "loud", (Recipe("run", ("x",)),), Template("Shout"), (target,))
    reworded = replace(campaign, template=Template("Shout at {shard}", "As agreed."))
    elsewhere = replace(target, key="u", base="d" * 40)

    task = task_of(campaign, target)
    again = task_of(reworded, elsewhere)

    assert (task.title, again.title) == ("Shout in src/app", "Shout at src/app")
    assert (task.kind, task.base, again.body) == ("migration", "c" * 40, "As agreed.")
    assert task.key == again.key
    assert task.key != task_of(replace(campaign, name="quiet"), target).key


@dataclass
class Learner:
    """A step that writes what it is told to; ``told`` keeps each."""

    writes: list[str]
    told: list[str] = field(default_factory=list)
    name: str = "learner"
    how: str = "model"
    learns: bool = True

    def apply(self, given: StepInput) -> StepResult:
        self.told.append(given.told)
        content = self.writes[len(self.told) - 1].encode()
        return StepResult((FileChange("docs/three.txt", "100644", content),))


def with_learner(
    studio: "Studio", execute: Execute, learner: Learner, rule: Sequence[str] = ("true",)
) -> TargetResult:
    campaign = replace(planned(studio, rule, "three.txt", shard="all"), attempts=3)
    return work_on(studio, campaign, campaign.targets[0], execute, more=(learner,))


def test_a_step_that_learns_is_told_why_it_did_not_pass(studio: "Studio", execute: Execute) -> None:
    learner = Learner(["bad!\n", "good\n"])

    result = with_learner(studio, execute, learner)

    assert (result.state, result.tries, result.cause) == ("gated", 2, "")
    assert learner.told == ["", ": it is bad\nreally"]
    assert [one["step"] for one in studio.data("command.finished")] == [1, 2, 1, 2]


def test_what_never_passes_is_undone_to_the_last_step_that_does(
    studio: "Studio", execute: Execute
) -> None:
    learner = Learner(["bad!\n"] * 3)

    result = with_learner(studio, execute, learner, ("sed", "-i", "s/three/four/"))

    assert (result.state, result.tries) == ("gated", 3)
    assert result.cause == "only 1 of 2 steps are in it; with the next: fail: it is bad"
    (change,) = studio.bundle()[0].changes
    assert change.content == b"four\n"
    verdicts = [attempt.verdict.word for attempt in studio.bundle()[0].proposal.attempts]
    assert verdicts == ["fail", "fail", "fail", "pass"]


def test_where_no_step_passes_nothing_is_left(studio: "Studio", execute: Execute) -> None:
    result = with_learner(studio, execute, Learner(["bad!\n"] * 3))

    assert (result.state, result.reason, result.tries) == ("failed", "gates", 3)
    assert "bundle.written" not in studio.kinds()


def test_what_a_step_saw_and_left_is_told_to_the_reviewer(
    studio: "Studio", execute: Execute
) -> None:
    class Leaver(Learner):
        def apply(self, given: StepInput) -> StepResult:
            return replace(super().apply(given), left=("docs/three.txt:1: a macro",))

    assert with_learner(studio, execute, Leaver(["good\n"])).state == "gated"

    summary = studio.bundle()[0].proposal.attempts[0].summary
    assert summary.endswith("Left as it was, for a person:\n- docs/three.txt:1: a macro")


def test_steps_that_were_done_are_not_done_again(studio: "Studio", execute: Execute) -> None:
    learner = Learner(["bad!\n", "good\n", "never\n"])
    first = with_learner(studio, execute, learner)
    studio.cut_off(1, f"target-{first.target}")
    kinds = studio.kinds()
    studio.cut_off(len(kinds) - kinds[::-1].index("command.finished"))

    assert with_learner(studio, execute, learner) == first
    assert len(learner.told) == 2
