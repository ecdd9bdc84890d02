"""What speaks for and against each file, one cheap sign at a time, each with its reason in words.

The weights are read beside one another; what was measured about such signs, and which did not
help, is in the project's notes on ranking. A learned set of weights fits in the same place.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from scoping.bm25 import Bags, bags_of
from scoping.facts import Symbol
from scoping.graph import Graph, module_of
from scoping.index import Index
from scoping.issue import Issue, told
from scoping.kinds import FileKind, kind_of
from scoping.words import split, tokens

_ISSUE_WORDS = 2.0
_ISSUE_RANK = 1.0
_TITLE_WORDS = 1.2
_HEAD_WORDS = 0.5
_TITLE_PATH = 1.2
_ISSUE_PATH = 0.6
_NAMED_PATH = 4.0
_NAMED_MODULE = 2.0
_NAMED_PACKAGE = 0.5
_LAST_FRAME = 2.5
_ANY_FRAME = 1.0
_NAMED_MEMBER = 3.0
_NAMED_CLASS = 1.5
_NAMED_FUNCTION = 1.2
_NAMED_IN_TITLE = 0.5
_LITERAL = 1.5
_IMPORTED = 0.4
_IMPORTING = 0.2
_AGAINST: Mapping[FileKind, float] = {"source": 0.0, "test": -2.5, "docs": -1.5, "other": -1.0}

_MAX_HOMONYMS = 8
_MAX_SAME_PATH = 5
_MAX_SHARING = 6
_MIN_PIECE = 10
_MIN_TITLE_NAME = 4
_TOP = 40
_SHOWN = 4

_HOLE = re.compile(r"%\([^)]{0,50}\)[a-z]|%[-+0-9.]{0,8}[a-z]|\{[^{}]{0,80}\}|\\.")


@dataclass(frozen=True, slots=True)
class Signal:
    """One contribution to a file's score; ``reason`` is empty where it needs no telling."""

    path: str
    score: float
    reason: str = ""


def signals(index: Index, graph: Graph, issue: Issue) -> Iterator[Signal]:
    """Yield all that speaks for and against the files of ``index``, in a stable order."""
    yield from _words(index, issue)
    yield from _path_words(index, issue)
    named = [
        *_named_paths(graph, issue),
        *_frames(graph, issue),
        *_modules(graph, issue),
        *_definitions(graph, issue),
        *_literals(index, issue),
    ]
    yield from named
    yield from _neighbours(graph, named)
    for facts in index.files:
        against = _AGAINST[kind_of(facts.path, facts.language)]
        if against:
            yield Signal(facts.path, against)


def located(graph: Graph, mention: str) -> tuple[str, ...]:
    """Return the files that a path in an issue may mean: the longest ending they share decides."""
    parts = [part for part in mention.split("/") if part]
    if not parts:
        return ()
    same_name = graph.named.get(parts[-1], ())
    for start in range(len(parts)):
        ending = "/".join(parts[start:])
        found = tuple(path for path in same_name if f"/{path}".endswith(f"/{ending}"))
        if found:
            return found if len(found) <= _MAX_SAME_PATH else ()
    return ()


def _words(index: Index, issue: Issue) -> Iterator[Signal]:
    bags = bags_of((facts.references for facts in index.files), issue.words)
    paths = [facts.path for facts in index.files]
    scores = bags.scores(issue.words)
    order = sorted(range(len(paths)), key=lambda place: (-scores[place], paths[place]))
    best = max(scores, default=0.0)
    for rank, place in enumerate(order):
        if not scores[place]:
            break
        value = _ISSUE_WORDS * scores[place] / best + _ISSUE_RANK * 8 / (rank + 8)
        reason = _shared(bags, place, issue) if rank < _TOP else ""
        yield Signal(paths[place], value, reason)
    for query, weight in ((issue.title_words, _TITLE_WORDS), (issue.head_words, _HEAD_WORDS)):
        scores = bags.scores(query)
        best = max(scores, default=0.0)
        for path, score in zip(paths, scores, strict=True):
            if score:
                yield Signal(path, weight * score / best)


def _shared(bags: Bags, place: int, issue: Issue) -> str:
    """Say which words, rarest and most frequent first, a file shares with the issue."""
    bag = bags.bags[place]
    worth = {word: bags.rarity[word] * min(bag[word], 5) for word in bag if word in issue.words}
    best = sorted(worth, key=lambda word: (-worth[word], word))[:_SHOWN]
    return f"shares {told(issue, best)} with the issue"


def _path_words(index: Index, issue: Issue) -> Iterator[Signal]:
    paths = [facts.path for facts in index.files]
    bags = bags_of((tokens(path) for path in paths), issue.words)
    for path, bag in zip(paths, bags.bags, strict=True):
        own = {word for part in tokens(PurePosixPath(path).stem) for word in split(part)}
        titled = sorted(own & bag.keys() & issue.title_words.keys())
        if titled:
            reason = f"{told(issue, titled)} of its name is in the title"
            yield Signal(path, _TITLE_PATH * len(titled) / len(own), reason)
        if bag:
            worth = sum(bags.rarity[word] for word in bag) / sum(bags.rarity.values())
            yield Signal(path, _ISSUE_PATH * min(1.0, worth * 3))


