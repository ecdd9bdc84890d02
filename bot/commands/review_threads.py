"""``changewright review threads``, ``comment`` and ``resolve``: what is said at lines."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.commands import options
from bot.console import Console

if TYPE_CHECKING:
    from workflows.threads import Side

_PLACE = re.compile(r"(?P<path>.+?)(?::(?P<line>[1-9][0-9]{0,8}))?")
_number = click.argument("number", type=int)


@click.command()
@_number
@click.option("--all", "everything", is_flag=True, help="Also those that are resolved.")
@options.repo
@options.state
@options.json()
def threads(
    number: int, repo: Path, state: Path | None, *, everything: bool, json_form: str
) -> None:
    """List the threads of a pull request. --json prints {"threads": [...]}."""
    from bot.desk import open_desk  # noqa: PLC0415 - keeps --help fast
    from bot.pages.threads import threads_text  # noqa: PLC0415

    console = Console(json_form)
    with open_desk(repo, options.given(state=state)) as desk:
        found = [one for one in desk.forge.threads(number) if everything or not one.resolved]
    console.say(threads_text(found) if found else f"no thread is open on pull request {number}")
    console.document({"threads": found})


@click.command()
@_number
@click.argument("place", metavar="[FILE[:LINE]]", default="")
@click.option(
    "--words",
    type=options.WORDS,
    required=True,
    metavar="TEXT",
    help="What you have to say there.",
)
@click.option("--thread", metavar="ID", help="Reply in this thread, in place of FILE:LINE.")
@click.option("--before", is_flag=True, help="LINE is of the file as it was before the change.")
@options.reviewer
@options.repo
@options.state
@options.json()
def comment(
    number: int,
    place: str,
    words: str,
    thread: str | None,
    reviewer: str | None,
    repo: Path,
    state: Path | None,
    *,
    before: bool,
    json_form: str,
) -> None:
    """Say something at a line of a pull request, which begins a thread, or reply in one.

    Without FILE it is about the whole change. `review request-changes` has every open thread
    answered, by a change or in words. --json prints {"threads": [...]}.
    """
    from bot.desk import login, open_desk  # noqa: PLC0415 - keeps --help fast
    from bot.wiring import now_iso  # noqa: PLC0415
    from workflows.threads import ThreadComment  # noqa: PLC0415

    if not words.strip():
        raise click.BadParameter("say it in words", param_hint="--words")
    if thread is not None and place:
        raise click.UsageError("give FILE:LINE for a new thread, or --thread for one that is there")
    console = Console(json_form)
    side: Side = "base" if before else "head"
    with open_desk(repo, options.given(state=state)) as desk:
        said = ThreadComment(reviewer or login(), words, now_iso())
        if thread is not None:
            desk.forge.reply(number, thread, said)
        else:
            path, line = _split(place)
            if path:
                desk.require_line(repo, number, (path, line, side))
            thread = desk.forge.begin_thread(number, (path, line, side), said).id
        found = [one for one in desk.forge.threads(number) if not one.resolved]
    console.say(f"thread {thread} of pull request {number}; {len(found)} open")
    console.document({"threads": found})


@click.command()
@_number
@click.argument("thread")
@options.repo
@options.state
@options.json()
def resolve(number: int, thread: str, repo: Path, state: Path | None, json_form: str) -> None:
    """Mark a thread as dealt with. --json prints {"threads": [those still open]}."""
    from bot.desk import open_desk  # noqa: PLC0415 - keeps --help fast

    console = Console(json_form)
    with open_desk(repo, options.given(state=state)) as desk:
        desk.forge.resolve_thread(number, thread)
        found = [one for one in desk.forge.threads(number) if not one.resolved]
    console.say(f"thread {thread} of pull request {number} is resolved; {len(found)} open")
    console.document({"threads": found})


def _split(place: str) -> tuple[str, int]:
    found = _PLACE.fullmatch(place)
    return (found["path"], int(found["line"] or 0)) if found else ("", 0)
