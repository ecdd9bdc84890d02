"""An event, the right of who caused it, and their words become an admission, or a refusal.

Nothing is believed of an event but what it says of itself: who may ask is asked of the forge at
this moment, and where it does not answer nobody may. What is admitted is frozen: nobody who edits
the issue afterwards changes what is worked on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from workflows.admission import Admission, FrozenComment, why_stopped
from workflows.occasion import Declined, Occasion
from workflows.ports import Forge
from workflows.tracker import IssueComment, Role, Tracker
from workflows.trigger import Command, TriggerRules, command_in

_MOST_COMMENTS, _MOST_CHARACTERS = 100, 100_000
MOST_DISPATCHES = 2


@dataclass(frozen=True, slots=True)
class Reception:
    """What admitting works with. ``run`` and ``delivery`` name what would begin.

    ``stages`` are the models a comment may choose from, ``run_usd`` the cap it may lower; ``stale``
    returns the frozen admission of a run whose base moved, or why it may not be tried once more.
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


def admit(occasion: Occasion, desk: Reception) -> Admission | Declined:
    """Return what is to be done, or why nothing is. Reads the forge, and changes nothing there.

    ForgeRefusal where the forge does not say who somebody is or how the issue stands.
    """
    if occasion.repository.lower() != desk.tracker.repository.lower():
        return Declined(f"the delivery is about {occasion.repository}, which is not worked on here")
    if occasion.kind == "dispatch":
        return _taken_up(occasion, desk)
    if occasion.kind == "label" and occasion.label != desk.rules.label:
        return Declined(f"this label is not {desk.rules.label!r}")
    command = Command()
    if occasion.kind == "comment":
        found = command_in(occasion.said, desk.rules.phrase)
        if found is None:
            return Declined(f"no line of the comment begins with {desk.rules.phrase}")
        command = found
    role = _role_of(occasion, desk)
    if isinstance(role, Declined):
        return role
    return _refused(occasion, command, desk) or _frozen(occasion, command, role, desk)


def progress_key(occasion: Occasion, delivery: str) -> str:
    """Return the key of the comment that tells of this delivery."""
    return f"progress-{occasion.key}-{delivery}"


def told_of(occasion: Occasion, comments: Sequence[IssueComment]) -> IssueComment | None:
    """Return our comment about the same event, whichever delivery it answered; the oldest."""
    mark = f"progress-{occasion.key}-"
    ours = (one for one in comments if one.is_ours and mark in one.body)
    return min(ours, key=lambda one: one.id, default=None)


def _role_of(occasion: Occasion, desk: Reception) -> Role | Declined:
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


def _refused(occasion: Occasion, command: Command, desk: Reception) -> Declined | None:
    """Return why what somebody may ask for is not done, or None when it is."""
    told = _objection(occasion, command, desk)
    if told:
        return Declined(told, is_told=True)
    now = desk.tracker.issue(occasion.issue)
    if now.state == "closed":
        return Declined("the issue is closed; open it again, then ask", is_told=True)
    if occasion.kind == "label" and desk.rules.label not in now.labels:
        return Declined(
            f"the label {desk.rules.label!r} is not on the issue any more: another delivery took it"
            " off, or a person did"
        )
    if told_of(occasion, desk.tracker.comments(occasion.issue)):
        return Declined("this very event was answered before, under another delivery")
    return None


def _objection(occasion: Occasion, command: Command, desk: Reception) -> str:
    """Return what is wrong with the words themselves, or what they ask for is no run."""
    if occasion.is_pull_request:
        return "a pull request is no task; label or comment on the issue instead"
    if command.stops:
        return "Stopped: nothing that is being worked on for this issue will be published."
    if command.model and command.model not in desk.stages:
        known = ", ".join(desk.stages) or "none"
        return f"`model` chooses from `model.stages` of this repository, which lists: {known}"
    return command.trouble


def _frozen(
    occasion: Occasion, command: Command, role: Role, desk: Reception
) -> Admission | Declined:
    base = _base(occasion, desk)
    if isinstance(base, Declined):
        return base
    keeps_label = occasion.kind == "label" and not desk.rules.remove_label
    return Admission(
        run=desk.run,
        delivery=desk.delivery,
        repository=desk.tracker.repository,
        issue=occasion.issue,
        title=" ".join(occasion.title.split()) or f"Issue {occasion.issue}",
        body=occasion.body,
        sender=occasion.sender,
        sender_id=occasion.sender_id,
        role=role,
        base_branch=base[0],
        base_commit=base[1],
        progress=progress_key(occasion, desk.delivery),
        comments=_said_before(occasion, desk),
        words=command.words,
        label=desk.rules.label if keeps_label else "",
        model_stage=command.model,
        run_usd=_lower(command.up_to_usd, desk.run_usd),
    )


def _taken_up(occasion: Occasion, desk: Reception) -> Admission | Declined:
    """Return the admission of a stale run once more, on the present base, with its frozen text."""
    before = desk.stale(occasion.run)
    if isinstance(before, Declined):
        return before
    if before.dispatched >= MOST_DISPATCHES:
        return Declined(
            f"run {before.run} was already the last of {MOST_DISPATCHES} that were started anew"
        )
    role = desk.tracker.role(before.sender)
    if role not in desk.rules.roles:
        return Declined(f"{before.sender}, who asked for it, may not ask any more")
    stopped = why_stopped(before, desk.tracker, desk.rules)
    if stopped:
        return Declined(stopped)
    base = _base(occasion, desk)
    if isinstance(base, Declined):
        return base
    return replace(
        before,
        run=desk.run,
        delivery=desk.delivery,
        role=role,
        base_branch=base[0],
        base_commit=base[1],
        dispatched=before.dispatched + 1,
        answers=before.run,
        earlier_sha256="",
    )


def _base(occasion: Occasion, desk: Reception) -> tuple[str, str] | Declined:
    branch = desk.forge.base_branch(occasion.default_branch)
    commit = desk.forge.branch_head(branch)
    if commit is None:
        return Declined(f"the branch {branch} has no commit yet; push one first", is_told=True)
    return branch, commit


def _lower(asked: float | None, cap: float) -> float | None:
    return None if asked is None else min(asked, cap)


def _said_before(occasion: Occasion, desk: Reception) -> tuple[FrozenComment, ...]:
    """Return what people who may ask had said before, and left as it was; the newest, if many."""
    until = _moment(occasion.at)
    kept: list[FrozenComment] = []
    roles: dict[str, Role] = {}
    length = 0
    for comment in reversed(desk.tracker.comments(occasion.issue)):
        if comment.is_ours or comment.url == occasion.comment_url != "":
            continue
        said, edited = _moment(comment.created), _moment(comment.edited or comment.created)
        if until is None or said is None or edited is None or max(said, edited) > until:
            continue
        if comment.author not in roles:
            roles[comment.author] = desk.tracker.role(comment.author)
        length += len(comment.body)
        if roles[comment.author] not in desk.rules.roles:
            length -= len(comment.body)
        elif len(kept) == _MOST_COMMENTS or length > _MOST_CHARACTERS:
            break
        else:
            kept.append(FrozenComment(comment.author, comment.body, comment.created))
    return tuple(reversed(kept))


def _moment(text: str) -> datetime | None:
    """Return a time as the forge writes it, or None: what has no time is too late."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
