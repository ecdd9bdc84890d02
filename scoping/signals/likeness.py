"""How alike an issue's words and a file's are: in its content, its names and its path."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from scoping.bm25 import Bags, Listed, bags_of, bags_of_listed
from scoping.issue import told
from scoping.signals.case import Case, Column, scaled
from scoping.words import split, tokens

_SHOWN = 4
_FEW = 5


def likeness(case: Case) -> Iterator[Column]:
    """Yield what the words of the issue, its title, its head and its names find."""
    paths = [facts.path for facts in case.index.files]
    writers: dict[str, list[str]] = {name: [] for name in _names(case)}
    bags = bags_of_listed(_documents(case, writers), case.issue.words)
    case.writers.update(writers)
    places = {path: place for place, path in enumerate(paths)}

    def tell(path: str) -> str:
        return _shared(bags, places[path], case)

    for name, query in (
        ("words", case.issue.words),
        ("title_words", case.issue.title_words),
        ("code_words", case.issue.code_words),
        ("prose_words", case.issue.prose_words),
    ):
        scores = dict(zip(paths, bags.scores(query), strict=True))
        yield from scaled(case.pool, name, scores, tell)
    yield from _defined_words(case)
    yield _rare_names(case, writers)
    yield from _path_words(case)


def _shared(bags: Bags, place: int, case: Case) -> str:
    """Say which words, rarest and most frequent first, a file shares with the issue."""
    bag = bags.bags[place]
    worth = {
        word: bags.rarity[word] * min(bag[word], 5) for word in bag if word in case.issue.words
    }
    best = sorted(worth, key=lambda word: (-worth[word], word))[:_SHOWN]
    return f"shares {told(case.issue, best)} with the issue"


def _defined_words(case: Case) -> Iterator[Column]:
    """Yield what the issue's words find among the names alone that a file seems to define."""
    paths = [facts.path for facts in case.index.files if facts.path in case.pool]
    names = (Counter(case.index.by_path[path].names) for path in paths)
    bags = bags_of(names, case.issue.words)
    scores = dict(zip(paths, bags.scores(case.issue.words), strict=True))
    yield from scaled(case.pool, "defined_words", scores)


def _names(case: Case) -> Mapping[str, None]:
    parts = (part for dotted in case.issue.dotted for part in dotted.split("."))
    return dict.fromkeys((*case.issue.names, *parts))


def _documents(case: Case, writers: Mapping[str, list[str]]) -> Iterator[Listed]:
    """Yield the counted identifiers of each file, and note on the way who writes which name."""
    named = set(writers)
    for facts in case.index.files:
        document = facts.counts.listed()
        for name in named.intersection(document[0]):
            writers[name].append(facts.path)
        yield document


def _rare_names(case: Case, writers: Mapping[str, Sequence[str]]) -> Column:
    """Speak for files that write, as it stands, a name of the issue which few files hold."""
    rare: defaultdict[str, list[str]] = defaultdict(list)
    for name, holders in writers.items():
        if 0 < sum(path in case.pool for path in holders) <= _FEW:
            for path in holders:
                rare[path].append(name)

    def tell(path: str) -> str:
        names = ", ".join(f"`{name}`" for name in rare[path][:_SHOWN])
        return f"writes {names}, which few other files do"

    return Column(
        "rare_names", {path: min(1.0, len(names) / 3) for path, names in rare.items()}, tell
    )


def _path_words(case: Case) -> Iterator[Column]:
    """Yield how the path answers the issue and its title, and the file's own name its title."""
    paths = [facts.path for facts in case.index.files]
    bags = bags_of((tokens(path) for path in paths), case.issue.words)
    for name, query in (
        ("path_words", case.issue.words),
        ("path_title", case.issue.title_words),
    ):
        scores = dict(zip(paths, bags.scores(Counter(dict.fromkeys(query, 1))), strict=True))
        yield from scaled(case.pool, name, scores)
    titled: dict[str, tuple[str, ...]] = {}
    shares: dict[str, float] = {}
    exact: dict[str, float] = {}
    spoken = {token.lower() for token in tokens(case.issue.text.partition("\n")[0])}
    for path, bag in zip(paths, bags.bags, strict=True):
        stem = _stem(path)
        if alike := bag.keys() & case.issue.title_words.keys():
            own = {word for part in tokens(stem) for word in split(part)}
            if shared := tuple(sorted(own & alike)):
                titled[path] = shared
                shares[path] = len(shared) / len(own)
        if stem.lower().strip("_") in spoken:
            exact[path] = 1.0

    def tell(path: str) -> str:
        return f"its name says {told(case.issue, titled[path])}, as the title does"

    yield Column("stem_share", shares, tell)
    yield Column("stem_titled", exact)


def _stem(path: str) -> str:
    """Return a file's name without its ending, as `PurePosixPath` has it."""
    name = path.rpartition("/")[2]
    dot = name.rfind(".")
    return name[:dot] if 0 < dot < len(name) - 1 else name
