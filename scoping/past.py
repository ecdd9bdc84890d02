"""The commits before one, of which only those that nobody has read yet are compared with theirs."""

from collections.abc import Mapping
from typing import Protocol

from scoping.objects import ObjectReader, PastCommit

# So few are asked for first, to learn whether this history is known at all.
_SAMPLE = 32
# To compare as many one by one takes git as long as to walk through all.
_MANY = 2_000


class PastStore(Protocol):
    """Keeps what commits changed, by their names."""

    def past(self, commits: tuple[str, ...]) -> Mapping[str, PastCommit]:
        """Return what is known of these commits."""
        ...

    def keep_past(self, commits: Mapping[str, PastCommit]) -> None:
        """Keep it for others."""
        ...


def past_of(
    reader: ObjectReader, commit: str, limit: int, store: PastStore | None
) -> tuple[PastCommit, ...]:
    """Return what `ObjectReader.past` does, and remember it.

    ObjectsRefusal in a partial clone that lacks trees.
    """
    if store is None:
        return reader.past(commit, limit)
    if not store.past(reader.past_names(commit, min(limit, _SAMPLE))):
        fresh = reader.past_by_name(commit, limit)
        store.keep_past(fresh)
        return tuple(fresh.values())
    names = reader.past_names(commit, limit)
    known = dict(store.past(names))
    missing = [name for name in names if name not in known]
    if missing:
        only = missing if len(missing) < _MANY else []
        fresh = reader.past_by_name(commit, limit, only)
        store.keep_past({name: fresh[name] for name in missing if name in fresh})
        known |= fresh
    return tuple(known[name] for name in names if name in known)
