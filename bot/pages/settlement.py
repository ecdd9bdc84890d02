"""The one progress comment of a run: while it works, and in each of its ends."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.console import redacted
from bot.pages.markdown import Markdown, code, escape, render
from workflows.admission import Admission
from workflows.handover import Publication, RunOutcome
from workflows.settle import FinalState, Settlement
from workflows.visible_text import visible

_MOST_TAIL = 4_000
_WORKING = "**Working on it**"
_HEADS: Mapping[FinalState, str] = {
    "proposed": "Proposed",
    "answered": "Answered",
    "no-change-needed": "No change needed",
    "gates-failed": "Gates failed",
    "question": "One question",
    "over-budget": "Over budget",
    "cancelled": "Cancelled",
    "stale-base": "Stale base",
    "our-fault": "Our fault",
}


@dataclass(frozen=True, slots=True)
class Links:
    """Where people find more. ``run`` is the workflow run's page, ``server`` the forge's own."""

    run: str
    server: str = ""


def working_text(admission: Admission, links: Links) -> str:
    """Return what the progress comment says from the start."""
    asked = escape(_asked(admission))
    head = (
        f"{_WORKING} ({asked}). [What is happening now]({_address(links.run)}); this comment"
        " will say how it ended."
    )
    if admission.earlier_sha256:
        head += " It goes on where this run was stopped before."
    return redacted(f"{head}\n\n{_last_line(admission.run, None, links)}\n")


def _asked(admission: Admission) -> str:
    """Return whose words or which red check began it; a check's name is a stranger's."""
    check = admission.follow_up.check if admission.follow_up else ""
    return f"repairing the red check {check!r}" if check else f"asked for by {admission.sender}"


def is_working(body: str) -> bool:
    """Whether ``body``, a comment of ours, still says what `working_text` does."""
    return body.startswith(_WORKING)


def declined_text(why: str) -> str:
    """Return the answer to somebody whose words start no run."""
    return redacted(f"**Not started.** {escape(why)}\n")


def settled_text(
    settlement: Settlement,
    outcome: RunOutcome | None,
    publication: Publication | None,
    links: Links,
    admission: Admission | None = None,
) -> str:
    """Return what the progress comment says in the end; strangers' words are inert in it."""
    values = {
        "state": settlement.state,
        "head": _head(settlement, admission),
        "check": escape(admission.follow_up.check) if admission and admission.follow_up else "",
        "why": _prose(settlement.why),
        "tail": fenced(settlement.tail) if settlement.tail else "",
        "starts_again": settlement.starts_again,
        "publication": publication,
        "request": _request(publication),
        "threads": _threads(publication),
        "branch": code(publication.branch) if publication and publication.branch else "",
        "label": code(admission.label) if admission and admission.label else "",
        "details": Markdown(_address(links.run)),
        "last_line": Markdown(_last_line(admission.run if admission else "", outcome, links)),
    }
    return redacted(render("settlement.md.j2", values))


def _head(settlement: Settlement, admission: Admission | None) -> str:
    is_revision = admission is not None and admission.follow_up is not None
    return "Revised" if is_revision and settlement.state == "proposed" else _HEADS[settlement.state]


def fenced(text: str) -> Markdown:
    """Return the end of a program's output as a block of code that it cannot leave."""
    whole = "\n".join(visible(line) for line in text.strip("\n").splitlines())
    shown = whole[-_MOST_TAIL:]
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall(r"`+", shown)), 3)
    cut = "" if shown == whole else "_(its end)_\n\n"
    return Markdown(f"{cut}{fence}text\n{shown}\n{fence}")


def _prose(text: str) -> Markdown:
    lines = [escape(line) for line in text[:1_500].splitlines() if line.strip()]
    return Markdown("\n> ".join(lines) or "No reason was given.")


def _request(publication: Publication | None) -> Markdown:
    """Return the draft as a link; its number is ours, and refers to it on purpose."""
    if publication is None or not publication.number:
        return Markdown()
    return Markdown(f"[draft pull request #{publication.number}]({_address(publication.url)})")


def _threads(publication: Publication | None) -> str:
    """Return how many threads of a review have their change or answer, as a sentence, or ""."""
    if publication is None or not publication.threads:
        return ""
    answered, threads = publication.answered, publication.threads
    have = "thread has its" if threads == 1 else "threads have their"
    told = f"{answered} of {threads} open {have} change or answer."
    return told if answered == threads else f"{told} {publication.why}".strip()


def _address(url: str) -> str:
    """Return an address as the end of a link takes it; anything else leads nowhere."""
    return url if re.fullmatch(r"https?://[A-Za-z0-9._~:/?#@!$&'*+,;=%\[\]-]{1,500}", url) else "#"


def _last_line(run: str, outcome: RunOutcome | None, links: Links) -> str:
    parts = [f"Run {code(run)}"] if run else []
    if outcome is not None:
        parts.append(f"${outcome.usd:.4f}, {outcome.tokens:,} tokens")
    parts.append(f"[its steps]({_address(links.run)})")
    return f"<sub>{' · '.join(parts)}</sub>"
