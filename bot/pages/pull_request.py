"""The title and body of a pull request, rendered from the proposal and its evidence alone."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from bot.pages.markdown import Markdown, code, render
from validators.checkout import LineCount
from validators.evidence import Evidence, GateRecord, Side
from workflows.prompts import visible
from workflows.proposal import Attempt, Proposal

# GitHub refuses bodies over 65,536 characters and titles over 256.
MAX_BODY = 60_000
MAX_TITLE = 120
_ROWS = 25
_TESTS = 20


@dataclass(frozen=True, slots=True)
class PullRequestText:
    """What the forge is given; both already inert, both under the forge's limits."""

    title: str
    body: str


def pull_request_text(
    proposal: Proposal,
    evidence: Evidence,
    changed: Sequence[LineCount],
    title_prefix: str = "",
) -> PullRequestText:
    """Return the text a reviewer reads; rows over the limit are counted, not shown."""
    read = [line for line in proposal.scope if line.kind != "map"]
    for rows in (_ROWS, 10, 3):
        body = render(
            "pull_request.md.j2",
            {
                "proposal": proposal,
                "task": proposal.task,
                "last": proposal.attempts[-1],
                "evidence": evidence,
                "changed": changed[:rows],
                "changed_left_out": len(changed) - rows,
                "scope": read[:rows],
                "scope_left_out": len(read) - rows,
                "mapped": len(proposal.scope) - len(read),
                "asks": [f for f in evidence.findings if f.severity == "ask"][:rows],
                "side": side_text,
                "tests": tests_text,
                "cost": cost_text,
                "command": command_text,
                "branch": Markdown(proposal.task.branch),
            },
        )
        if len(body) <= MAX_BODY:
            break
    return PullRequestText(_title(title_prefix, proposal), body[:MAX_BODY])


def side_text(side: Side | None) -> str:
    """Return how one gate ended on one tree, in a few words."""
    if side is None:
        return "not run"
    if side.ended not in {"ok", "failed"}:
        return side.ended
    if side.report == "ruff":
        return "no findings" if side.exit_code == 0 else "has findings"
    if not side.outcomes:
        return "exit 0" if side.exit_code == 0 else f"exit {side.exit_code}"
    failed = side.count("failed", "error")
    words = f"{side.count('passed')} passed"
    return f"{words}, {failed} failed" if failed else words


def tests_text(record: GateRecord) -> Markdown:
    """Return the tests that changed sides, as list items of a Markdown list."""
    groups = (
        ("red on base, green with this change", record.fail_to_pass),
        ("green on base, red with this change", record.pass_to_fail),
        ("gone", record.missing),
    )
    items = []
    for words, tests in groups:
        items += [f"- {words}: {code(test)}" for test in tests[:_TESTS]]
        if len(tests) > _TESTS:
            items.append(f"- {words}: {len(tests) - _TESTS} more")
    return Markdown("\n".join(items))


def cost_text(attempts: Sequence[Attempt]) -> str:
    """Return what the model cost; the price is only said where it is known."""
    tokens = sum(attempt.tokens for attempt in attempts)
    replies = sum(attempt.replies for attempt in attempts)
    prices = [attempt.usd for attempt in attempts]
    known = [price for price in prices if price is not None]
    usd = f"${sum(known):.4f}" if len(known) == len(prices) else "price unknown"
    return f"{usd}, {tokens:,} tokens, {replies} model replies"


def command_text(argv: Sequence[str]) -> str:
    """Return an argv as one line for a person; never run as such."""
    return shlex.join(argv)


def _title(prefix: str, proposal: Proposal) -> str:
    flat = " ".join(visible(f"{prefix}{proposal.task.title}").split())
    # A title is plain text on GitHub: only mentions and references act in it.
    inert = flat.replace("@", "@\u200b").replace("#", "#\u200b")
    return inert if len(inert) <= MAX_TITLE else inert[: MAX_TITLE - 1] + "…"
