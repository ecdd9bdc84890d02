"""The title and body of a pull request, rendered from the proposal and its evidence alone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.pages.gate_section import gate_section
from bot.pages.markdown import Markdown, render
from validators.checkout import LineCount
from validators.evidence import Evidence
from validators.evidence_statement import statement_of
from workflows.branching import branch_of
from workflows.hosted import Circumstances
from workflows.proposal import Proposal
from workflows.visible_text import visible

# GitHub refuses bodies over 65,536 characters and titles over 256.
MAX_BODY = 60_000
MAX_TITLE = 120
# How much is shown: rows of each table, tests of each kind for a gate, characters of prose. The
# next is tried when all of that is too long; the last always fits, since every value is cut.
_BOUNDS = ((25, 20, 4_000), (10, 10, 2_000), (3, 2, 500))


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
    about: Circumstances | None = None,
) -> PullRequestText:
    """Return the text a reviewer reads; rows over the limit are counted, not shown.

    ``about`` is what its publisher knows; without it the text is an author's.
    """
    about = about or Circumstances(branch_of(proposal.task))
    read = [line for line in proposal.scope if line.kind != "map"]
    given = {line.path for line in read}
    beyond = [line.path for line in changed if line.path not in given] if given else []
    known = (*evidence.findings, *proposal.remarks)
    asks = [finding for finding in known if finding.severity == "ask"]
    verdict = proposal.verdict.word
    sha256 = statement_of(evidence, verdict).sha256  # of megabytes, where there are many tests
    for rows, tests, words in _BOUNDS:
        body = render(
            "pull_request.md.j2",
            {
                "proposal": proposal,
                "task": proposal.task,
                "last": proposal.attempts[-1],
                "gates": gate_section(evidence, verdict, sha256, rows, tests),
                "rows": rows,
                "words": words,
                "changed": changed,
                "scope": read,
                "mapped": len(proposal.scope) - len(read),
                "beyond": beyond,
                "asks": asks,
                "remarks": [one for one in proposal.remarks if one.severity != "ask"],
                "first_line": _first_line,
                "cost": cost_text,
                "lost": lost_text,
                "base": Markdown(evidence.base_commit[:12]),
                "about": about,
                "branch": Markdown(about.branch),
                "closes": Markdown(about.closes if about.closes.isdecimal() else ""),
                "bundle": Markdown(f"{proposal.run}.json"),
            },
        )
        if len(body) <= MAX_BODY:
            break
    return PullRequestText(_title(title_prefix, proposal), body)


def cost_text(proposal: Proposal) -> Markdown:
    """Return what the model cost; the price is only said where it is known."""
    attempts = proposal.attempts
    tokens = sum(attempt.tokens for attempt in attempts)
    replies = sum(attempt.replies for attempt in attempts)
    prices = [attempt.usd for attempt in attempts]
    known = [price for price in prices if price is not None]
    usd = _usd(sum(known) if len(known) == len(prices) else None)
    said = "1 model reply" if replies == 1 else f"{replies} model replies"
    rate = proposal.cache_hit_rate
    cached = "" if rate is None else f"; {rate:.0%} of what was sent was read from the cache"
    opinion = f"{_usd(proposal.opinion_usd)}, {proposal.opinion_tokens:,} tokens"
    judged = f". Second opinions beside that: {opinion}" if proposal.opinion_tokens else ""
    return Markdown(f"{usd}, {tokens:,} tokens, {said}{cached}{judged}")


def _usd(price: float | None) -> str:
    return "price unknown" if price is None else f"${price:.4f}"


def lost_text(proposal: Proposal) -> Markdown:
    """Return what may have been paid beside the attempts, for replies nobody could keep."""
    words = (
        "1 more reply" if proposal.lost_replies == 1 else f"{proposal.lost_replies} more replies"
    )
    return Markdown(
        "The model's answer did not come to its end (the program was killed, or the line broke):"
        f" {words} may have been paid for, at most ${proposal.lost_usd:.4f}."
    )


def _first_line(text: str) -> str:
    return next(iter(text.strip().splitlines()), "")


def _title(prefix: str, proposal: Proposal) -> str:
    given = f"{prefix}{proposal.task.title[:MAX_BODY]}".encode("utf-8", "backslashreplace")
    flat = " ".join(visible(given.decode("utf-8")).split())
    # A title is plain text on GitHub: only mentions and references act in it, and what closes an
    # issue does so from the message of a squashed commit, too.
    inert = re.sub(r"[@#]|gh-(?=\d)|:(?=//)", "\\g<0>\u200b", flat, flags=re.IGNORECASE)
    return inert if len(inert) <= MAX_TITLE else inert[: MAX_TITLE - 1] + "…"
