"""``changewright migrate status``, ``pause``, ``resume`` and ``cancel``."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from bot.commands import options
from bot.console import Console

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from workflows.ports import Journal

campaign_argument = click.argument(
    "campaign", type=options.WORDS, default="campaign.yml", metavar="[FILE|NAME]"
)
_EVERY_S = 1.0


def key_of(campaign: str, journal: "Journal") -> str:
    """Return the key of the campaign that a file or a name stands for, as it was last begun."""
    from bot.campaigns.document import read_campaign  # noqa: PLC0415 - keeps --help fast
    from bot.campaigns.opening import newest  # noqa: PLC0415

    if f"campaign-{campaign}" in journal.runs():
        return campaign
    is_name = Path(campaign).suffix == "" and not Path(campaign).is_file()
    return newest(journal, campaign if is_name else read_campaign(Path(campaign)).name)


@click.command()
@campaign_argument
@click.option("--watch", is_flag=True, help="Show it again and again until it is over.")
@options.state
@options.json()
def status(campaign: str, state: Path | None, *, watch: bool, json_form: str) -> int:
    """Show how a campaign stands: outcomes by cause, what is left, cost, and who is waited for.

    What people decided on pull requests is known from the last `migrate publish`. --json prints
    {"campaign", "name", "phase", "why", "targets", "asked_for", "ended", "under_way", "outcomes":
    [{"state", "count", "reason", "cause", "example"}], "burndown": [{"at", "left"}], "usd",
    "tokens", "forecast_usd", "minutes_left", "to_publish", "waiting": [{"target", "number",
    "url"}], "tokens_per_target", "usd_per_target", "program", "authoring_usd", "left"}.
    """
    from bot.campaigns.opening import begun  # noqa: PLC0415 - keeps --help fast
    from bot.campaigns.table import LiveTable  # noqa: PLC0415
    from bot.pages.campaign import status_text  # noqa: PLC0415
    from bot.wiring import opened_journal  # noqa: PLC0415
    from workflows.board import Board  # noqa: PLC0415
    from workflows.progress_report import report_of  # noqa: PLC0415

    if watch and json_form:
        raise click.UsageError("--watch is for people; ask for --json as often as you like instead")
    console = Console(json_form)
    with opened_journal(options.given(state=state)) as journal:
        board = Board(journal, begun(journal, key_of(campaign, journal))[0])
        board.refresh()
        if watch:
            with LiveTable(quiet=False) as table:
                while not board.is_over and _may_go_on(board.hold()):
                    table.show(board)
                    time.sleep(_EVERY_S)
                    board.refresh()
        report = report_of(board)
    console.say(status_text(report))
    console.document(report)
    return 0


@click.command()
@campaign_argument
@options.state
@options.json()
def pause(campaign: str, state: Path | None, json_form: str) -> int:
    """Begin no further target until `migrate resume`; what runs is finished.

    --json prints {"campaign", "said"}.
    """
    return _say("pause", campaign, options.given(state=state), Console(json_form))


@click.command()
@campaign_argument
@options.state
@options.json()
def resume(campaign: str, state: Path | None, json_form: str) -> int:
    """Go on after a pause, or after a bound was reached that stopped the campaign.

    Workers that wait go on by themselves; where there are none, sweep again. Rates are counted anew
    from here. A campaign that was cancelled stays so. --json prints {"campaign", "said"}.
    """
    return _say("resume", campaign, options.given(state=state), Console(json_form))


@click.command()
@campaign_argument
@options.state
@options.json()
def cancel(campaign: str, state: Path | None, json_form: str) -> int:
    """Begin no further target, ever; what runs is finished, and pull requests stay as they are.

    Other steps, or another commit, make another campaign. --json prints {"campaign", "said"}.
    """
    return _say("cancel", campaign, options.given(state=state), Console(json_form))


def _say(
    word: Literal["pause", "resume", "cancel"],
    campaign: str,
    given: "Mapping[str, object]",
    console: Console,
) -> int:
    from bot.campaigns.opening import refuse_cancelled  # noqa: PLC0415 - keeps --help fast
    from bot.wiring import engine_of, opened_journal  # noqa: PLC0415

    with opened_journal(given) as journal:
        key = key_of(campaign, journal)
        if word != "cancel":
            refuse_cancelled(key, journal)
        engine = engine_of(journal)
        say: Mapping[str, Callable[[str], None]] = {
            "pause": engine.pause,
            "resume": engine.resume,
            "cancel": engine.cancel,
        }
        say[word](key)
    console.say(f"campaign {key}: {word}")
    console.document({"campaign": key, "said": word})
    return 0


def _may_go_on(hold: object) -> bool:
    return hold is None or getattr(hold, "kind", "") == "paused"
