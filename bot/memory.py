"""What is known of all runs of a repository, wherever that is kept.

On the local forge it is this machine's journal; on a hosted one the branch that outlives its
runners, and of this machine's journal what was published there from here, such as a campaign.
Neither a sandbox nor a model is opened.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from bot.scratch import scratch
from bot.settings import Settings, from_process
from bot.target_file import target_file
from bot.turns import in_turn
from bot.wiring import forge_and_tracker_at, now_iso, opened_journal
from validators.checkout import Clone, open_clone
from workflows.ports import Forge, Journal
from workflows.run_facts import RunFacts, facts_of
from workflows.tracker import Tracker

if TYPE_CHECKING:
    from bot.adapters.github_forge.forge import GitHubForge
    from bot.adapters.local_forge.forge import LocalForge
    from workflows.collect import Collected
    from workflows.journal_branch import JournalBranch


@dataclass(frozen=True, slots=True)
class Memory:
    """The runs of one repository in figures, its forge, and what keeps an outcome beside them."""

    settings: Settings
    forge: Forge
    tracker: Tracker | None
    clone: Clone
    facts: tuple[RunFacts, ...]
    keep: "Callable[[Sequence[Collected]], None]"
    may_tick: Callable[[int, int], bool] = lambda _number, _comment: True


@contextmanager
def open_memory(repo: Path, command_line: Mapping[str, object]) -> Iterator[Memory]:
    """Open the memory of ``repo`` on the forge that its settings name."""
    settings = from_process(command_line)
    with scratch(settings.state) as place:
        clone = open_clone(repo, "HEAD", place / "clone")
        settings = from_process(command_line, target_file(clone))
        forge, tracker = forge_and_tracker_at(settings, clone)
        with opened_journal(command_line) as journal:
            if tracker is not None:
                yield _hosted(settings, (forge, tracker), clone, place, journal)
                return
            facts = facts_of(journal.follow()).values()
            ours = tuple(one for one in facts if one.repository == str(clone.repository))
            keep = partial(_keep_here, journal, cast("LocalForge", forge))
            yield Memory(settings, forge, None, clone, ours, keep)


def collect_new(memory: Memory) -> "list[Collected]":
    """Look up what became of the pull requests, keep what is new, and return it."""
    from workflows.collect import Collector, collect  # noqa: PLC0415 - keeps --help fast

    collector = Collector(
        memory.forge, memory.tracker, memory.clone, now_iso(), may_tick=memory.may_tick
    )
    found = list(collect(memory.facts, collector))
    memory.keep(found)
    return found


def _hosted(
    settings: Settings,
    ports: tuple[Forge, Tracker],
    clone: Clone,
    place: Path,
    journal: Journal,
) -> Memory:
    from validators.clones.own_repository import open_own  # noqa: PLC0415 - keeps --help fast
    from workflows.journal_branch import JournalBranch, RecordedRuns  # noqa: PLC0415 - as above

    forge, tracker = ports
    branch = JournalBranch(forge, open_own(place / "own.git"), time.sleep)
    facts = facts_of(RecordedRuns(branch.read()).follow())
    from_here = {
        run: replace(one, number=one.hosted)
        for run, one in facts_of(journal.follow()).items()
        if one.hosted and run not in facts and one.repository == str(clone.repository)
    }

    def keep(found: "Sequence[Collected]") -> None:
        _note(journal, [one for one in found if one.run in from_here])
        _push(branch, [one for one in found if one.run not in from_here])

    # By one name, whatever it was called when they ran: a pull request is one over all its runs.
    known = (*facts.values(), *from_here.values())
    return Memory(
        settings,
        forge,
        tracker,
        clone,
        tuple(replace(one, repository=tracker.repository) for one in known),
        keep,
        partial(_may_tick, cast("GitHubForge", forge), settings.trigger.roles),
    )


def _may_tick(forge: "GitHubForge", roles: Sequence[str], number: int, comment: int) -> bool:
    """Whether who edited a comment last may start a run here, or GitHub does not say who it was."""
    login = forge.last_editor(number, comment)
    return not login or forge.role(login) in roles


def _keep_here(journal: Journal, forge: "LocalForge", collected: "Sequence[Collected]") -> None:
    """Keep outcomes; what somebody merged with git waits for nobody any more."""
    _note(journal, collected)
    for one in collected:
        if one.outcome is not None and one.outcome.state == "accepted":
            forge.note_merge(one.number, one.outcome.ended)


def _note(journal: Journal, collected: "Sequence[Collected]") -> None:
    from workflows.recorder import Recorder, leased  # noqa: PLC0415 - keeps --help fast

    def note(one: "Collected") -> None:
        with leased(journal, one.run, f"outcome {one.number}") as pen:
            Recorder(journal, pen).record("outcome.collected", outcome=one.outcome)

    for one in collected:
        if one.outcome is not None:
            in_turn(partial(note, one))


def _push(branch: "JournalBranch", collected: "Sequence[Collected]") -> None:
    from workflows.run_record import outcome_record  # noqa: PLC0415 - keeps --help fast

    at = now_iso()
    records = [outcome_record(one.run, one.outcome, at) for one in collected if one.outcome]
    if records:
        branch.append(records, at)
