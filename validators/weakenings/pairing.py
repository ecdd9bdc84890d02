"""The tests of two trees side by side: which is which, also where it was moved or renamed."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scoping.test_facts import FunctionFacts
from validators.weakenings.collection import Collection
from validators.weakenings.suites import Touched, functions

_ALIKE = 0.8
_WORD = re.compile(r"\w+")
# What any two tests share says nothing about them.
_COMMON = frozenset(("self", "assert", "assertEqual", "expect", "pytest", "raises", "with", "def"))
_MAX_ALIKE = 100


@dataclass(frozen=True, slots=True)
class Place:
    """One function and the file it stands in."""

    path: str
    facts: FunctionFacts


@dataclass(frozen=True, slots=True)
class Pair:
    """One test before and after; None where there is none. ``moved``: to another place or name."""

    before: Place | None
    after: Place | None
    moved: bool = False


def pairs_of(touched: Sequence[Touched], collection: Collection) -> tuple[Pair, ...]:
    """Return each test of the changed test files with what became of it; unchanged ones too."""
    old = {(t.path, f.qualified_name): Place(t.old_path, f) for t, f in _tests(touched, "before")}
    new = {(t.path, f.qualified_name): Place(t.path, f) for t, f in _tests(touched, "after")}
    pairs: list[Pair] = []
    for key in [key for key in old if key in new]:
        before, after = old.pop(key), new[key]
        if collection.loses(before.path, after.path):
            pairs.append(Pair(before, None))
        else:
            pairs.append(Pair(before, new.pop(key), moved=before.path != after.path))
    for before, after in _matched(list(old.values()), list(new.values()), collection):
        del old[_key(before, touched)]
        del new[after.path, after.facts.qualified_name]
        pairs.append(Pair(before, after, moved=True))
    pairs += [Pair(before, None) for before in old.values()]
    pairs += [Pair(None, after) for after in new.values()]
    return tuple(pairs)


def helper_pairs(touched: Sequence[Touched]) -> Iterator[Pair]:
    """Yield the functions beside tests, with what stood under their name before, if anything."""
    for one in touched:
        if not one.is_test_file:
            continue
        before = {facts.qualified_name: facts for facts in functions(one.before)}
        for facts in functions(one.after):
            found = before.get(facts.qualified_name)
            if not facts.is_test and (found is None or not found.is_test):
                old = None if found is None else Place(one.old_path, found)
                yield Pair(old, Place(one.path, facts))


def replacements(pairs: Sequence[Pair]) -> dict[tuple[str, str], str]:
    """Return which new test stands exactly where a removed one stood, by path and name.

    Between the same two tests, that is: whether it stands in for it, running both must tell.
    """
    kept = {(p.after.path, p.after.facts.qualified_name) for p in pairs if p.before and p.after}
    slots: tuple[dict[tuple[str, str, str], list[str]], ...] = ({}, {})
    for side, slot in enumerate(slots):
        for path, names in _by_file(pairs, side).items():
            for place, name in enumerate(names):
                if (path, name) in kept:
                    continue
                above = next((n for n in reversed(names[:place]) if (path, n) in kept), "")
                below = next((n for n in names[place:] if (path, n) in kept), "")
                slot.setdefault((path, above, below), []).append(name)
    return {
        (slot[0], old): new
        for slot, gone in slots[0].items()
        for old, new in zip(gone, slots[1].get(slot, ()), strict=False)
    }


def _by_file(pairs: Sequence[Pair], side: int) -> dict[str, list[str]]:
    """Return the names of the tests of each file in the order of their lines."""
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for pair in pairs:
        place = (pair.before, pair.after)[side]
        if place is not None:
            found[place.path].append((place.facts.line, place.facts.qualified_name))
    return {path: [name for _, name in sorted(rows)] for path, rows in found.items()}


def lost_cases(pairs: Sequence[Pair]) -> Counter[str]:
    """Return the cases of all tests that stand in none of them now."""
    sides: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    for pair in pairs:
        for place, counted in zip((pair.before, pair.after), sides, strict=True):
            for table in place.facts.tables if place is not None else ():
                counted.update(table.cases)
    return sides[0] - sides[1]


def _tests(touched: Sequence[Touched], side: str) -> Iterator[tuple[Touched, FunctionFacts]]:
    for one in touched:
        if one.is_test_file:
            for facts in functions(one.before if side == "before" else one.after):
                if facts.is_test:
                    yield one, facts


def _key(place: Place, touched: Sequence[Touched]) -> tuple[str, str]:
    path = next(one.path for one in touched if one.old_path == place.path)
    return path, place.facts.qualified_name


def _matched(
    old: Sequence[Place], new: Sequence[Place], collection: Collection
) -> Iterator[tuple[Place, Place]]:
    """Yield what was moved or renamed: by its whole text first, then by name, then by claims."""
    left, right = list(old), list(new)
    for key, fits in (
        (_body, _is_no_wonder),
        (_own_name, _share_words),
        (_around, _says_as_much),
    ):
        by_key: dict[str, list[Place]] = defaultdict(list)
        for after in right:
            by_key[key(after)].append(after)
        for before in list(left):
            alike = by_key[key(before)][:_MAX_ALIKE]
            for after in alike:
                if fits(before, after) and not collection.loses(before.path, after.path):
                    by_key[key(before)].remove(after)
                    left.remove(before)
                    right.remove(after)
                    yield before, after
                    break


def _body(place: Place) -> str:
    return place.facts.body


def _own_name(place: Place) -> str:
    return place.facts.name


def _around(place: Place) -> str:
    """Return the file and the class or suite that a test stands in."""
    return f"{place.path} {place.facts.qualified_name.removesuffix(place.facts.name)}"


def _is_no_wonder(before: Place, after: Place) -> bool:
    """Whether tests of the same text are one: not so when that text is nothing."""
    return not before.facts.is_empty and not after.facts.is_empty


def _says_as_much(before: Place, after: Place) -> bool:
    """Whether one test is the other under another name, with more around it at most.

    Less will not do: a new test much like one that was removed would stand in for it.
    """
    return bool(before.facts.assertions) and before.facts.body in after.facts.body


def _share_words(before: Place, after: Place) -> bool:
    old, new = (_WORD.findall(place.facts.body) for place in (before, after))
    return _shared(old, new) >= _ALIKE


def _shared(old: Sequence[str], new: Sequence[str]) -> float:
    """Return how much of ``old`` is in ``new``, of 1, without what all tests hold."""
    left = Counter(word for word in old if word not in _COMMON)
    right = Counter(word for word in new if word not in _COMMON)
    return (left & right).total() / max(left.total(), 1)
