"""What a campaign would publish, as one file of differences for each target that passed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.bundle_files import found_bundle, read_bundle
from bot.campaigns.left_places import PreviewRefusal, write_left
from bot.campaigns.opening import begun
from bot.campaigns.publishing import published_as
from bot.campaigns.yard import Ground, Yard
from bot.wiring import state_folder
from validators.checkout import diff_text, write_tree
from workflows.board import Board
from workflows.campaign import Campaign, PublishedAs, Target
from workflows.ports import Journal

_SLUG = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class PreviewFile:
    """One target's differences, and how the target would be published."""

    target: str
    name: str
    file: str
    published: PublishedAs


def write_diffs(
    key: str, journal: Journal, out: Path, given: Mapping[str, object]
) -> tuple[PreviewFile, ...]:
    """Write a file below ``out`` for each target that passed and is not published yet.

    Beside them stands `LEFT`, where there are places that no step dealt with.
    """
    campaign, _ = begun(journal, key)
    board = Board(journal, campaign)
    board.refresh()
    state = state_folder(given)
    write_left(board, out)
    with Yard(Ground(given, unsafe=True)) as yard:
        return tuple(
            _written(target, campaign, Path(path), out, yard)
            for target in campaign.targets
            if (standing := board.standings[target.key]).state == "gated"
            and (path := found_bundle(state, f"{standing.run}.json"))
        )


def _written(target: Target, campaign: Campaign, path: Path, out: Path, yard: Yard) -> PreviewFile:
    bundle, _ = read_bundle(path)
    clone = yard.bench(target.repository, target.base).clone
    tree = write_tree(clone, clone.base_tree, bundle.changes)
    slug = _SLUG.sub("-", target.name or "all").strip("-")[:60]
    file = out / f"{slug}-{target.key}.diff"
    try:
        out.mkdir(parents=True, exist_ok=True)
        text = diff_text(clone, clone.base_tree, tree)
        file.write_text(text, encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise PreviewRefusal(
            f"{file} cannot be written: {error.strerror}; name another folder with --out"
        ) from error
    return PreviewFile(target.key, target.name, str(file), published_as(campaign, target))
