"""What the pages stand on is opened, for as long as the server runs."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bot.desk import login, open_desk
from bot.scratch import scratch
from bot.server.address import Address
from bot.server.cards import RunCards
from bot.server.deciding_here import DecidingHere
from bot.server.deciding_on_github import DecidingOnGitHub
from bot.server.proposals import Proposals
from bot.server.reading import OneAtATime
from bot.server.room import Room
from bot.server.session import Sessions
from bot.settings import from_process
from bot.wiring import github_person, now_iso, opened_journal
from validators.checkout import diff_text, resolve_tree
from validators.clones.own_repository import open_own
from validators.clones.repository import find
from workflows.ports import ForgeRefusal
from workflows.pull_request import PullRequest


@contextmanager
def open_room(
    repo: Path,
    command_line: Mapping[str, object],
    address: Address,
    reviewer: str | None,
    told: Callable[[str], None],
) -> Iterator[Room]:
    """Open the forge and journal of ``repo``; ``told`` hears the link for each next browser.

    On GitHub the person is who the token of this process belongs to, whatever ``reviewer`` says.
    """
    kind = from_process(command_line).forge.kind
    opened = _on_github if kind == "github" else _here

    def invite(invitation: str) -> None:
        told(address.sign_in(invitation))

    def begin(name: str) -> Sessions:
        return Sessions(name if kind == "github" else reviewer or name, invite)

    with opened(repo, command_line, address, begin) as room:
        yield room


_Begin = Callable[[str], Sessions]


@contextmanager
def _here(
    repo: Path, command_line: Mapping[str, object], address: Address, begin: _Begin
) -> Iterator[Room]:
    place = find(repo)
    with open_desk(repo, command_line) as desk:
        yield Room(
            settings=desk.settings,
            repository=place.root,
            git_dir=place.git_dir,
            journal=desk.journal,
            forge=desk.forge,
            forge_kind="local",
            sessions=begin(login()),
            authorities=address.authorities,
            now_iso=now_iso,
            run_cards=RunCards(desk.journal),
            proposals=Proposals(
                desk.journal, desk.settings.state, lambda one: desk.diff(place.root, one)
            ),
            decider=DecidingHere(desk, place.root, now_iso),
            cookie=f"changewright-{address.port}",
        )


@contextmanager
def _on_github(
    repo: Path, command_line: Mapping[str, object], address: Address, begin: _Begin
) -> Iterator[Room]:
    place, settings = find(repo), from_process(command_line)
    with scratch(settings.state) as folder, opened_journal(command_line) as journal:
        own = open_own(folder / "own.git")
        person = github_person(settings, own.git_dir)
        reader = OneAtATime(person)

        def diff(pull_request: PullRequest) -> str:
            with reader.asking:
                if person.fetch_pull_request(pull_request.number, own.git_dir) is None:
                    raise ForgeRefusal("GitHub has its commits no longer")
            base = resolve_tree(own, _base(pull_request))
            return diff_text(own, base, resolve_tree(own, pull_request.head))

        yield Room(
            settings=settings,
            repository=place.root,
            git_dir=place.git_dir,
            journal=journal,
            forge=reader,
            forge_kind="github",
            sessions=begin(person.login),
            authorities=address.authorities,
            now_iso=now_iso,
            run_cards=RunCards(journal),
            proposals=Proposals(journal, settings.state, diff),
            decider=DecidingOnGitHub(person, reader.asking),
            cookie=f"changewright-{address.port}",
        )


def _base(pull_request: PullRequest) -> str:
    base = pull_request.draft.base_commit
    if not base:
        raise ForgeRefusal("its text does not say which commit it is based on; see its own page")
    return base
