"""A campaign as the journal knows it: planned and announced, or found again by its file or key."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.bundle_files import found_bundle
from bot.campaigns.yard import Yard
from bot.wiring import Bench, state_folder
from scoping.refusal import Refusal
from validators.clones import branches
from validators.encoding import decode
from workflows.board import Board
from workflows.campaign import Campaign, TargetResult
from workflows.campaign_plan import CampaignSpec, Site, plan
from workflows.migrate import announce
from workflows.ports import Journal
from workflows.recorder import Recorder, leased
from workflows.target_standing import TargetStanding

_STREAM = "campaign-"


class LookupRefusal(Refusal):
    """No such campaign is known here: which, and how one begins."""


def planned(spec: CampaignSpec, repo: Path, base: str, yard: Yard) -> Campaign:
    """Return what a written campaign comes to on the present commits."""
    benches = benches_of(spec, repo, base, yard)
    campaign = plan(spec, [Site(bench.clone, bench.settings.rules) for bench in benches])
    branch = base.removeprefix("refs/heads/")
    places = {bench.clone.original_git_dir for bench in benches}
    is_branch = all(branches.head_of(place, branch) is not None for place in places)
    return replace(campaign, branch=branch) if is_branch else campaign


def benches_of(spec: CampaignSpec, repo: Path, base: str, yard: Yard) -> list[Bench]:
    """Return a bench for each repository, also where two folders of a list are in the same one."""
    opened = (yard.bench(one, base, spec.gates) for one in spec.on.repositories or (str(repo),))
    return list({bench.clone.original_git_dir: bench for bench in opened}.values())


def begun(journal: Journal, key: str) -> tuple[Campaign, Mapping[str, Any]]:
    """Return the campaign of a key as it was last announced, and what its command was told."""
    for entry in reversed(journal.read(f"{_STREAM}{key}")):
        if entry.event.kind == "campaign.started":
            plan_kept = journal.get_blob(entry.event.data["plan"])
            return decode(plan_kept, Campaign), entry.event.data["told"]
    raise LookupRefusal(
        f"the journal knows no campaign {key!r}; begin one with `changewright migrate sweep FILE`"
    )


def refuse_cancelled(key: str, journal: Journal) -> None:
    """Raise LookupRefusal where a campaign was cancelled, so that nothing can be said of it."""
    board = Board(journal, begun(journal, key)[0])
    board.refresh()
    hold = board.hold()
    if hold is not None and hold.kind == "cancelled":
        raise LookupRefusal(
            f"campaign {key} was cancelled, and stays so; other steps or another commit make"
            " another campaign"
        )


def newest(journal: Journal, name: str) -> str:
    """Return the key of the campaign of a name that was begun last."""
    for run in journal.runs():
        prefix, _, _ = run.removeprefix(_STREAM).rpartition("-")
        if run.startswith(_STREAM) and prefix == name:
            return run.removeprefix(_STREAM)
    raise LookupRefusal(
        f"campaign {name!r} was not begun with this state folder; begin it with"
        " `changewright migrate sample` or `changewright migrate sweep`"
    )


def others(journal: Journal, key: str) -> list[str]:
    """Return the keys of all other campaigns."""
    streams = [run.removeprefix(_STREAM) for run in journal.runs() if run.startswith(_STREAM)]
    return [one for one in streams if one != key]


def opened(campaign: Campaign, told: Mapping[str, object], journal: Journal) -> Board:
    """Announce a campaign where that is news, and return how it stands."""
    announce(campaign, told, journal)
    board = Board(journal, campaign)
    board.refresh()
    return board


def swept(
    board: Board, journal: Journal, state: Path, only: Sequence[str] | None, *, retry: bool = True
) -> None:
    """Write down which targets are to be worked on: all, or a sample; failed ones once more."""
    wanted = board.standings if only is None else only
    again = [
        key
        for key in wanted
        if (retry and board.standings[key].state == "failed") or _is_lost(board, key, state)
    ]
    key = board.campaign.key
    with leased(journal, f"{_STREAM}{key}", f"campaign {key}") as fence:
        listed = None if only is None else list(only)
        Recorder(journal, fence).record("campaign.swept", only=listed, again=again)
    board.refresh()


def _is_lost(board: Board, key: str, state: Path) -> bool:
    standing = board.standings[key]
    return standing.state == "gated" and not found_bundle(state, f"{standing.run}.json")


def results_of(board: Board, given: Mapping[str, object]) -> list[TargetResult]:
    """Return what became of each target, its bundle where that stands now."""
    state = state_folder(given)
    return [_result(key, standing, state) for key, standing in board.standings.items()]


def _result(key: str, standing: TargetStanding, state: Path) -> TargetResult:
    if standing.result is None:
        return TargetResult(key, standing.state, standing.run, tries=0)
    bundle = found_bundle(state, f"{standing.run}.json") if standing.result.bundle else ""
    return replace(standing.result, bundle=bundle)
