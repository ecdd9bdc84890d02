"""The jobs one after the other, each as on a machine of its own, and what people see in the end."""

import json
import signal
from typing import TYPE_CHECKING

import pytest

from tests.bot.action.conftest import CONFIGURATION, EDIT, GATE, commented, dispatched, labelled
from tests.ending import LIMIT_S, line_with
from workflows.handover import HandoverRefusal
from workflows.ports import ForgeRefusal

if TYPE_CHECKING:
    from tests.bot.action.conftest import Hall

pytestmark = pytest.mark.sandbox
GOOD, BAD = EDIT.format("one", "good"), EDIT.format("one", "bad")


def test_a_label_becomes_a_draft_with_its_evidence_and_one_settled_comment(hall: "Hall") -> None:
    assert hall.begin(labelled()).admit()["admitted"] == "true"
    assert "changewright" not in hall.town.labels
    assert "Working on it" in hall.town.ours[0]

    hall.propose(GOOD)
    published = hall.publish()
    settled = hall.settle()

    [request] = hall.town.pull_requests("open")
    assert published["pull-request"] == str(request.number)
    assert request.draft.draft
    assert "Edited since" not in request.draft.body
    assert hall.git("show", f"{request.head}:data/one.txt") == "good"
    trailers = hall.git("log", "-1", "--format=%(trailers:key=Co-authored-by)", request.head)
    assert trailers == "Co-authored-by: ada <4711+ada@users.noreply.github.com>"
    assert settled == {"state": "proposed"}
    [comment] = hall.town.ours
    assert f"#{request.number}" in comment
    assert "Working on it" not in comment
    [record] = hall.journal()
    assert '"state":"published"' in record
    assert "better" not in record


def test_what_does_not_pass_is_settled_with_its_exact_output_and_nothing_is_published(
    hall: "Hall",
) -> None:
    hall.begin(labelled()).admit()
    tried = [BAD, EDIT.format("bad", "bad bad"), EDIT.format("bad bad", "bad again")]

    assert hall.propose(*tried)["state"] == "nothing"
    assert hall.publish()["state"] == "nothing"

    assert hall.settle() == {"state": "gates-failed"}
    [comment] = hall.town.ours
    assert "The exact output" in comment
    assert "```text\n" in comment
    assert hall.town.pull_requests() == []
    assert '"state":"nothing"' in hall.journal()[0]


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("reply", "state", "words"),
    [
        ("QUESTION: which of the two? cc @everyone", "question", "which of the two? cc @&#8203;ev"),
        ("NO CHANGE NEEDED: it is so already, closes #1", "no-change-needed", "closes #&#8203;1"),
    ],
)
def test_a_question_and_a_no_are_told_in_the_models_words_which_do_nothing(
    hall: "Hall", reply: str, state: str, words: str
) -> None:
    hall.begin(labelled()).admit()
    hall.propose(reply)
    hall.publish()

    assert hall.settle() == {"state": state}
    assert words in hall.town.ours[0]


def test_a_job_that_died_is_booked_and_settled_and_the_label_asks_again(hall: "Hall") -> None:
    run = hall.begin(labelled()).admit()["run"]
    hall.check_out()
    hall.did("propose", {}, "failure")

    assert hall.publish()["state"] == "nothing"
    assert hall.settle() == {"state": "our-fault"}
    [record] = hall.journal()
    assert '"booked":true' in record
    assert run in record

    hall.town.labels.add("changewright")
    hall.begin(labelled(at="2026-11-22T08:30:00Z")).admit()
    assert hall.propose(GOOD)["state"] == "proposed"
    assert hall.publish()["state"] == "published"
    assert hall.settle() == {"state": "proposed"}
    assert len(hall.town.ours) == 2


def test_what_other_machines_have_spent_counts_against_the_caps_of_the_issue(hall: "Hall") -> None:
    hall.monkeypatch.setenv("CHANGEWRIGHT_ISSUE_TOKENS", "300000")
    hall.begin(labelled()).admit()
    hall.check_out()
    hall.did("propose", {}, "failure")
    hall.publish()
    hall.town.labels.add("changewright")
    hall.begin(labelled(at="2026-11-22T08:30:00Z")).admit()

    assert hall.propose(GOOD)["state"] == "failed"
    hall.publish()

    assert hall.settle() == {"state": "over-budget"}
    assert "tokens are used on this issue" in hall.town.ours[1]


