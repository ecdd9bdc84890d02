"""``changewright publish``: a bundle to a branch and a pull request."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.commands import options
from bot.console import Console, one_line

if TYPE_CHECKING:
    from workflows.press import Press, Published
    from workflows.proposal import Bundle


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@options.repo
@options.forge
@options.state
@options.quiet
@options.verbose
@options.json()
def publish(
    bundle: Path,
    repo: Path,
    forge: str | None,
    state: Path | None,
    *,
    quiet: bool,
    json_form: str,
) -> int:
    """Check a bundle again and open its pull request on the forge.

    The change is laid on the base anew, its hash compared, the base's policy run again. Only then
    is the branch pushed; work tree, index, config and hooks of the repository stay as they are.
    Publishing twice is publishing once. While another run's pull request for the same task is open
    nothing is published (exit code 1). Unfinished work, which a run that was stopped leaves in
    RUN.partial.json, gets a branch and no pull request. Threads of the review that it answers are
    answered and resolved, each once. On GitHub the pull request is a draft, the
    branch is never forced, and nothing is published either when the files of the change moved on
    the base branch meanwhile (exit code 1). --json prints {"number", "url", "branch", "head",
    "state"}.
    """
    from bot.bundle_files import read_bundle  # noqa: PLC0415
    from bot.gate_room import judging  # noqa: PLC0415
    from bot.progress import Progress  # noqa: PLC0415 - imports below keep --help fast
    from bot.wiring import open_bench  # noqa: PLC0415
    from bot.workshop import press  # noqa: PLC0415
    from workflows.press import AlreadyOpen, StaleBase  # noqa: PLC0415

    console = Console(json_form, quiet)
    given = options.given(state=state, forge__kind=forge)
    parcel, sha256 = read_bundle(bundle)
    with (
        open_bench(repo, parcel.base_commit, given, unsafe=True, publishes=True) as bench,
        Progress(quiet=quiet) as progress,
    ):
        try:
            judge = judging(bench, parcel.proposal.task.change)
            published = _put_out(parcel, sha256, press(judge, progress.entry), console)
        except AlreadyOpen as already:
            console.say(str(already))
            console.document({"state": "already-open", "why": str(already)})
            return 1
        except StaleBase as late:
            console.say(str(late))
            console.document({"state": "stale-base", "why": str(late)})
            return 1
    _tell(published, options.again(repo, state), console)
    return 0


def _put_out(parcel: "Bundle", sha256: str, works: "Press", console: Console) -> "Published":
    """Publish, then answer the threads that the proposal is about."""
    from bot.hosting import answers_out  # noqa: PLC0415 - keeps --help fast
    from bot.turns import in_turn  # noqa: PLC0415 - the same
    from workflows.publish import publish as put_out  # noqa: PLC0415 - the same

    if parcel.proposal.task.campaign:
        from bot.campaigns.publishing import by_hand  # noqa: PLC0415 - for a campaign's alone

        works = by_hand(parcel, works)
    published = in_turn(lambda: put_out(parcel, sha256, works))
    for one in in_turn(lambda: answers_out(parcel, published, works)):
        console.note(f"thread {one_line(one.thread)}: {one.kind}")
    return published


def _tell(published: "Published", where: str, console: Console) -> None:
    pull_request, head = published.pull_request, published.head
    for note in published.notes:
        console.note(f"note: {one_line(note)}")
    if pull_request is None:
        console.say(f"branch {published.branch} at {head[:12]}: unfinished work, no pull request")
    else:
        number, state = pull_request.number, pull_request.state
        console.say(f"pull request {number} is {state}: {one_line(pull_request.url)}")
        console.say(f"branch {published.branch} at {head[:12]}")
        if state == "open":
            console.say(f"look at it with: changewright review show {number} {where}")
        else:
            console.say("a person has decided on it already; propose again for a new one")
    console.document(
        {
            "number": pull_request.number if pull_request else None,
            "url": pull_request.url if pull_request else None,
            "branch": published.branch,
            "head": head,
            "state": pull_request.state if pull_request else "branch-only",
        }
    )
