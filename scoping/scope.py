"""From a commit and a task to what the model may read first, each piece with its reasons."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from scoping.facts import Skipped
from scoping.functions import RankedFunction
from scoping.index import Cache, Listing, index_of
from scoping.objects import ObjectReader
from scoping.packing import Excerpt, Room, pack
from scoping.rank import RankedFile, rank
from scoping.refusal import Refusal

_LETTERS_PER_TOKEN = 3


class ScopeRefusal(Refusal):
    """Nothing can be chosen for this task: why, and which option to change."""


def estimate_tokens(text: str) -> int:
    """Return how many tokens a text of code takes, rather too many than too few."""
    return len(text.encode("utf-8", "surrogateescape")) // _LETTERS_PER_TOKEN + 1


@dataclass(frozen=True, slots=True)
class ScopeOptions:
    """What may be shown: patterns as in ``.gitignore``, distinct files, tokens in all.

    ``estimate_tokens`` counts the tokens of a text; ``cache`` keeps the facts of blobs between
    calls, see `scoping.index`.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    max_files: int = 20
    max_tokens: int = 16_000
    estimate_tokens: Callable[[str], int] = estimate_tokens
    cache: Cache | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """What was chosen at ``commit``: the rankings, and the excerpts packed into ``tokens``.

    ``skipped`` are the files that were not, or not fully, read; ``timings`` (name, seconds) are
    there when a clock was given.
    """

    commit: str
    files: tuple[RankedFile, ...] = ()
    functions: tuple[RankedFunction, ...] = ()
    excerpts: tuple[Excerpt, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    tokens: int = 0
    timings: tuple[tuple[str, float], ...] = ()


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
    listing = Listing(reader, sha, include=options.include, exclude=options.exclude)
    if not listing.entries and (options.include or options.exclude):
        raise ScopeRefusal(
            f"scope.include and scope.exclude leave no file of {sha[:12]}; widen them"
        )
    index = index_of(listing, sha, options.cache)
    mark("index")
    ranking = rank(index, listing.read, title, body)
    mark("rank")
    room = Room(options.max_files, options.max_tokens, options.estimate_tokens)
    excerpts, tokens = pack(index, ranking, listing.read, room)
    mark("pack")
    files, functions = ranking.files, ranking.functions
    return Scope(sha, files, functions, excerpts, index.skipped, tokens, _spans(marks))


def _spans(marks: list[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    """Return how long each step took: its mark less the mark before."""
    return tuple((name, round(at - before, 6)) for (_, before), (name, at) in pairwise(marks))
