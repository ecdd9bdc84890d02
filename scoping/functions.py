"""Which functions of the likely files a task is about; reads those files' text."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from scoping.bm25 import bags_of
from scoping.facts import Symbol
from scoping.graph import Graph
from scoping.issue import Frame, Issue, told
from scoping.kinds import FileKind
from scoping.signals import located
from scoping.words import split, tokens

_FILE = 1.5
_ISSUE_WORDS = 2.0
_TITLE_WORDS = 1.0
_NAME_WORDS = 0.8
_NAMED_MEMBER = 3.0
_NAMED = 1.5
_LAST_FRAME = 3.0
_ANY_FRAME = 1.0
_AGAINST_TEST = 2.0


@dataclass(frozen=True, slots=True)
class RankedFunction:
    """One function or method; ``id`` is ``path::Class.method``; lines count from 1."""

    id: str
    path: str
    start_line: int
    end_line: int
    score: float
    reasons: tuple[str, ...] = ()
    kind: FileKind = "source"


@dataclass(frozen=True, slots=True)
class Candidates:
    """The functions to order: ``lines`` by path, ``shares`` is each file's score over the best."""

    symbols: tuple[Symbol, ...]
    lines: Mapping[str, Sequence[str]]
    shares: Mapping[str, float]
    kinds: Mapping[str, FileKind] = field(default_factory=dict)


def rank_functions(found: Candidates, graph: Graph, issue: Issue) -> tuple[RankedFunction, ...]:
    """Return the candidates with the likeliest first; same text, same order."""
    words = _word_scores(found, issue)
    members = {".".join(dotted.split(".")[-2:]) for dotted in issue.dotted}
    frames = _located_frames(graph, issue)
    ranked: list[RankedFunction] = []
    for symbol, score in zip(found.symbols, words, strict=True):
        kind = found.kinds.get(symbol.path, "source")
        named = [
            *_named(symbol, graph, issue, members),
            *_framed(symbol, frames),
        ]
        total = score + _FILE * found.shares[symbol.path] + sum(worth for worth, _ in named)
        total -= _AGAINST_TEST if kind == "test" else 0.0
        reasons = tuple(reason for _, reason in sorted(named, reverse=True) if reason)
        ranked.append(
            RankedFunction(
                symbol.id,
                symbol.path,
                symbol.start_line,
                symbol.end_line,
                round(total, 6),
                reasons or ("shares words with the issue",),
                kind,
            )
        )
    ranked.sort(key=lambda one: (-one.score, one.id, one.start_line))
    # Overloads, and a property with its setter, are one function to whoever reads the list.
    best: dict[str, RankedFunction] = {}
    for one in ranked:
        best.setdefault(one.id, one)
    return tuple(best.values())


def _word_scores(found: Candidates, issue: Issue) -> list[float]:
    bodies = [
        "".join(found.lines[symbol.path][symbol.start_line - 1 : symbol.end_line])
        for symbol in found.symbols
    ]
    bags = bags_of((tokens(body) for body in bodies), issue.words)
    totals = [0.0] * len(bodies)
    for query, weight in ((issue.words, _ISSUE_WORDS), (issue.title_words, _TITLE_WORDS)):
        scores = bags.scores(query)
        best = max(scores, default=0.0) or 1.0
        totals = [
            total + weight * score / best for total, score in zip(totals, scores, strict=True)
        ]
    return totals


def _named(
    symbol: Symbol, graph: Graph, issue: Issue, members: set[str]
) -> Iterator[tuple[float, str]]:
    name = symbol.qualified_name
    homonyms = max(1, len(graph.definitions.get(symbol.name, ())))
    if name in members and "." in name:
        yield _NAMED_MEMBER, f"`{name}` is named in the issue"
    elif symbol.name in issue.names or name in issue.dotted:
        yield _NAMED / homonyms**0.5, f"`{symbol.name}` is named in the issue"
    own = set(split(symbol.name))
    shared = own & issue.title_words.keys()
    if shared:
        reason = f"{told(issue, sorted(shared))} of its name is in the title"
        yield _NAME_WORDS * len(shared) / len(own), reason


def _located_frames(graph: Graph, issue: Issue) -> tuple[tuple[str, Frame], ...]:
    """Return the frames that are in this repository with their files, the failing one first."""
    return tuple(
        (path, frame) for frame in reversed(issue.frames) for path in located(graph, frame.path)
    )


def _framed(symbol: Symbol, frames: tuple[tuple[str, Frame], ...]) -> Iterator[tuple[float, str]]:
    for place, (path, frame) in enumerate(frames):
        inside = symbol.start_line <= frame.line <= symbol.end_line
        # Line numbers of another version are off; the name then still says which one it was.
        named = frame.function.rpartition(".")[2] == symbol.name
        if path == symbol.path and (named or (inside and not frame.function)):
            worth = _ANY_FRAME if place else _LAST_FRAME
            yield worth if inside else worth / 2, f"line {frame.line} of the traceback is in it"
            return
