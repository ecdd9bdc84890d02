"""The job collect: what became of our pull requests goes to the journal's branch."""

from collections.abc import Mapping

from bot.action.report import Summary
from bot.action.surroundings import Surroundings
from bot.memory import collect_new, open_memory
from bot.pages.outcomes import outcome_line


def collect_job(around: Surroundings) -> Mapping[str, str]:
    """Look up what is new and keep it; one that cannot be looked at fails the job, not the rest."""
    summary = Summary(around.summary)
    with open_memory(around.target, {"forge.kind": "github"}) as memory:
        found = collect_new(memory)
    for one in found:
        summary.say(outcome_line(one))
    if not found:
        summary.say("Nothing is new.")
    return {"state": "infrastructure" if any(one.trouble for one in found) else "collected"}
