"""How alike an issue's words and a function's are, among all likely functions and in its file."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from math import log1p

from scoping.bm25 import Bags, weighed
from scoping.bodies import Body
from scoping.issue import told
from scoping.signals.case import Case, Column, scaled
from scoping.words import STOP_WORDS

_HERE_SOFTNESS = 4
_MIN_NAME = 3
_SHOWN = 3
_BEGUN = 6


def words_of_functions(
    case: Case, bodies: Sequence[Body], pool: frozenset[str], bags: Bags
) -> Iterator[Column]:
    """Yield what the issue, its title and its code find; functions not in ``pool`` set no scale."""
    keys = [body.key for body in bodies]
    scores = dict(zip(keys, bags.scores(case.issue.words), strict=True))
    yield from scaled(pool, "words", scores)
    yield from _here(bodies, scores)
    for name, query in (
        ("title_words", case.issue.title_words),
        ("code_words", case.issue.code_words),
    ):
        yield from scaled(pool, name, dict(zip(keys, bags.scores(query), strict=True)))
    wanted = _telling(case.issue.tokens) | _telling(case.issue.code_tokens)
    code = {body.key: body.writes(wanted) for body in bodies}
    yield from _written(bodies, pool, ("code_written", case.issue.code_tokens), code)
    yield from _written(bodies, pool, ("said_written", case.issue.tokens), code)
    yield _covered(bodies, bags, case.issue.words)
    yield _title_covered(case, bodies, bags)


def _here(bodies: Sequence[Body], scores: Mapping[str, float]) -> Iterator[Column]:
    """Yield how a function stands beside the others of its file: a change of it is likely there."""
    by_path: defaultdict[str, list[str]] = defaultdict(list)
    for body in bodies:
        if scores[body.key] > 0:
            by_path[body.symbol.path].append(body.key)
    shares: dict[str, float] = {}
    ranks: dict[str, float] = {}
    for keys in by_path.values():
        keys.sort(key=lambda key: -scores[key])
        for place, key in enumerate(keys):
            shares[key] = scores[key] / scores[keys[0]]
            ranks[key] = _HERE_SOFTNESS / (_HERE_SOFTNESS + place)
    yield Column("words_here", shares)
    yield Column("words_here_rank", ranks)


def _telling(said: Mapping[str, int]) -> set[str]:
    return {token for token in said if len(token) >= _MIN_NAME and token.lower() not in STOP_WORDS}


def _written(
    bodies: Sequence[Body],
    pool: frozenset[str],
    named: tuple[str, Mapping[str, int]],
    code: Mapping[str, set[str]],
) -> Iterator[Column]:
    """Yield how much of what the issue writes stands in a function's code so, the rare most."""
    name, said = named
    wanted = _telling(said)
    shared = {key: sorted(wanted & own) for key, own in code.items()}
    holders = Counter(token for tokens in shared.values() for token in tokens)
    worth = {token: log1p(len(bodies) / count) for token, count in holders.items()}
    scores = {
        body.key: sum(worth[token] for token in shared[body.key] if token != body.symbol.name)
        for body in bodies
    }
    yield from scaled(pool, name, scores)


def _covered(bodies: Sequence[Body], bags: Bags, said: Mapping[str, int]) -> Column:
    """Return which share of what the issue speaks of, the rare most, a function speaks of too."""
    most = sum(bags.rarity.get(word, 0.0) for word in said) or 1.0
    return Column(
        "words_covered",
        {
            body.key: sum(bags.rarity[word] for word in bag) / most
            for body, bag in zip(bodies, bags.bags, strict=True)
        },
    )


def _title_covered(case: Case, bodies: Sequence[Body], bags: Bags) -> Column:
    """Return which share of what the title speaks of, the rare most, a function's code says too."""
    title = case.issue.title_words
    said = {
        body.key: _in_code(body, [word for word in title if word in bag])
        for body, bag in zip(bodies, bags.bags, strict=True)
    }
    rarity = weighed(tuple(said.values()), [1] * len(said)).rarity
    most = sum(rarity.get(word, 0.0) for word in title) or 1.0

    def tell(key: str) -> str:
        rare = sorted(said[key], key=lambda word: (-rarity[word], word))
        return f"its code says {told(case.issue, rare[:_SHOWN])}, as the title does"

    shares = {key: sum(rarity[word] for word in own) / most for key, own in said.items() if own}
    return Column("title_covered", shares, tell)


def _in_code(body: Body, words: Sequence[str]) -> dict[str, int]:
    """Return those of the ``words`` of a function that its code seems to say, docstring aside.

    However a word ends, it begins so; to split all code into words takes many times as long.
    """
    if not words or not body.docstring:
        return dict.fromkeys(words, 1)
    code = body.code.lower()
    return {word: 1 for word in words if word[:_BEGUN].removesuffix("y") in code}
