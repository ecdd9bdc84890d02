"""One request per target: files go in, edits come back; told why, paid once, kept to budgets."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot.adapters.scripted_model import ScriptedModel, ScriptedReply
from validators.evidence import Evidence
from validators.sandbox import FileChange
from validators.verdict import Finding, Verdict
from workflows.budget import Budget
from workflows.campaign import Campaign, CampaignBudget, Recipe, TargetResult, Template
from workflows.campaign_ledger import CampaignLedger
from workflows.campaign_plan import CampaignSpec, Selection, Site, plan
from workflows.consultation import Consultation
from workflows.history import history_of
from workflows.migrate import run_target
from workflows.migration_step import Step, StepInput, StepResult
from workflows.patch_step import PatchStep
from workflows.recorder import Recorder, leased
from workflows.sharding import Shard, ShardBy
from workflows.target_attempt import Workbench

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

WORDS = "Write `one` and `two` in capital letters."


def block(path: str, old: str, new: str) -> str:
    return f"{path}\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n"


ONE = block("data/one.txt", "one\n", "ONE\n")
BAD = block("data/one.txt", "one\n", "bad\n")
TWO = block("data/two.txt", "two\n", "TWO\n")


class Left:
    """Stands for a program: it changes one file, and leaves places of others."""

    name, how, learns = "codemod", "codemod", False

    def __init__(self, *left: str) -> None:
        self.left = left

    def apply(self, given: StepInput) -> StepResult:
        return StepResult((FileChange("data/one.txt", "100644", b"ONE\n"),), left=self.left)


@pytest.fixture
def studio(studio: "Studio") -> "Studio":
    """The studio with a judge that fails every tree in which a file says `bad`."""

    def judge(tree: str, recorder: Recorder) -> tuple[Verdict, Evidence]:
        bad = studio.file(tree, "data/one.txt") == "bad\n"
        found = (Finding("tests", "new-failure", "block", "it says bad"),) if bad else ()
        recorder.record("gate.finished", gate="tests", outcome="fail" if bad else "pass")
        return Verdict("fail" if bad else "pass", found), studio.evidence(tree)

    studio.judge = judge
    return studio


def planned(studio: "Studio", attempts: int = 1, shard: ShardBy = "all") -> Campaign:
    spec = CampaignSpec(
        "loud",
        Selection(globs=("data/*.txt",)),
        (Recipe("patch", (WORDS,)),),
        Template("Shout"),
        shard=Shard(shard),
        attempts=attempts,
    )
    return plan(spec, [Site(studio.clone, studio.rules)])


def work(
    studio: "Studio",
    campaign: Campaign,
    replies: Sequence[ScriptedReply],
    before: tuple[Step, ...] = (),
    run: str = "r1",
) -> TargetResult:
    """Work on the first target as an engine does; ``run`` names the run when one is begun."""

    def model_of(name: str, kind: str) -> ScriptedModel:
        return ScriptedModel(replies, start=history_of(studio.journal.read(name)).replies_in(kind))

    ledger = CampaignLedger(studio.journal, campaign)
    asked = Consultation(campaign, studio.workshop, model_of, Budget(), ledger)
    bench = Workbench(studio.workshop, (*before, PatchStep(WORDS, asked)), model="scripted")
    target = campaign.targets[0]
    with leased(studio.journal, f"target-{target.key}", "me") as fence:
        return run_target(campaign, target, fence, bench, lambda: run)


def test_a_target_is_changed_by_one_reply(studio: "Studio") -> None:
    reply = ScriptedReply(f"Both are loud now.\n\n{ONE}\n{TWO}", usd=0.01)

    result = work(studio, planned(studio), [reply])

    assert (result.state, result.files_changed, result.tries) == ("gated", 2, 1)
    bundle, _ = studio.bundle()
    assert {one.path: one.content for one in bundle.changes} == {
        "data/one.txt": b"ONE\n",
        "data/two.txt": b"TWO\n",
    }
    proposal = bundle.proposal
    assert proposal.model == "scripted"
    assert [line.path for line in proposal.scope] == ["data/one.txt", "data/two.txt"]
    (attempt,) = proposal.attempts
    assert (attempt.replies, attempt.usd, attempt.model) == (1, 0.01, "scripted")
    assert attempt.summary.endswith("Both are loud now.")
    assert "Made by these steps: patch: Write" in attempt.summary
    (asked,) = studio.asked()
    assert "<<<data" in asked.messages[0].text
    assert "data/one.txt\none\n" in asked.messages[0].text


def test_why_a_try_was_no_good_is_said_in_the_next_one(studio: "Studio") -> None:
    lost = block("data/one.txt", "uno\n", "ONE\n")
    replies = [
        ScriptedReply(lost),
        ScriptedReply(BAD, expect=("None of your edits was applied", "without your edits")),
        ScriptedReply(ONE, expect=("it says bad",)),
    ]

    result = work(studio, planned(studio, attempts=3), replies)

    assert (result.state, result.tries, result.cause) == ("gated", 3, "")
    turns = [turn.role for turn in studio.asked()[-1].messages]
    assert turns == ["user", "model"] * 2 + ["user"]
    assert [one.replies for one in studio.bundle()[0].proposal.attempts] == [2, 1]


def test_tries_end_with_the_last_one_that_is_allowed(studio: "Studio") -> None:
    result = work(studio, planned(studio, attempts=2), [ScriptedReply(BAD)] * 2)

    assert (result.state, result.reason, result.cause) == ("failed", "gates", "fail: it says bad")
    assert result.tries == 2


def test_edits_outside_the_target_are_refused(studio: "Studio") -> None:
    stray = block("docs/three.txt", "three\n", "THREE\n")

    result = work(studio, planned(studio), [ScriptedReply(ONE + stray)])

    assert (result.state, result.reason) == ("failed", "stray")
    assert result.cause.endswith("changed 1 files outside its target, first docs/three.txt")


def test_only_what_a_program_left_is_asked_about(studio: "Studio") -> None:
    left = ("data/two.txt:1: its arguments cannot be told", "data/one.txt:1: in a comment")
    reply = ScriptedReply(TWO, expect=("its arguments cannot be told", "data/two.txt"))

    result = work(studio, planned(studio), [reply], (Left(*left),))

    assert (result.state, result.left) == ("gated", (left[1],))
    assert "- data/one.txt:1: in a comment" in studio.bundle()[0].proposal.attempts[0].summary


def test_places_in_a_file_that_the_model_changed_are_counted_again(studio: "Studio") -> None:
    class Counts(Left):
        """A program that finds `two` wherever a file still says it."""

        def still_there(self, given: StepInput, paths: Sequence[str]) -> tuple[str, ...]:
            said = [(path, studio.file(given.tree, path) or "") for path in paths]
            return tuple(f"{path}:1: it says two" for path, text in said if "two" in text)

    left = ("data/two.txt:1: it says two", "data/one.txt:1: in a comment")
    half, whole = (
        work(studio, planned(studio), [ScriptedReply(reply)], (Counts(*left),), run=name)
        for reply, name in ((block("data/two.txt", "two\n", "two!\n"), "r1"), (TWO, "r2"))
    )

    assert (half.state, half.left) == ("gated", left[::-1])
    assert (whole.state, whole.left) == ("gated", left[1:])


def test_what_a_program_made_stays_where_the_model_fails(studio: "Studio") -> None:
    left = "data/two.txt:1: its arguments cannot be told"

    result = work(studio, planned(studio), [ScriptedReply("Certainly!")], (Left(left),))

    assert (result.state, result.left) == ("gated", (left,))
    assert result.cause.startswith("only 1 of 2 steps are in it; with the next: Your reply held no")
    assert [one.path for one in studio.bundle()[0].changes] == ["data/one.txt"]


def test_nothing_is_asked_where_a_program_left_nothing(studio: "Studio") -> None:
    result = work(studio, planned(studio), [], (Left(),))

    assert (result.state, studio.asked()) == ("gated", [])
    assert studio.bundle()[0].proposal.model == "none"


@pytest.mark.parametrize(
    ("replies", "reason", "cause"),
    [
        ([ScriptedReply("I will not.", stop="refusal")], "model", "the model declined: I will not"),
        ([], "model", "the model gave no reply: the script has 0 replies"),
        ([ScriptedReply("Certainly!")], "step", "Your reply held no edit block"),
        ([ScriptedReply(ONE, stop="length")], "step", "the reply was cut off at its length limit"),
    ],
)
def test_a_reply_that_is_no_change_fails_the_target_with_its_cause(
    studio: "Studio", replies: list[ScriptedReply], reason: str, cause: str
) -> None:
    result = work(studio, planned(studio, attempts=1), replies)

    assert (result.state, result.reason) == ("failed", reason)
    assert result.cause.startswith(cause)


def test_a_model_that_sees_nothing_to_do_leaves_the_target_unchanged(studio: "Studio") -> None:
    reply = ScriptedReply("NO CHANGE NEEDED: both are loud already")

    assert work(studio, planned(studio), [reply]).state == "unchanged"


def test_a_target_that_was_cut_off_does_not_pay_twice(studio: "Studio") -> None:
    replies = [ScriptedReply(BAD, usd=0.5), ScriptedReply(ONE, usd=0.5)]
    campaign = planned(studio, attempts=2)
    whole = work(studio, campaign, replies)
    kinds = studio.kinds()
    stream = f"target-{campaign.targets[0].key}"
    for count in (kinds.index("model.replied") + 1, kinds.index("attempt.finished") + 1):
        studio.cut_off(count)
        with studio.journal.database.writing() as connection:
            connection.execute(
                "DELETE FROM events WHERE run = ? AND event LIKE '%target.finished%'",
                (stream,),
            )

        again = work(studio, campaign, replies)

        assert replace(again, bundle="") == replace(whole, bundle="")
        assert len(studio.data("model.replied")) == 2
        settled = {one["reservation"]: one["usd"] for one in studio.data("budget.settled")}
        assert settled == {"patch-1/1.1": 0.5, "patch-1/2.1": 0.5}


@pytest.mark.parametrize(
    ("budget", "reason", "cause"),
    [
        (CampaignBudget(usd=0.4), "spent", "$0.0000 of the campaign's $0.40 are spent"),
        (CampaignBudget(tokens=50), "spent", "0 of the campaign's 50 tokens are used"),
        (CampaignBudget(target_usd=0.3), "budget", "$0.0000 of the $0.30 for one target"),
    ],
)
def test_a_request_that_a_budget_does_not_allow_is_not_sent(
    studio: "Studio", budget: CampaignBudget, reason: str, cause: str
) -> None:
    campaign = replace(planned(studio, attempts=3), budget=budget)

    result = work(studio, campaign, [ScriptedReply(ONE, usd=0.5)])

    assert (result.state, result.reason, result.tries) == ("failed", reason, 1)
    assert pytest.approx(0) == sum(one["usd"] for one in studio.data("budget.settled"))
    assert cause in result.cause


def test_the_runs_of_other_targets_count_against_the_campaign_and_not_the_target(
    studio: "Studio",
) -> None:
    campaign = planned(studio, shard="file")
    reply = ScriptedReply(ONE, usd=0.5)
    bounded = replace(campaign, budget=CampaignBudget(usd=0.9, target_usd=0.5))
    assert work(studio, bounded, [reply]).state == "gated"
    other = replace(bounded, targets=bounded.targets[::-1])

    result = work(studio, other, [ScriptedReply(TWO, usd=0.5)], run="r2")

    assert result.reason == "spent"
    assert "$0.5000 of the campaign's $0.90 are spent" in result.cause
