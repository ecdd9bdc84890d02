"""What is to be done, frozen when it was asked for: all that later jobs know of an issue."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from validators.rules import ChangeKind
from workflows.occasion import STOPPED
from workflows.picture import Picture
from workflows.ports import Forge
from workflows.task import Task
from workflows.threads import Thread
from workflows.tracker import Role, Tracker
from workflows.trigger import TriggerRules, is_stop


@dataclass(frozen=True, slots=True)
class FrozenComment:
    """What somebody with the right to ask had said on the issue before."""

    author: str
    body: str
    created: str


@dataclass(frozen=True, slots=True)
class FrozenText:
    """A text file that was attached to the issue; of a long one the beginning."""

    name: str
    text: str
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What is asked of a pull request of ours, and what stands there.

    ``head`` is the commit of ``branch`` that people saw, proposed by ``run``; ``number`` is the
    issue's that it is for, or the pull request's, where it ``is_for_pull_request``. ``words`` are
    those of reviews, ``threads`` what waits for an answer, both of people who may ask alone.
    ``since`` is when the last of those reviews was handed in, or what stands there was made. Of a
    failed check there are its ``check`` and the end of its ``log``.
    """

    branch: str
    head: str
    run: str
    number: str
    is_for_pull_request: bool
    since: str
    words: str = ""
    threads: tuple[Thread, ...] = ()
    check: str = ""
    log: str = ""


@dataclass(frozen=True, slots=True)
class Admission:
    """What is to be done, frozen when it was asked for; all that later jobs know of the issue.

    ``model_stage`` is empty and ``run_usd`` None where the comment names neither. ``label`` must
    stay on the issue, or the run is cancelled; empty where we took it off. ``answers`` is the stale
    run that this one takes up, ``dispatched`` how many such there were before it. Where ``run`` was
    begun by an earlier workflow run and stopped, ``earlier_sha256`` is the hash of the file in
    which that one left it. ``progress`` is the key of the one comment in which all of this is told,
    ``progress_id`` and ``progress_url`` where it stands. ``attachments`` are pictures, each the
    file of its name beside the admission. ``sender_id`` is the forge's number for the sender, 0
    where it is not known; ``labels`` are those that the issue bore.

    ``issue`` is where people are told: an issue, or a pull request, where it ``is_pull_request``.
    With a ``follow_up`` that one is ours and is revised; without, a change to it is proposed.
    """

    run: str
    delivery: str
    repository: str
    issue: int
    title: str
    body: str
    sender: str
    role: Role
    base_branch: str
    base_commit: str
    progress: str
    comments: tuple[FrozenComment, ...] = ()
    words: str = ""
    kind: ChangeKind = "fix"
    label: str = ""
    model_stage: str = ""
    run_usd: float | None = None
    progress_id: int = 0
    progress_url: str = ""
    attachments: tuple[Picture, ...] = ()
    texts: tuple[FrozenText, ...] = ()
    dispatched: int = 0
    answers: str = ""
    earlier_sha256: str = ""
    sender_id: int = 0
    is_pull_request: bool = False
    follow_up: FollowUp | None = None
    labels: tuple[str, ...] = ()
    format: Literal["changewright-admission/1"] = "changewright-admission/1"


def task_of(admission: Admission) -> Task:
    """Return the task of an admission: what was said with it first, then the issue, then the rest.

    The same admission gives the same task on every machine.
    """
    asked = admission.follow_up
    number = asked.number if asked else str(admission.issue)
    is_for_pull_request = asked.is_for_pull_request if asked else admission.is_pull_request
    return Task(
        title=admission.title,
        body="\n\n".join(_paragraphs(admission)),
        repository=admission.repository,
        base=admission.base_branch,
        kind=admission.kind,
        number=number,
        author=admission.sender,
        pictures=admission.attachments,
        is_pull_request=is_for_pull_request,
        labels=admission.labels,
    )


def also_about(admission: Admission, forge: Forge) -> tuple[int, ...]:
    """Return where else people talk of what a run is for: its issue, or what is open for that."""
    if admission.follow_up:
        return (int(admission.follow_up.number),)
    key = task_of(admission).key
    known = forge.pull_requests("open", reviewed=False)
    return tuple(one.number for one in known if one.draft.key == key)


def why_stopped(
    admission: Admission, tracker: Tracker, rules: TriggerRules, also: tuple[int, ...] = ()
) -> str:
    """Return who stopped a run since it was admitted, or ""; asked before anything is published.

    It may be said below any of the issues and pull requests ``also`` named, too.
    """
    issue = tracker.issue(admission.issue)
    what = "pull request" if admission.is_pull_request else "issue"
    if issue.state == "closed":
        return f"{what} #{admission.issue} was closed meanwhile"
    if admission.label and admission.label not in issue.labels:
        return f"the label {admission.label!r} was taken off meanwhile"
    places = dict.fromkeys((admission.issue, *also))
    for comment in (said for place in places for said in tracker.comments(place)):
        if comment.id <= admission.progress_id:
            continue
        if comment.is_ours:
            # What was said in a review or a thread stands elsewhere; our answer to it stands here.
            if f"<!-- changewright:told-{STOPPED}" in comment.body:
                return f"`{rules.phrase} stop` was said in a review"
        elif is_stop(comment.body, rules.phrase) and tracker.role(comment.author) in rules.roles:
            return f"{comment.author} said `{rules.phrase} stop`"
    return ""


def _paragraphs(admission: Admission) -> Iterator[str]:
    if admission.words:
        what = "pull request" if admission.is_pull_request else "issue"
        yield f"{admission.sender} asks for this now:\n\n{admission.words}"
        yield f"The {what}, as it was written:"
    yield admission.body.strip() or "(There is a title and no text.)"
    for comment in admission.comments:
        yield f"{comment.author} on {comment.created}:\n\n{comment.body.strip()}"
    for file in admission.texts:
        cut = f"\n[{file.left_out} more characters are left out]" if file.left_out else ""
        yield f"The attached file {file.name}:\n\n{file.text.strip()}{cut}"
