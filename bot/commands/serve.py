"""``changewright serve``: proposals, runs and figures in a browser, on one's own machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.commands import options
from bot.console import Console, redactor
from bot.logs import open_log

if TYPE_CHECKING:
    from bot.server.room import Room


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=0,
    metavar="N",
    help="Where to listen (default: a free port).",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="The address to listen on, by which browsers call it.",
)
@click.option(
    "--expose",
    is_flag=True,
    help="Let --host be an address that other machines reach. It is plain HTTP: who listens on the"
    " way takes the session over, and decides in your name. A tunnel (ssh -L) needs no such flag.",
)
@options.reviewer
@options.model
@options.forge
@options.repo
@options.state
@options.json()
def serve(
    port: int,
    host: str,
    reviewer: str | None,
    model: str | None,
    forge: str | None,
    repo: Path,
    state: Path | None,
    *,
    expose: bool,
    json_form: str,
) -> None:
    """Show proposals and runs in a browser, and take decisions there; ends with Ctrl-C.

    The printed link opens it once; when it was used, the next one is printed, for another browser
    or another person. --json prints {"url", "host", "port"}.
    """
    from bot.server.address import Address, require_private  # noqa: PLC0415 - keeps --help fast
    from bot.server.app import application  # noqa: PLC0415 - the same
    from bot.server.opening import open_room  # noqa: PLC0415 - the same
    from bot.server.running import Server, bound  # noqa: PLC0415 - the same

    console = Console(json_form)
    require_private(host, is_exposed=expose)
    told = options.given(state=state, forge__kind=forge)
    with bound(host, port) as listening:
        address = Address(host, listening.getsockname()[1])

        def tell_next(url: str) -> None:
            console.note(f"for another browser: {url}")

        with open_room(repo, told, address, reviewer, tell_next) as room:
            open_log(room.settings.state, "", redactor())
            url = address.sign_in(room.sessions.invite())
            console.say(f"open {url}")
            console.say("it ends with Ctrl-C")
            console.document({"url": url, "host": host, "port": address.port})
            with _revising(room, model) as ready:
                Server(application(ready), ready.ending).serve_on(listening)


@contextmanager
def _revising(room: "Room", model: str | None) -> "Iterator[Room]":
    """Let pages begin next attempts and publish them, each in a process of its own kind."""
    from bot.commands.revisions import OwnRevisions  # noqa: PLC0415 - keeps --help fast
    from bot.desk import open_desk  # noqa: PLC0415 - the same

    if room.forge_kind != "local":
        yield room
        return
    told = options.given(state=room.settings.state)

    def answer(number: int) -> None:
        with open_desk(room.repository, told) as desk:
            desk.answer_without_change(number)

    where = ["--repo", str(room.repository), "--state", str(room.settings.state)]
    revisions = OwnRevisions(where, [f"--model={model}"] * bool(model), answer)
    try:
        yield replace(room, revisions=revisions)
    finally:
        revisions.end()
