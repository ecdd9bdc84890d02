"""``changewright review collect``: what became of our pull requests is written down."""

from pathlib import Path

import click

from bot.commands import options
from bot.console import Console


@click.command()
@options.forge
@options.repo
@options.state
@options.json()
def collect(forge: str | None, repo: Path, state: Path | None, json_form: str) -> int:
    """Look up what became of our pull requests, and write it down; for a scheduled job.

    What counts is the state of the repository: merged, closed, edited by people, reverted within 14
    days. On GitHub who closed one unmerged is asked why, once, by a comment with boxes to tick, and
    what was found goes to the branch changewright/journal. Doing it again adds only what is new.
    --json prints {"collected": [{"run", "number", "outcome", "trouble", "is_asked"}]}. Exit code 1
    when one could not be looked at.
    """
    from bot.memory import collect_new, open_memory  # noqa: PLC0415 - imports here keep --help fast
    from bot.pages.outcomes import outcome_line  # noqa: PLC0415

    console = Console(json_form)
    with open_memory(repo, options.given(state=state, forge__kind=forge)) as memory:
        found = collect_new(memory)
    where = options.again(repo, state)
    for one in found:
        console.say(outcome_line(one))
        outcome = one.outcome
        if outcome and outcome.state == "rejected" and not (outcome.reason or memory.tracker):
            told = f"changewright review reject {one.number} --reason KIND {where}"
            console.say(f"say why with: {told}")
    if not found:
        console.say("nothing is new")
    console.document({"collected": found})
    return 1 if any(one.trouble for one in found) else 0
