"""What an issue names or spells of each function: its name, its class, who calls it."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from scoping.abbreviations import with_abbreviations
from scoping.bodies import Body
from scoping.issue import told
from scoping.signals.case import Case, Column
from scoping.words import split

_MAX_HOMONYMS = 4


def names_of_functions(case: Case, bodies: Sequence[Body]) -> Iterator[Column]:
    """Yield who is spelled, who is named, and who calls or is called by a named one."""
    yield from _spelled(case, bodies)
    yield from _named(case, bodies)
    yield from _calls(case, bodies)


def _spelled(case: Case, bodies: Sequence[Body]) -> Iterator[Column]:
    """Yield which share of a function's own name, and its class's, the issue speaks."""
    queries = (
        ("issue", with_abbreviations(case.issue.words)),
        ("title", with_abbreviations(case.issue.title_words)),
    )
    parts = {
        "name": [split(body.symbol.name) for body in bodies],
        "owner": [split(body.symbol.qualified_name.rpartition(".")[0]) for body in bodies],
    }
    for what, names in parts.items():
        for where, query in queries:
            shares: dict[str, float] = {}
            said: dict[str, list[str]] = {}
            for body, own in zip(bodies, map(dict.fromkeys, names), strict=True):
                shared = [word for word in own if word in query]
                if shared:
                    shares[body.key] = len(shared) / len(own)
                    said[body.key] = shared

            def tell(key: str, said: dict[str, list[str]] = said, where: str = where) -> str:
                return f"{told(case.issue, said[key])} of its name is in the {where}"

            yield Column(f"{what}_in_{where}", shares, tell)


def _named(case: Case, bodies: Sequence[Body]) -> Iterator[Column]:
    issue = case.issue
    members = {".".join(dotted.split(".")[-2:]) for dotted in issue.dotted}
    dotted = {part for name in issue.dotted for part in name.split(".")}
    title = issue.text.partition("\n")[0]
    found: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for body in bodies:
        name, whole = body.symbol.name, body.symbol.qualified_name
        share = 1 / max(1, case.graph.definitions.homonyms(name)) ** 0.5
        if "." in whole and whole in members:
            found["named_member"][body.key] = 1.0
        elif name in issue.names or name in dotted:
            found["named"][body.key] = share
            if name in title:
                found["named_in_title"][body.key] = share
        owner = whole.rpartition(".")[0].rpartition(".")[2]
        if owner and (owner in issue.names or owner in dotted):
            found["owner_named"][body.key] = 1.0

    names = {body.key: body.symbol for body in bodies}

    def tell_member(key: str) -> str:
        return f"`{names[key].qualified_name}` is named in the issue"

    def tell(key: str) -> str:
        return f"`{names[key].name}` is named in the issue"

    yield Column("named_member", found["named_member"], tell_member)
    for column in ("named", "named_in_title"):
        yield Column(column, found[column], tell)
    yield Column("owner_named", found["owner_named"], lambda _: "its class is named in the issue")


def _calls(case: Case, bodies: Sequence[Body]) -> Iterator[Column]:
    """Yield who is mentioned by a named function, and who mentions one."""
    named = {body.symbol.name for body in bodies if _is_named(case, body)}
    calls: dict[str, float] = {}
    called: dict[str, float] = {}
    by: dict[str, str] = {}
    spoken: dict[str, str] = {}
    for body in bodies:
        if _is_named(case, body):
            for token in body.tokens:
                spoken.setdefault(token, body.symbol.qualified_name)
    for body in bodies:
        own = body.symbol.name
        shared = named & body.tokens.keys() - {own}
        if shared:
            calls[body.key] = min(1.0, len(shared) / 2)
        if own in spoken and own not in named:
            homonyms = max(1, case.graph.definitions.homonyms(own))
            called[body.key] = 1 / homonyms**0.5
            by[body.key] = spoken[own]
    yield Column("calls_named", calls)
    yield Column(
        "called_by_named", called, lambda key: f"`{by[key]}`, which the issue names, calls it"
    )


def _is_named(case: Case, body: Body) -> bool:
    name = body.symbol.name
    return name in case.issue.names and case.graph.definitions.homonyms(name) <= _MAX_HOMONYMS
