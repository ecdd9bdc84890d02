"""What passed becomes pull requests, as the campaign's file says, and what became of those."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pathspec import GitIgnoreSpec

from bot.bundle_files import found_bundle, read_bundle
from bot.campaigns.in_hand import InHand
from bot.campaigns.open_requests import FOR_ALL, OpenRequests
from bot.campaigns.opening import begun
from bot.wiring import Bench
from bot.workshop import press
from scoping.refusal import Refusal
from workflows.board import Board
from workflows.campaign import Campaign, PublishedAs, Target
from workflows.history import history_of
from workflows.migrate import task_of
from workflows.ports import Journal
from workflows.press import Press, StaleBase
from workflows.proposal import Bundle
from workflows.publish import publish
from workflows.pull_request import PullRequest
from workflows.recorder import Recorder, leased
from workflows.stale import base_now

Step = Literal["published", "held-back", "stale", "refused", "merged", "closed"]


class HeldBack(Refusal):
    """Nothing of the campaign is published now: who or what said so, and what to do."""


@dataclass(frozen=True, slots=True)
class PublishedTarget:
    """What publishing came to for one target: its pull request, or why there is none."""

    target: str
    name: str
    step: Step
    number: int = 0
    url: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class PublishingRoom:
    """What a campaign is published with: its board, the journal, and how benches are opened.

    ``requests`` are the pull requests that wait, ``in_hand`` the files of those of others.
    """

    board: Board
    journal: Journal
    open_bench: Callable[[Target], Bench]
    state: Path
    requests: OpenRequests
    in_hand: InHand


def publish_all(room: PublishingRoom) -> Iterator[PublishedTarget]:
    """Look what became of pull requests, then open those that are due, one after the other.

    What one target comes to never keeps the next from being published. Raises HeldBack, before it
    opens any, while the campaign is paused, braked or cancelled; what people decided counts too.
    """
    campaign = room.board.campaign
    yield from _settled(room)
    room.board.refresh()
    _refuse_held(room.board)
    due = [
        (target, wanted)
        for target in campaign.targets
        if room.board.standings[target.key].state == "gated"
        and (wanted := published_as(campaign, target)) != "no"
    ]
    for target, wanted in due:
        said = PublishedTarget(target.key, target.name, "refused")
        try:
            why = _full(target, room)
        except FOR_ALL:
            raise
        except Refusal as refusal:
            yield replace(said, why=str(refusal))
            continue
        if why:
            yield replace(said, step="held-back", why=why)
            continue
        yield _published(target, room.board.standings[target.key].run, wanted, room)


def _refuse_held(board: Board) -> None:
    """Raise HeldBack while nothing may go out; a spent budget has paid for what passed."""
    hold = board.hold()
    if hold is not None and hold.kind != "budget":
        name = board.campaign.name or board.campaign.key
        mend = "" if hold.kind == "cancelled" else f"; `changewright migrate resume {name}`"
        raise HeldBack(f"nothing is published: {hold.why}{mend}")


def _full(target: Target, room: PublishingRoom) -> str:
    """Return why no more pull requests may be opened, or "" for one that is brought up to date."""
    campaign, most = room.board.campaign, room.board.campaign.rollout.max_open
    known = room.requests.open_on(target)
    if most is None or task_of(campaign, target).key in known.values():
        return ""
    waiting = room.requests.waiting(campaign.name)
    if waiting < most:
        return ""
    return f"{waiting} pull requests wait already, and rollout.max_open is {most}"


def published_as(campaign: Campaign, target: Target) -> PublishedAs:
    """Return how a target is published: the last pattern that its name matches counts."""
    name = target.name or "all"
    found: PublishedAs = "no"
    for glob, word in campaign.published:
        if glob == "*" or GitIgnoreSpec.from_lines([glob]).match_file(name):
            found = word
    return found


def _settled(room: PublishingRoom) -> Iterator[PublishedTarget]:
    """Write down what people decided on the pull requests that waited."""
    campaign = room.board.campaign
    for target in campaign.targets:
        standing = room.board.standings[target.key]
        is_due = standing.state == "gated" and published_as(campaign, target) != "no"
        if standing.state != "published" and not is_due:
            continue
        said = PublishedTarget(target.key, target.name, "refused", standing.pull_request)
        try:
            # Also where this target has none: as many may wait in all repositories together.
            room.requests.open_on(target)
            if is_due:
                continue
            decided = room.requests.decided(target, standing.pull_request)
        except FOR_ALL:
            raise
        except Refusal as refusal:
            if standing.state == "published":
                yield replace(said, why=str(refusal))
            continue
        if decided is not None:
            step, found = decided
            _note(target, room, "target.settled", state=step, why=found.url)
            yield replace(said, step=step, url=found.url)


def _published(
    target: Target, run: str, wanted: PublishedAs, room: PublishingRoom
) -> PublishedTarget:
    said = PublishedTarget(target.key, target.name, "refused")
    try:
        path = found_bundle(room.state, f"{run}.json")
        if not path:
            return replace(said, why=f"the bundle of run {run} is gone; sweep again makes it anew")
        bundle, sha256 = read_bundle(Path(path))
        if why := room.in_hand.met(target, [change.path for change in bundle.changes]):
            return replace(said, step="held-back", why=why)
        bench = room.open_bench(target)
        if why := _moved(bundle, bench):
            _note(target, room, "target.settled", state="stale", why=why)
            return replace(said, step="stale", why=why)
        made = _pull_request(bundle, sha256, wanted, bench, room)
    except StaleBase as late:
        _note(target, room, "target.settled", state="stale", why=str(late))
        return replace(said, step="stale", why=str(late))
    except FOR_ALL:
        raise
    except Refusal as refusal:
        return replace(said, why=str(refusal))
    room.requests.add(target, made)
    _note(
        target,
        room,
        "target.published",
        number=made.number,
        url=made.url,
        branch=made.draft.branch,
        head=made.head,
    )
    return replace(said, step="published", number=made.number, url=made.url)


def by_hand(bundle: Bundle, ours: Press) -> Press:
    """Return with what one bundle is published by itself: a campaign's as its file says.

    A target that the file does not publish is a draft or not as the settings say. Of a bundle whose
    campaign the journal does not know nothing but the settings is known.
    """
    begun_with = history_of(ours.journal.read(bundle.proposal.run)).started or {}
    if not begun_with.get("campaign"):
        return ours
    campaign, _ = begun(ours.journal, begun_with["campaign"])
    key = bundle.proposal.task.key
    target = next((one for one in campaign.targets if task_of(campaign, one).key == key), None)
    wanted = published_as(campaign, target) if target is not None else "no"
    return _as_the_file_says(ours, campaign, wanted)


def _as_the_file_says(ours: Press, campaign: Campaign, wanted: PublishedAs) -> Press:
    labels = tuple(dict.fromkeys((*ours.labels, *campaign.template.labels)))
    draft = ours.draft if wanted == "no" else wanted == "draft"
    return replace(ours, draft=draft, labels=labels)


def _pull_request(
    bundle: Bundle, sha256: str, wanted: PublishedAs, bench: Bench, room: PublishingRoom
) -> PullRequest:
    ours = _as_the_file_says(press(bench, lambda _: None), room.board.campaign, wanted)
    made = publish(bundle, sha256, ours).pull_request
    if made is None:
        raise Refusal(f"run {bundle.proposal.run} holds unfinished work; sweep again")
    return made


def _moved(bundle: Bundle, bench: Bench) -> str:
    """Return why what was gated says nothing of the present files any more, or ""."""
    if bench.tracker is not None:
        return ""  # a forge with people on it is asked by who publishes there
    forge, clone = bench.forge, bench.clone
    branch = forge.base_branch(bundle.proposal.task.base)
    head = forge.branch_head(branch)
    if head is None:
        return ""
    base = base_now(clone.git_dir, bundle.base_commit, head, [one.path for one in bundle.changes])
    if base.may_be_published_on:
        return ""
    if base.state == "rewritten":
        return f"{branch} no longer holds {base.recorded[:12]}; sweep again on what it holds now"
    return f"{base.paths[0]} has changed on {branch} since then; sweep again on its present commit"


def _note(
    target: Target,
    room: PublishingRoom,
    kind: Literal["target.published", "target.settled"],
    **data: object,
) -> None:
    stream = f"target-{target.key}"
    with leased(room.journal, stream, f"publish {target.key}") as fence:
        Recorder(room.journal, fence).record(kind, **data)