def slowed(hall: "Hall") -> None:
    """Let the gate of a bad text last longer than anybody waits."""
    slow = CONFIGURATION | {
        "gates": [GATE | {"run": "! grep -rqw bad --include=*.txt . || sleep 60"}]
    }
    (hall.town.origin / ".github/changewright.yml").write_text(json.dumps(slow))
    hall.git("commit", "--quiet", "--all", "--message=slow")


def test_a_cancelled_workflow_keeps_what_had_landed_on_a_branch(hall: "Hall") -> None:
    slowed(hall)
    hall.begin(labelled()).admit()

    with hall.started_propose(BAD) as process:
        line_with(process.stderr, "words: base")
        process.send_signal(signal.SIGINT)
        assert process.wait(LIMIT_S) == 130
    hall.did("propose", {}, "cancelled")

    assert hall.publish()["state"] == "branch-only"
    assert hall.town.pull_requests() == []
    assert hall.git("show", "changewright/issue-7-one-is-too-few:data/one.txt") == "bad"
    assert hall.settle() == {"state": "cancelled"}
    assert "changewright/issue-7-one-is-too-few" in hall.town.ours[0]

    hall.town.keeps_artifacts = False
    hall.town.labels.add("changewright")
    hall.begin(labelled(at="2026-11-22T08:30:00Z")).admit()
    assert hall.propose(EDIT.format("bad", "good"))["state"] == "proposed"
    assert hall.publish()["state"] == "published"
    assert hall.git("show", "changewright/issue-7-one-is-too-few:data/one.txt") == "good"


@pytest.mark.parametrize("ended", ["skipped", "cancelled"])
def test_a_workflow_that_is_cancelled_before_publish_begins_opens_no_draft(
    hall: "Hall", ended: str
) -> None:
    hall.begin(labelled()).admit()
    assert hall.propose(GOOD)["state"] == "proposed"
    hall.did("publish", {}, ended)

    assert hall.keep() == {"run": hall.run, "state": "cancelled", "bundle": "", "pull-request": ""}

    assert hall.town.pull_requests() == []
    assert hall.git("show", "changewright/issue-7-one-is-too-few:data/one.txt") == "good"
    assert hall.settle() == {"state": "cancelled"}
    [comment] = hall.town.ours
    assert "cancelled before the pull request was opened" in comment
    assert "changewright/issue-7-one-is-too-few" in comment
    [record] = hall.journal()
    assert '"state":"cancelled"' in record.splitlines()[-1]


def test_a_draft_that_is_open_when_the_workflow_is_cancelled_stands(hall: "Hall") -> None:
    hall.begin(labelled()).admit()
    hall.propose(GOOD)
    published = hall.publish()
    hall.did("publish", {}, "cancelled")

    assert hall.keep()["pull-request"] == published["pull-request"]
    assert hall.settle() == {"state": "proposed"}


def test_a_proposal_of_a_job_that_did_not_end_in_order_waits_on_its_branch(hall: "Hall") -> None:
    hall.begin(labelled()).admit()
    hall.propose(GOOD)
    hall.did("propose", {}, "failure")

    assert hall.publish()["state"] == "branch-only"
    assert hall.town.pull_requests() == []
    assert hall.settle() == {"state": "our-fault"}
    assert "the job propose ended (failure)" in hall.town.ours[0]


def test_a_process_that_was_killed_leaves_what_had_landed_and_what_it_spent(hall: "Hall") -> None:
    slowed(hall)
    hall.begin(labelled()).admit()

    with hall.started_propose(BAD) as process:
        line_with(process.stderr, "words: base")
        process.kill()
    hall.did("propose", {}, "failure")
    assert not (hall.parcels / "changewright-proposal").exists()
    assert hall.salvage()["state"] == "failed"

    assert hall.publish()["state"] == "branch-only"
    assert hall.town.pull_requests() == []
    assert hall.git("show", "changewright/issue-7-one-is-too-few:data/one.txt") == "bad"
    assert hall.settle() == {"state": "our-fault"}
    [comment] = hall.town.ours
    assert "was killed from outside" in comment
    assert "edits     1 landed in data/one.txt" in comment
    assert "changewright/issue-7-one-is-too-few" in comment
    [record] = hall.journal()
    assert '"kind":"model.replied"' in record
    assert '"booked"' not in record


