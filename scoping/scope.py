"""From a commit and a task to what the model may read first, each piece with its reasons."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from scoping.blobs import ObjectsRefusal
from scoping.cache import Cache
from scoping.edges import Edge, edges_among
from scoping.excerpts import Excerpt, Room
from scoping.facts import Skipped
from scoping.functions import RankedFunction
from scoping.globs import chosen
from scoping.index import index_of
from scoping.issue import read_issue
from scoping.listing import Listing
from scoping.objects import ObjectReader, PastCommit
from scoping.packing import pack
from scoping.past import past_of
from scoping.profiles import Profile, profile_for
from scoping.rank import RankedFile, rank
from scoping.refusal import Refusal
from scoping.reordering import Reorder, reordered
from scoping.weights import learnt_weights

_LETTERS_PER_TOKEN = 3
_MAX_PAST = 2_500


class ScopeRefusal(Refusal):
    """Nothing can be chosen for this task: why, and which option to change."""


def estimate_tokens(text: str) -> int:
    """Return how many tokens a text of code takes, rather too many than too few."""
    return len(text.encode("utf-8", "surrogateescape")) // _LETTERS_PER_TOKEN + 1


@dataclass(frozen=True, slots=True)
class ScopeOptions:
    """What may be shown: patterns as in ``.gitignore``, distinct files, tokens in all.

    ``estimate_tokens`` counts the tokens of a text; ``cache`` keeps the facts of blobs between
    calls, see `scoping.index`. ``profile`` names the one of ``profiles`` that holds; without it the
    task's ``labels`` choose, or else the paths that it names. ``reorder`` may put the first files
    in another order. ``overlay`` lies over the commit: content by path, None for a file that is
    gone.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    max_files: int = 20
    max_tokens: int = 16_000
    estimate_tokens: Callable[[str], int] = estimate_tokens
    cache: Cache | None = None
    profiles: tuple[Profile, ...] = ()
    profile: str = ""
    labels: tuple[str, ...] = ()
    reorder: Reorder | None = None
    overlay: Mapping[str, bytes | None] | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """What was chosen at ``commit``: the rankings, and the excerpts packed into ``tokens``.

    ``skipped`` are the files that were not, or not fully, read; ``edges`` tie the first candidates
    together; ``timings`` (name, seconds) are there when a clock was given. ``profile`` names
    what held of ``profiles``: only its files were looked at.
    """

    commit: str
    files: tuple[RankedFile, ...] = ()
    functions: tuple[RankedFunction, ...] = ()
    excerpts: tuple[Excerpt, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    tokens: int = 0
    timings: tuple[tuple[str, float], ...] = ()
    edges: tuple[Edge, ...] = ()
    profile: str = ""


def select(
    reader: ObjectReader,
    commit: str,
    title: str,
    body: str,
    options: ScopeOptions | None = None,
    now: Callable[[], float] | None = None,
) -> Scope:
    """Choose what a model reads of ``commit`` for a task; same commit and words, same scope.

    ObjectsRefusal when there is no such commit, ScopeRefusal when the options leave nothing.
    """
    options = options or ScopeOptions()
    if options.max_files < 1 or options.max_tokens < 1:
        raise ScopeRefusal("scope.max_files and scope.max_tokens must be at least 1")
    marks: list[tuple[str, float]] = []

    def mark(name: str) -> None:
        if now is not None:
            marks.append((name, now()))

    mark("start")
    sha = reader.resolve(commit)
    issue = read_issue(title, body)
    profile = profile_for(options.profiles, options.profile, options.labels, issue.paths)
    listing = _listed(reader, sha, options, profile)
    index = index_of(listing, sha, options.cache)
    mark("index")
    past, missing = _past(reader, sha, options.cache)
    mark("past")
    weights = profile.weighed(learnt_weights()) if profile else learnt_weights()
    ranking = rank(index, listing.read, issue, past, weights)
    mark("rank")
    if options.reorder:
        ranking = reordered(index, ranking, options.reorder)
        mark("reorder")
    room = Room(options.max_files, options.max_tokens, options.estimate_tokens)
    excerpts, tokens = pack(index, ranking, listing.read, room)
    edges = edges_among(index, ranking, listing.read)
    index.close()
    mark("pack")
    files, functions = ranking.files, ranking.functions
    skipped = (*index.skipped, *missing)
    held = profile.name if profile else ""
    return Scope(sha, files, functions, excerpts, skipped, tokens, _spans(marks), edges, held)


def _listed(
    reader: ObjectReader, sha: str, options: ScopeOptions, profile: Profile | None
) -> Listing:
    """Return what may be shown; ScopeRefusal where the options leave nothing of something."""
    within = chosen(profile.include, profile.exclude) if profile else None
    include, exclude = options.include, options.exclude
    listing = Listing(
        reader, sha, overlay=options.overlay, include=include, exclude=exclude, within=within
    )
    if not listing.entries and (include or exclude or within):
        what = f"the profile {profile.name!r}, " if profile else ""
        raise ScopeRefusal(
            f"{what}scope.include and scope.exclude leave no file of {sha[:12]}; widen them"
        )
    return listing


def _past(
    reader: ObjectReader, commit: str, cache: Cache | None
) -> tuple[tuple[PastCommit, ...], tuple[Skipped, ...]]:
    """Return the commits before, or why they are not read: a partial clone may lack their trees."""
    try:
        return past_of(reader, commit, _MAX_PAST, cache.store if cache else None), ()
    except ObjectsRefusal as refusal:
        return (), (Skipped("(history)", f"past commits are not read: {refusal}"),)


def _spans(marks: list[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    """Return how long each step took: its mark less the mark before."""
    return tuple((name, round(at - before, 6)) for (_, before), (name, at) in pairwise(marks))
