"""Where a person decides: no clone to work in, no sandbox, no model."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.scratch import scratch
from bot.settings import Settings, from_process
from bot.wiring import forge_at, local_forge, opened_journal, target_file
from validators.checkout import open_clone
from workflows.ports import Forge, Journal
from workflows.review import Review

if TYPE_CHECKING:
    from workflows.pull_request import PullRequest


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a person decides: the forge, and the journal that keeps the decision."""

    settings: Settings
    forge: Forge
    journal: Journal

    def record(self, review: Review) -> "PullRequest":
        """Keep a decision on the forge and in the journal of the run it is about."""
        from workflows.decide import note_review  # noqa: PLC0415

        pull_request = self.forge.record_review(review)
        note_review(self.journal, pull_request.draft.run, review)
        return pull_request

    def diff(self, repo: Path, pull_request: "PullRequest") -> str:
        """Return what a pull request changes, as a person reads it."""
        from validators.checkout import diff_text, resolve_tree  # noqa: PLC0415

        with scratch(self.settings.state) as place:
            clone = open_clone(repo, pull_request.draft.base_commit, place / "clone")
            return diff_text(clone, clone.base_tree, resolve_tree(clone, pull_request.head))


@contextmanager
def open_desk(repo: Path, command_line: Mapping[str, object]) -> Iterator[Desk]:
    """Open the local forge of ``repo``; no clone, no sandbox, no model."""
    from validators.clones.repository import find  # noqa: PLC0415

    settings = from_process(command_line)
    place = find(repo)
    with opened_journal(command_line) as journal:
        yield Desk(settings, local_forge(settings, place.root, place.git_dir), journal)


@contextmanager
def open_forge(
    repo: Path, command_line: Mapping[str, object]
) -> Iterator[tuple[Settings, Forge, Path]]:
    """Open whichever forge the settings name, for who needs no journal; last a folder of ours.

    The target's own settings count as they stand at its present commit.
    """
    from validators.clones.own_repository import open_own  # noqa: PLC0415 - keeps --help fast

    settings = from_process(command_line)
    with scratch(settings.state) as place:
        clone = open_clone(repo, "HEAD", place / "clone")
        settings = from_process(command_line, target_file(clone))
        own = open_own(place / "own.git")
        yield settings, forge_at(settings, clone), own.git_dir
