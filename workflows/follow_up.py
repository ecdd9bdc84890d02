"""What is asked of an open pull request becomes an admission: ours is revised, others' built on.

A delivery only says where to look. What is worked on is what stands there now: every open thread
and review of people who may ask, in one run, so that deliveries may come twice or in any order.
"""

from collections.abc import Callable, Sequence

from workflows.admission import Admission, FollowUp
from workflows.journal_branch import text_hash
from workflows.occasion import STOPPED, Declined, Occasion
from workflows.pull_request import PullRequest
from workflows.reception import (
    Reception,
    asked_in,
    asker,
    latest,
    lowered,
    moment,
    objection,
    progress_key,
    role_of,
    said_before,
    told_of,
)
from workflows.repair import repair_of
from workflows.review import Review
from workflows.rounds import rounds_of
from workflows.standing import Standing, standing_of
from workflows.threads import Thread, has_answered, shown_of
from workflows.tracker import Issue, Role
from workflows.trigger import Command, command_in, is_stop

Asker = Callable[[str], bool]
_LOST = (
    "this draft is not known again: its description has lost the last line, which no page shows and"
    " which says what it was made for. Put the line back from the description's history (under"
    " `edited`), with your own text above it, and ask again"
)


def follow_up(occasion: Occasion, desk: Reception) -> Admission | Declined:
    """Return what is to be done about a pull request, or why nothing is; the forge is only read."""
    if occasion.kind == "checks":
        return _repaired(occasion, desk)
    wanted = _wanted(occasion, desk)
    if isinstance(wanted, Declined):
        return wanted
    request = desk.forge.pull_request(occasion.issue)
    if request.state != "open":
        return Declined(f"the pull request is {request.state}", is_told=occasion.kind == "comment")
    if told_of(occasion, desk.tracker.comments(occasion.issue)):
        return Declined("this very event was answered before, under another delivery")
    if request.is_unmarked:
        return Declined(_LOST, is_told=True)
    work_on = _revised if request.is_ours else _proposed_to
    return work_on(occasion, wanted, desk, request)


def _wanted(occasion: Occasion, desk: Reception) -> tuple[Command, Role] | Declined:
    """Return what is asked for in words and with what right, or why nothing is."""
    command = command_in(occasion.said, desk.rules.phrase)
    if command is None and not occasion.wants_changes and occasion.at:
        what = "comment" if occasion.kind == "comment" else "review"
        return Declined(
            f"the {what} asks for no changes, and no line of it begins with {desk.rules.phrase}"
        )
    # What a job of ours started anew asks for nothing by itself.
    role = role_of(occasion, desk) if occasion.at else "none"
    if isinstance(role, Declined):
        return role
    if command is not None and (told := objection(command, desk)):
        # The run that is to stop looks below the pull request, and not in its threads and reviews.
        is_elsewhere = command.stops and occasion.kind == "review"
        topic = f"{STOPPED}{occasion.key}" if is_elsewhere else ""
        return Declined(told, is_told=True, topic=topic)
    return command or Command(), role


def _revised(
    occasion: Occasion, wanted: tuple[Command, Role], desk: Reception, request: PullRequest
) -> Admission | Declined:
    """Return what is to be done until every open thread and review has its change or answer."""
    command, standing = wanted[0], standing_of(request, desk)
    if isinstance(standing, Declined):
        return standing
    may_ask = asker(desk.tracker, desk.rules)
    known = desk.forge.threads(request.number)
    threads = shown_of(asked_in(known, may_ask, desk.rules.phrase))
    reviews = asked_since(request, standing.since, may_ask, desk.rules.phrase)
    said = [one.words.strip() for one in reviews]
    heard = " ".join([*said, *(one.comments[-1].body for one in threads)])
    asks = command.words or (occasion.said.strip() if occasion.wants_changes else "")
    if asks and asks not in heard and not _is_dealt_with(occasion, standing, known):
        said.append(asks)
    if not threads and not any(said):
        return Declined("nothing is open: every review and thread has been dealt with")
    asked = FollowUp(
        branch=request.draft.branch,
        head=request.head,
        run=request.draft.run,
        number=standing.number,
        is_for_pull_request=standing.is_for_pull_request,
        since=latest(standing.since, *(one.at for one in reviews)),
        words="\n\n".join(one for one in said if one),
        threads=threads,
    )
    return _admission(occasion, wanted, desk, request, (asked, standing))


def _is_dealt_with(occasion: Occasion, standing: Standing, threads: Sequence[Thread]) -> bool:
    """Whether a review or a thread had its change or answer before its own delivery came."""
    if occasion.kind == "comment":
        return False
    until = standing.since if occasion.wants_changes else standing.made
    is_old = not _is_later(occasion.at, until)
    return is_old or has_answered(threads, occasion.sender, occasion.said, occasion.at)


def asked_since(request: PullRequest, since: str, may_ask: Asker, phrase: str) -> Sequence[Review]:
    """Return the reviews behind a moment that ask for changes in words, of people who may."""
    return [
        one
        for one in request.reviews
        if one.verdict == "changes-requested"
        and one.verified
        and one.words.strip()
        and not is_stop(one.words, phrase)
        and _is_later(one.at, since)
        and may_ask(one.reviewer)
    ]


