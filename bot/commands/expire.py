"""``changewright review expire``: drafts that nobody took up are closed."""

from pathlib import Path

import click

from bot.commands import options
from bot.console import Console, one_line


@click.command()
@click.option("--days", type=click.IntRange(min=1), help="How old (default: pr.expires).")
@options.forge
@options.repo
@options.state
@options.json()
def expire(
    days: int | None, forge: str | None, repo: Path, state: Path | None, json_form: str
) -> None:
    """Close drafts of ours that nobody took up, on the forge of the settings.

    A draft with a review, somebody's words at a line, a person's commit on its branch, or that a
    person marked as ready is left alone, and so are all branches. Without --days and `pr.expires`
    nothing is closed. --json prints {"closed": [...]}.
    """
    from bot.desk import open_forge  # noqa: PLC0415 - imports here keep --help fast
    from bot.wiring import now_iso  # noqa: PLC0415
    from workflows.expire import Expiry, close_expired  # noqa: PLC0415

    console = Console(json_form)
    given = options.given(state=state, forge__kind=forge)
    with open_forge(repo, given) as (settings, opened, git_dir):
        bound = days or settings.pull_request.expires
        found = close_expired(opened, Expiry(bound, now_iso(), git_dir)) if bound else ()
    for one in found:
        console.say(one_line(f"#{one.number} closed: {one.draft.title} ({one.url})"))
    if not found:
        console.say("nothing has expired" if bound else "pr.expires is not set; nothing is closed")
    console.document({"closed": found})
