"""``changewright resume``: a run that was stopped or killed, taken to its end."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.commands import options
from bot.commands.migrate import work_off
from bot.commands.outcome import resumable, tell_outcome
from bot.commands.own_process import run_own
from bot.console import Console

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workflows.history import History
    from workflows.ports import Journal


@click.command()
@click.argument("run", type=options.WORDS, required=False)
@click.option("--repo", type=click.Path(path_type=Path), help="Where its repository is now.")
@options.model
@click.option("--max-attempts", type=int, help="How often gates may send it back, in all.")
@click.option("--max-usd", type=float, help="Most the model may cost, what is spent included.")
@click.option("--max-tokens", type=int, help="Most tokens, what is used included.")
@click.option("--max-turns", type=int, help="Most replies, those that are kept included.")
@click.option("--max-requests", type=int, help="Most requests, those that were sent included.")
@click.option("--wall-minutes", type=float, help="Most minutes, those that are over included.")
@options.unsafe
@options.state
@options.quiet
@options.verbose
@options.json()
def resume(run: str | None, **given: Any) -> int:  # noqa: ANN401 - click checked them
    """Take up a run that was stopped, killed or failed, and finish it.

    Without RUN, the newest that was stopped or killed. What the journal holds is not done again:
    replies that were paid for are read from it, attempts that were judged stay judged. The caps are
    those the run began with, unless others are given here. A run of a migration resumes its whole
    campaign; one that was cut off while being published is published. Output and exit codes are as
    with propose.
    """
    from bot.wiring import opened_journal  # noqa: PLC0415 - keeps --help fast
    from workflows.campaign_streams import AGENT_RUN  # noqa: PLC0415

    console = Console(given["json_form"], given["quiet"])
    with opened_journal(options.given(state=given["state"])) as journal:
        run = (run or _newest(journal)).partition(AGENT_RUN)[0]  # it is a part of that
        history, told, publishing = _look_up(run, journal)
    begun = history.started or {}
    repo = given["repo"] or Path(begun["task"]["repository"])
    if publishing:
        return _publish(run, repo, given)
    if told["command"] == "migrate":
        _require_word(told, unsafe=given["unsafe_no_sandbox"])
        return _go_on(begun["campaign"], repo, given, console)
    state = (history.ended or {}).get("state", "running")
    if state in {"running", "cancelled", "failed"}:
        return _finish(run, history, repo, given, console)
    console.say(f"run {run} is {state} already: {(history.ended or {}).get('why', '')}")
    if state == "nothing":
        console.say("nothing of it can be gone on with; start anew with: changewright propose")
    console.document({"run": run, "state": state})
    return 1 if state == "nothing" else 0


def _go_on(key: str, repo: Path, given: "Mapping[str, Any]", console: Console) -> int:
    """Take up a campaign, what failed in it too."""
    from bot.campaigns.opening import begun, opened, swept  # noqa: PLC0415 - keeps --help fast
    from bot.campaigns.yard import Ground  # noqa: PLC0415
    from bot.wiring import opened_journal, state_folder  # noqa: PLC0415

    told = options.given(state=given["state"])
    with opened_journal(told) as journal:
        campaign, before = begun(journal, key)
        told |= options.given(model=options.spelled_out(given["model"]) or before.get("model"))
        swept(opened(campaign, before, journal), journal, state_folder(told), None)
    ground = Ground(told, given["unsafe_no_sandbox"], given["repo"])
    return work_off(key, ground, console, options.again(repo, given["state"]))


def _newest(journal: "Journal") -> str:
    from workflows.unfinished import stopped  # noqa: PLC0415 - keeps --help fast

    found = stopped(journal)
    if not found:
        raise click.UsageError("no run was stopped; name one, `changewright runs` lists them")
    return found


def _look_up(run: str, journal: "Journal") -> "tuple[History, Mapping[str, Any], bool]":
    """Return what the journal holds of a run: its history, what it was told, half published."""
    from bot.wiring import WiringRefusal  # noqa: PLC0415 - keeps --help fast
    from workflows.history import history_of  # noqa: PLC0415
    from workflows.run import is_half_published  # noqa: PLC0415

    entries = journal.read(run)
    history = history_of(entries)
    begun = history.started
    if begun is None:
        raise WiringRefusal(f"the journal has no run {run!r}; `changewright runs` lists them")
    told = begun.get("told")
    if "campaign" in begun:
        campaign = journal.read(f"campaign-{begun['campaign']}")
        told = next(
            (e.event.data["told"] for e in campaign if e.event.kind == "campaign.started"), None
        )
    if told is None:
        raise WiringRefusal(
            f"run {run} was brought here by its bundle alone; resume it where it began, or import"
            " its journal with `changewright journal import`"
        )
    return history, told, is_half_published(entries)


def _require_word(told: "Mapping[str, Any]", *, unsafe: bool) -> None:
    """Refuse to run without a sandbox because somebody once said so."""
    if told["unsafe"] and not unsafe:
        raise click.UsageError(
            "this run began with --unsafe-no-sandbox; say it again to go on without isolation"
        )


def _publish(run: str, repo: Path, given: "Mapping[str, Any]") -> int:
    from bot.wiring import state_folder  # noqa: PLC0415 - keeps --help fast

    state = state_folder(options.given(state=given["state"]))
    words = ["publish", str(state / "bundles" / f"{run}.json"), "--repo", str(repo)]
    words += ["--state", str(state)] + ["--quiet"] * given["quiet"]
    return run_own(words + ["--json"] * bool(given["json_form"]))


def _finish(
    run: str, history: "History", repo: Path, given: "Mapping[str, Any]", console: Console
) -> int:
    from bot.execution import go_on  # noqa: PLC0415 - keeps --help fast
    from bot.progress import Progress  # noqa: PLC0415
    from bot.wiring import open_bench  # noqa: PLC0415
    from workflows.workshop import Watch  # noqa: PLC0415

    begun, where = history.started or {}, options.again(repo, given["state"])
    told, budget = begun["told"], begun["budget"]
    _require_word(told, unsafe=given["unsafe_no_sandbox"])
    known = {
        "model": told["model"],
        "max_attempts": begun["max_attempts"],
        "max_usd": budget["usd"],
        "max_tokens": budget["tokens"],
        "max_turns": budget["turns"],
        "max_requests": budget.get("requests"),
        "wall_minutes": budget["minutes"],
    }
    wanted = {name: value if given[name] is None else given[name] for name, value in known.items()}
    asked = options.given(
        state=given["state"],
        model=wanted["model"],
        scope__profile=told.get("profile"),
        max_attempts=wanted["max_attempts"],
        budget__run_usd=wanted["max_usd"],
        budget__max_tokens=wanted["max_tokens"],
        budget__max_turns=wanted["max_turns"],
        budget__max_requests=wanted["max_requests"],
        budget__wall_minutes=wanted["wall_minutes"],
    )
    with (
        open_bench(repo, begun["base_commit"], asked, unsafe=told["unsafe"]) as bench,
        Progress(quiet=console.quiet) as progress,
        resumable(progress.entry, where, console) as observe,
    ):
        outcome = go_on(run, history, bench, Watch(observe, progress.words))
    tell_outcome(outcome, where, console, revises=bool(begun["revises"]))
    return 0 if outcome.state == "proposed" else 1
