"""What the pages stand on is opened, for as long as the server runs."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bot.desk import login, open_desk
from bot.server.address import Address
from bot.server.cards import RunCards
from bot.server.deciding_here import DecidingHere
from bot.server.proposals import Proposals
from bot.server.room import Room
from bot.server.session import Sessions
from bot.wiring import now_iso
from validators.clones.repository import find


@contextmanager
def open_room(
    repo: Path,
    command_line: Mapping[str, object],
    address: Address,
    reviewer: str | None,
    told: Callable[[str], None],
) -> Iterator[Room]:
    """Open the forge and journal of ``repo``; ``told`` hears the link for each next browser."""
    place = find(repo)
    with open_desk(repo, command_line) as desk:
        yield Room(
            settings=desk.settings,
            repository=place.root,
            git_dir=place.git_dir,
            journal=desk.journal,
            forge=desk.forge,
            forge_kind="local",
            sessions=Sessions(reviewer or login(), lambda key: told(address.sign_in(key))),
            authorities=address.authorities,
            now_iso=now_iso,
            run_cards=RunCards(desk.journal),
            proposals=Proposals(
                desk.journal, desk.settings.state, lambda one: desk.diff(place.root, one)
            ),
            decider=DecidingHere(desk, place.root, now_iso),
            cookie=f"changewright-{address.port}",
        )
