"""What past commits say: whose messages resemble the issue, which files change together."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from math import exp, log1p

from scoping.bm25 import bags_of, weighed
from scoping.issue import told
from scoping.objects import PastCommit
from scoping.signals.case import Case, Column, scaled
from scoping.words import tokens

_DAY_S = 86_400
_SLOW_DAYS = 720
_FAST_DAYS = 90
_YEAR_DAYS = 365
_LEAST = 0.2  # of what a commit of today is worth, one of long ago
_MOST_FILES = 30
_SHOWN = 3


def history(case: Case) -> Iterator[Column]:
    """Yield what the messages and dates of past commits say of the files they touched."""
    commits = [commit for commit in case.past if 0 < len(commit.paths) <= _MOST_FILES]
    if not commits:
        return
    counted = [tokens(commit.message) for commit in commits]
    bags = bags_of(counted, case.issue.words)
    scores = bags.scores(case.issue.title_words)
    yield from scaled(case.pool, "past_title", _spread(commits, scores))
    yield from _told_of(case, commits, bags.bags)
    yield from _dates(case, commits)


def _spread(commits: Sequence[PastCommit], scores: Sequence[float]) -> dict[str, float]:
    """Return each file's share of what its commits score, the alike and the late counting most."""
    best = max(scores, default=0.0) or 1.0
    newest = max(commit.time_s for commit in commits)
    spread: defaultdict[str, float] = defaultdict(float)
    for commit, score in zip(commits, scores, strict=True):
        if score > 0:
            late = _LEAST + exp((commit.time_s - newest) / (_YEAR_DAYS * _DAY_S))
            worth = late * (score / best) ** 3 / len(commit.paths) ** 0.5
            for path in commit.paths:
                spread[path] += worth
    return spread


def _told_of(
    case: Case, commits: Sequence[PastCommit], bags: Sequence[Mapping[str, int]]
) -> Iterator[Column]:
    """Yield how alike the issue is to all that was ever said of a file, as one document."""
    documents: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for commit, bag in zip(commits, bags, strict=True):
        for path in commit.paths:
            documents[path].update(bag)
    paths = [path for path in documents if path in case.kinds]
    whole = weighed(
        [documents[path] for path in paths], (documents[path].total() for path in paths)
    )
    scores = dict(zip(paths, whole.scores(case.issue.words), strict=True))

    def tell(path: str) -> str:
        found = sorted(documents[path], key=lambda word: (-documents[path][word], word))
        return f"commits that changed it speak of {told(case.issue, found[:_SHOWN])}"

    yield from scaled(case.pool, "past_document", scores, tell)


def _dates(case: Case, commits: Sequence[PastCommit]) -> Iterator[Column]:
    """Yield how often and how lately files changed; a hub is changed often whatever the issue."""
    newest = max(commit.time_s for commit in commits)
    for name, days in (("often_changed", _SLOW_DAYS), ("lately_changed", _FAST_DAYS)):
        sums: defaultdict[str, float] = defaultdict(float)
        for commit in commits:
            worth = exp((commit.time_s - newest) / (days * _DAY_S))
            for path in commit.paths:
                sums[path] += worth
        most = max((sums[path] for path in case.pool if path in sums), default=0.0)
        if most:
            yield Column(
                name,
                {path: log1p(total) / log1p(most) for path, total in sums.items()},
            )


def together(case: Case, firsts: Sequence[str]) -> Iterator[Column]:
    """Yield which files past commits changed together with the likeliest few."""
    wanted = {path: 1 / (1 + place) for place, path in enumerate(firsts)}
    touched: Counter[str] = Counter()
    shared: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for commit in case.past:
        if not 1 < len(commit.paths) <= _MOST_FILES:
            continue
        here = [path for path in commit.paths if path in wanted]
        touched.update(commit.paths)
        for first in here:
            for path in commit.paths:
                if path != first:
                    shared[path][first] += 1 / len(commit.paths) ** 0.5
    scores = {
        path: sum(
            wanted[first] * worth / (touched[first] + 5) ** 0.5 / (touched[path] + 5) ** 0.25
            for first, worth in by_first.items()
        )
        for path, by_first in shared.items()
    }

    def tell(path: str) -> str:
        first = max(shared[path], key=lambda one: (shared[path][one], one))
        return f"past commits changed it together with `{first}`"

    yield from scaled(case.pool, "together", scores, tell)


def beside(case: Case, firsts: Sequence[str]) -> Column:
    """Speak for files in the folder of one of the likeliest few, the emptier the more."""
    folders = Counter(path.rpartition("/")[0] for path in case.pool)
    near = {path.rpartition("/")[0]: path for path in reversed(firsts)}
    values = {
        path: 2 / (1 + folders[folder])
        for path in case.pool
        if (folder := path.rpartition("/")[0]) in near and path not in firsts
    }
    return Column("beside", {path: min(1.0, value) for path, value in values.items()})
