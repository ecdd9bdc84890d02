"""What of a journal is gone over again: up to a step, and nothing that nobody had acted on."""

from typing import TYPE_CHECKING

import pytest

from bot.adapters.sqlite_journal.blob_names import kept_by, mentioned_in
from workflows.replayed import ReplayRefusal, kept_until, landings, wishes_then
from workflows.run import Entry, Event, EventKind

if TYPE_CHECKING:
    from tests.workflows.conftest import Studio

KINDS: tuple[EventKind, ...] = (
    "run.started",
    "prompt.sent",
    "budget.reserved",
    "model.replied",
    "budget.settled",
    "patch.landed",
    "gate.finished",
)


def entries(*kinds: EventKind) -> list[Entry]:
    return [Entry(at, "r1", "2026-01-02T03:04:05Z", Event(kind)) for at, kind in enumerate(kinds)]


@pytest.mark.parametrize(
    ("step", "kept"),
    [
        (3, KINDS[:3]),
        (4, KINDS[:3]),  # nobody had acted on the reply
        (5, (*KINDS[:3], "budget.settled")),
        (6, KINDS[:6]),
        (7, KINDS),
    ],
)
def test_a_reply_counts_when_somebody_acted_on_it(step: int, kept: tuple[str, ...]) -> None:
    assert tuple(one.event.kind for one in kept_until(entries(*KINDS), step)) == kept


@pytest.mark.parametrize("step", [0, 8])
def test_a_step_that_is_none_is_refused(step: int) -> None:
    with pytest.raises(ReplayRefusal, match="the run has 7 steps"):
        kept_until(entries(*KINDS), step)


def test_a_run_without_replies_is_refused_and_told_what_to_do_instead(studio: "Studio") -> None:
    studio.seal()
    with pytest.raises(ReplayRefusal, match="`changewright verify` runs its gates again"):
        wishes_then(studio.journal.read("r1"), studio.journal.get_blob)


def test_each_landing_stands_beside_the_one_that_was_made_again(
    studio: "Studio", right: str
) -> None:
    studio.propose([right])
    known = studio.journal.read("r1")

    (one,) = landings(known, known)
    assert one.is_same
    (other,) = landings(known, [])
    assert (other.then, other.now, other.is_same) == (one.then, "", False)


def test_every_blob_of_a_run_travels_with_its_journal(studio: "Studio", right: str) -> None:
    studio.propose([right])
    data = [one.event.data for one in studio.journal.read("r1")]

    there = {name for name in mentioned_in(data) if studio.journal.has_blob(name)}

    assert there
    assert there <= {name for one in data for name in kept_by(one)}
