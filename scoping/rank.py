"""Index and issue to an order of files and functions, with the reasons; spends no token."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from scoping.facts import FileFacts, Symbol
from scoping.functions import Candidates, RankedFunction, rank_functions
from scoping.graph import Graph, build_graph
from scoping.index import Index
from scoping.issue import Issue, read_issue
from scoping.kinds import FileKind, kind_of
from scoping.signals import signals
from scoping.syntax import lines_of

MAX_RANKED = 500
_READ_SOURCES = 40
_READ_TESTS = 8
_MAX_REASONS = 5
_MAX_FUNCTIONS = 200

Read = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class RankedFile:
    """One file, why it is likely (strongest first; empty: nothing speaks for it), its kind."""

    path: str
    score: float
    reasons: tuple[str, ...] = ()
    kind: FileKind = "source"


@dataclass(frozen=True, slots=True)
class Ranking:
    """The files and functions a task is likely about, likeliest first."""

    files: tuple[RankedFile, ...] = ()
    functions: tuple[RankedFunction, ...] = ()


def rank(index: Index, read: Read, title: str, body: str) -> Ranking:
    """Order the files of ``index`` for an issue; ``read`` gives the content of its paths."""
    issue = read_issue(title, body)
    graph = build_graph(index)
    files = _files(index, graph, issue)
    sources = [file for file in files if file.kind != "test"][:_READ_SOURCES]
    tests = [file for file in files if file.kind == "test"][:_READ_TESTS]
    best = max((file.score for file in files), default=0.0)
    shares = {file.path: max(0.0, file.score) / (best or 1.0) for file in (*sources, *tests)}
    candidates = Candidates(
        tuple(
            symbol
            for path in shares
            for symbol in index.by_path[path].symbols
            if _is_candidate(symbol)
        ),
        {path: lines_of(read(path)) for path in shares if index.by_path[path].symbols},
        shares,
        {file.path: file.kind for file in (*sources, *tests)},
    )
    functions = rank_functions(candidates, graph, issue)
    return Ranking(files, functions[:_MAX_FUNCTIONS])


def _is_candidate(symbol: Symbol) -> bool:
    """Whether a symbol is ranked by itself: what stands inside a function goes with it."""
    return symbol.kind == "method" or (
        symbol.kind == "function" and symbol.name == symbol.qualified_name
    )


def _files(index: Index, graph: Graph, issue: Issue) -> tuple[RankedFile, ...]:
    scores: defaultdict[str, float] = defaultdict(float)
    told: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for signal in signals(index, graph, issue):
        scores[signal.path] += signal.score
        if signal.reason:
            worth = told[signal.path].get(signal.reason, 0.0)
            told[signal.path][signal.reason] = worth + signal.score
    ranked = [_ranked(facts, scores[facts.path], told[facts.path]) for facts in index.files]
    return tuple(sorted(ranked, key=lambda file: (-file.score, file.path)))[:MAX_RANKED]


def _ranked(facts: FileFacts, score: float, told: dict[str, float]) -> RankedFile:
    reasons = sorted(told, key=lambda reason: (-told[reason], reason))[:_MAX_REASONS]
    kind = kind_of(facts.path, facts.language)
    return RankedFile(facts.path, round(score, 6), tuple(reasons), kind)
