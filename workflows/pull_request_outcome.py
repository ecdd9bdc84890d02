"""What became of a pull request of ours, as the repository shows it: the nouns of outcomes."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from workflows.review import RejectionKind

OutcomeState = Literal[
    "pending",  # open, and waiting for a person
    "accepted",  # merged, wherever that was done
    "rejected",  # closed unmerged
    "superseded",  # closed unmerged and unsaid why, and a later one answers the same task
]
# How long after a merge a revert counts, and after another end an answer, or one more beginning.
REVERT_DAYS = 14
REASON_DAYS = 30
MOST_PATHS = 40


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What people did to the lines of ours after us, as far as the trees tell.

    ``lines`` we changed, of which people changed ``edited`` again; ``files`` are those they changed
    besides, and ``commits`` those they made on the branch. ``reverted`` is when all of ours was
    taken back on the base branch, or "". ``edited_paths`` are where they corrected us.
    """

    lines: int
    edited: int
    files: int = 0
    commits: int = 0
    reverted: str = ""
    edited_paths: tuple[str, ...] = ()

    @property
    def is_zero_touch(self) -> bool:
        """Whether what was merged is what we proposed, and all of it."""
        return not (self.edited or self.files or self.commits)

    @property
    def distance(self) -> float:
        """The share of our lines that people changed again, at most 1."""
        return min(1.0, self.edited / self.lines) if self.lines else 0.0


@dataclass(frozen=True, slots=True)
class PullRequestOutcome:
    """One pull request as it stood when it was looked at; times are UTC ISO 8601, or "".

    ``task`` is the task's key, ``reviewed`` when the first review came, ``rounds`` how often
    changes were asked for, ``paths`` at most 40 of the ``files`` that it changes by ``lines``.
    ``reason`` is why it was rejected, where somebody said so. ``aftermath`` is None where it is not
    merged or the trees are gone.
    """

    number: int
    task: str
    state: OutcomeState
    opened: str
    reviewed: str = ""
    ended: str = ""
    rounds: int = 0
    files: int = 0
    lines: int = 0
    paths: tuple[str, ...] = ()
    reason: RejectionKind | Literal[""] = ""
    aftermath: Aftermath | None = None

    def is_settled(self, now_iso: str) -> bool:
        """Whether nothing about it can change any more that is counted."""
        if self.state == "pending" or not self.ended:
            return self.state == "superseded"
        # What was closed may be opened again, or merged by hand all the same.
        days = REVERT_DAYS if self.state == "accepted" else REASON_DAYS
        return now_iso > days_after(self.ended, days)


def days_after(at_iso: str, days: int) -> str:
    """Return the moment ``days`` after another, in the form in which moments are compared."""
    return _form(moment(at_iso) + timedelta(days=days))


def utc(at_iso: str) -> str:
    """Return a moment as UTC to the second, so that two of them compare as texts."""
    return _form(moment(at_iso)) if at_iso else ""


def moment(at_iso: str) -> datetime:
    """Return a moment that somebody wrote; without a zone it is UTC."""
    found = datetime.fromisoformat(at_iso)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _form(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
