"""The job gate: anybody's pull request, judged by its base, with nothing to steal in reach."""

import re
from collections.abc import Mapping

from bot.action.report import Summary
from bot.action.surroundings import ActionRefusal, Surroundings
from bot.console import Console
from bot.gate_room import judge_alone
from bot.pages.gates import gate_text
from bot.pages.step_summary import summary_text
from bot.wiring import open_bench
from validators.checkout import resolve_tree

_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


def gate_job(around: Surroundings) -> Mapping[str, str]:
    """Judge the pull request of the event; its verdict is the job's."""
    base, head = (_commit(around, side) for side in ("base", "head"))
    console = Console()
    with open_bench(around.target, base, {"kind": "feature"}, unsafe=False) as bench:
        tree = resolve_tree(bench.clone, head)
        verdict, evidence = judge_alone(bench, tree, console.note)
    console.say(gate_text(verdict, evidence, 100))
    Summary(around.summary).page(summary_text(verdict, evidence))
    return {"state": verdict.word}


def _commit(around: Surroundings, side: str) -> str:
    found = around.event
    for name in ("pull_request", side, "sha"):
        found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, str) or not _COMMIT.fullmatch(found):
        raise ActionRefusal(
            f"the event names no commit for the {side} of a pull request; start the job gate on"
            " pull_request"
        )
    return found
