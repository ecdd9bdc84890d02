"""``changewright migrate``: one change over many files, as a campaign or as a single command."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.commands import options
from bot.commands.migrate_publish import preview, publish
from bot.commands.migrate_sweep import sample, sweep, work
from bot.commands.migrate_watch import cancel, pause, resume, status
from bot.console import Console

if TYPE_CHECKING:
    from bot.campaigns.yard import Ground
    from workflows.campaign import TargetResult
    from workflows.sharding import ShardBy


@click.group(invoke_without_command=True)
@options.repo
@options.base
@click.option(
    "--rule",
    type=options.WORDS,
    metavar="CMD",
    help="The command, run in the sandbox with the files appended, e.g. 'ruff check --fix'.",
)
@click.option(
    "--on",
    "patterns",
    multiple=True,
    metavar="GLOB",
    help="Which files, as in .gitignore, e.g. 'src/**/*.py'; may be given more than once.",
)
@click.option(
    "--shard",
    type=click.Choice(["all", "directory"]),
    default="all",
    show_default=True,
    help="One proposal for all files, or one per folder.",
)
@options.unsafe
@options.state
@options.quiet
@options.verbose
@options.json()
@click.pass_context
def migrate(
    context: click.Context,
    repo: Path,
    base: str,
    rule: str | None,
    patterns: tuple[str, ...],
    shard: "ShardBy",
    state: Path | None,
    *,
    unsafe_no_sandbox: bool,
    quiet: bool,
    json_form: str,
) -> int:
    """Change many files, and write one gated proposal per shard.

    A campaign is written in a file: check it, try it on a sample, look at the preview, sweep, and
    publish. One command alone needs no file: with --rule and --on it is run over the files in the
    sandbox, gated, and a bundle written per shard.

    A shard that fails never stops the rest. Nothing is published but by `publish`. Started again,
    the same migration goes on: shards that are done stay done, those that failed are tried again.
    --json prints {"campaign", "targets": [{"target", "state", "run", "bundle", "cause", "reason",
    "files_changed", "tries"}]}. Exit code 0 when at least one shard is proposed and none failed.
    """
    if context.invoked_subcommand is not None:
        if rule is not None or patterns:
            raise click.UsageError("--rule and --on stand for a campaign's file; give one of them")
        return 0
    if rule is None or not patterns:
        missing = "--rule" if rule is None else "--on"
        raise click.UsageError(f"Missing option '{missing}', or a command such as sweep.")
    from bot.campaigns.carrying_out import begin  # noqa: PLC0415 - keeps --help fast
    from bot.campaigns.yard import Ground  # noqa: PLC0415
    from workflows.campaign import Recipe, Template  # noqa: PLC0415
    from workflows.campaign_plan import CampaignSpec, Selection  # noqa: PLC0415
    from workflows.sharding import Shard  # noqa: PLC0415

    command = _words(rule)
    spec = CampaignSpec(
        "",
        Selection(globs=patterns),
        (Recipe("run", tuple(command)),),
        Template(f"Run {' '.join(command)[:60]}", _body(command, patterns)),
        shard=Shard(shard),
    )
    ground = Ground(options.given(state=state), unsafe_no_sandbox)
    console = Console(json_form, quiet)
    key = begin(spec, (repo, base), ground, console)
    return work_off(key, ground, console, options.again(repo, state))


@migrate.command()
@click.argument("file", type=click.Path(path_type=Path), default=Path("campaign.yml"))
@options.repo
@options.base
@options.state
@options.json()
def check(file: Path, repo: Path, base: str, state: Path | None, json_form: str) -> int:
    """Read a campaign's file and say what it would work on, without doing any of it.

    What is wrong is told with file and line (exit code 2). --json prints {"campaign", "name",
    "steps", "files", "vendored", "targets": [{"name", "repository", "files"}], "warnings"}.
    """
    from bot.campaigns.checking import checked, checked_text  # noqa: PLC0415 - keeps --help fast

    console = Console(json_form)
    found = checked(file, repo, base, options.given(state=state))
    console.say(checked_text(found))
    console.document(found)
    return 0


for _command in (sample, sweep, work, preview, publish, status, pause, resume, cancel):
    migrate.add_command(_command)


def work_off(key: str, ground: "Ground", console: Console, where: str) -> int:
    """Work on the campaign ``key`` in this process, from where it is, and tell its results."""
    from bot.campaigns.carrying_out import worked  # noqa: PLC0415 - keeps --help fast
    from bot.campaigns.opening import results_of  # noqa: PLC0415

    try:
        board = worked(key, ground, console, 1)
    except KeyboardInterrupt:
        console.note("go on with it: the same command again; shards that are done stay done")
        raise
    results = results_of(board, ground.given)
    for result in sorted(results, key=lambda one: one.target):
        console.say(_line(result, where))
    console.document({"campaign": board.campaign, "targets": results})
    states = {result.state for result in results}
    return 0 if "gated" in states and "failed" not in states else 1


def _words(rule: str) -> list[str]:
    try:
        return shlex.split(rule)
    except ValueError as error:
        raise click.UsageError(f"--rule: {error}") from error


def _body(command: Sequence[str], patterns: Sequence[str]) -> str:
    return f"Ran this command over the files matching {' '.join(patterns)}:\n\n    " + " ".join(
        command
    )


def _line(result: "TargetResult", where: str) -> str:
    line = f"{result.target}  {result.state:<9} {result.files_changed} files"
    if result.bundle:
        return f"{line}  changewright publish {shlex.quote(result.bundle)} {where}"
    return f"{line}  {result.cause}" if result.cause else line
