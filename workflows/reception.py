"""What admitting works with, and the questions that are the same whatever is asked for."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path

from workflows.admission import Admission, FrozenComment
from workflows.occasion import Declined, Occasion
from workflows.ports import Forge
from workflows.rounds import RoundLimits
from workflows.run_facts import RunFacts
from workflows.threads import Thread, waiting
from workflows.tracker import IssueComment, Role, Tracker
from workflows.trigger import Command, TriggerRules, is_stop

_MOST_COMMENTS, _MOST_CHARACTERS = 100, 100_000


@dataclass(frozen=True, slots=True)
class Reception:
    """What admitting works with. ``run`` and ``delivery`` name what would begin.

    ``stages`` are the models a comment may choose from, ``run_usd`` the cap it may lower; ``stale``
    returns the frozen admission of a run whose base moved, or why it may not be tried once more.
    For what is asked of a pull request: ``facts`` tells of all runs so far, ``rounds`` how often it
    may be, ``own`` is a git directory of ours to look at its commits in, ``rules_file`` what the
    target says of the rules, and ``workflow`` the file of the workflow that this is a job of.
    """

    tracker: Tracker
    forge: Forge
    rules: TriggerRules
    run: str
    delivery: str
    stages: tuple[str, ...] = ()
    run_usd: float = 0.0
    stale: Callable[[str], Admission | Declined] = field(
        default=lambda run: Declined(f"nothing is known of run {run}")
    )
    rounds: RoundLimits = field(default_factory=RoundLimits)
    facts: Callable[[], Sequence[RunFacts]] = tuple
    own: Callable[[], Path] = Path
    rules_file: str = ""
    workflow: str = ""


def progress_key(occasion: Occasion, delivery: str) -> str:
    """Return the key of the comment that tells of this delivery."""
    return f"progress-{occasion.key}-{delivery}"


def told_of(occasion: Occasion, comments: Sequence[IssueComment]) -> IssueComment | None:
    """Return our comment about the same event, whichever delivery it answered; the oldest."""
    mark = f"progress-{occasion.key}-"
    ours = (one for one in comments if one.is_ours and mark in one.body)
    return min(ours, key=lambda one: one.id, default=None)


def role_of(occasion: Occasion, desk: Reception) -> Role | Declined:
    """Return the sender's role at this moment, if it is one that may ask."""
    if occasion.sender_is_bot and occasion.sender not in desk.rules.bots:
        return Declined(f"{occasion.sender} is a bot that trigger.bots does not list")
    role = desk.tracker.role(occasion.sender)
    if role in desk.rules.roles:
        return role
    # A comment can be written by anybody: who may not ask must not make us speak, either.
    return Declined(
        f"{occasion.sender} has the role {role!r}; to start a run takes one of:"
        f" {', '.join(desk.rules.roles)}",
        is_told=occasion.kind == "label",
    )


def asker(tracker: Tracker, rules: TriggerRules) -> Callable[[str], bool]:
    """Return what says whether somebody may ask for a run now; each is looked up once."""

    @cache
    def may_ask(login: str) -> bool:
        is_stranger = login.endswith("[bot]") and login not in rules.bots
        return not is_stranger and tracker.role(login) in rules.roles

    return may_ask


def asked_in(
    threads: Iterable[Thread], may_ask: Callable[[str], bool], phrase: str
) -> tuple[Thread, ...]:
    """Return the threads that wait for us, but for those whose last word is that we stop."""
    found = waiting(threads, may_ask)
    return tuple(one for one in found if not is_stop(one.comments[-1].body, phrase))


def objection(command: Command, desk: Reception) -> str:
    """Return what is wrong with the words themselves, or what they ask for is no run; or ""."""
    if command.stops:
        return "Stopped: nothing that is being worked on here will be published."
    if command.model and command.model not in desk.stages:
        known = ", ".join(desk.stages) or "none"
        return f"`model` chooses from `model.stages` of this repository, which lists: {known}"
    return command.trouble


def lowered(asked: float | None, cap: float) -> float | None:
    """Return what a comment lowered a cap to, or None where it did not ask."""
    return None if asked is None else min(asked, cap)


def said_before(occasion: Occasion, desk: Reception) -> tuple[FrozenComment, ...]:
    """Return what people who may ask had said before, and left as it was; the newest, if many."""
    until = moment(occasion.at)
    may_ask = asker(desk.tracker, desk.rules)
    kept: list[FrozenComment] = []
    length = 0
    for comment in reversed(desk.tracker.comments(occasion.issue)):
        if comment.is_ours or comment.url == occasion.comment_url != "":
            continue
        said, edited = moment(comment.created), moment(comment.edited or comment.created)
        if until is None or said is None or edited is None or max(said, edited) > until:
            continue
        if not may_ask(comment.author):
            continue
        length += len(comment.body)
        if len(kept) == _MOST_COMMENTS or length > _MOST_CHARACTERS:
            break
        kept.append(FrozenComment(comment.author, comment.body, comment.created))
    return tuple(reversed(kept))


def moment(text: str) -> datetime | None:
    """Return a time as the forge writes it, or None: what has no time is too late."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def latest(*times: str) -> str:
    """Return the latest of times as the forge writes them; what is none is the earliest."""

    def order(at: str) -> float:
        found = moment(at)
        return found.timestamp() if found else 0.0

    return max(times, key=order)
