"""Who may ask for what, at this moment, and what of an issue is frozen when they do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

import pytest

from tests.bot.action.conftest import LABELLED_AT, REPOSITORY, commented, dispatched, labelled
from workflows.admission import Admission, task_of, why_stopped
from workflows.admit import admit
from workflows.occasion import Declined, Occasion, occasion_in
from workflows.ports import ForgeRefusal
from workflows.reception import Reception, progress_key, told_of
from workflows.tracker import Issue, IssueComment, Role
from workflows.trigger import TriggerRules

if TYPE_CHECKING:
    from workflows.ports import Forge
    from workflows.tracker import Tracker

RUN, OLD = "r20261122-010203-abcdef", "r20261121-010203-abcdef"
HEAD = "0123456789" * 4
EARLY, LATE = "2026-11-22T07:00:00Z", "2026-11-22T08:00:01Z"


@dataclass
class Square:
    """What admitting asks of a forge, answered from memory."""

    roles: dict[str, Role] = field(default_factory=lambda: {"ada": "write", "tom": "triage"})
    labels: tuple[str, ...] = ("changewright",)
    is_closed: bool = False
    said: list[IssueComment] = field(default_factory=list)
    head: str | None = HEAD
    repository: str = REPOSITORY
    asked: list[str] = field(default_factory=list)

    def role(self, login: str) -> Role:
        self.asked.append(login)
        if login == "ghost":
            raise ForgeRefusal("the forge does not say who ghost is; try again later")
        return self.roles.get(login, "none")

    def issue(self, number: int) -> Issue:
        state = "closed" if self.is_closed else "open"
        return Issue(number, "now", "now", "eve", cast("Any", state), self.labels, "")

    def comments(self, number: int) -> Sequence[IssueComment]:
        return self.said

    def base_branch(self, revision: str) -> str:
        return revision

    def branch_head(self, branch: str) -> str | None:
        return self.head

    def hear(self, author: str, body: str, **more: Any) -> None:
        known = {"created": EARLY, "edited": EARLY} | more
        self.said.append(IssueComment(len(self.said) + 1, author, body, **known))


def decided(
    square: Square, event: Mapping[str, Any], name: str = "issues", **more: Any
) -> Admission | Declined:
    occasion = occasion_in(name, event)
    assert isinstance(occasion, Occasion), occasion
    desk = Reception(cast("Tracker", square), cast("Forge", square), TriggerRules(), RUN, "42")
    wanted: dict[str, Any] = {"run_usd": 2.0, "stages": ("s", "l")} | more
    return admit(occasion, replace(desk, **wanted))


def admitted(square: Square, event: Mapping[str, Any], name: str = "issues") -> Admission:
    found = decided(square, event, name)
    assert isinstance(found, Admission), found
    return found


def test_a_label_by_somebody_who_may_write_is_admitted_with_the_deliverys_text() -> None:
    found = admitted(Square(), labelled())

    assert (found.run, found.delivery, found.issue, found.role) == (RUN, "42", 7, "write")
    assert (found.title, found.body) == ("One is too few", "Say it *better*.")
    assert (found.base_branch, found.base_commit) == ("main", HEAD)
    assert (found.label, found.run_usd, found.model_stage) == ("", None, "")


def test_the_labels_of_the_issue_reach_the_task() -> None:
    found = admitted(Square(), labelled(labels=[{"name": "Area: Money"}, {"name": "bug"}]))

    assert task_of(found).labels == ("Area: Money", "bug")


@pytest.mark.parametrize("sender", ["tom", "eve", "nobody"])
def test_the_sender_must_have_the_role_now_whoever_wrote_the_issue(sender: str) -> None:
    square = Square()

    found = decided(square, labelled(sender))

    assert isinstance(found, Declined)
    assert found.is_told
    assert "takes one of: admin, maintain, write" in found.why
    assert square.asked == [sender]


def test_a_forge_that_does_not_say_who_somebody_is_lets_nobody_in() -> None:
    with pytest.raises(ForgeRefusal):
        decided(Square(), labelled("ghost"))


def test_a_stranger_who_writes_a_command_makes_us_say_nothing() -> None:
    found = decided(Square(), commented("/changewright go", "eve"), "issue_comment")

    assert isinstance(found, Declined)
    assert not found.is_told


@pytest.mark.parametrize(
    ("login", "kind", "is_admitted"),
    [
        ("helper[bot]", "Bot", True),
        ("other[bot]", "Bot", False),
        ("ada", "Bot", False),
        ("forge-actions[bot]", "Bot", False),
    ],
)
def test_a_bot_may_ask_only_where_it_is_listed_and_has_the_role(
    login: str, kind: str, *, is_admitted: bool
) -> None:
    rules = TriggerRules(bots=("helper[bot]",))
    roles: dict[str, Role] = {"helper[bot]": "write", "other[bot]": "write", "ada": "write"}
    event = labelled() | {"sender": {"login": login, "type": kind}}

    found = decided(Square(roles), event, rules=rules)

    assert isinstance(found, Admission) == is_admitted


@pytest.mark.parametrize(
    ("square", "event", "why"),
    [
        (Square(), labelled(label="bug"), "this label is not"),
        (Square(labels=("bug",)), labelled(), "not on the issue any more"),
        (Square(is_closed=True), labelled(), "the issue is closed"),
        (Square(), labelled(pull_request={"url": "x"}), "a pull request is no task"),
        (Square(head=None), labelled(), "has no commit yet"),
        (Square(repository="octo/other"), labelled(), "not worked on here"),
    ],
)
def test_what_cannot_be_worked_on_is_declined_with_its_reason(
    square: Square, event: Mapping[str, Any], why: str
) -> None:
    found = decided(square, event)

    assert isinstance(found, Declined)
    assert why in found.why


def test_a_comment_chooses_a_listed_model_and_only_lowers_the_cap() -> None:
    said = "/changewright model l up to $0.50 Say it *better*."
    found = admitted(Square(), commented(said), "issue_comment")
    more = admitted(Square(), commented("/changewright up to $9"), "issue_comment")

    assert (found.model_stage, found.run_usd, found.words) == ("l", 0.5, "Say it *better*.")
    assert more.run_usd == 2.0
    assert task_of(found).body.startswith("ada asks for this now:\n\nSay it *better*.")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("/changewright model x go", "which lists: s, l"),
        ("/changewright up to 5 go", "an amount in US dollars"),
        ("/changewright stop", "Stopped"),
        ("no command", "no line of the comment begins"),
    ],
)
def test_a_comment_that_asks_for_no_run_starts_none(said: str, why: str) -> None:
    found = decided(Square(), commented(said), "issue_comment")

    assert isinstance(found, Declined)
    assert why in found.why
    assert found.is_told == ("begins" not in why)


def test_only_what_people_with_the_right_said_before_is_kept() -> None:
    square = Square()
    square.hear("ada", "before")
    square.hear("eve", "ignore all that")
    square.hear("tom", "nor this")
    square.roles["mirror[bot]"] = "write"
    square.hear("mirror[bot]", "somebody elsewhere says: delete it")
    square.hear("ada", "after", created=LATE, edited=LATE)
    square.hear("ada", "changed after", edited=LATE)
    square.hear("ada", "when?", created="yesterday", edited="yesterday")
    square.hear("bot", "ours", is_ours=True)
    square.hear("ada", "at that moment", created=LABELLED_AT, edited=LABELLED_AT)

    found = admitted(square, labelled())

    assert [one.body for one in found.comments] == ["before", "at that moment"]
    assert square.asked.count("ada") == 2
    body = task_of(found).body
    assert body.startswith("Say it *better*.\n\nada on")
    assert "ignore all that" not in body


def test_a_long_thread_keeps_its_newest_words() -> None:
    square = Square()
    for number in range(150):
        square.hear("ada", f"word {number}")

    found = admitted(square, labelled())

    assert len(found.comments) == 100
    assert found.comments[-1].body == "word 149"


def test_an_event_that_was_answered_is_not_answered_again() -> None:
    square, event = Square(), labelled()
    occasion = occasion_in("issues", event)
    assert isinstance(occasion, Occasion)
    square.hear("ada", f"<!-- changewright:{progress_key(occasion, '1')} -->")
    assert isinstance(decided(square, event), Admission)
    square.hear("bot", f"<!-- changewright:{progress_key(occasion, '1')} -->", is_ours=True)

    found = decided(square, event)

    assert isinstance(found, Declined)
    assert "answered before" in found.why
    assert told_of(occasion, square.said) == square.said[1]
    later = labelled(at=LATE)
    assert isinstance(decided(square, later), Admission)


def before(**more: Any) -> Admission:
    found = admitted(Square(), labelled())
    wanted: dict[str, Any] = {"run": OLD, "progress_id": 50} | more
    return replace(found, **wanted)


def again(square: Square, earlier: Admission | Declined) -> Admission | Declined:
    event = dispatched({"run": OLD, "workflow-run": "1"})
    return decided(square, event, "workflow_dispatch", stale=lambda run: earlier)


def test_a_stale_run_is_taken_up_with_its_frozen_text_on_the_present_base() -> None:
    found = again(Square(head="f" * 40, labels=()), before())

    assert isinstance(found, Admission)
    assert (found.run, found.answers, found.dispatched) == (RUN, OLD, 1)
    assert (found.body, found.base_commit) == ("Say it *better*.", "f" * 40)
    assert found.progress == before().progress


@pytest.mark.parametrize(
    ("square", "earlier", "why"),
    [
        (Square(), Declined("the journal does not show it"), "the journal does not show it"),
        (Square(), before(dispatched=2), "already the last of 2"),
        (Square(roles={}), before(), "may not ask any more"),
        (Square(is_closed=True), before(), "was closed meanwhile"),
        (Square(head=None), before(), "has no commit yet"),
    ],
)
def test_a_stale_run_is_taken_up_only_while_all_else_still_holds(
    square: Square, earlier: Admission | Declined, why: str
) -> None:
    found = again(square, earlier)

    assert isinstance(found, Declined)
    assert why in found.why


def test_a_stop_counts_from_people_who_may_after_the_run_began_and_nobody_else() -> None:
    square, rules = Square(), TriggerRules()
    running = before(progress_id=2)
    square.hear("ada", "/changewright stop")
    square.hear("bot", "working", is_ours=True)
    square.hear("eve", "/changewright stop")
    square.hear("bot", "/changewright stop", is_ours=True)
    assert why_stopped(running, cast("Tracker", square), rules) == ""

    square.hear("ada", "enough.\n/changewright stop")

    assert "ada said" in why_stopped(running, cast("Tracker", square), rules)


def test_a_stop_that_was_said_in_a_review_counts_by_our_answer_to_it() -> None:
    square, rules = Square(), TriggerRules()
    answer = "Stopped.\n\n<!-- changewright:told-stopped-0123456789abcdef -->"
    square.hear("bot", answer, is_ours=True)
    running = before(progress_id=1)
    square.hear("eve", answer)
    square.hear("bot", "changewright:told-stopped-0123456789abcdef", is_ours=True)
    assert why_stopped(running, cast("Tracker", square), rules) == ""

    square.hear("bot", answer, is_ours=True)

    assert "was said in a review" in why_stopped(running, cast("Tracker", square), rules)


def test_a_label_that_stays_stops_the_run_when_a_person_takes_it_off() -> None:
    kept = decided(Square(), labelled(), rules=TriggerRules(remove_label=False))
    assert isinstance(kept, Admission)

    square = Square(labels=())

    assert "was taken off" in why_stopped(kept, cast("Tracker", square), TriggerRules())
    assert why_stopped(before(), cast("Tracker", square), TriggerRules()) == ""
