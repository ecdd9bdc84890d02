"""What is said on a forge for us is looked through for secrets, whoever put them there.

A change itself is looked through by its policy; this is about the words around it, into which a
model may have copied what it read.
"""

from collections.abc import Mapping

from scoping.refusal import Refusal
from validators.policies.secrets import text_findings
from validators.verdict import Finding
from workflows.proposal import Proposal


class QuarantineRefusal(Refusal):
    """A text may not leave this machine: which, and what kind of secret it holds in which line."""

    def __init__(self, message: str, findings: tuple[Finding, ...]) -> None:
        super().__init__(message)
        self.findings = findings


def refuse_secrets(proposal: Proposal, title: str, body: str) -> None:
    """Raise QuarantineRefusal where title or body would carry a secret to the forge."""
    texts: Mapping[str, str] = {
        "title of the pull request": title,
        "body of the pull request": body,
        # In the body it is escaped, which may hide its shape.
        "model's own account": proposal.attempts[-1].summary,
        **{f"answer in thread {one.thread}": one.words for one in proposal.answers},
    }
    found = tuple(text_findings(texts))
    if found:
        raise QuarantineRefusal(
            f"run {proposal.run} is not published: {found[0].message}. Look at the run in the"
            " journal; if the secret is real, revoke it",
            found,
        )


def refuse_secret_words(texts: Mapping[str, str]) -> None:
    """Raise QuarantineRefusal where one of ``texts``, known by their names, holds a secret."""
    found = tuple(text_findings(texts))
    if found:
        raise QuarantineRefusal(
            f"nothing is said: {found[0].message}. Look at the run in the journal; if the secret is"
            " real, revoke it",
            found,
        )
