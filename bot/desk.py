"""Where a person decides: no clone to work in, no sandbox, no model."""

import getpass
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot.scratch import scratch
from bot.settings import Settings, from_process
from bot.target_file import target_file
from bot.turns import in_turn
from bot.wiring import forge_at, local_forge, opened_journal
from scoping.refusal import Refusal
from validators.checkout import open_clone
from workflows.ports import Forge, Journal
from workflows.review import Review

if TYPE_CHECKING:
    from bot.adapters.local_forge.forge import LocalForge
    from workflows.pull_request import PullRequest
    from workflows.run import Entry
    from workflows.threads import Side, ThreadAnswer

# Other runs may have begun since, also of other repositories: so many are looked through.
_LOOKED_AT = 50


class DeskRefusal(Refusal):
    """What was said cannot be kept: why, and what to say instead."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a person decides: the forge of ``repository``, and the journal of the decisions."""

    settings: Settings
    forge: "LocalForge"
    journal: Journal
    repository: str

    def record(self, review: Review) -> "PullRequest":
        """Keep a decision on the forge and in the journal of the run it is about."""
        pull_request = self.forge.record_review(review)
        self.note(review, pull_request)
        return pull_request

    def note(self, review: Review, decided: "PullRequest") -> None:
        """Keep in the journal what the forge has; whoever writes that run now has their turn."""
        from workflows.decide import note_review  # noqa: PLC0415

        in_turn(lambda: note_review(self.journal, decided.draft.run, review))

    def require_line(self, repo: Path, number: int, place: "tuple[str, int, Side]") -> None:
        """Raise DeskRefusal unless the pull request has that line: nobody would see it there."""
        from validators.checkout import read_file, resolve_tree  # noqa: PLC0415

        path, line, side = place
        pull_request = self.forge.pull_request(number)
        commit = pull_request.head if side == "head" else pull_request.draft.base_commit
        with scratch(self.settings.state) as folder:
            clone = open_clone(repo, pull_request.draft.base_commit, folder / "clone")
            found = read_file(clone, resolve_tree(clone, commit), path)
        when = "after" if side == "head" else "before"
        if found is None:
            raise DeskRefusal(f"there is no file {path!r} {when} the change; see `review show`")
        lines = len(found[1].splitlines())
        if line > lines:
            raise DeskRefusal(f"{path} has {lines} lines {when} the change; there is no {line}")

    def answer_without_change(self, number: int) -> "tuple[ThreadAnswer, ...]":
        """Answer threads in the words of the newest run about them, where it changed nothing."""
        from bot.pages.threads import answer_text  # noqa: PLC0415
        from workflows.answer_threads import answer_threads  # noqa: PLC0415
        from workflows.recorder import Recorder, leased  # noqa: PLC0415
        from workflows.thread_answers import answers_of  # noqa: PLC0415

        entries = self._newest_about(number)
        if not entries or any(one.event.kind == "bundle.written" for one in entries):
            return ()
        answers = answers_of(entries, self.journal.get_blob)
        with leased(self.journal, entries[0].run, f"answers {number}") as pen:
            recorder = Recorder(self.journal, pen)
            worded = partial(answer_text, head="")
            return answer_threads(number, answers, self.forge, recorder, worded)

    def _newest_about(self, number: int) -> "Sequence[Entry]":
        """Return the newest run that revises a pull request of this repository; empty if none."""
        for run in self.journal.runs(_LOOKED_AT):
            entries = self.journal.read(run)
            begun = entries[0].event.data
            whose = begun.get("task", {}).get("repository")
            if (whose, begun.get("revises")) == (self.repository, number):
                return entries
        return ()

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
        forge = local_forge(settings, place.root, place.git_dir)
        yield Desk(settings, forge, journal, str(place.root))


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


def login() -> str:
    """Return who is asking, as this machine knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A numeric user without a name, as in many containers.
        return "unknown"
