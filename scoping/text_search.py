"""Which files hold a text: the words that are known of a file tell which may, and those are read.

Whatever stands between two other characters in the text must be a word of the file; what stands at
its ends, a part of one. A text without a letter says nothing about words: then every file is read.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from scoping.index import PAST_LIMIT, Index
from scoping.listing import Listing, is_no_text, why_not_indexed
from scoping.objects import TreeEntry
from scoping.syntax import why_unreadable

_RUN = re.compile(r"[A-Za-z0-9_]+", re.ASCII)
_DIGITS = "0123456789"
# As many are read ahead; most questions have their answer in the first.
_BATCH = 64


def contents_with(
    text: str, entries: Iterable[TreeEntry], listing: Listing, index: Callable[[], Index]
) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of the files that hold ``text`` exactly, in the order of ``entries``.

    ``index`` is asked for where its words can help. Images and archives, by name, are not read.
    """
    sought = text.encode("utf-8", "surrogateescape")
    may_hold = _filter(needles_of(text), index)
    likely = (entry for entry in entries if not is_no_text(entry.path) and may_hold(entry))
    while batch := list(islice(likely, _BATCH)):
        found = {entry.path: content for entry, content in listing.contents(batch)}
        for entry in batch:
            content = found[entry.path]
            if isinstance(content, bytes) and sought in content and not why_unreadable(content):
                yield entry.path, content


def needles_of(text: str) -> tuple[str, ...]:
    """Return what the joined words (`Counts.words`) of a file have in them where it holds ``text``.

    Digits before a letter belong to no word, nor does what is too long: see `scoping.words`.
    """
    needles: dict[str, None] = {}
    for run in _RUN.finditer(text):
        if bare := run.group().lstrip(_DIGITS):
            before = " " if run.start() else ""
            behind = " " if run.end() < len(text) else ""
            needles[f"{before}{bare}{behind}"] = None
    return tuple(needles)


def _filter(needles: tuple[str, ...], index: Callable[[], Index]) -> Callable[[TreeEntry], bool]:
    """Return what tells of a file whether it may hold what the needles were made of."""
    if not needles:
        return lambda _: True
    known = index()
    unreadable = {skip.path for skip in known.unread if skip.reason != PAST_LIMIT}

    def may_hold(entry: TreeEntry) -> bool:
        facts = known.by_path.get(entry.path)
        if facts is None:
            return entry.path not in unreadable or bool(why_not_indexed(entry))
        return not facts.is_whole or all(needle in facts.counts.words for needle in needles)

    return may_hold
