"""What an issue names or spells of each function: its name, its class, who calls it."""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from scoping.abbreviations import with_abbreviations
from scoping.bm25 import weighed
from scoping.bodies import Body
from scoping.issue import told
from scoping.signals.case import Case, Column, Tell, scaled, telling
from scoping.signals.nature_of_functions import is_private
from scoping.words import split

_MAX_HOMONYMS = 4
_SHOWN = 3
_COMMON = 0.7  # the rarity of a word that every other function bears


def names_of_functions(
    case: Case, bodies: Sequence[Body], pool: frozenset[str]
) -> Iterator[Column]:
    """Yield who is spelled, who is named, and who calls or is called by a named one."""
    queries = {
        "issue": with_abbreviations(case.issue.words),
        "title": with_abbreviations(case.issue.title_words),
    }
    yield from _spelled(case, bodies, pool, queries)
    yield _owners(case, bodies, queries["title"])
    yield from _named(case, bodies)
    yield from _calls(case, bodies)


def _spelled(
    case: Case, bodies: Sequence[Body], pool: frozenset[str], queries: Mapping[str, Counter[str]]
) -> Iterator[Column]:
    """Yield how path, class and name of a function, read as one short text, answer the issue."""
    names = {
        body.key: (*_path_words(body.symbol.path), *_words(body.symbol.qualified_name))
        for body in bodies
    }
    for where, query in queries.items():
        said = {key: _counted(own, query) for key, own in names.items()}
        bags = weighed(tuple(said.values()), [1] * len(said))
        scores = dict(zip(said, bags.scores(dict.fromkeys(query, 1)), strict=True))

        tell = _teller(case, said, bags.rarity, where, queries)
        yield from scaled(pool, f"name_{where}", scores, tell)


def _counted(words: Iterable[str], wanted: Container[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for word in words:
        if word in wanted:
            found[word] = found.get(word, 0) + 1
    return found


def _teller(
    case: Case,
    said: Mapping[str, Mapping[str, int]],
    rarity: Mapping[str, float],
    where: str,
    queries: Mapping[str, Counter[str]],
) -> Tell:
    """Return what tells the words that few functions bear, those of the fewest first."""

    def tell(key: str) -> str:
        rare = (word for word in said[key] if rarity[word] > _COMMON)
        alone = _alone(sorted(rare, key=lambda word: (-rarity[word], word)), where, queries)
        words = told(case.issue, alone)
        return f"its path and name say {words}, as the {where} does" if alone else ""

    return tell


def _words(qualified_name: str) -> tuple[str, ...]:
    return split(qualified_name.replace(".", "_"))


@lru_cache(maxsize=10_000)
def _path_words(path: str) -> tuple[str, ...]:
    return tuple(word for part in path.rpartition(".")[0].split("/") for word in split(part))


def _owners(case: Case, bodies: Sequence[Body], title: Mapping[str, int]) -> Column:
    """Return which share of the name of a function's class the title speaks."""
    said: dict[str, list[str]] = {}
    shares: dict[str, float] = {}
    for body in bodies:
        own = dict.fromkeys(split(body.symbol.qualified_name.rpartition(".")[0]))
        if shared := [word for word in own if word in title]:
            said[body.key], shares[body.key] = shared, len(shared) / len(own)

    def tell(key: str) -> str:
        return f"its class's name says {told(case.issue, said[key])}, as the title does"

    return Column("owner_in_title", shares, tell)


def _alone(words: Sequence[str], where: str, queries: Mapping[str, Counter[str]]) -> Sequence[str]:
    """Return what is to be told for a part of the issue: a word of the title as that, once."""
    return [word for word in words if where == "title" or word not in queries["title"]]


def _named(case: Case, bodies: Sequence[Body]) -> Iterator[Column]:
    """Yield who is named as written: of little use where many are named so, or many name it."""
    issue = case.issue
    members = {".".join(dotted.split(".")[-2:]) for dotted in issue.dotted}
    said = {*issue.names, *(part for name in issue.dotted for part in name.split("."))}
    owners = {body.key: _owner(body) for body in bodies}
    worth = _worth(case, said & {*(body.symbol.name for body in bodies), *owners.values()})
    found: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for body in bodies:
        name, whole = body.symbol.name, body.symbol.qualified_name
        is_member = "." in whole and whole in members
        if is_member:
            found["named_member"][body.key] = 1.0
        if name in said:
            share = worth[name] / max(1, case.graph.definitions.homonyms(name)) ** 0.5
            if not is_member:
                found["named"][body.key] = share
            if name in issue.prose_tokens:
                found["named_in_prose"][body.key] = share
        if owners[body.key] in said:
            found["owner_named"][body.key] = worth[owners[body.key]]

    names = {body.key: body.symbol for body in bodies}

    def tell_member(key: str) -> str:
        return f"`{names[key].qualified_name}` is named in the issue"

    def tell(key: str) -> str:
        return f"`{names[key].name}` is named in the issue"

    yield Column("named_member", found["named_member"], tell_member)
    for column in ("named", "named_in_prose"):
        yield Column(column, found[column], tell)
    yield Column("owner_named", found["owner_named"], lambda _: "its class is named in the issue")


def _owner(body: Body) -> str:
    return body.symbol.qualified_name.rpartition(".")[0].rpartition(".")[2]


def _worth(case: Case, names: Iterable[str]) -> dict[str, float]:
    return {name: telling(case, name) for name in sorted(names)}


def _calls(case: Case, bodies: Sequence[Body]) -> Iterator[Column]:
    """Yield who is mentioned by a named function, and who mentions one."""
    named = {body.symbol.name for body in bodies if _is_named(case, body)}
    worth = _worth(case, named)
    calls: dict[str, float] = {}
    called: dict[str, float] = {}
    by: dict[str, tuple[float, str]] = {}
    for body in bodies:
        if body.symbol.name in named:
            caller = worth[body.symbol.name], body.symbol.qualified_name
            for token in body.tokens:
                by[token] = max(caller, by.get(token, caller))
    for body in bodies:
        own = body.symbol.name
        shared = named & body.tokens.keys()
        shared.discard(own)
        if shared:
            calls[body.key] = min(1.0, len(shared) / 2)
        if own in by and own not in named:
            homonyms = max(1, case.graph.definitions.homonyms(own))
            called[body.key] = by[own][0] / homonyms**0.5
    names = {body.key: body.symbol.name for body in bodies}
    yield Column("calls_named", calls)
    yield _helping(bodies, calls, named)
    yield Column(
        "called_by_named",
        called,
        lambda key: f"`{by[names[key]][1]}`, which the issue names, calls it",
    )


def _helping(bodies: Sequence[Body], calls: Mapping[str, float], named: set[str]) -> Column:
    """Speak for what no issue can name, and works with what this one names."""
    helpers = {
        body.key: sorted(named & body.tokens.keys() - {body.symbol.name})
        for body in bodies
        if body.key in calls and is_private(body.symbol.name)
    }

    def tell(key: str) -> str:
        names = ", ".join(f"`{name}`" for name in helpers[key][:_SHOWN])
        return f"it is private and mentions {names}, which the issue names"

    return Column("helps_named", {key: calls[key] for key in helpers}, tell)


def _is_named(case: Case, body: Body) -> bool:
    name = body.symbol.name
    return name in case.issue.names and case.graph.definitions.homonyms(name) <= _MAX_HOMONYMS
