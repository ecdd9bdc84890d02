"""Where what is shown is used: the lines that call it, and the tests that exercise it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from scoping.calls import called_in
from scoping.facts import FileFacts, Symbol
from scoping.words import split, tokens

_COMMENTS = ("#", "//", "/*", "*", "--")
_RUN_CLASSES = frozenset(("python", "ruby"))  # elsewhere a line of a class declares
_SHORTEST_NAME = 4  # shorter ones, `New` or `get`, mean another function as often
_PASSAGE_LINES = 12
_MARKS = "?!"  # a name of Ruby may end in one; the words of a file have none


@dataclass(frozen=True, slots=True)
class Call:
    """One line that calls ``name``; ``caller`` is the function around it, None outside of any."""

    line: int
    name: str
    caller: Symbol | None


def written_in(facts: FileFacts, names: Iterable[str]) -> list[str]:
    """Return those of ``names`` that a file writes at all; its text is not asked for."""
    return [name for name in names if facts.writes(name.rstrip(_MARKS))]


def telling_names(names: Iterable[str]) -> list[str]:
    """Return those of ``names`` that are long enough to be known wherever they stand."""
    return [name for name in names if len(name) >= _SHORTEST_NAME]


def calls_of(facts: FileFacts, lines: Sequence[str], names: Iterable[str]) -> Iterator[Call]:
    """Yield the first line of a file that calls each of ``names``, where it is not defined."""
    wanted = set(names)
    written = re.compile("|".join(map(re.escape, sorted(wanted, key=len, reverse=True))))
    text, number, counted = "".join(lines), 1, 0
    for found in written.finditer(text):
        number += text.count("\n", counted, found.start())
        counted = found.start()
        # Most names are part of another one, and the line of a first call is soon found.
        line = lines[number - 1]
        if line.lstrip().startswith(_COMMENTS):
            continue
        for name in wanted & {found.group()} & called_in(line, facts.language):
            if not _is_declared(facts, name, number):
                wanted.discard(name)
                yield Call(number, name, _around(facts.symbols, number))


def _is_declared(facts: FileFacts, name: str, line: int) -> bool:
    """Whether a line is part of what defines ``name``, or names a member of a class."""
    around = [one for one in facts.symbols if one.start_line <= line <= one.end_line]
    if facts.language not in _RUN_CLASSES and {one.kind for one in around} == {"class"}:
        return True
    return any(one.name == name for one in around)


def _around(symbols: Sequence[Symbol], line: int) -> Symbol | None:
    """Return the innermost function that holds a line."""
    holding = [
        one
        for one in symbols
        if one.kind in {"function", "method"} and one.start_line <= line <= one.end_line
    ]
    return max(holding, key=lambda one: one.start_line, default=None)


def passage(lines: Sequence[str], name: str) -> tuple[int, int] | None:
    """Return the lines between blank ones that first write ``name`` on a page, or some of them."""
    spoken = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    first = next(
        (number for number, line in enumerate(lines, 1) if name in line and spoken.search(line)), 0
    )
    if not first:
        return None
    start = end = first
    while start > max(1, first - _PASSAGE_LINES) and lines[start - 2].strip():
        start -= 1
    while end < min(len(lines), first + _PASSAGE_LINES) and lines[end].strip():
        end += 1
    return start, end


def likely_tests(
    tests: Sequence[FileFacts], worth: Mapping[str, float], paths: Iterable[str]
) -> list[FileFacts]:
    """Return the files of tests that write any of the names or bear the name of a path.

    Those come first that write what is worth most; a name that many of them write tells little.
    """
    meant = [parts for path in paths if (parts := _parts(_stem(path)))]
    writers = {name: sum(facts.writes(name) for facts in tests) for name in worth}
    told = {name: worth[name] / count for name, count in writers.items() if count}

    def score(facts: FileFacts) -> float:
        named = set(split(_stem(facts.path)))
        is_about = any(parts <= named for parts in meant)
        return is_about + sum(own for name, own in told.items() if facts.writes(name))

    scores = {facts.path: score(facts) for facts in tests}
    likely = [facts for facts in tests if scores[facts.path] > 0]
    return sorted(likely, key=lambda facts: scores[facts.path], reverse=True)


def _stem(path: str) -> str:
    return path.rpartition("/")[2].partition(".")[0]


def _parts(stem: str) -> set[str]:
    """Return the words of a file's name, without the name itself where it has several."""
    *parts, whole = split(stem) or ("",)
    return set(parts or filter(None, (whole,)))


def exercising(
    facts: FileFacts, lines: Sequence[str], worth: Mapping[str, float]
) -> list[tuple[Symbol, str]]:
    """Return the functions of a file that write any of the names, those of most worth first.

    Each comes with the name of most worth that it writes; the shorter of equals comes first.
    """
    found: list[tuple[float, Symbol, str]] = []
    for symbol in facts.symbols:
        if symbol.kind not in {"function", "method"}:
            continue
        text = "".join(lines[symbol.start_line - 1 : symbol.end_line])
        written = [name for name in worth if name in text]
        if written and (said := tokens(text).keys() & set(written)):
            best = max(said, key=lambda name: (worth[name], name))
            found.append((sum(worth[name] for name in said), symbol, best))
    found.sort(key=lambda one: (-one[0], one[1].end_line - one[1].start_line, one[1].start_line))
    return [(symbol, name) for _, symbol, name in found]
