"""``changewright propose``: one task to one bundle."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.commands import options
from bot.commands.outcome import resumable, tell_outcome, tell_warnings
from bot.console import Console, one_line

if TYPE_CHECKING:
    from bot.wiring import Bench
    from workflows.task import Task


@click.command()
@options.repo
@options.base
@options.issue_file
@options.task
@options.kind
@options.profile
@options.model
@click.option("--max-attempts", type=int, help="How often gates may send it back (default: 3).")
@click.option("--candidates", type=int, help="How many first tries gates choose from (default: 1).")
@click.option("--max-usd", type=float, help="Most the model may cost, in US dollars (default: 2).")
@click.option("--max-tokens", type=int, help="Most tokens, in and out (default: 400000).")
@click.option("--max-turns", type=int, help="Most replies of the model (default: 24).")
@click.option("--max-requests", type=int, help="Most requests, refused ones too (default: no cap).")
@click.option("--wall-minutes", type=float, help="Most minutes (default: 30).")
@click.option(
    "--revise",
    type=click.IntRange(min=1),
    metavar="N",
    help="Answer the review of pull request N.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Copy the bundle to this file.")
@options.unsafe
@options.state
@options.quiet
@options.verbose
@options.json()
def propose(repo: Path, base: str, **given: Any) -> int:  # noqa: ANN401 - click checked them
    """Work on a task until its gates pass, and write a bundle.

    The task comes from --issue-file or --task (or, with --revise, from a review), the code from
    --repo at --base. Nothing is pushed: `changewright publish BUNDLE` does that. --json prints
    {"run", "state", "verdict", "why", "attempts", "bundle"}.

    A run of the same task on the same base that was cut off by a crash is gone on with.
    """
    from bot.commands.report_files import write_report  # noqa: PLC0415 - keeps --help fast
    from bot.execution import begin_revision, begin_task  # noqa: PLC0415
    from bot.progress import Progress  # noqa: PLC0415
    from bot.wiring import open_bench  # noqa: PLC0415
    from workflows.workshop import Watch  # noqa: PLC0415

    console = Console(given["json_form"], given["quiet"])
    out: Path | None = given["out"]
    task = _asked(repo, base, given)
    where = options.again(repo, given["state"])
    told = {
        "command": "propose",
        "model": options.spelled_out(given["model"]),
        "unsafe": given["unsafe_no_sandbox"],
    } | options.given(profile=given["profile"])
    with open_bench(repo, base, _settings(given), unsafe=given["unsafe_no_sandbox"]) as bench:
        tell_warnings(bench.settings, console)
        _say_dirty(bench, console)
        _say_token(bench, console)
        with (
            Progress(quiet=console.quiet) as progress,
            resumable(progress.entry, where, console) as observe,
        ):
            watch = Watch(observe, progress.words)
            outcome = (
                begin_task(task, bench, told, watch)
                if task
                else begin_revision(given["revise"], bench, told, watch)
            )
        if outcome.state == "proposed" and out is not None:
            write_report(out, repo, Path(outcome.bundle).read_bytes())
            outcome = replace(outcome, bundle=str(out))
    tell_outcome(outcome, where, console, revises=bool(given["revise"]))
    return 0 if outcome.state == "proposed" else 1


def _asked(repo: Path, base: str, given: Mapping[str, Any]) -> "Task | None":
    """Return the task, None for a revision; refuse now what would only be found out at the end."""
    from bot.commands.report_files import check_writable  # noqa: PLC0415 - keeps --help fast
    from bot.issue_file import task_of  # noqa: PLC0415

    if given["out"] is not None:
        check_writable(given["out"], repo)
    if given["revise"] is None:
        return task_of(given["issue_file"], given["task"], os.path.realpath(repo), base)
    if given["task"] is not None or given["issue_file"] is not None:
        raise click.UsageError(
            "--revise has its task from the review; leave --task and --issue-file out"
        )
    return None


def _settings(given: dict[str, Any]) -> dict[str, object]:
    return options.given(
        state=given["state"],
        model=options.spelled_out(given["model"]),
        max_attempts=given["max_attempts"],
        candidates=given["candidates"],
        kind=given["kind"],
        scope__profile=given["profile"],
        budget__run_usd=given["max_usd"],
        budget__max_tokens=given["max_tokens"],
        budget__max_turns=given["max_turns"],
        budget__max_requests=given["max_requests"],
        budget__wall_minutes=given["wall_minutes"],
    )


def _say_token(bench: "Bench", console: Console) -> None:
    if bench.settings.forge_token_is_set:
        console.note(
            "note: there is a token for a forge in this environment; nothing here reads it or hands"
            " it on. Better start `propose` without it: `publish` alone needs one"
        )


def _say_dirty(bench: "Bench", console: Console) -> None:
    from validators.checkout import left_out, uncommitted  # noqa: PLC0415

    clone = bench.clone
    count = uncommitted(clone, clone.repository)
    for line in left_out(clone):
        console.note(one_line(f"note: {line}"))
    if count:
        console.note(
            f"note: {count} uncommitted changes in {clone.repository} are left alone;"
            f" the work starts from commit {clone.base_commit[:12]}"
        )
