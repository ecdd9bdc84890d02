"""How far the next attempt at a pull request is, as the page of that says it."""

from dataclasses import replace

from bot.adapters.sqlite_catalogue.schema import CatalogueRefusal
from bot.server.revisions import Ready, Revision, RevisionRefusal
from bot.server.room import Room
from workflows.pull_request import PullRequest


def next_attempt(room: Room, pull_request: PullRequest) -> Revision | None:
    """Return the last one, whoever began it; with a command where its result can be published."""
    if room.revisions is None:
        return None
    known = room.revisions.of(pull_request.number)
    if known is not None and (known.doing or not known.run):
        return known
    ready = ready_in(room, pull_request)
    if ready is None or (known is not None and known.is_published and known.run == ready.run):
        return known
    if known is None or known.run != ready.run:
        known = Revision(run=ready.run, state="proposed", why=ready.why)
    return replace(known, command=room.revisions.command(ready))


def publish_next(room: Room, pull_request: PullRequest, run: str) -> None:
    """Begin to publish what ``run`` proposed; RevisionRefusal where that is not what waits."""
    if room.revisions is None:
        raise RevisionRefusal("here nothing is published from a page: the forge's own jobs do that")
    ready = ready_in(room, pull_request)
    if ready is None or ready.run != run:
        raise RevisionRefusal(
            "this is not the newest attempt any more, or it is published already, or the pull"
            " request was decided; look at the page as it is now"
        )
    room.revisions.publish(pull_request.number, ready)


def ready_in(room: Room, pull_request: PullRequest) -> Ready | None:
    """Return what the newest attempt proposed, if it may take the place of what stands there.

    It may not once a person has accepted or ended the pull request, or something else stands there
    than what was revised.
    """
    verdicts = [one.verdict for one in pull_request.reviews]
    if pull_request.state != "open" or verdicts[-1:] == ["accepted"]:
        return None
    try:
        room.lookout.catch_up()
        runs = room.lookout.catalogue.revisions_of(pull_request.number)
    except CatalogueRefusal:
        return None  # the list of runs says why; here a person can decide all the same
    newest = next((one.summary for one in runs if room.serves(one.summary.repository)), None)
    if newest is None or newest.state != "proposed":
        return None
    # Of one that cannot be read the page of its run says what is wrong with it.
    bundle, path = room.proposals.bundle(newest.bundle)
    revised = pull_request.number, pull_request.draft.run
    if bundle is None or bundle.partial or (bundle.revises, bundle.revised_run) != revised:
        return None
    return Ready(newest.id, newest.why, path)
