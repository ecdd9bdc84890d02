"""``changewright runs``: what was worked on, newest first."""

from dataclasses import replace
from itertools import islice
from pathlib import Path

import click

from bot.commands import options
from bot.console import Console, one_line


@click.command()
@options.state
@click.option(
    "--limit",
    type=click.IntRange(0, 1_000_000),
    default=20,
    show_default=True,
    help="How many runs; 0 for all.",
)
@options.json()
def runs(state: Path | None, limit: int, json_form: str) -> None:
    """List runs, newest first, with their state, verdict and cost.

    --json prints {"runs": [{"id", "task", "title", "repository", "state", "verdict", "started",
    "attempts", "usd", "tokens", "bundle", "why", "lost_replies", "at_least", "cache_hit_rate",
    "cache_misses", "opinions", "vetoes"}], "cut_off": [ids]}.
    """
    from bot.bundle_files import found_bundle  # noqa: PLC0415
    from bot.wiring import opened_journal, state_folder  # noqa: PLC0415 - keeps --help fast
    from workflows.run import state_in_words, summarise  # noqa: PLC0415 - keeps --help fast
    from workflows.unfinished import cut_off  # noqa: PLC0415

    console = Console(json_form)
    told = options.given(state=state)
    folder = state_folder(told)
    with opened_journal(told) as journal:
        # What a campaign or one of its targets says of itself is no run.
        begun = (
            entries
            for entries in map(journal.read, journal.runs())
            if any(entry.event.kind == "run.started" for entry in entries)
        )
        found = [summarise(entries) for entries in islice(begun, limit or None)]
        left = tuple(cut_off(journal, [run.id for run in found if run.state == "running"]))
    found = [replace(run, bundle=found_bundle(folder, run.bundle)) for run in found]
    for run in found:
        verdict = run.verdict or "-"
        cached = f"  {run.cache_hit_rate:.0%} cached" if run.cache_hit_rate else ""
        state_word = "cut off" if run.id in left else state_in_words(run.state, run.verdict)
        console.say(
            f"{run.id}  {state_word:<10} {verdict:<14} attempts {run.attempts}"
            f"  {'>=' * run.at_least}${run.usd:.4f}{cached}  {one_line(run.title[:60])}"
        )
    if left:
        console.note(f"finish what was cut off with: changewright resume {left[0]}")
    if not found:
        console.say("no runs yet; start one with `changewright propose`")
    console.document({"runs": found, "cut_off": left})
