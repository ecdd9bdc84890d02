"""How a run ended, told to the person who started it or took it up."""

import shlex
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.console import Console, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bot.settings import Settings
    from workflows.run import Entry
    from workflows.workshop import Outcome

_FINDINGS_SHOWN = 10


@contextmanager
def resumable(
    observe: "Callable[[Entry], None]", where: str, console: Console
) -> "Iterator[Callable[[Entry], None]]":
    """Yield an ``observe`` that knows the run; when that is interrupted, say how to go on."""
    runs: list[str] = []

    def noted(entry: "Entry") -> None:
        runs.append(entry.run)
        observe(entry)

    try:
        yield noted
    except KeyboardInterrupt:
        if runs:
            console.note(f"go on with it: changewright resume {runs[-1]} {where}")
        raise


def tell_warnings(settings: "Settings", console: Console) -> None:
    """Print what the files asked for and did not get, before the work begins."""
    for warning in settings.warnings:
        console.note(one_line(f"note: {warning}"))


def tell_outcome(
    outcome: "Outcome", where: str, console: Console, *, revises: bool = False
) -> None:
    """Print an outcome and what to do next; ``where`` are the options that find it again.

    Unfinished work that ``revises`` an open pull request has no branch to be kept on.
    """
    console.say(f"run {outcome.run}: {outcome.state}, verdict {outcome.verdict.word}")
    console.say(outcome.why)
    bundle = shlex.quote(outcome.bundle)
    if outcome.state == "proposed":
        console.say(f"publish it with: changewright publish {bundle} {where}")
    else:
        for finding in outcome.verdict.findings[:_FINDINGS_SHOWN]:
            place = f"{finding.path}:{finding.line}" if finding.line else finding.path
            head = f"- [{finding.severity}] {finding.gate}/{finding.code} {place}".rstrip()
            console.say(one_line(head))
            console.say("    " + finding.message.strip().replace("\n", "\n    ")[:2000])
    if outcome.state in {"failed", "cancelled"}:
        console.say(f"go on with it: changewright resume {outcome.run} {where}")
        if outcome.bundle and not revises:
            console.say(
                f"what had landed is in {outcome.bundle}; to keep it on a branch, without a"
            )
            console.say(f"pull request: changewright publish {bundle} {where}")
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
