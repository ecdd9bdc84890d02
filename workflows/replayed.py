"""A run gone over again from its journal alone: no model, no gate, and the same trees, or not.

Replies that were kept land once more on the base, in a journal of their own. What they were judged
to be is taken from the journal; the trees they make are made anew, and compared.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from scoping.refusal import Refusal
from validators.checkout import Clone, write_tree
from validators.encoding import decode, encode
from workflows.budget import Budget
from workflows.history import history_of
from workflows.migration_step import StepResult
from workflows.ports import Journal
from workflows.run import Entry, Event
from workflows.workshop import Revision, Wishes

# What may stand behind a reply that nobody has acted on yet.
_IDLE = frozenset({"budget.settled", "run.finished", "run.resumed"})


class ReplayRefusal(Refusal):
    """A run cannot be gone over again: which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Landing:
    """One attempt: the tree that the journal names, and the one its reply makes now or ""."""

    attempt: int
    then: str
    now: str

    @property
    def is_same(self) -> bool:
        """Whether both are one tree."""
        return self.then == self.now


def kept_until(entries: Sequence[Entry], step: int) -> tuple[Entry, ...]:
    """Return the first ``step`` events of a run, without a last reply that was not acted on yet.

    ReplayRefusal where the run has no such step.
    """
    if not 1 <= step <= len(entries):
        raise ReplayRefusal(
            f"the run has {len(entries)} steps, and {step} is none of them;"
            f" `changewright show {entries[0].run}` lists them"
        )
    kept = list(entries[:step])
    replies = [at for at, one in enumerate(kept) if one.event.kind == "model.replied"]
    if replies and all(one.event.kind in _IDLE for one in kept[replies[-1] + 1 :]):
        del kept[replies[-1]]
    return tuple(kept)


def copied(entries: Sequence[Entry], into: Journal, rules_sha256: str) -> None:
    """Write a run into an empty journal as it was, but for what is to be made again.

    Landings are left out. The rules are those of who replays: nothing is judged by them.
    """
    fence = into.lease(entries[0].run, "replay")
    for entry in entries:
        kind, data = entry.event.kind, entry.event.data
        if kind == "run.started":
            data = {**data, "rules_sha256": rules_sha256}
        if kind != "patch.landed":
            into.append(fence, Event(kind, data))
    into.release(fence)


def wishes_then(entries: Sequence[Entry], blob: Callable[[str], bytes]) -> Wishes:
    """Return what a run was allowed and continued; ReplayRefusal where that is not known."""
    history = history_of(entries)
    begun = history.started
    if begun is None:
        raise ReplayRefusal("the journal does not know how this run began")
    if begun.get("model") == "none" or "budget" not in begun:
        raise ReplayRefusal(
            f"run {entries[0].run} holds no replies of a model: a command made its change, or its"
            " bundle alone was brought here; `changewright verify` runs its gates again"
        )
    lanes = [one.lane.partition("-") for one in history.exchanges.values()]
    candidates = [int(number) for kind, _, number in lanes if kind == "candidate"]
    kept = begun.get("revision")
    return Wishes(
        decode(encode(begun["budget"]), Budget),
        int(begun.get("max_attempts", 1)),
        max(candidates, default=1),
        revision=decode(blob(kept), Revision) if kept else None,
        told=begun.get("told") or {},
    )


def works_by_steps(entries: Sequence[Entry]) -> bool:
    """Whether a run was a campaign's: what its steps made of the target is kept, no reply is."""
    return any("target" in one.event.data for one in entries if one.event.kind == "run.started")


def stepped(
    entries: Sequence[Entry], clone: Clone, blob: Callable[[str], bytes]
) -> tuple[tuple[Landing, ...], str]:
    """Lay the changes of each kept step on the base again.

    Returns each judged attempt, and the tree that was in hand at the end. What was judged is the
    tree after the last step, or after one before it where later steps were undone.
    """
    found: list[Landing] = []
    tree, trees = clone.base_tree, list[str]()
    for entry in entries:
        data = entry.event.data
        if entry.event.kind == "command.finished":
            if data.get("step", 1) == 1:  # another try begins from the base
                tree, trees = clone.base_tree, []
            result = decode(blob(str(data["changes"])), StepResult)
            if not result.trouble:
                tree = write_tree(clone, tree, result.files) if result.files else tree
                trees.append(tree)
        elif entry.event.kind == "attempt.finished":
            then = str(data["attempt"]["applied_tree"])
            now = then if then in trees else tree
            found.append(Landing(int(data["attempt"]["number"]), then, now))
    return tuple(found), tree


def landings(then: Sequence[Entry], now: Sequence[Entry]) -> tuple[Landing, ...]:
    """Return the trees of each attempt in two journals of one run."""
    old, new = _trees(then), _trees(now)
    return tuple(Landing(number, tree, new.get(number, "")) for number, tree in old.items())


def _trees(entries: Sequence[Entry]) -> dict[int, str]:
    found: dict[int, Any] = {}
    for entry in entries:
        if entry.event.kind == "patch.landed":
            found[entry.event.data["attempt"]] = str(entry.event.data["tree"])
    return found
