"""Files are read in children that may die of some; the others are known all the same."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from scoping import reading, reading_worker
from scoping.grammars import parse
from scoping.reading import Readers, Request
from scoping.reading_worker import unpacked
from scoping.scan import Scan, scan
from scoping.store_rows import BlobRows, row_of, told_of

BROKE = "the parser crashed or took too long on it"
FILES = {
    "a.py": b'import os\n\nclass A:\n    """Says \xc3\xa9."""\n    def f(self): ...\n',
    "b.js": b"export const area = (r) => 'the area of it' + r\n",
    "c.vue": b"<p>def no()</p>\n<script>\nfunction yes() {}\n</script>\n",
    "d.txt": b"def f(): pass\n",
    "e.py": b"",
}
LANGUAGES = {".py": "python", ".js": "javascript", ".vue": "typescript"}


def request(path: str, content: bytes = b"x = 1\n", *, is_scanned: bool = True) -> Request:
    language = LANGUAGES.get(Path(path).suffix, "")
    return Request(path, path, language, content, is_scanned, bool(language))


def rows_of(readers: Readers, requests: Iterable[Request]) -> dict[str, BlobRows]:
    found = list(readers.rows_of(requests, {"python": 10**9}))
    return {key: rows for some in found for key, rows in some.items()}


def test_what_the_children_say_is_what_reading_it_here_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "_BATCH_FILES", 2)
    requests = [request(path, content) for path, content in FILES.items()]
    with Readers() as readers:
        both = rows_of(readers, requests)
        one = [rows for some in readers.rows_of(requests, {}) for rows in some.items()]

    assert dict(one) == both
    assert both.keys() == FILES.keys()
    assert both["a.py"] == BlobRows(
        row_of(scan(FILES["a.py"], "python")), told_of(parse("python", FILES["a.py"], "facts"))
    )
    assert both["d.txt"] == BlobRows(row_of(scan(FILES["d.txt"], "")))
    assert [both[path].syntax.symbols for path in ("b.js", "c.vue", "e.py")] == [1, 1, 0]  # type: ignore[union-attr]
    assert readers.failed == {}


def test_a_file_is_asked_for_no_more_than_is_wanted_of_it() -> None:
    with Readers() as readers:
        (found,) = readers.rows_of(
            [
                request("a.py", is_scanned=False),
                request("nul.py", b"\0"),
                request("deep.py", b"x = " + b"(" * 9_000 + b")" * 9_000, is_scanned=False),
            ],
            {},
        )

    assert (found["a.py"].scan, found["a.py"].syntax is None) == (None, False)
    assert found["nul.py"] == BlobRows(row_of(Scan(refused="binary")))
    assert found["deep.py"].syntax is not None
    assert found["deep.py"].syntax.refused == "nested deeper than 2000 levels"


@pytest.fixture
def fragile(monkeypatch: pytest.MonkeyPatch) -> Iterable[Readers]:
    monkeypatch.setattr("scoping.child._ROOT", str(Path(__file__).parent))
    monkeypatch.setattr(reading_worker, "__name__", "breaking_worker")
    with Readers() as readers:
        yield readers


def test_a_file_that_breaks_the_parser_costs_itself_alone(fragile: Readers) -> None:
    paths = ("a.py", "breaks.py", "dead.py", "lies.py", "z.py")
    (found,) = fragile.rows_of([request(path) for path in paths], {})

    assert fragile.failed == dict.fromkeys(("breaks.py", "dead.py", "lies.py"), BROKE)
    assert list(found) == ["a.py", "breaks.py", "z.py"]
    assert found["breaks.py"] == BlobRows(row_of(scan(b"x = 1\n", "python")))
    assert found["z.py"].syntax is not None


def test_a_parser_that_breaks_again_and_again_is_asked_no_more(
    fragile: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_MAX_FAILURES", 2)
    paths = ("breaks0.py", "breaks1.py", "a.py")
    (found,) = fragile.rows_of([request(path) for path in paths], {})

    assert fragile.failed["a.py"] == "not parsed: too many files before it broke the parser"
    assert found["a.py"] == BlobRows(row_of(scan(b"x = 1\n", "python")))


@pytest.mark.parametrize("answered", [b"", b"\1", b"\1" * 21 + b"\0" * 20, b"\0" * 99])
def test_an_answer_of_another_layout_is_not_believed(answered: bytes) -> None:
    with pytest.raises(ValueError, match=r"cut off|longer than"):
        unpacked(answered, 1)