def test_where_the_process_left_its_parcel_nothing_is_salvaged(hall: "Hall") -> None:
    hall.begin(labelled()).admit()
    hall.propose(GOOD)
    left = (hall.parcels / "changewright-proposal" / "outcome.json").read_bytes()

    assert hall.salvage() == {}

    assert (hall.parcels / "changewright-proposal" / "outcome.json").read_bytes() == left


def test_a_base_that_moved_under_the_change_is_worked_on_anew_twice_and_no_more(
    hall: "Hall",
) -> None:
    hall.begin(labelled()).admit()
    texts = ["one", "uno", "eins", "un"]
    for at in range(3):
        hall.propose(EDIT.format(texts[at], "good"))
        (hall.town.origin / "data/one.txt").write_text(f"{texts[at + 1]}\n")
        hall.git("commit", "--quiet", "--all", "--message=moved")
        assert hall.publish()["state"] == "stale-base"
        assert hall.settle() == {"state": "stale-base"}
        [comment] = hall.town.ours
        stale = hall.parcels / "changewright-admission"
        if at == 2:
            break
        assert "started anew" in comment
        workflow, revision, inputs = hall.town.dispatched[at]
        assert (workflow, revision) == ("asked.yml", "main")
        hall.begin(dispatched(inputs), "workflow_dispatch")
        hall.parcels.mkdir()
        stale.rename(hall.parcels / "stale-admission")
        assert hall.admit()["admitted"] == "true"

    assert len(hall.town.dispatched) == 2
    assert "not started anew" in comment
    assert hall.town.pull_requests() == []


def test_a_dispatch_that_names_a_run_which_was_not_stale_starts_nothing(hall: "Hall") -> None:
    run = hall.begin(labelled()).admit()["run"]
    stale = hall.parcels / "changewright-admission"
    hall.begin(dispatched({"run": run, "workflow-run": "1"}), "workflow_dispatch")
    hall.parcels.mkdir()
    stale.rename(hall.parcels / "stale-admission")

    assert hall.admit() == {"admitted": "false"}
    assert len(hall.town.ours) == 1


@pytest.mark.sampled(3)
@pytest.mark.parametrize("how", ["unlabelled", "stop", "closed"])
def test_a_person_who_stops_a_run_is_asked_about_before_the_first_effect(
    hall: "Hall", how: str
) -> None:
    if how == "unlabelled":
        path = hall.town.origin / ".github/changewright.yml"
        path.write_text(path.read_text()[:-1] + ', "trigger": {"remove_label": false}}')
        hall.git("commit", "--quiet", "--all", "--message=keep the label")
    hall.begin(labelled()).admit()
    assert ("changewright" in hall.town.labels) == (how == "unlabelled")
    hall.propose(GOOD)
    hall.town.hear("eve", "/changewright stop")
    if how == "stop":
        hall.town.hear("ada", "> /changewright stop\n\n/changewright stop")
    elif how == "closed":
        hall.town.state = "closed"
    else:
        hall.town.labels.clear()

    assert hall.publish()["state"] == "cancelled"

    assert hall.settle() == {"state": "cancelled"}
    assert hall.town.pull_requests() == []
    assert hall.town.branch_head("changewright/issue-7-one-is-too-few") is None
    assert len(hall.journal()) == 1


def test_a_second_label_goes_on_with_the_same_branch_and_pull_request(hall: "Hall") -> None:
    hall.begin(labelled()).admit()
    hall.propose(GOOD)
    hall.publish()
    hall.settle()
    [first] = hall.town.pull_requests("open")
    asked = commented("/changewright model large up to $0.50 Say it even better.\nPlease.")
    hall.begin(asked, "issue_comment").admit()

    hall.propose(EDIT.format("one", "better"))
    hall.publish()

    [second] = hall.town.pull_requests("open")
    assert second.number == first.number
    assert hall.git("show", f"{second.head}:data/one.txt") == "better"
    assert hall.git("merge-base", "--is-ancestor", first.head, second.head) == ""
    assert hall.settle() == {"state": "proposed"}


