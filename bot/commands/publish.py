"""``changewright publish``: a bundle to a branch and a pull request."""

from pathlib import Path

import click

from bot.commands import options
from bot.console import Console


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@options.repo
@options.state
@options.quiet
@options.json()
def publish(bundle: Path, repo: Path, state: Path | None, *, quiet: bool, json_form: str) -> int:
    """Check a bundle again and open its pull request on the local forge.

    The change is laid on the base anew, its hash compared, the base's policy run again. Only then
    is the branch pushed; work tree, index, config and hooks of the repository stay as they are.
    Publishing twice is publishing once. --json prints {"number", "url", "branch", "head", "state"}.
    """
    from bot.progress import Progress  # noqa: PLC0415 - imports below keep --help fast
    from bot.wiring import open_bench  # noqa: PLC0415
    from bot.workshop import press, read_bundle  # noqa: PLC0415
    from workflows.publish import publish as put_out  # noqa: PLC0415

    console = Console(json_form, quiet)
    parcel, sha256 = read_bundle(bundle)
    with (
        open_bench(repo, parcel.base_commit, options.given(state=state), unsafe=True) as bench,
        Progress(quiet=quiet) as progress,
    ):
        pull_request = put_out(parcel, sha256, press(bench, progress.entry))
    console.say(f"pull request {pull_request.number} is {pull_request.state}: {pull_request.url}")
    console.say(f"branch {pull_request.draft.branch} at {pull_request.head[:12]}")
    where = options.again(repo, state)
    if pull_request.state == "open":
        console.say(f"look at it with: changewright review show {pull_request.number} {where}")
    else:
        console.say("a person has decided on it already; propose again for a new one")
    console.document(
        {
            "number": pull_request.number,
            "url": pull_request.url,
            "branch": pull_request.draft.branch,
            "head": pull_request.head,
            "state": pull_request.state,
        }
    )
    return 0
