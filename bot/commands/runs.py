"""``changewright runs``: what was worked on, newest first."""

from pathlib import Path

import click

from bot.commands import options
from bot.console import Console


@click.command()
@options.state
@click.option("--limit", default=20, show_default=True, help="How many runs; 0 for all.")
@options.json()
def runs(state: Path | None, limit: int, json_form: str) -> None:
    """List runs, newest first, with their state, verdict and cost.

    --json prints {"runs": [{"id", "task", "title", "repository", "state", "verdict", "started",
    "attempts", "usd", "tokens", "bundle", "why"}]}.
    """
    from bot.wiring import opened_journal  # noqa: PLC0415 - keeps --help fast
    from workflows.run import summarise  # noqa: PLC0415

    console = Console(json_form)
    with opened_journal(options.given(state=state)) as journal:
        histories = [journal.read(run) for run in journal.runs(limit)]
    # A campaign that was paused has events of its own and is no run.
    found = [
        summarise(entries)
        for entries in histories
        if any(entry.event.kind == "run.started" for entry in entries)
    ]
    for run in found:
        verdict = run.verdict or "-"
        console.say(
            f"{run.id}  {run.state:<10} {verdict:<14} {run.attempts} attempts"
            f"  ${run.usd:.4f}  {run.title[:60]}"
        )
    if not found:
        console.say("no runs yet; start one with `changewright propose`")
    console.document({"runs": found})
