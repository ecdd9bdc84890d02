"""BM25: how well documents match a query's words, rare words counting most."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scoping.words import split

_K1 = 1.2
_B = 0.75


@dataclass(frozen=True, slots=True)
class Bags:
    """Documents as counted words, of which only those of the coming queries are kept.

    ``lengths`` count all words of each document; ``rarity`` is a word's inverse frequency.
    """

    bags: tuple[Mapping[str, int], ...]
    lengths: tuple[int, ...]
    rarity: Mapping[str, float]

    def scores(self, query: Mapping[str, int]) -> list[float]:
        """Return one score for each document, 0 where it shares no word with ``query``."""
        mean = sum(self.lengths) / len(self.lengths) if self.lengths else 1.0
        weights = {
            word: self.rarity[word] * min(count, 3) ** 0.5
            for word, count in query.items()
            if word in self.rarity
        }
        found: list[float] = []
        for bag, length in zip(self.bags, self.lengths, strict=True):
            norm = _K1 * (1 - _B + _B * length / (mean or 1.0))
            # Summed in the query's order, so that the same query always gives the same bits.
            found.append(
                sum(
                    weight * bag[word] * (_K1 + 1) / (bag[word] + norm)
                    for word, weight in weights.items()
                    if word in bag
                )
            )
        return found


def bags_of(documents: Iterable[Mapping[str, int]], vocabulary: Iterable[str]) -> Bags:
    """Return documents of counted identifiers as bags of the split words in ``vocabulary``."""
    wanted = frozenset(vocabulary)
    parts: dict[str, tuple[int, tuple[str, ...]]] = {}
    bags: list[Mapping[str, int]] = []
    lengths: list[int] = []
    for document in documents:
        bag: Counter[str] = Counter()
        length = 0
        for token, count in document.items():
            known = parts.get(token)
            if known is None:
                words = split(token)
                known = len(words), tuple(word for word in words if word in wanted)
                parts[token] = known
            length += count * known[0]
            for word in known[1]:
                bag[word] += count
        bags.append(bag)
        lengths.append(length)
    return Bags(tuple(bags), tuple(lengths), _rarity(bags))


def _rarity(bags: list[Mapping[str, int]]) -> dict[str, float]:
    holding = Counter(word for bag in bags for word in bag)
    return {
        word: math.log(1 + (len(bags) - count + 0.5) / (count + 0.5))
        for word, count in holding.items()
    }
