"""``changewright migrate preview`` and ``publish``: what passed, as diffs or as pull requests."""

from pathlib import Path

import click

from bot.commands import options
from bot.commands.migrate_watch import campaign_argument, key_of
from bot.console import Console, one_line


@click.command()
@campaign_argument
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("preview"),
    show_default=True,
    help="The folder for the diffs.",
)
@options.state
@options.json()
def preview(campaign: str, out: Path, state: Path | None, json_form: str) -> int:
    """Write the diff of each target that passed to a file, and publish nothing.

    Places that no step dealt with, and why, are listed beside them in left.txt.

    --json prints {"campaign", "files": [{"target", "name", "file", "published"}]}.
    """
    from bot.campaigns.preview import write_diffs  # noqa: PLC0415 - keeps --help fast
    from bot.wiring import opened_journal  # noqa: PLC0415

    console, given = Console(json_form), options.given(state=state)
    with opened_journal(given) as journal:
        key = key_of(campaign, journal)
        files = write_diffs(key, journal, out, given)
    for one in files:
        console.say(f"{one.file}  {one_line(one.name)}, to be published: {one.published}")
    if not files:
        console.say("no target has passed yet; sample or sweep first")
    console.document({"campaign": key, "files": files})
    return 0 if files else 1


@click.command()
@campaign_argument
@options.forge
@options.state
@options.quiet
@options.verbose
@options.json()
def publish(
    campaign: str, forge: str | None, state: Path | None, *, quiet: bool, json_form: str
) -> int:
    """Open the pull requests that are due by `published` and `rollout.max_open`.

    First it looks what people decided on those that wait. On GitHub each is a draft, and with
    several repositories each is published to where its own remote `origin` is. A target whose files
    have changed since it was gated is stale, and not published; nor is one whose files another
    campaign's pull request has in hand. Published again, the same result changes nothing, and a new
    one takes the place of the old in the same pull request. --json prints {"campaign", "targets":
    [{"target", "name", "step", "number", "url", "why"}]}. Exit code 0 unless one was refused.
    """
    from bot.campaigns.publishing import publish_all  # noqa: PLC0415 - keeps --help fast
    from bot.campaigns.publishing_room import opened_room  # noqa: PLC0415
    from bot.wiring import opened_journal  # noqa: PLC0415

    console = Console(json_form, quiet)
    given = options.given(state=state, forge__kind=forge)
    done = []
    with opened_journal(given) as journal:
        key = key_of(campaign, journal)
        with journal.traces.campaign(key, journal), opened_room(key, journal, given) as room:
            for one in publish_all(room):
                done.append(one)
                where = f"pull request {one.number}: {one.url}" if one.number else one.why
                console.say(f"{one.target}  {one.step:<9}  {one_line(where)}")
    if not done:
        console.say("nothing is due: no target passed, or `published` says none of them")
    console.document({"campaign": key, "targets": done})
    return 1 if any(one.step == "refused" for one in done) else 0
