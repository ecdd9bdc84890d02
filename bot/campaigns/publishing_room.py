"""Opens what a campaign is published with: one bench for each repository, with a forge."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bot.campaigns.opening import begun
from bot.campaigns.publishing import PublishingRoom
from bot.campaigns.yard import with_gates
from bot.gate_room import judging
from bot.wiring import Bench, open_bench, state_folder
from scoping.refusal import Refusal
from workflows.board import Board
from workflows.campaign import Target
from workflows.ports import Journal


class HeldBack(Refusal):
    """Nothing of the campaign is published now: who or what said so, and what to do."""


@contextmanager
def opened_room(
    key: str, journal: Journal, given: Mapping[str, object]
) -> Iterator[PublishingRoom]:
    """Yield what publishes a campaign; HeldBack while it is paused, braked or cancelled.

    No command of a target is run, and no model asked.
    """
    campaign, _ = begun(journal, key)
    board = Board(journal, campaign)
    board.refresh()
    hold = board.hold()
    if hold is not None and hold.kind != "budget":
        name = campaign.name or key
        mend = "" if hold.kind == "cancelled" else f"; `changewright migrate resume {name}`"
        raise HeldBack(f"nothing is published: {hold.why}{mend}")
    benches: dict[tuple[str, str], Bench] = {}
    with ExitStack() as stack:

        def bench_of(target: Target) -> Bench:
            place = (target.repository, target.base)
            if place not in benches:
                opened = open_bench(
                    Path(target.repository), target.base, given, unsafe=True, publishes=True
                )
                bench = judging(stack.enter_context(opened), "refactor")
                benches[place] = with_gates(bench, campaign.gates)
            return benches[place]

        yield PublishingRoom(board, journal, bench_of, state_folder(given))
