"""What a campaign's file comes to, before anything of it is done."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.campaigns.document import read_campaign
from bot.campaigns.opening import benches_of
from bot.campaigns.steps import is_script
from bot.campaigns.yard import Ground, Yard
from bot.console import one_line
from workflows.campaign import Campaign
from workflows.campaign_plan import CampaignRefusal, CampaignSpec, Site, chosen, plan

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class PlannedTarget:
    """One target: its shard, its repository, and how many files."""

    name: str
    repository: str
    files: int


@dataclass(frozen=True, slots=True)
class Checked:
    """A campaign's plan; ``vendored`` files match and are left out, ``warnings`` are sentences."""

    campaign: str
    name: str
    steps: tuple[str, ...]
    files: int
    vendored: int
    targets: tuple[PlannedTarget, ...]
    warnings: tuple[str, ...]


def checked(file: Path, repo: Path, base: str, given: Mapping[str, object]) -> Checked:
    """Read and plan the campaign in ``file``; a refusal says what is wrong and where."""
    spec = read_campaign(file)
    with Yard(Ground(given, unsafe=False)) as yard:
        benches = benches_of(spec, repo, base, yard)
        try:
            campaign = plan(spec, [Site(one.clone, one.settings.rules) for one in benches])
        except CampaignRefusal as refusal:
            raise CampaignRefusal(f"{file}: on: {refusal}") from refusal
        found = [chosen(spec.on, one.clone) for one in benches]
        most = min(one.settings.rules.limits.max_patch_files for one in benches)
    counts = sum(len(one.everything) for one in found), sum(one.vendored for one in found)
    return Checked(
        campaign.key,
        campaign.name,
        tuple(f"{step.kind}: {' '.join(step.words)}" for step in spec.steps),
        sum(len(one.paths) for one in found),
        counts[1],
        tuple(PlannedTarget(t.name, t.repository, len(t.paths)) for t in campaign.targets),
        tuple(_warnings(spec, campaign, counts, most)),
    )


def checked_text(found: Checked) -> str:
    """Return it for a person."""
    return "\n".join(_lines(found))


def _warnings(
    spec: CampaignSpec, campaign: Campaign, counts: tuple[int, int], most: int
) -> Iterator[str]:
    """Yield what is probably not meant; ``counts`` are of all files there are, and vendored."""
    total, vendored = counts
    files = sum(len(target.paths) for target in campaign.targets)
    narrows = spec.on.paths or spec.on.globs or spec.on.pattern
    if files + vendored == total and narrows:
        yield f"`on` matches every one of the {total} files there are; is it meant to?"
    large = [target for target in campaign.targets if len(target.paths) > most]
    if large:
        yield (
            f"{len(large)} targets have more than {most} files, first"
            f" {large[0].name or 'all files'} with {len(large[0].paths)}: a change of more than"
            f" {most} does not pass (limits.max_patch_files); set shard.files to {most} or less"
        )
    for step in spec.steps:
        if step.kind == "run" and is_script(step.words) and "$" not in step.words[-1]:
            yield (
                f"the script {step.words[-1].strip()!r} is not handed the target's files; they are"
                ' "$@" in it, or write the command as a list of words'
            )
    if not campaign.published:
        yield "`published` is not set, so `migrate publish` opens nothing"


def _lines(found: Checked) -> Iterator[str]:
    yield f"campaign {found.campaign}: {found.files} files in {len(found.targets)} targets"
    yield from (f"  step      {one_line(step)}" for step in found.steps)
    for target in found.targets[:_SHOWN]:
        yield f"  target    {target.files:>5} files  {one_line(target.name or 'all files')}"
    if len(found.targets) > _SHOWN:
        yield f"            and {len(found.targets) - _SHOWN} more"
    if found.vendored:
        yield f"  left out  {found.vendored} files of others (vendor, third_party, node_modules)"
    yield from (f"  warning   {warning}" for warning in found.warnings)
