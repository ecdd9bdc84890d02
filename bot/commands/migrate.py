"""``changewright migrate``: one command over many files, one proposal per shard."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.commands import options
from bot.console import Console

if TYPE_CHECKING:
    from workflows.campaign import TargetResult
    from workflows.migrate import ShardBy


@click.command()
@options.repo
@options.base
@click.option(
    "--rule",
    required=True,
    metavar="CMD",
    help="The command, run in the sandbox with the files appended, e.g. 'ruff check --fix'.",
)
@click.option(
    "--on",
    "patterns",
    required=True,
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
@options.json()
def migrate(
    repo: Path,
    base: str,
    rule: str,
    patterns: tuple[str, ...],
    shard: "ShardBy",
    state: Path | None,
    *,
    unsafe_no_sandbox: bool,
    quiet: bool,
    json_form: str,
) -> int:
    """Run one command over many files in the sandbox, gate the result, write a bundle per shard.

    A shard that fails never stops the rest. Nothing is published. --json prints {"campaign",
    "targets": [{"target", "state", "run", "bundle", "cause", "files_changed"}]}. Exit code 0 when
    at least one shard is proposed and none failed.
    """
    from bot.progress import Progress  # noqa: PLC0415 - imports below keep --help fast
    from bot.wiring import engine_of, open_bench  # noqa: PLC0415
    from bot.workshop import migration_bench  # noqa: PLC0415
    from workflows.migrate import plan, run_target  # noqa: PLC0415
    from workflows.ports import EngineLimits  # noqa: PLC0415
    from workflows.workshop import Watch  # noqa: PLC0415

    console = Console(json_form, quiet)
    with (
        open_bench(repo, base, options.given(state=state), unsafe=unsafe_no_sandbox) as bench,
        Progress(quiet=quiet) as progress,
    ):
        work = migration_bench(bench, Watch(progress.entry))
        campaign = plan(_words(rule), patterns, work.workshop, shard)
        results = list(
            engine_of(bench).execute(
                campaign,
                lambda one, target, _: run_target(one, target, bench.new_run(), work),
                EngineLimits(workers=1),
            )
        )
    for result in sorted(results, key=lambda one: one.target):
        console.say(_line(result, options.again(repo, state)))
    console.document({"campaign": campaign, "targets": results})
    states = {result.state for result in results}
    return 0 if "gated" in states and "failed" not in states else 1


def _words(rule: str) -> list[str]:
    try:
        return shlex.split(rule)
    except ValueError as error:
        raise click.UsageError(f"--rule: {error}") from error


def _line(result: "TargetResult", where: str) -> str:
    line = f"{result.target}  {result.state:<9} {result.files_changed} files"
    if result.bundle:
        return f"{line}  changewright publish {shlex.quote(result.bundle)} {where}"
    return f"{line}  {result.cause}" if result.cause else line
