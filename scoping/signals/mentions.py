"""What an issue names outright: paths, modules, traceback frames, definitions, messages."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from scoping.facts import Symbol
from scoping.graph import Graph, module_of
from scoping.signals.case import Case, Column
from scoping.words import tokens

_MAX_HOMONYMS = 3
_MAX_SAME_PATH = 5
_MIN_TITLE_NAME = 4
_NAMED_IN_FULL = 2.0

# The weights were learnt from tracebacks of these, which name many files beside the one at fault.
# What a trace of another language names counts as named, too, as it did when they were learnt.
_FRAMES_ALONE = (".py", ".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".rs")

_NAMED = "named in the issue"
_DEFINITIONS = (
    "defines_member",
    "defines_class",
    "defines_titled_class",
    "defines_function",
    "defines_titled_function",
)


def mentions(case: Case) -> Iterator[Column]:
    """Yield a column for each way in which an issue points at a file."""
    yield _paths(case)
    yield from _frames(case)
    yield from _modules(case)
    yield from _definitions(case)
    yield _literals(case)


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


def _column(name: str, found: Mapping[str, tuple[float, str]]) -> Column:
    return Column(
        name, {path: worth for path, (worth, _) in found.items()}, lambda path: found[path][1]
    )


def _paths(case: Case) -> Column:
    found: dict[str, tuple[float, str]] = {}
    framed = {frame.path for frame in case.issue.frames if frame.path.endswith(_FRAMES_ALONE)}
    for mention in case.issue.paths:
        if any(frame.endswith(mention) for frame in framed):
            continue
        paths = located(case.graph, mention)
        for path in paths:
            known = found.get(path, (0.0, ""))
            found[path] = max(known, (1 / len(paths), f"the issue names `{mention}`"))
    return _column("named_path", found)


def _frames(case: Case) -> Iterator[Column]:
    last: dict[str, tuple[float, str]] = {}
    others: dict[str, tuple[float, str]] = {}
    for place, frame in enumerate(reversed(case.issue.frames)):
        for path in located(case.graph, frame.path):
            if path in last or path in others:
                continue
            if not last:
                reason = f"line {frame.line} is the innermost frame of the traceback"
                last[path] = (1.0, reason)
            else:
                reason = f"line {frame.line} is a frame of the traceback"
                others[path] = (4 / (4 + place), reason)
    yield _column("last_frame", last)
    yield _column("any_frame", others)


def _modules(case: Case) -> Iterator[Column]:
    modules: dict[str, tuple[float, str]] = {}
    packages: dict[str, tuple[float, str]] = {}
    for dotted in case.issue.dotted:
        place = module_of(case.graph.modules, dotted)
        if place is None:
            continue
        path, rest = place
        found = packages if path.endswith("__init__.py") and rest else modules
        found[path] = (1.0, f"the issue names `{dotted}`")
    yield _column("named_module", modules)
    yield _column("named_package", packages)


def _definitions(case: Case) -> Iterator[Column]:
    """Yield who defines what is named: homonyms share it; a class and its member count apart."""
    members = {".".join(dotted.split(".")[-2:]) for dotted in case.issue.dotted}
    title = frozenset(tokens(case.issue.text.partition("\n")[0]))
    found: dict[str, defaultdict[str, list[tuple[float, str]]]] = {
        name: defaultdict(list) for name in _DEFINITIONS
    }
    said = _said(case, title)
    definers = {name: _definers(case, name) for name in said}
    case.index.parse(path for paths in definers.values() for path in paths)
    for name, how in said.items():
        by_path = {path: _named_in(case, path, name) for path in definers[name]}
        by_path = {path: own for path, own in by_path.items() if own}
        for path, own in by_path.items():
            column, best = _naming(own, members, how, title)
            if column not in found:
                continue
            reason = f"defines `{best.qualified_name}`, {how}"
            found[column][path].append((1 / len(by_path), reason))
    for column, named in found.items():
        sums = {path: sum(worth for worth, _ in worths) for path, worths in named.items()}
        best_of = {path: (min(_NAMED_IN_FULL, sums[path]), max(named[path])[1]) for path in named}
        yield _column(column, best_of)


def _definers(case: Case, name: str) -> list[str]:
    """Return the files, tests aside, that seem to define a name; none where it points at many."""
    definers = case.graph.definitions.definers(name)
    found = [path for path in definers if case.kinds[path] != "test"]
    return found if len(found) <= _MAX_HOMONYMS else []


def _named_in(case: Case, path: str, name: str) -> list[Symbol]:
    return [symbol for symbol in case.index.by_path[path].symbols if symbol.name == name]


def _said(case: Case, title: frozenset[str]) -> dict[str, str]:
    """Return the names to look for, and how the issue says each."""
    issue = case.issue
    parts = dict.fromkeys(part for dotted in issue.dotted for part in dotted.split("."))
    said = dict.fromkeys((*issue.names, *parts), _NAMED)
    for word in issue.tokens:
        if len(word) >= _MIN_TITLE_NAME and word in title:
            said.setdefault(word, "a word of the title")
    return said


def _naming(
    own: list[Symbol], members: set[str], how: str, title: frozenset[str]
) -> tuple[str, Symbol]:
    """Return the column that a naming counts in, if any, and the definition it is told by."""
    for symbol in own:
        if symbol.kind != "class" and symbol.qualified_name in members:
            return "defines_member", symbol
    best = min(own, key=lambda symbol: (symbol.kind != "class", symbol.kind == "variable"))
    titled = best.name in title
    if best.kind == "variable" or (how != _NAMED and not (titled and best.kind == "class")):
        return "", best
    kind = "class" if best.kind == "class" else "function"
    return f"defines_titled_{kind}" if titled else f"defines_{kind}", best


def _literals(case: Case) -> Column:
    """Speak for files that hold the constant part of a message which the issue quotes."""
    found: dict[str, tuple[float, str]] = {}
    for piece, paths in case.quoted.items():
        for path in paths:
            reason = f"holds the text “{piece[:80]}” of the issue"
            worth = (min(1.0, len(piece) / 20) / len(paths), reason)
            found[path] = max(found.get(path, worth), worth)
    return _column("literal", found)
