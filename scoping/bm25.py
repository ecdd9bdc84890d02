"""BM25: how well documents match a query's words, rare words counting most."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress, islice

from scoping.words import Sieve

_K1 = 1.2
_B = 0.75
_BATCH = 256

# The distinct identifiers of a text, and how often it holds each.
Listed = tuple[Collection[str], Collection[int]]


@dataclass(frozen=True, slots=True)
class Bags:
    """Documents as counted words, of which only those of the coming queries are kept.

    ``norms`` stand for the lengths of the documents, which count all identifiers; ``holders`` are
    the documents of each word, by place; ``rarity`` is a word's inverse frequency.
    """

    bags: tuple[Mapping[str, int], ...]
    norms: tuple[float, ...]
    holders: Mapping[str, Sequence[int]]
    rarity: Mapping[str, float]

    def scores(self, query: Mapping[str, int]) -> list[float]:
        """Return one score for each document, 0 where it shares no word with ``query``."""
        bags, norms = self.bags, self.norms
        found = [0.0] * len(bags)
        # Summed in the query's order, so that the same query always gives the same bits.
        for word, count in query.items():
            if word in self.rarity:
                weight = self.rarity[word] * min(count, 3) ** 0.5 * (_K1 + 1)
                for place in self.holders[word]:
                    times = bags[place][word]
                    found[place] += weight * times / (times + norms[place])
        return found


def bags_of(documents: Iterable[Mapping[str, int]], vocabulary: Iterable[str]) -> Bags:
    """Return documents of counted identifiers as bags of the split words in ``vocabulary``."""
    return bags_of_listed(((one, one.values()) for one in documents), vocabulary)


def bags_of_listed(documents: Iterable[Listed], vocabulary: Iterable[str]) -> Bags:
    """Return the same of documents that are no dictionaries."""
    sieve = Sieve(vocabulary)
    known: set[str] = set()
    parts: dict[str, tuple[str, ...]] = {}
    bags: list[Mapping[str, int]] = []
    lengths: list[int] = []
    rest = iter(documents)
    # Many at once, since most identifiers are in many files and hold no word that is asked for.
    while batch := list(islice(rest, _BATCH)):
        fresh = set().union(*(tokens for tokens, _ in batch)) - known
        known |= fresh
        parts |= sieve.words_of(fresh)
        for tokens, counts in batch:
            bag: dict[str, int] = {}
            # Sifted without a step of Python for each: few of them hold a word that is asked for.
            telling = map(parts.__contains__, tokens)
            for token, count in compress(zip(tokens, counts, strict=True), telling):
                for word in parts[token]:
                    bag[word] = bag.get(word, 0) + count
            bags.append(bag)
            lengths.append(sum(counts))
    return weighed(bags, lengths)


def weighed(bags: Sequence[Mapping[str, int]], lengths: Iterable[int]) -> Bags:
    """Return bags of words that are split already, each with the length of its document."""
    sizes = tuple(lengths)
    mean = sum(sizes) / len(sizes) if sizes else 1.0
    norms = tuple(_K1 * (1 - _B + _B * size / (mean or 1.0)) for size in sizes)
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for place, bag in enumerate(bags):
        for word in bag:
            holders[word].append(place)
    rarity = {
        word: math.log(1 + (len(bags) - len(held) + 0.5) / (len(held) + 0.5))
        for word, held in holders.items()
    }
    return Bags(tuple(bags), norms, holders, rarity)