def _named_paths(graph: Graph, issue: Issue) -> Iterator[Signal]:
    found: dict[str, tuple[float, str]] = {}
    for mention in issue.paths:
        paths = located(graph, mention)
        for path in paths:
            known = found.get(path, (0.0, ""))
            found[path] = max(known, (_NAMED_PATH / len(paths), f"the issue names `{mention}`"))
    for path, (score, reason) in found.items():
        yield Signal(path, score, reason)


def _frames(graph: Graph, issue: Issue) -> Iterator[Signal]:
    seen: set[str] = set()
    for place, frame in enumerate(reversed(issue.frames)):
        for path in located(graph, frame.path):
            if path in seen:
                continue
            last = place == 0 or not seen
            seen.add(path)
            reason = f"line {frame.line} is {'the last' if last else 'a'} frame of the traceback"
            yield Signal(path, _LAST_FRAME if last else _ANY_FRAME, reason)


def _modules(graph: Graph, issue: Issue) -> Iterator[Signal]:
    found: dict[str, tuple[float, str]] = {}
    for dotted in issue.dotted:
        place = module_of(graph.modules, dotted)
        if place is None:
            continue
        path, rest = place
        is_package = path.endswith("__init__.py") and rest
        score = _NAMED_PACKAGE if is_package else _NAMED_MODULE
        found[path] = max(found.get(path, (0.0, "")), (score, f"the issue names `{dotted}`"))
    for path, (score, reason) in found.items():
        yield Signal(path, score, reason)


def _definitions(graph: Graph, issue: Issue) -> Iterator[Signal]:
    """Speak for files that define what is named: a member with its class most, homonyms less."""
    members = {".".join(dotted.split(".")[-2:]) for dotted in issue.dotted}
    parts = dict.fromkeys(part for dotted in issue.dotted for part in dotted.split("."))
    said: dict[str, str] = dict.fromkeys((*issue.names, *parts), "named in the issue")
    title = tokens(issue.text.partition("\n")[0])
    for word in issue.tokens:
        if len(word) >= _MIN_TITLE_NAME and word in title:
            said.setdefault(word, "a word of the title")
    for name, how in said.items():
        symbols = graph.definitions.get(name, ())
        paths = dict.fromkeys(symbol.path for symbol in symbols)
        if len(paths) > _MAX_HOMONYMS:
            continue
        for path in paths:
            own = [symbol for symbol in symbols if symbol.path == path]
            best = max(own, key=lambda symbol: _worth(symbol, members))
            weight = _worth(best, members) if how == "named in the issue" else _NAMED_IN_TITLE
            reason = f"defines `{best.qualified_name}`, {how}"
            yield Signal(path, weight / len(paths), reason)


def _worth(symbol: Symbol, members: set[str]) -> float:
    if symbol.kind != "class" and symbol.qualified_name in members:
        return _NAMED_MEMBER
    return _NAMED_CLASS if symbol.kind == "class" else _NAMED_FUNCTION


def _literals(index: Index, issue: Issue) -> Iterator[Signal]:
    """Speak for files that hold the constant part of a message which the issue quotes."""
    holders: defaultdict[str, list[str]] = defaultdict(list)
    for facts in index.files:
        pieces = {piece.strip() for text in facts.strings for piece in _HOLE.split(text)}
        for piece in sorted(pieces):
            if len(piece) >= _MIN_PIECE and " " in piece and piece in issue.text:
                holders[piece].append(facts.path)
    best: dict[str, str] = {}
    for piece, paths in holders.items():
        if len(paths) <= _MAX_SHARING:
            for path in paths:
                best[path] = max(best.get(path, ""), piece, key=len)
    for path, piece in best.items():
        yield Signal(path, _LITERAL, f"holds the text “{piece[:80]}” of the issue")


def _neighbours(graph: Graph, named: Sequence[Signal]) -> Iterator[Signal]:
    """Speak a little for files one import away from those which the issue points at."""
    pointed: dict[str, float] = defaultdict(float)
    for signal in named:
        pointed[signal.path] += signal.score
    reached: dict[str, Signal] = {}
    for path, score in pointed.items():
        share = min(1.0, score / _NAMED_PATH)
        for others, weight, how in (
            (graph.imports.get(path, ()), _IMPORTED, "imported by"),
            (graph.imported_by.get(path, ()), _IMPORTING, "imports"),
        ):
            for other in others:
                worth = share * weight / (1 + len(others) / 10)
                if other not in reached or reached[other].score < worth:
                    reached[other] = Signal(
                        other, worth, f"{how} `{path}`, which the issue points at"
                    )
    yield from (signal for path, signal in reached.items() if path not in pointed)
