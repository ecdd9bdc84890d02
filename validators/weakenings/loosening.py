"""One way in which a change made the checks weaker, before any rule weighs it."""

from dataclasses import dataclass
from typing import Literal

Code = Literal[
    "test-removed",
    "test-skipped",
    "test-focused",
    "test-emptied",
    "tests-unreadable",
    "assertion-removed",
    "tolerance-widened",
    "exception-swallowed",
    "parametrize-cases-removed",
    "retries-added",
    "snapshot-rewritten",
    "settings-loosened",
    "threshold-lowered",
    "suppression-added",
    "failure-hidden",
]


@dataclass(frozen=True, slots=True)
class Loosening:
    """What is weaker, where. ``certain`` is false where a person may well find it right.

    ``test`` is ``path::test`` of a test that was removed.
    """

    code: Code
    message: str
    path: str
    line: int = 0
    certain: bool = True
    test: str = ""
