"""One issue against one tree, and the form all signals take."""

from bisect import bisect_left
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field
from math import log

from scoping.graph import Graph
from scoping.index import Index
from scoping.issue import Issue
from scoping.kinds import FileKind, kind_of
from scoping.objects import PastCommit
from scoping.signals.quoted import quoted_pieces

Tell = Callable[[str], str]

_RANK_SOFTNESS = 8


def silent(_: str) -> str:
    """Tell nothing: for signals that a person would not recognise as a reason."""
    return ""


@dataclass(frozen=True, slots=True)
class Column:
    """What one signal says of each file, mostly between 0 and 1; absent files have 0.

    ``name`` is its name in the table of weights; ``tell`` puts a file's value into words.
    """

    name: str
    values: Mapping[str, float]
    tell: Tell = silent


@dataclass(frozen=True, slots=True)
class Case:
    """One issue, the tree it is about, and the commits before it, newest first.

    ``pool`` are the files of code that are no tests: signals are scaled on them, so that a long
    changelog cannot make every file of code look small. ``quoted`` are the messages that the issue
    quotes, and the files of each; ``writers`` the files that write a name of the issue, noted when
    the words of all files were looked through.
    """

    index: Index
    graph: Graph
    issue: Issue
    kinds: Mapping[str, FileKind]
    pool: frozenset[str]
    past: tuple[PastCommit, ...] = ()
    quoted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    writers: dict[str, list[str]] = field(default_factory=dict)


def make_case(index: Index, graph: Graph, issue: Issue, past: tuple[PastCommit, ...]) -> Case:
    """Return the case of an issue against the tree of ``index``."""
    kinds = {facts.path: kind_of(facts.path, facts.language) for facts in index.files}
    pool = frozenset(
        facts.path for facts in index.files if kinds[facts.path] != "test" and facts.language
    )
    quoted = quoted_pieces(index, issue)
    return Case(index, graph, issue, kinds, pool or frozenset(kinds), past, quoted)


def telling(case: Case, name: str) -> float:
    """Return how much a name points at one file rather than all: 1 where one of them writes it."""
    files = case.index.files
    if name in case.writers:
        writers = len(case.writers[name])
    else:
        apart = f" {name} "  # as `Counts` asks, once for all files
        writers = sum(apart in facts.counts.words for facts in files)
    return log(len(files) / max(1, writers)) / log(max(2, len(files)))


def scaled(
    pool: Container[str], name: str, scores: Mapping[str, float], tell: Tell = silent
) -> Iterator[Column]:
    """Yield a score in both its forms: beside the best of the pool, and by its rank among it."""
    found = sorted(-score for path, score in scores.items() if score > 0 and path in pool)
    best = -found[0] if found else max(scores.values(), default=0.0)
    if best <= 0:
        return
    shares = {path: min(1.0, score / best) for path, score in scores.items() if score > 0}
    yield Column(name, shares, tell)
    ranks = {
        path: _RANK_SOFTNESS / (_RANK_SOFTNESS + bisect_left(found, -score))
        for path, score in scores.items()
        if score > 0
    }
    yield Column(f"{name}_rank", ranks)
