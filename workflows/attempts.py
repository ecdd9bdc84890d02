"""What one attempt comes to, and which of several is the one to go on with."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from validators.verdict import Finding, Verdict, VerdictWord
from workflows import prompts
from workflows.conversation import Reply
from workflows.edits import Landed
from workflows.plan import Plan
from workflows.proposal import Attempt
from workflows.quoting import Words

# What a step need not do by itself, as long as the last one does.
_FOR_THE_LAST_STEP = frozenset({"no-improvement"})
_BEST_FIRST: tuple[VerdictWord, ...] = (
    "pass", "flaky", "fail", "no-evidence", "budget", "cancelled", "infrastructure",
)  # fmt: skip


def made_of(number: int, model: str, landed: Landed, replies: Sequence[Reply]) -> Attempt:
    """Return an attempt that nothing has judged yet."""
    prices = [reply.usage.usd for reply in replies]
    known = [price for price in prices if price is not None]
    return Attempt(
        number=number,
        verdict=Verdict("cancelled"),
        edits=landed.edits,
        applied_tree=landed.tree,
        summary=landed.prose,
        replies=len(replies),
        tokens=sum(reply.usage.tokens for reply in replies),
        usd=sum(known) if len(known) == len(prices) else None,
        model=model,
    )


def what_did_not_land(landed: Landed) -> Words:
    """Return what is said to a reply that changed nothing."""
    if landed.was_cut_off:
        return prompts.cut_off()
    if not landed.edits:
        return prompts.nothing_found()
    if all(report.landed for report in landed.reports):
        return prompts.nothing_changed()
    return prompts.edits_rejected(landed.reports)


def held_step(verdict: Verdict, plan: Plan) -> bool:
    """Whether the present step of a plan is made: the last one only if a person may be asked."""
    if verdict.may_be_shown:
        return True
    codes = {finding.code for finding in verdict.blocking}
    return plan.left > 1 and verdict.word == "fail" and bool(codes) and codes <= _FOR_THE_LAST_STEP


def the_best(attempts: Sequence[Attempt]) -> int:
    """Return the place of the attempt that gates think most of; of equals the first."""
    return min(range(len(attempts)), key=lambda place: (*_rank(attempts[place]), place))


def last_shown(attempts: Iterable[Attempt]) -> Attempt | None:
    """Return the last attempt of which a person may be asked, or None."""
    return next((one for one in reversed([*attempts]) if one.verdict.may_be_shown), None)


def unfinished_plan(attempt: Attempt, plan: Plan, why: str) -> Attempt:
    """Return the attempt that made the steps so far, with what a person must know of the others."""
    steps = "; ".join(plan.steps[plan.done :])
    message = (
        f"{plan.done} of {len(plan.steps)} steps are made, and each held; these are not: {steps}"
        f" (the last try: {why})"
    )
    found = Finding("propose", "plan-unfinished", "ask", message)
    return replace(
        attempt, verdict=replace(attempt.verdict, findings=(found, *attempt.verdict.findings))
    )


def _rank(attempt: Attempt) -> tuple[int, int, int]:
    findings = attempt.verdict.findings
    asked = sum(finding.severity == "ask" for finding in findings)
    return _BEST_FIRST.index(attempt.verdict.word), len(attempt.verdict.blocking), asked