def _repaired(occasion: Occasion, desk: Reception) -> Admission | Declined:
    """Return the one repair of a red check on a branch of ours, or why there is none."""
    request = desk.forge.find_pull_request(occasion.branch)
    if request is None or request.state != "open" or not request.is_ours:
        return Declined(f"no open pull request of ours stands on {occasion.branch}")
    if request.head != occasion.head:
        return Declined("these checks are about a commit that the branch has left behind")
    if told_of(occasion, desk.tracker.comments(request.number)):
        return Declined("one repair of this pull request was begun already")
    standing = standing_of(request, desk)
    if isinstance(standing, Declined):
        return standing
    repair = repair_of(request, standing, desk)
    if isinstance(repair, FollowUp):
        return _admission(occasion, (Command(), "none"), desk, request, (repair, standing))
    return repair


def _admission(
    occasion: Occasion,
    asked: tuple[Command, Role],
    desk: Reception,
    request: PullRequest,
    what: tuple[FollowUp, Standing],
) -> Admission | Declined:
    (command, role), (follow_up, standing) = asked, what
    rounds = rounds_of(request.number, desk.facts())
    if told := rounds.objection(desk.rounds):
        return Declined(told, is_told=True, place=request.number)
    left = rounds.left_usd(desk.rounds)
    run_usd = lowered(command.up_to_usd, desk.run_usd)
    if left is not None:
        run_usd = min(left, desk.run_usd if run_usd is None else run_usd)
    title, body = _text_of(desk.tracker.issue(int(follow_up.number)), request, desk)
    return Admission(
        run=desk.run,
        delivery=desk.delivery,
        repository=desk.tracker.repository,
        issue=request.number,
        title=title,
        body=body,
        sender=occasion.sender,
        sender_id=occasion.sender_id,
        role=role,
        base_branch=request.draft.base_branch,
        base_commit=standing.base_commit,
        progress=progress_key(occasion, desk.delivery),
        model_stage=command.model,
        run_usd=run_usd,
        is_pull_request=True,
        follow_up=follow_up,
    )


def _text_of(about: Issue, request: PullRequest, desk: Reception) -> tuple[str, str]:
    """Return the title and text of what a pull request of ours is for.

    Whoever let a run work on an issue had read it: what somebody without that right has made of it
    since is nobody's request.
    """
    title = " ".join(about.title.split()) or f"Issue {about.number}"
    asked = next((one.issue_sha256 for one in desk.facts() if one.run == request.draft.run), "")
    is_known = not asked or asked == text_hash(title, about.body)
    if is_known or asker(desk.tracker, desk.rules)(about.author):
        return title, about.body
    return request.draft.title, (
        f"(The text of #{about.number} was changed after it was asked for, and its author may not"
        " ask for changes, so it is not shown. What reviewers say is what counts.)"
    )


def _proposed_to(
    occasion: Occasion, wanted: tuple[Command, Role], desk: Reception, request: PullRequest
) -> Admission | Declined:
    """Return what is asked of somebody else's pull request: a change on top, on its own branch."""
    command, role = wanted
    if occasion.kind != "comment":
        return Declined("this is no pull request of ours; a comment below it may ask for a change")
    if objects := _objection_to(occasion, command, desk, request):
        return Declined(objects, is_told=True)
    return Admission(
        run=desk.run,
        delivery=desk.delivery,
        repository=desk.tracker.repository,
        issue=request.number,
        title=" ".join(occasion.title.split()) or f"Pull request {request.number}",
        body=occasion.body,
        sender=occasion.sender,
        sender_id=occasion.sender_id,
        role=role,
        base_branch=request.draft.branch,
        base_commit=request.head,
        progress=progress_key(occasion, desk.delivery),
        comments=said_before(occasion, desk),
        words=command.words,
        model_stage=command.model,
        run_usd=lowered(command.up_to_usd, desk.run_usd),
        is_pull_request=True,
    )


def _objection_to(
    occasion: Occasion, command: Command, desk: Reception, request: PullRequest
) -> str:
    """Return why nothing is proposed to somebody's pull request, or ""."""
    if not command.words:
        return f"say what to change: `{desk.rules.phrase} words`"
    if request.is_foreign:
        # On a branch of this repository its code would run with this repository's rights.
        return (
            "its branch is in a fork, and what others wrote there is not brought into this"
            " repository; whoever trusts it may push it here and open a pull request from that"
        )
    known = desk.forge.branch_head(desk.forge.base_branch(occasion.default_branch))
    heads = [one for one in (known, request.head) if one]
    rules = {desk.tracker.read_file(desk.rules_file, one) for one in heads}
    if len(rules) > 1:
        return (
            f"{desk.rules_file} is another there than on {occasion.default_branch}, and it says"
            " what a change is judged by: merge that apart, or bring the branch up to date"
        )
    return ""


def _is_later(at: str, since: str) -> bool:
    said, limit = moment(at), moment(since)
    return said is not None and (limit is None or said > limit)
