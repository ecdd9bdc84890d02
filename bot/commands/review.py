"""``changewright review``: what waits for a person, and the person's decision."""

import getpass
from pathlib import Path
from typing import get_args

import click

from bot.commands import options
from bot.commands.expire import expire
from bot.commands.own_process import run_own
from bot.console import Console, one_line
from workflows.review import RejectionKind, Review, ReviewVerdict


def _with_words(context: click.Context, option: click.Parameter, value: str) -> str:
    """Refuse an empty text where a person's words are the point."""
    if not value.strip():
        raise click.BadParameter("say it in words", context, option)
    return value


_KINDS = click.Choice(get_args(RejectionKind))
_number = click.argument("number", type=int)
_reviewer = click.option(
    "--reviewer",
    type=options.WORDS,
    metavar="NAME",
    help="Who decides; claimed, not verified (default: your login).",
)


@click.group()
def review() -> None:
    """See proposals and decide on them, on the local forge."""


review.add_command(expire)


@review.command("list")
@options.repo
@options.state
@click.option("--all", "everything", is_flag=True, help="Also those already decided.")
@options.json()
def list_(repo: Path, state: Path | None, *, everything: bool, json_form: str) -> None:
    """List pull requests that wait for a decision. --json prints {"pull_requests": [...]}."""
    from bot.desk import open_desk  # noqa: PLC0415 - keeps --help fast

    console = Console(json_form)
    with open_desk(repo, options.given(state=state)) as desk:
        found = [
            one
            for one in desk.forge.pull_requests(None if everything else "open")
            if everything or not one.reviews or one.reviews[-1].verdict != "accepted"
        ]
    for one in found:
        console.say(
            f"#{one.number}  {one.state:<7} {one_line(one.draft.title)}  ({one.draft.branch})"
        )
    if not found:
        console.say("no pull request waits for a decision")
    console.document({"pull_requests": found})


@review.command()
@_number
@options.repo
@options.state
@options.json()
def show(number: int, repo: Path, state: Path | None, json_form: str) -> None:
    """Print title, body, reviews and diff of a pull request. --json adds {"diff", "base_head"}."""
    from bot.desk import open_desk  # noqa: PLC0415
    from bot.pages.review import review_text  # noqa: PLC0415
    from validators.encoding import builtins  # noqa: PLC0415

    console = Console(json_form)
    with open_desk(repo, options.given(state=state)) as desk:
        pull_request = desk.forge.pull_request(number)
        diff = desk.diff(repo, pull_request)
        base_head = desk.forge.branch_head(pull_request.draft.base_branch)
    console.say(review_text(pull_request, diff, base_head))
    console.document(builtins(pull_request) | {"diff": diff, "base_head": base_head})


@review.command()
@_number
@click.option("--merge", is_flag=True, help="Merge it into its base branch as well.")
@click.option(
    "--words",
    type=options.WORDS,
    default="",
    metavar="TEXT",
    help="What you want to say with it.",
)
@_reviewer
@options.repo
@options.state
@options.json()
def accept(
    number: int,
    words: str,
    reviewer: str | None,
    repo: Path,
    state: Path | None,
    *,
    merge: bool,
    json_form: str,
) -> None:
    """Accept a pull request; with --merge, merge it too."""
    from bot.desk import open_desk  # noqa: PLC0415 - keeps --help fast
    from bot.wiring import now_iso  # noqa: PLC0415

    console = Console(json_form)
    with open_desk(repo, options.given(state=state)) as desk:
        commit = desk.forge.merge(number) if merge else ""
        pull_request = desk.record(
            _decision(number, "accepted", reviewer, words, now_iso(), merged=merge)
        )
    merged = f" and merged as {commit[:12]}" if commit else ""
    console.say(f"pull request {number} accepted{merged}")
    console.document(pull_request)


@review.command()
@_number
@click.option(
    "--reason",
    type=options.WORDS,
    required=True,
    callback=_with_words,
    metavar="TEXT",
    help="Why, in words; it is kept.",
)
@click.option("--kind", type=_KINDS, default="other", show_default=True, help="The kind of reason.")
@_reviewer
@options.repo
@options.state
@options.json()
def reject(
    number: int,
    reason: str,
    kind: RejectionKind,
    reviewer: str | None,
    repo: Path,
    state: Path | None,
    json_form: str,
) -> None:
    """Reject a pull request, and say why."""
    from bot.desk import open_desk  # noqa: PLC0415 - keeps --help fast
    from bot.wiring import now_iso  # noqa: PLC0415

    console = Console(json_form)
    with open_desk(repo, options.given(state=state)) as desk:
        pull_request = desk.record(
            _decision(number, "rejected", reviewer, reason, now_iso(), kind=kind)
        )
    console.say(f"pull request {number} rejected ({kind}): {reason}")
    console.document(pull_request)


@review.command("request-changes")
@_number
@click.option(
    "--words",
    type=options.WORDS,
    required=True,
    callback=_with_words,
    metavar="TEXT",
    help="What is to be different.",
)
@_reviewer
@options.model
@options.unsafe
@options.repo
@options.state
@options.quiet
@options.json()
def request_changes(
    number: int,
    words: str,
    reviewer: str | None,
    model: str | None,
    repo: Path,
    state: Path | None,
    *,
    unsafe_no_sandbox: bool,
    quiet: bool,
    json_form: str,
) -> int:
    """Ask for changes, and start the next attempt with your words.

    The attempt is a `changewright propose --revise N` of its own, in its own process; its exit
    code and its --json document are this command's.
    """
    from bot.desk import open_desk  # noqa: PLC0415 - keeps --help fast
    from bot.wiring import now_iso  # noqa: PLC0415

    with open_desk(repo, options.given(state=state)) as desk:
        desk.record(_decision(number, "changes-requested", reviewer, words, now_iso()))
        base = desk.forge.pull_request(number).draft.base_commit
        folder = desk.settings.state
    Console(json_form, quiet).note(f"changes requested on pull request {number}; trying again")
    told = ["propose", "--revise", str(number), "--repo", str(repo), "--base", base]
    told += ["--state", str(folder)]
    told += [f"--model={model}"] * bool(model) + ["--quiet"] * quiet
    told += ["--unsafe-no-sandbox"] * unsafe_no_sandbox + ["--json"] * bool(json_form)
    return run_own(told)


def _decision(
    number: int,
    verdict: ReviewVerdict,
    reviewer: str | None,
    words: str,
    at: str,
    *,
    kind: RejectionKind = "other",
    merged: bool = False,
) -> Review:
    return Review(number, verdict, reviewer or _login(), words, at, kind, merged=merged)


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A numeric user without a name, as in many containers.
        return "unknown"
