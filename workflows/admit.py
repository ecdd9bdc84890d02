"""An event, the right of who caused it, and their words become an admission, or a refusal.

Nothing is believed of an event but what it says of itself: who may ask is asked of the forge at
this moment, and where it does not answer nobody may. What is admitted is frozen: nobody who edits
the issue afterwards changes what is worked on.
"""

from dataclasses import replace

from workflows.admission import Admission, why_stopped
from workflows.follow_up import follow_up
from workflows.occasion import Declined, Occasion
from workflows.reception import (
    Reception,
    lowered,
    objection,
    progress_key,
    role_of,
    said_before,
    told_of,
)
from workflows.tracker import Role
from workflows.trigger import Command, command_in

MOST_DISPATCHES = 2


def admit(occasion: Occasion, desk: Reception) -> Admission | Declined:
    """Return what is to be done, or why nothing is. Reads the forge, and changes nothing there.

    ForgeRefusal where the forge does not say who somebody is or how the issue stands.
    """
    if occasion.repository.lower() != desk.tracker.repository.lower():
        return Declined(f"the delivery is about {occasion.repository}, which is not worked on here")
    if occasion.kind == "dispatch":
        return _taken_up(occasion, desk)
    is_about_one = occasion.is_pull_request and occasion.kind != "label"
    work_on = follow_up if is_about_one else _begun
    return work_on(occasion, desk)


def _begun(occasion: Occasion, desk: Reception) -> Admission | Declined:
    """Return what is asked of an issue, or why nothing is done about it."""
    if occasion.kind == "label" and occasion.label != desk.rules.label:
        return Declined(f"this label is not {desk.rules.label!r}")
    if occasion.is_pull_request:
        why = "a pull request is no task; comment on it to have it changed, or label an issue"
        return Declined(why, is_told=True)
    command = Command()
    if occasion.kind == "comment":
        found = command_in(occasion.said, desk.rules.phrase)
        if found is None:
            return Declined(f"no line of the comment begins with {desk.rules.phrase}")
        command = found
    role = role_of(occasion, desk)
    if isinstance(role, Declined):
        return role
    return _refused(occasion, command, desk) or _frozen(occasion, command, role, desk)


def _refused(occasion: Occasion, command: Command, desk: Reception) -> Declined | None:
    """Return why what somebody may ask for is not done, or None when it is."""
    told = objection(command, desk)
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
        labels=occasion.labels,
        role=role,
        base_branch=base[0],
        base_commit=base[1],
        progress=progress_key(occasion, desk.delivery),
        comments=said_before(occasion, desk),
        words=command.words,
        label=desk.rules.label if keeps_label else "",
        model_stage=command.model,
        run_usd=lowered(command.up_to_usd, desk.run_usd),
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
