"""``changewright propose``: one task to one bundle."""

import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.commands import options
from bot.console import Console, one_line

if TYPE_CHECKING:
    from bot.wiring import Bench
    from workflows.task import Task
    from workflows.workshop import Outcome, Watch

_FINDINGS_SHOWN = 10


@click.command()
@options.repo
@options.base
@options.issue_file
@options.task
@options.model
@click.option("--max-attempts", type=int, help="How often gates may send it back (default: 3).")
@click.option("--max-usd", type=float, help="Most the model may cost, in US dollars (default: 2).")
@click.option("--max-tokens", type=int, help="Most tokens, in and out (default: 400000).")
@click.option("--max-turns", type=int, help="Most replies of the model (default: 24).")
@click.option("--wall-minutes", type=float, help="Most minutes (default: 30).")
@click.option("--revise", type=int, metavar="N", help="Answer the review of pull request N.")
@click.option("--out", type=click.Path(path_type=Path), help="Copy the bundle to this file.")
@options.unsafe
@options.state
@options.quiet
@options.json()
def propose(repo: Path, base: str, **given: Any) -> int:  # noqa: ANN401 - click checked them
    """Work on a task until its gates pass, and write a bundle.

    The task comes from --issue-file or --task (or, with --revise, from a review), the code from
    --repo at --base. Nothing is pushed: `changewright publish BUNDLE` does that. --json prints
    {"run", "state", "verdict", "why", "attempts", "bundle"}.
    """
    from bot.issue_file import task_of  # noqa: PLC0415 - imports below keep --help fast
    from bot.progress import Progress  # noqa: PLC0415
    from bot.wiring import open_bench  # noqa: PLC0415
    from workflows.workshop import Watch  # noqa: PLC0415

    console = Console(given["json_form"], given["quiet"])
    out: Path | None = given["out"]
    if out is not None and not out.absolute().parent.is_dir():
        raise click.UsageError(f"--out {out}: there is no folder {out.absolute().parent}")
    task = (
        None
        if given["revise"]
        else task_of(given["issue_file"], given["task"], str(repo.resolve()), base)
    )
    with open_bench(repo, base, _settings(given), unsafe=given["unsafe_no_sandbox"]) as bench:
        _say_dirty(bench, console)
        with Progress(quiet=console.quiet) as progress:
            outcome = _run(task, bench, given["revise"], Watch(progress.entry))
        if outcome.bundle and out is not None:
            out.write_bytes(Path(outcome.bundle).read_bytes())
            outcome = replace(outcome, bundle=str(out))
    _tell(outcome, options.again(repo, given["state"]), console)
    return 0 if outcome.state == "proposed" else 1


def _run(task: "Task | None", bench: "Bench", revise_number: int, watch: "Watch") -> "Outcome":
    from bot.workshop import earlier_bundle, model_for, workshop  # noqa: PLC0415
    from workflows.propose import propose as work  # noqa: PLC0415
    from workflows.revise import revise  # noqa: PLC0415
    from workflows.workshop import Wishes  # noqa: PLC0415

    run, model, shop = bench.new_run(), model_for(bench), workshop(bench, watch)
    wishes = Wishes(bench.settings.budget, bench.settings.max_attempts)
    if task is not None:
        return work(task, run, model, shop, wishes)
    pull_request = bench.forge.pull_request(revise_number)
    waiting = (pull_request, earlier_bundle(bench, pull_request))
    return revise(waiting, run, model, shop, wishes)


def _settings(given: dict[str, Any]) -> dict[str, object]:
    return options.given(
        state=given["state"],
        model=given["model"],
        max_attempts=given["max_attempts"],
        budget__run_usd=given["max_usd"],
        budget__max_tokens=given["max_tokens"],
        budget__max_turns=given["max_turns"],
        budget__wall_minutes=given["wall_minutes"],
    )


def _say_dirty(bench: "Bench", console: Console) -> None:
    from validators.checkout import uncommitted  # noqa: PLC0415

    clone = bench.clone
    count = uncommitted(clone, clone.repository)
    if count:
        console.note(
            f"note: {count} uncommitted changes in {clone.repository} are left alone;"
            f" the work starts from commit {clone.base_commit[:12]}"
        )


def _tell(outcome: "Outcome", where: str, console: Console) -> None:
    console.say(f"run {outcome.run}: {outcome.state}, verdict {outcome.verdict.word}")
    console.say(outcome.why)
    if outcome.state == "proposed":
        bundle = shlex.quote(outcome.bundle)
        console.say(f"publish it with: changewright publish {bundle} {where}")
    else:
        for finding in outcome.verdict.findings[:_FINDINGS_SHOWN]:
            place = f"{finding.path}:{finding.line}" if finding.line else finding.path
            head = f"- [{finding.severity}] {finding.gate}/{finding.code} {place}".rstrip()
            console.say(one_line(head))
            console.say("    " + finding.message.strip().replace("\n", "\n    ")[:2000])
    console.document(
        {
            "run": outcome.run,
            "state": outcome.state,
            "verdict": outcome.verdict,
            "why": outcome.why,
            "attempts": outcome.attempts,
            "bundle": outcome.bundle,
        }
    )
