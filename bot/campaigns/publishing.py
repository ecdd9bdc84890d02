"""What passed becomes pull requests, as the campaign's file says, and what became of those."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from pathspec import GitIgnoreSpec

from bot.bundle_files import found_bundle, read_bundle
from bot.campaigns.opening import begun, others
from bot.wiring import Bench
from bot.workshop import press
from scoping.refusal import Refusal
from workflows.board import Board
from workflows.campaign import Campaign, PublishedAs, Target
from workflows.ports import Journal
from workflows.press import StaleBase
from workflows.proposal import Bundle
from workflows.publish import publish
from workflows.pull_request import PullRequest
from workflows.recorder import Recorder, leased
from workflows.stale import base_now

Step = Literal["published", "held-back", "stale", "refused", "merged", "closed"]


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

    ``taken`` is filled with the files that other campaigns' pull requests have in hand.
    """

    board: Board
    journal: Journal
    open_bench: Callable[[Target], Bench]
    state: Path
    taken: dict[str, dict[str, str]] = field(default_factory=dict)


def publish_all(room: PublishingRoom) -> Iterator[PublishedTarget]:
    """Look what became of pull requests, then open those that are due, one after the other.

    What one target comes to never keeps the next from being published.
    """
    campaign = room.board.campaign
    yield from _settled(room)
    room.board.refresh()
    waiting = sum(1 for one in room.board.standings.values() if one.state == "published")
    most = campaign.rollout.max_open
    room.taken.update(_taken(room))
    for target in campaign.targets:
        standing = room.board.standings[target.key]
        wanted = published_as(campaign, target)
        if standing.state != "gated" or wanted == "no":
            continue
        if most is not None and waiting >= most:
            why = f"{waiting} pull requests wait already, and rollout.max_open is {most}"
            yield PublishedTarget(target.key, target.name, "held-back", why=why)
            continue
        done = _published(target, standing.run, wanted, room)
        waiting += done.step == "published"
        yield done


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
    for target in room.board.campaign.targets:
        standing = room.board.standings[target.key]
        if standing.state != "published":
            continue
        found = room.open_bench(target).forge.pull_request(standing.pull_request)
        step: Step | None = _DECIDED.get(found.state)
        if step:
            _note(target, room, "target.settled", state=step, why=found.url)
            yield PublishedTarget(target.key, target.name, step, found.number, found.url)


_DECIDED: dict[str, Step] = {"merged": "merged", "closed": "closed"}


def _published(
    target: Target, run: str, wanted: PublishedAs, room: PublishingRoom
) -> PublishedTarget:
    said = PublishedTarget(target.key, target.name, "refused")
    try:
        path = found_bundle(room.state, f"{run}.json")
        if not path:
            return replace(said, why=f"the bundle of run {run} is gone; sweep again makes it anew")
        bundle, sha256 = read_bundle(Path(path))
        if why := _overlap(target, bundle, room):
            return replace(said, step="held-back", why=why)
        bench = room.open_bench(target)
        if why := _moved(bundle, bench):
            _note(target, room, "target.settled", state="stale", why=why)
            return replace(said, step="stale", why=why)
        made = _pull_request(bundle, sha256, wanted, bench, room)
    except StaleBase as late:
        _note(target, room, "target.settled", state="stale", why=str(late))
        return replace(said, step="stale", why=str(late))
    except Refusal as refusal:
        return replace(said, why=str(refusal))
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


def _pull_request(
    bundle: Bundle, sha256: str, wanted: PublishedAs, bench: Bench, room: PublishingRoom
) -> PullRequest:
    ours = press(bench, lambda _: None)
    labels = (*ours.labels, *room.board.campaign.template.labels)
    ours = replace(ours, draft=wanted == "draft", labels=tuple(dict.fromkeys(labels)))
    made = publish(bundle, sha256, ours).pull_request
    if made is None:
        raise Refusal(f"run {bundle.proposal.run} holds unfinished work; sweep again")
    return made


def _moved(bundle: Bundle, bench: Bench) -> str:
    """Return why what was gated says nothing of the present files any more, or ""."""
    forge, clone = bench.forge, bench.clone
    branch = forge.base_branch(bundle.base_commit)
    head = forge.branch_head(branch)
    if head is None or bench.tracker is not None:
        return ""  # a forge with people on it is asked by who publishes there
    base = base_now(clone.git_dir, bundle.base_commit, head, [one.path for one in bundle.changes])
    if base.may_be_published_on:
        return ""
    if base.state == "rewritten":
        return f"{branch} no longer holds {base.recorded[:12]}; sweep again on what it holds now"
    return f"{base.paths[0]} has changed on {branch} since then; sweep again on its present commit"


def _taken(room: PublishingRoom) -> dict[str, dict[str, str]]:
    """Return, by repository and path, which campaign's pull request has a file in hand."""
    taken: dict[str, dict[str, str]] = {}
    for key in others(room.journal, room.board.campaign.key):
        campaign, _ = begun(room.journal, key)
        if campaign.name == room.board.campaign.name:
            continue  # an earlier form of this one, whose pull requests are brought up to date
        board = Board(room.journal, campaign)
        board.refresh()
        for target in campaign.targets:
            standing = board.standings[target.key]
            if standing.state == "published":
                words = f"pull request {standing.pull_request} of campaign {campaign.name or key}"
                paths = taken.setdefault(target.repository, {})
                paths.update(dict.fromkeys(target.paths, words))
    return taken


def _overlap(target: Target, bundle: Bundle, room: PublishingRoom) -> str:
    paths = room.taken.get(target.repository, {})
    met = [change.path for change in bundle.changes if change.path in paths]
    if not met:
        return ""
    return f"{met[0]} is in {paths[met[0]]} already, which waits for a person; decide on it first"


def _note(
    target: Target,
    room: PublishingRoom,
    kind: Literal["target.published", "target.settled"],
    **data: object,
) -> None:
    stream = f"target-{target.key}"
    with leased(room.journal, stream, f"publish {target.key}") as fence:
        Recorder(room.journal, fence).record(kind, **data)
