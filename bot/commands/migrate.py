"""``changewright migrate``: one command over many files, one proposal per shard."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.commands import options
from bot.commands.outcome import tell_warnings
from bot.console import Console

if TYPE_CHECKING:
    from workflows.campaign import TargetResult
    from workflows.campaign_plan import ShardBy


@click.command()
@options.repo
@options.base
@click.option(
    "--rule",
    type=options.WORDS,
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
@options.verbose
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

    A shard that fails never stops the rest. Nothing is published. Started again, the same migration
    goes on: shards that are done stay done, those that failed are tried again. --json prints
    {"campaign", "targets": [{"target", "state", "run", "bundle", "cause", "files_changed"}]}. Exit
    code 0 when at least one shard is proposed and none failed.
    """
    told = {
        "command": "migrate",
        "rule": _words(rule),
        "on": list(patterns),
        "shard": shard,
        "unsafe": unsafe_no_sandbox,
    }
    return work_off(told, repo, base, state, Console(json_form, quiet))


def work_off(
    told: Mapping[str, Any], repo: Path, base: str, state: Path | None, console: Console
) -> int:
    """Carry out the campaign that ``told`` describes, from where it is, and tell its results."""
    from bot.execution import carry_out  # noqa: PLC0415 - imports below keep --help fast
    from bot.progress import Progress  # noqa: PLC0415
    from bot.wiring import open_bench  # noqa: PLC0415
    from workflows.workshop import Watch  # noqa: PLC0415

    with (
        open_bench(repo, base, options.given(state=state), unsafe=told["unsafe"]) as bench,
        Progress(quiet=console.quiet) as progress,
    ):
        tell_warnings(bench.settings, console)
        try:
            campaign, results = carry_out(bench, told, Watch(progress.entry))
        except KeyboardInterrupt:
            console.note("go on with it: the same command again; shards that are done stay done")
            raise
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
