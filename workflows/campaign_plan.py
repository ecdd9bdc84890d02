"""Which targets a campaign has: steps over the files of base commits, cut into shards."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from pathspec import GitIgnoreSpec

from scoping.refusal import Refusal
from validators.checkout import Clone, TreeFile, list_files, read_blobs, read_file
from validators.encoding import digest, encode
from validators.rules import GateRule, Rules
from workflows.campaign import (
    Campaign,
    CampaignBudget,
    PublishedAs,
    Recipe,
    Rollout,
    Target,
    Template,
)
from workflows.code_owners import PLACES
from workflows.code_pattern import CodePattern
from workflows.sharding import Listing, Shard, shards

_REGULAR = frozenset({"100644", "100755"})
# Files of somebody else, kept here as they came: to change them is to leave their origin.
_VENDORED = frozenset({"vendor", "vendored", "_vendor", "third_party", "node_modules"})
_READ_AT_ONCE = 500


class CampaignRefusal(Refusal):
    """A campaign cannot start: its pattern or its steps, and what to change."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which files: ``paths`` by name, ``globs`` as in .gitignore; all of them when there is none.

    Of those a ``pattern`` keeps the ones that it occurs in. ``repositories`` are folders, empty for
    the one that the command is told.
    """

    paths: tuple[str, ...] = ()
    globs: tuple[str, ...] = ()
    pattern: str = ""
    repositories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CampaignSpec:
    """A campaign as somebody wrote it down."""

    name: str
    on: Selection
    steps: tuple[Recipe, ...]
    template: Template
    gates: tuple[GateRule, ...] = ()
    shard: Shard = field(default_factory=Shard)
    attempts: int = 1
    published: tuple[tuple[str, PublishedAs], ...] = ()
    rollout: Rollout = field(default_factory=Rollout)
    budget: CampaignBudget = field(default_factory=CampaignBudget)


@dataclass(frozen=True, slots=True)
class Site:
    """One repository at the commit to work on, and the rules that judge there."""

    clone: Clone
    rules: Rules


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a selection comes to in one repository; ``vendored`` files were left out."""

    paths: tuple[str, ...]
    vendored: int
    everything: tuple[str, ...]


def plan(spec: CampaignSpec, sites: Sequence[Site]) -> Campaign:
    """Return the campaign that ``spec`` describes on the given commits.

    Its key is made of all that decides results, and so are those of its targets: what was done once
    is not done again, and what other steps, rules or commits decided is not this campaign's.
    """
    if not spec.steps or not all(step.words for step in spec.steps):
        raise CampaignRefusal("the rule is empty; give the command to run over the files")
    steps = digest(encode([spec.steps, spec.gates, spec.template, spec.attempts]))
    found = [chosen(spec.on, site.clone) for site in sites]
    _require_paths(spec.on, found)
    targets = tuple(
        target
        for site, files in zip(sites, found, strict=True)
        for target in _targets(spec, (site, files), steps, is_only=len(sites) == 1)
    )
    if not targets:
        raise CampaignRefusal(_nothing(spec, sites, sum(one.vendored for one in found)))
    key = digest(encode([spec.name, steps, [target.key for target in targets]]))[:8]
    return Campaign(
        f"{spec.name}-{key}" if spec.name else key,
        spec.name,
        spec.steps,
        spec.template,
        targets,
        spec.attempts,
        spec.published,
        spec.rollout,
        spec.budget,
        spec.gates,
    )


def chosen(on: Selection, clone: Clone) -> Chosen:
    """Return the regular files at a commit that a selection names, in order."""
    files = [one for one in list_files(clone, clone.base_tree) if one.mode in _REGULAR]
    try:
        wanted = GitIgnoreSpec.from_lines(_selecting(on.globs))
    except ValueError as error:
        raise CampaignRefusal(f"a pattern cannot be read: {error}") from error
    named = frozenset(on.paths)
    found = [
        file
        for file in files
        if file.path in named or (wanted.match_file(file.path) if on.globs else not named)
    ]
    ours = [one for one in found if one.path in named or not _is_vendored(one.path)]
    if on.pattern:
        ours = list(_holding(on.pattern, ours, clone))
    paths = tuple(sorted(one.path for one in ours))
    kept = sum(1 for one in found if one.path not in named and _is_vendored(one.path))
    return Chosen(paths, kept, tuple(one.path for one in files))


def _selecting(globs: Sequence[str]) -> Iterator[str]:
    """Yield patterns by which ``!folder/`` leaves out what is in it, as everybody means it.

    In .gitignore it does nothing after a pattern that names the files themselves.
    """
    for glob in globs:
        yield glob
        folder = glob.removeprefix("!").removesuffix("/")
        if glob == f"!{folder}/":
            yield f"!{folder}/**" if "/" in folder else f"!**/{folder}/**"


def _require_paths(on: Selection, found: Sequence[Chosen]) -> None:
    """Refuse a file that is named and is nowhere: it was meant, and would be passed over."""
    missing = set(on.paths).difference(*(one.everything for one in found))
    if missing:
        raise CampaignRefusal(
            f"on.paths names {min(missing)!r}, which is no regular file there; mend or remove it"
        )


def _targets(
    spec: CampaignSpec, at: tuple[Site, Chosen], steps: str, *, is_only: bool
) -> Iterator[Target]:
    (site, found), clone = at, at[0].clone
    repository = str(clone.repository)
    listing = Listing(found.paths, found.everything, _code_owners(clone))
    rules = digest(encode(site.rules))
    for name, paths in shards(listing, spec.shard).items():
        decides = [steps, rules, repository, clone.base_commit, name, paths]
        called = name if is_only else f"{PurePosixPath(repository).name} {name}".strip()
        yield Target(digest(encode(decides))[:14], repository, paths, clone.base_commit, called)


def _code_owners(clone: Clone) -> bytes:
    found = (read_file(clone, clone.base_tree, place) for place in PLACES)
    return next((one[1] for one in found if one is not None), b"")


def _is_vendored(path: str) -> bool:
    return not _VENDORED.isdisjoint(PurePosixPath(path).parts[:-1])


def _holding(text: str, files: Sequence[TreeFile], clone: Clone) -> Iterator[TreeFile]:
    pattern = CodePattern(text)
    for start in range(0, len(files), _READ_AT_ONCE):
        some = files[start : start + _READ_AT_ONCE]
        contents = read_blobs(clone, [file.sha for file in some])
        for file, content in zip(some, contents, strict=True):
            if pattern.occurs_in(content):
                yield file


def _nothing(spec: CampaignSpec, sites: Sequence[Site], vendored: int) -> str:
    if vendored:
        return (
            f"the {vendored} files that match are those of others, which come from elsewhere"
            " (vendor, third_party, node_modules); name in on.paths what is to be changed all the"
            " same"
        )
    where = sites[0].clone.base_commit[:12] if len(sites) == 1 else f"{len(sites)} repositories"
    holding = f" and holds {spec.on.pattern!r}" if spec.on.pattern else ""
    return (
        f"no file at {where} matches {' '.join((*spec.on.paths, *spec.on.globs))!r}{holding};"
        " patterns are written as in .gitignore, for example 'src/**/*.py'"
    )
