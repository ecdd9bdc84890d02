"""``changewright migrate sample``, ``sweep`` and ``work``: the targets of a campaign worked on."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.commands import options
from bot.console import Console

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.campaigns.yard import Ground

workers_option = click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="How many targets at once, each in a process of its own.",
)


def _working(command: "Callable[..., int]") -> "Callable[..., int]":
    """Give a command what both that begin a campaign take; its file comes last of its words."""
    shared = (
        click.argument("file", type=click.Path(path_type=Path), default=Path("campaign.yml")),
        *(options.repo, options.base, options.model, workers_option, options.unsafe),
        *(options.state, options.quiet, options.verbose, options.json()),
    )
    for option in reversed(shared):
        command = option(command)
    return command


@click.command()
@click.argument("count", type=click.IntRange(1, 100_000), metavar="N")
@_working
def sample(count: int, **given: Any) -> int:  # noqa: ANN401 - click checked them
    """Work on N targets of every kind there is, and show what they came to.

    The same N every time: some of each folder, kind of file and size. Change the steps and try
    again until the table is good; what the sample came to under the same steps on the same commit
    is not done again, by another sample or by the sweep. Output and exit codes are as with sweep.
    """
    return _sweep(given, count)


@click.command()
@_working
def sweep(**given: Any) -> int:  # noqa: ANN401 - click checked them
    """Work on all targets of a campaign, and show what they came to.

    What is done stays done, and what failed is tried again. A target that fails never stops the
    rest; a spent budget, or a bound of rollout that is reached, always does, and says why (exit
    code 1). Nothing is published. Workers share the state folder: `migrate work` adds one from
    another terminal. --json prints what `migrate status --json` does. Exit code 0 when no target
    failed.
    """
    return _sweep(given, None)


@click.command()
@click.argument("key", type=options.WORDS)
@options.model
@workers_option
@options.unsafe
@options.state
@options.quiet
@options.verbose
def work(
    key: str,
    model: str | None,
    workers: int,
    state: Path | None,
    *,
    unsafe_no_sandbox: bool,
    quiet: bool,
) -> int:
    """Be one more worker of the campaign KEY, which another process began.

    It takes targets that nobody works on, and those whose worker died; it ends when there are none.
    At most --workers targets of the campaign are worked on at once, whoever does.
    """
    from bot.campaigns.crew import work as be_worker  # noqa: PLC0415 - keeps --help fast
    from bot.progress import Progress  # noqa: PLC0415
    from workflows.workshop import Watch  # noqa: PLC0415

    ground = _ground(state, model, unsafe=unsafe_no_sandbox)
    with Progress(quiet=quiet) as progress:
        be_worker(key, ground, workers, Watch(progress.entry))
    return 0


def _sweep(given: "Mapping[str, Any]", count: int | None) -> int:
    """Begin a campaign, or go on with it, and show how it stands in the end."""
    from bot.campaigns.carrying_out import begin, worked  # noqa: PLC0415 - keeps --help fast
    from bot.campaigns.document import read_campaign  # noqa: PLC0415
    from bot.pages.campaign import status_text  # noqa: PLC0415
    from workflows.progress_report import report_of  # noqa: PLC0415

    ground = _ground(given["state"], given["model"], unsafe=given["unsafe_no_sandbox"])
    console = Console(given["json_form"], given["quiet"])
    spec = read_campaign(given["file"])
    key = begin(spec, (given["repo"], given["base"]), ground, console, count)
    try:
        board = worked(key, ground, console, given["workers"])
    except KeyboardInterrupt:
        console.note("go on with it: the same command again; targets that are done stay done")
        raise
    report = report_of(board)
    console.say(status_text(report))
    console.document(report)
    failed = any(outcome.state == "failed" for outcome in report.outcomes)
    return 0 if report.phase == "done" and not failed else 1


def _ground(state: Path | None, model: str | None, *, unsafe: bool) -> "Ground":
    from bot.campaigns.yard import Ground  # noqa: PLC0415 - keeps --help fast

    return Ground(options.given(state=state, model=options.spelled_out(model)), unsafe)
