"""One try of a target judged by its gates: an attempt, and what of it is told to whom."""

from dataclasses import dataclass

from validators.verdict import Finding, Verdict
from workflows.applying import Made
from workflows.authored_program import AuthoredProgram
from workflows.campaign_cost import cost_of_attempt
from workflows.campaign_streams import AGENT_RUN
from workflows.migration_step import Step
from workflows.proposal import Attempt, EditReport
from workflows.recorder import LEASE_S, Recorder
from workflows.steps import judged, kept_diff, note_attempt
from workflows.workshop import Workshop

NO_MODEL = "none"
# What a step is told of a failed try; a finding's first lines say what went wrong.
_TOLD_FINDINGS, _TOLD_LETTERS = 10, 1_000
_MOST_LEFT_SAID = 40


@dataclass(frozen=True, slots=True)
class Workbench:
    """What a target is worked on with: its repository's workshop, and the campaign's steps.

    ``lease_s`` is when the run of a worker that stands still may be taken over. ``model`` is whom
    steps ask, where one does, and ``program`` what a model wrote for the campaign, if one did.
    Steps that are ``self_contained`` cost nothing and run without the target's environment, which
    then is built only where they changed something.
    """

    workshop: Workshop
    steps: tuple[Step, ...]
    lease_s: float = LEASE_S
    model: str = NO_MODEL
    program: AuthoredProgram | None = None
    self_contained: bool = False


def attempt_of(number: int, tree: str, made: Made, bench: Workbench, recorder: Recorder) -> Attempt:
    """Judge what the steps made, and write it down as the target's attempt of that number."""
    journal, tries = bench.workshop.journal, range(1, made.attempt + 1)
    within = [journal.read(f"{recorder.run}{AGENT_RUN}{one}") for one in tries]
    cost = cost_of_attempt(number, recorder, within)
    verdict, evidence = judged(number, tree, bench.workshop, recorder)
    edits = tuple(EditReport(path, landed=True, how=how) for path, how in made.hows.items())
    attempt = Attempt(
        number,
        verdict,
        edits,
        tree,
        _account(made, bench, asked=cost.replies > 0),
        cost.replies,
        cost.tokens,
        cost.usd,
        evidence,
        bench.model if cost.replies else "",
    )
    note_attempt(attempt, recorder, kept_diff(tree, bench.workshop, recorder))
    return attempt


def _account(made: Made, bench: Workbench, *, asked: bool) -> str:
    """Return how a change was made: by which steps, in whose words, and what it leaves."""
    names = "; ".join(step.name for step in bench.steps)
    by_model = asked or bench.program is not None
    summary = f"Made by these steps{'' if by_model else ', not by a model'}: {names}"
    summary += "".join(f"\n\n{words}" for words in made.said)
    if made.left:
        shown = made.left[:_MOST_LEFT_SAID]
        summary += "\n\nLeft as it was, for a person:\n" + "\n".join(f"- {one}" for one in shown)
        if len(made.left) > len(shown):
            summary += f"\n- and {len(made.left) - len(shown)} more"
    return summary


def told_of(verdict: Verdict) -> str:
    """Return what the steps are told of a try that did not pass."""
    findings = (verdict.blocking or verdict.findings)[:_TOLD_FINDINGS]
    lines = [f"{one.path}: {one.message}"[:_TOLD_LETTERS] for one in findings]
    return "\n".join(lines) or f"verdict {verdict.word}"


def cause_of(verdict: Verdict) -> str:
    """Return why a verdict is no pass, in one line."""
    findings: tuple[Finding, ...] = verdict.blocking or verdict.findings
    first = findings[0].message.strip().partition("\n")[0] if findings else ""
    return f"{verdict.word}: {first}" if first else f"verdict {verdict.word}"
