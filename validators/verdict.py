"""What the machine says about a patch: findings, and one of seven words.

Every part of the system that judges (policy, gates, the landing of edits) speaks in findings, and
every part that shows (prompts, pages, exit codes) reads them. Nothing else carries a judgement.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

VerdictWord = Literal[
    "pass",  # every required gate ran, agreed with its report, and nothing new is wrong
    "fail",  # the patch made something worse, or broke a rule
    "flaky",  # what failed also fails, now and then, without the patch
    "no-evidence",  # exit code, report and test ids do not agree: nothing may be concluded
    "infrastructure",  # the harness, not the patch, is in trouble
    "cancelled",  # a person or a signal stopped it
    "budget",  # the money, the tokens, the turns or the minutes are spent
]

Severity = Literal[
    "block",  # the patch may not be shown as good
    "ask",  # a person must decide; stands on top of the pull request
    "warn",  # worth reading
    "note",  # for completeness
]

# The order in which one bad word hides another when several gates are summed up.
_GRAVITY: tuple[VerdictWord, ...] = (
    "cancelled",
    "budget",
    "infrastructure",
    "no-evidence",
    "fail",
    "flaky",
    "pass",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing somebody should know, with where it is and what mends it.

    ``gate`` is the judge's name (``policy``, ``tests``...), ``code`` a stable kebab-case word for
    the kind of trouble. ``path`` is relative to the tree (empty: the whole change) and ``line``
    counts from 1 (0: the whole file). ``fix`` is one sentence, or empty.
    """

    gate: str
    code: str
    severity: Severity
    message: str
    path: str = ""
    line: int = 0
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One word and the findings it rests on."""

    word: VerdictWord
    findings: tuple[Finding, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the patch may be shown as one that passed."""
        return self.word == "pass"

    @property
    def may_be_shown(self) -> bool:
        """Whether a person may be asked: nothing is wrong but what flips on the base as well."""
        return self.word in {"pass", "flaky"}

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """The findings that alone would keep the patch from passing."""
        return tuple(finding for finding in self.findings if finding.severity == "block")


def gravest(words: Iterable[VerdictWord]) -> VerdictWord:
    """Return the word that counts when several judges spoke; no judge at all is no evidence."""
    spoken = set(words)
    return next((word for word in _GRAVITY if word in spoken), "no-evidence")
