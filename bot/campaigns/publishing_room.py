"""Opens what a campaign is published with: one bench for each repository, with a forge."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bot.campaigns.homes import at_home
from bot.campaigns.in_hand import in_hand
from bot.campaigns.open_requests import OpenRequests
from bot.campaigns.opening import begun
from bot.campaigns.publishing import PublishingRoom
from bot.campaigns.yard import with_gates
from bot.gate_room import judging
from bot.wiring import Bench, open_bench, state_folder
from workflows.board import Board
from workflows.campaign import Target
from workflows.ports import Journal
from workflows.recorder import leased


@contextmanager
def opened_room(
    key: str, journal: Journal, given: Mapping[str, object]
) -> Iterator[PublishingRoom]:
    """Yield what publishes a campaign. No command of a target is run, and no model asked.

    Held while another process publishes it: two would each count what is open before the other
    opens more, and go past `max_open` together.
    """
    campaign, _ = begun(journal, key)
    board = Board(journal, campaign)
    board.refresh()
    is_only = len({target.repository for target in campaign.targets}) == 1
    benches: dict[tuple[str, str], Bench] = {}
    with ExitStack() as stack:
        stack.enter_context(leased(journal, f"publish-{key}", f"publishing {key}"))

        def bench_of(target: Target) -> Bench:
            place = (target.repository, target.base)
            if place not in benches:
                opened = open_bench(
                    Path(target.repository), target.base, given, unsafe=True, publishes=True
                )
                bench = at_home(stack.enter_context(opened), is_only=is_only)
                benches[place] = with_gates(judging(bench, "refactor"), campaign.gates)
            return benches[place]

        requests = OpenRequests(bench_of)
        held = in_hand(campaign, journal, requests)
        yield PublishingRoom(board, journal, bench_of, state_folder(given), requests, held)
