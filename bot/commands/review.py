"""``changewright review``: what waits for a person, and the person's decision."""

from pathlib import Path
from typing import cast, get_args

import click

from bot.commands import options
from bot.commands.collect import collect
from bot.commands.expire import expire
from bot.commands.own_process import run_own
from bot.commands.review_threads import comment, resolve, threads
from bot.console import Console, one_line
from workflows.review import RejectionKind, Review, ReviewVerdict


def _with_words(context: click.Context, option: click.Parameter, value: str) -> str:
    """Refuse an empty text where a person's words are the point."""
    if not value.strip():
        raise click.BadParameter("say it in words", context, option)
    return value


_KINDS = click.Choice(get_args(RejectionKind))
_number = click.argument("number", type=int)


@click.group()
def review() -> None:
    """See proposals and decide on them, on the local forge."""


for command in (collect, comment, expire, resolve, threads):
    review.add_command(command)


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
        branch_head = desk.forge.branch_head(pull_request.draft.branch)
    console.say(review_text(pull_request, diff, base_head, branch_head))
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
@options.reviewer
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
    metavar="KIND|TEXT",
    help="Why: one of the kinds below by its name, or your own words; it is kept.",
)
@click.option("--kind", type=_KINDS, help="The kind of reason, where --reason is words.")
@click.option(
    "--words",
    type=options.WORDS,
    metavar="TEXT",
    default="",
    help="Your words, where --reason is a kind.",
)
@options.reviewer
@options.repo
@options.state
@options.json()
def reject(
    number: int,
    reason: str,
    kind: RejectionKind | None,
    words: str,
    reviewer: str | None,
    repo: Path,
    state: Path | None,
    json_form: str,
) -> None:
    """Reject a pull request, and say why; one that was closed unsaid may be given its reason.

    Reasons are counted by their kind, and `changewright learn` makes rules of those that repeat.
    """
    from bot.desk import open_desk  # noqa: PLC0415 - keeps --help fast
    from bot.wiring import now_iso  # noqa: PLC0415

    console = Console(json_form)
    named, said = reason_of(reason, kind, words)
    with open_desk(repo, options.given(state=state)) as desk:
        pull_request = desk.record(
            _decision(number, "rejected", reviewer, said, now_iso(), kind=named)
        )
    console.say(f"pull request {number} rejected ({named}){': ' * bool(said)}{said}")
    console.document(pull_request)


@review.command("request-changes")
@_number
@click.option(
    "--words",
    type=options.WORDS,
    default="",
    metavar="TEXT",
    help="What is to be different; may be left out where threads say it.",
)
@options.reviewer
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
    """Ask for changes, and start the next attempt with your words and all open threads.

    The attempt is a `changewright propose --revise N` of its own, in its own process; its exit
    code and its --json document are this command's. Threads get their answers when the proposal
    is published, or at once where no change came of it.
    """
    from bot.desk import open_desk  # noqa: PLC0415 - keeps --help fast
    from bot.wiring import now_iso  # noqa: PLC0415
    from workflows.threads import waiting  # noqa: PLC0415

    with open_desk(repo, options.given(state=state)) as desk:
        if not words.strip() and not waiting(desk.forge.threads(number)):
            raise click.BadParameter("say it in words: no thread is open", param_hint="--words")
        desk.record(_decision(number, "changes-requested", reviewer, words, now_iso()))
        base = desk.forge.pull_request(number).draft.base_commit
        folder = desk.settings.state
    console = Console(json_form, quiet)
    console.note(f"changes requested on pull request {number}; trying again")
    told = ["propose", "--revise", str(number), "--repo", str(repo), "--base", base]
    told += ["--state", str(folder)]
    told += [f"--model={model}"] * bool(model) + ["--quiet"] * quiet
    told += ["--unsafe-no-sandbox"] * unsafe_no_sandbox + ["--json"] * bool(json_form)
    code = run_own(told)
    with open_desk(repo, options.given(state=state)) as desk:
        for one in desk.answer_without_change(number):
            console.note(f"thread {one.thread}: {one.kind}")
    return code


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
    from bot.desk import login  # noqa: PLC0415 - keeps --help fast

    return Review(number, verdict, reviewer or login(), words, at, kind, merged=merged)


def reason_of(reason: str, kind: RejectionKind | None, words: str) -> tuple[RejectionKind, str]:
    """Return kind and words of a rejection; a kind may be said in place of words."""
    if reason in get_args(RejectionKind) and kind in {None, reason}:
        return cast("RejectionKind", reason), words
    if words:
        raise click.UsageError("--words goes with the name of a kind in --reason")
    return kind or "other", reason
