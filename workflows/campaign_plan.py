"""Which targets a campaign has: one recipe over the files of a base commit, cut into shards."""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Literal

from pathspec import GitIgnoreSpec

from scoping.refusal import Refusal
from validators.checkout import list_files
from validators.encoding import digest, encode
from workflows.campaign import Campaign, Target
from workflows.workshop import Workshop

ShardBy = Literal["all", "directory"]
_REGULAR = frozenset({"100644", "100755"})


class CampaignRefusal(Refusal):
    """A campaign cannot start: its pattern or its rule, and what to change."""


def plan(rule: Sequence[str], on: Sequence[str], workshop: Workshop, shard: ShardBy) -> Campaign:
    """Return the campaign that runs ``rule`` over every regular file at base matching ``on``.

    ``on`` are patterns as in .gitignore. Shards are the whole, or one per folder.
    """
    if not rule:
        raise CampaignRefusal("the rule is empty; give the command to run over the files")
    clone = workshop.clone
    try:
        wanted = GitIgnoreSpec.from_lines(on)
    except ValueError as error:
        raise CampaignRefusal(f"a pattern cannot be read: {error}") from error
    paths = [
        file.path
        for file in list_files(clone, clone.base_tree)
        if file.mode in _REGULAR and wanted.match_file(file.path)
    ]
    if not paths:
        raise CampaignRefusal(
            f"no file at {clone.base_commit[:12]} matches {' '.join(on)!r};"
            " patterns are written as in .gitignore, for example 'src/**/*.py'"
        )
    shards: dict[str, list[str]] = {}
    for path in paths:
        folder = "" if shard == "all" else str(PurePosixPath(path).parent)
        shards.setdefault(folder, []).append(path)
    # What was decided under other rules is not this campaign's result.
    rules = digest(encode(workshop.rules))
    key = digest(encode([list(rule), list(on), clone.base_commit, shard, rules]))[:8]
    targets = tuple(
        Target(f"{key}-{digest(folder.encode())[:6]}", str(clone.repository), tuple(files))
        for folder, files in sorted(shards.items())
    )
    title = f"Run {' '.join(rule)[:60]}"
    return Campaign(key, title, tuple(rule), tuple(on), clone.base_commit, targets)
