"""A campaign begun, or gone on with, and worked on until it is over or held."""

from pathlib import Path

from bot.campaigns.crew import work, work_together
from bot.campaigns.opening import begun, opened, planned, swept
from bot.campaigns.sample import sampled
from bot.campaigns.steps import require_model
from bot.campaigns.table import LiveTable
from bot.campaigns.yard import Ground, Yard
from bot.console import Console, one_line
from bot.progress import Progress
from bot.wiring import opened_journal, state_folder
from workflows.board import Board
from workflows.campaign_plan import CampaignSpec
from workflows.workshop import Watch


def begin(
    spec: CampaignSpec,
    base: tuple[Path, str],
    ground: Ground,
    console: Console,
    count: int | None = None,
) -> str:
    """Plan a campaign, and write down what of it is to be worked on; return its key."""
    with opened_journal(ground.given) as journal:
        with Yard(ground) as yard:
            campaign = planned(spec, *base, yard)
            for warning in (one for bench in yard.benches for one in bench.settings.warnings):
                console.note(one_line(f"note: {warning}"))
            require_model(campaign, yard.benches)
        told = {"command": "migrate", "unsafe": ground.unsafe}
        told |= {"model": model} if (model := ground.given.get("model")) else {}
        board = opened(campaign, told, journal)
        only = None if count is None else sampled(campaign.targets, count)
        swept(board, journal, state_folder(ground.given), only)
        return campaign.key


def worked(key: str, ground: Ground, console: Console, workers: int) -> Board:
    """Work on a campaign until it is over or held, and return how it stands then.

    On one that is paused nothing is begun: its workers would wait for as long as nobody says
    `resume`, and what is run by a timer would wait with them.
    """
    with opened_journal(ground.given) as journal, journal.traces.campaign(key, journal):
        board = Board(journal, begun(journal, key)[0])
        board.refresh()
        hold = board.hold()
        if hold is not None and hold.kind == "paused":
            return board
        if workers == 1:
            with Progress(quiet=console.quiet) as progress:
                work(key, ground, workers, Watch(progress.entry))
        else:
            words = ["migrate", "work", key, "--workers", str(workers), "--quiet"]
            words += ["--state", str(state_folder(ground.given))]
            words += ["--unsafe-no-sandbox"] * ground.unsafe
            words += ["--model", str(ground.given["model"])] if ground.given.get("model") else []
            with LiveTable(quiet=console.quiet) as table:
                work_together(words, workers, journal, key, table.show)
        board.refresh()
        return board
