"""Words tell which files may hold a text; none that holds it is ever left out."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoping.cache import Cache
from scoping.index import index_of
from scoping.listing import Listing
from scoping.objects import ObjectReader, open_objects
from scoping.scan import scan
from scoping.text_search import contents_with, needles_of

MAKE = Any
LONG = "q" * 90
FILES: dict[str, str | bytes] = {
    "a.py": "def total_of(cart):\n    return sum(cart) + 12px\n",
    "b.py": f"key = '{LONG}'\n",
    "c.md": "the cart, été and abc\n",
    "vendor/d.py": "total_of(1)\n",
    "e.svg": "<svg>total_of</svg>",
    "f.bin": b"\0total_of",
    "many.txt": "\n".join(f"w{n}" for n in range(20_001)),
}


@pytest.fixture
def reader(make_repository: MAKE) -> Iterator[ObjectReader]:
    with open_objects(make_repository(FILES).git_dir) as opened:
        yield opened


@pytest.mark.parametrize(
    ("text", "needles"),
    [
        ("total", ("total",)),
        ("def total_of(ca", ("def ", " total_of ", " ca")),
        ("+ 12px", (" px",)),
        ("12px)", ("px ",)),
        ("-> 3 +=", ()),
        ("étéabc.", (" t ", " abc ")),
    ],
)
def test_a_text_tells_the_words_around_it(text: str, needles: tuple[str, ...]) -> None:
    assert needles_of(text) == needles


@pytest.mark.parametrize(
    ("text", "paths", "read"),
    [
        ("total_of", ["a.py", "vendor/d.py"], {"a.py", "b.py", "many.txt", "vendor/d.py"}),
        ("(cart) + 12p", ["a.py"], {"a.py", "b.py", "many.txt", "vendor/d.py"}),
        ("q" * 85, ["b.py"], {"b.py", "many.txt", "vendor/d.py"}),
        ("w20000", ["many.txt"], {"b.py", "many.txt", "vendor/d.py"}),
        ("cart, été", ["c.md"], {"b.py", "c.md", "many.txt", "vendor/d.py"}),
        ("(1", ["vendor/d.py"], {"a.py", "b.py", "c.md", "f.bin", "many.txt", "vendor/d.py"}),
    ],
)
def test_files_that_cannot_hold_it_are_not_read(
    reader: ObjectReader, text: str, paths: list[str], read: set[str]
) -> None:
    listing = Listing(reader, "HEAD")
    index = index_of(listing, "HEAD", Cache())
    looked_at = []

    class Watched(Listing):
        def contents(self, entries: Any) -> Any:
            for entry, content in listing.contents(entries):
                looked_at.append(entry.path)
                yield entry, content

    found = contents_with(text, listing.entries, Watched(reader, "HEAD"), lambda: index)

    assert [path for path, _ in found] == paths
    assert set(looked_at) == read


LETTERS = st.text(alphabet="ab1_ é.\n", max_size=12)


@given(before=LETTERS, text=LETTERS, behind=LETTERS)
def test_no_file_that_holds_a_text_lacks_its_words(before: str, text: str, behind: str) -> None:
    told = scan((before + text + behind).encode(), "")

    assert all(needle in told.counts.words for needle in needles_of(text))