def test_the_evidence_is_made_again_before_it_counts_where_that_is_wanted(hall: "Hall") -> None:
    hall.begin(labelled()).admit()
    hall.propose(GOOD)

    assert hall.verify() == {"state": "same"}
    assert hall.publish()["state"] == "published"

    told = (hall.parcels / "changewright-verification" / "verification.json").read_text()
    (hall.parcels / "changewright-verification" / "verification.json").write_text(
        told.replace("true", "false").replace("[]", '["words t1: passed there, failed here"]')
    )
    hall.town.labels.add("changewright")
    assert hall.publish()["state"] == "refused"


@pytest.mark.sampled(4)
@pytest.mark.parametrize("forgery", ["another task", "another run", "admission", "link"])
def test_parcels_that_are_not_about_what_was_admitted_publish_nothing(
    hall: "Hall", forgery: str
) -> None:
    run = hall.begin(labelled()).admit()["run"]
    hall.propose(GOOD)
    admission = hall.parcels / "changewright-admission" / "admission.json"
    proposal = hall.parcels / "changewright-proposal"
    if forgery == "another task":
        text = admission.read_text().replace("One is too few", "Another one")
        admission.write_text(text)
        hall.results["admit"]["outputs"].pop("sha256")
    elif forgery == "another run":
        text = (proposal / "outcome.json").read_text().replace(run, "r20200101-000000-abcdef")
        (proposal / "outcome.json").write_text(text)
    elif forgery == "admission":
        admission.write_text(admission.read_text().replace('"ada"', '"eve"'))
    else:
        bundle = proposal / f"{run}.json"
        bundle.rename(hall.place / "elsewhere.json")
        bundle.symlink_to(hall.place / "elsewhere.json")

    if forgery == "admission":
        with pytest.raises(HandoverRefusal, match="not the one that was admitted"):
            hall.publish()
        assert hall.settle() == {"state": "our-fault"}
    else:
        assert hall.publish()["state"] in {"refused", "nothing"}
    assert hall.town.pull_requests() == []


def test_the_next_request_ends_what_a_lost_machine_left_open_and_nothing_else(
    hall: "Hall",
) -> None:
    lost = hall.begin(labelled()).admit()["run"]
    hall.town.labels.add("changewright")
    hall.begin(labelled(at="2026-11-22T08:30:00Z")).admit()
    hall.town.under_way = {"2", "3"}
    alive = commented("/changewright say it", number=901)
    hall.begin(alive, "issue_comment").admit()
    hall.town.under_way = {"3"}
    forged = hall.town.ours[0].replace("Cancelled", "Working on it")
    hall.town.hear("eve", forged)
    before = list(hall.town.ours)

    run = hall.begin(commented("/changewright now", number=902), "issue_comment").admit()["run"]

    assert lost not in before[0]
    assert before[0].startswith("**Cancelled.**")
    assert "/actions/runs/1)" in before[0]
    first, second, third, fourth = hall.town.ours
    assert first == before[0]
    assert second.startswith("**Cancelled.** No pull request was opened:")
    assert f"superseded by run {run}, which ada asked for" in second
    assert third == before[2]
    assert fourth.startswith("**Working on it**")
    assert hall.settle() == {"state": "our-fault"}
    assert hall.town.ours[:3] == [first, second, third]


def test_an_older_comment_that_cannot_be_ended_keeps_nobody_from_working(hall: "Hall") -> None:
    hall.begin(labelled()).admit()
    hall.town.labels.add("changewright")
    hall.town.is_under_way = _does_not_say  # type: ignore[method-assign]

    assert hall.begin(labelled(at="2026-11-22T08:30:00Z")).admit()["admitted"] == "true"

    assert all(comment.startswith("**Working on it**") for comment in hall.town.ours)
    assert "could not be ended" in (hall.place / "admit.md").read_text()


def _does_not_say(workflow_run: str) -> bool:
    raise ForgeRefusal(f"nothing is known of {workflow_run}; try again later")
