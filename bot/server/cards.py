"""What an inbox says of each proposal beside its title: what its run came to, and how large it is.

A run that has ended says the same for ever, so what was counted is kept in memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.pages.diff_text import files_of
from bot.server.kept import Kept
from bot.server.presence import Reader
from validators.encoding import EncodingRefusal, decode
from validators.verdict import VerdictWord
from workflows.ports import Journal, JournalRefusal
from workflows.pull_request import PullRequest
from workflows.run import Entry, summarise
from workflows.threads import Thread

_MOST_KEPT = 5_000


@dataclass(frozen=True, slots=True)
class Size:
    """What a change comes to, in files and lines."""

    files: int
    added: int
    removed: int


@dataclass(frozen=True, slots=True)
class RunCard:
    """What a run came to. ``size`` is None where its diff is not kept any more."""

    verdict: VerdictWord | None
    usd: float
    at_least: bool
    size: Size | None


@dataclass(frozen=True, slots=True)
class Card:
    """One pull request as a line of the inbox; ``run`` is None where this journal has no such.

    ``readers`` are who else is at it now.
    """

    pull_request: PullRequest
    run: RunCard | None
    open_threads: int
    readers: tuple[Reader, ...] = ()


class RunCards:
    """Cards of runs by their names; safe for many threads."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._kept: Kept[tuple[str, str], RunCard] = Kept(_MOST_KEPT)

    def of(self, run: str, bundle_sha256: str) -> RunCard | None:
        """Return what a run that wrote a bundle came to; None where nothing can be said."""
        try:
            return self._kept.of((run, bundle_sha256), lambda: self._card(self._journal.read(run)))
        except (ValueError, KeyError):  # unknown here, or written by an older program
            return None

    def _card(self, entries: Sequence[Entry]) -> RunCard:
        summary = summarise(entries)
        names = [one.event.data["diff"] for one in entries if one.event.data.get("diff")]
        size = self._size(str(names[-1])) if names else None
        return RunCard(summary.verdict, summary.usd, summary.at_least, size)

    def _size(self, blob: str) -> Size | None:
        try:
            files = files_of(decode(self._journal.get_blob(blob), str))
        except (JournalRefusal, EncodingRefusal):
            return None
        added, removed = sum(one.added for one in files), sum(one.removed for one in files)
        return Size(len(files), added, removed)


def card_of(pull_request: PullRequest, runs: RunCards, threads: "tuple[Thread, ...]") -> Card:
    """Return one pull request as a line of the inbox."""
    draft = pull_request.draft
    unresolved = sum(not one.resolved for one in threads)
    return Card(pull_request, runs.of(draft.run, draft.bundle_sha256), unresolved)
