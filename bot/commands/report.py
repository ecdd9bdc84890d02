"""``changewright report``: one run as a page that a person opens in a browser."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.commands import options
from bot.console import Console

if TYPE_CHECKING:
    from workflows.proposal import Bundle


@click.command()
@click.argument("run", type=options.WORDS)
@click.option(
    "--out",
    metavar="FILE",
    help="Where to (default: RUN.html here; - for standard output).",
)
@options.state
@options.json()
def report(run: str, out: str | None, state: Path | None, json_form: str) -> None:
    """Write one run as one HTML page that needs no network.

    It shows task, verdict, diff, gates, attempts, scope, cost and how to check; it is made of the
    journal, and of the run's bundle where that is still there. Also for runs that failed, were
    stopped or are running. --json prints {"run", "state", "path", "bytes"}.
    """
    from bot.bundle_files import found_bundle  # noqa: PLC0415 - keeps --help fast
    from bot.commands.report_files import check_writable, write_report  # noqa: PLC0415 - the same
    from bot.pages.run_page import run_page  # noqa: PLC0415 - the same
    from bot.wiring import opened_journal, state_folder  # noqa: PLC0415 - the same
    from workflows.run_record import require_run  # noqa: PLC0415 - the same
    from workflows.run_story import story_of  # noqa: PLC0415 - the same

    if out == "-" and json_form:
        raise click.UsageError(
            "--out - and --json both want standard output; leave one of them out"
        )
    console, told = Console(json_form), options.given(state=state)
    place = Path(f"{require_run(run)}.html" if out is None else out)
    if out != "-":
        check_writable(place)
    with opened_journal(told) as journal:
        story = story_of(run, journal)
    written = story.bundles[-1]["path"] if story.bundles else ""
    path = found_bundle(state_folder(told), written)
    page = run_page(story, _bundle(path, console), path)
    if out == "-":
        click.echo(page, nl=False)
        return
    write_report(place, None, page)
    content = len(page.encode())
    console.say(f"{place}: run {run}, {story.summary.state}, {content / 1024:.0f} KiB")
    console.document(
        {"run": run, "state": story.summary.state, "path": str(place), "bytes": content}
    )


def _bundle(path: str, console: Console) -> "Bundle | None":
    """Return the run's bundle; one that cannot be read is said, and keeps nobody from the rest."""
    from bot.bundle_files import read_bundle  # noqa: PLC0415 - keeps --help fast
    from workflows.proposal import BundleRefusal  # noqa: PLC0415 - the same

    try:
        return read_bundle(Path(path))[0] if path else None
    except BundleRefusal as refusal:
        console.note(f"without its bundle: {refusal}")
        return None
