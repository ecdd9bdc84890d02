"""What is shown of each file grows piece by piece, and never past the room there is."""

from scoping.context import Context
from scoping.excerpts import Excerpt, Room, mention
from scoping.facts import FileFacts
from scoping.index import Index
from scoping.rank import RankedFile

PATHS = ("a.py", "b.py", "c.py")
INDEX = Index("c", tuple(FileFacts(path, lines=100) for path in PATHS))
TEXT = b"".join(b"line %d\n" % number for number in range(1, 101))


def context(max_files: int = 9, max_tokens: int = 9_000) -> Context:
    files = [RankedFile(path, 1.0, ("likely",)) for path in PATHS]
    return Context(INDEX, files, lambda _: TEXT, Room(max_files, max_tokens, len))


def spans(excerpts: tuple[Excerpt, ...]) -> list[tuple[str, int, int, str]]:
    return [(one.path, one.start_line, one.end_line, one.symbol) for one in excerpts]


def test_near_lines_become_one_piece_and_files_come_as_they_are_ranked() -> None:
    shown = context()

    assert shown.show("b.py", {(5, 6): ("h", ())}, 0)
    assert shown.show("a.py", {(50, 52): ("g", ("is far",))}, 0)
    assert shown.show("a.py", {(10, 12): ("f", ())}, 0)
    assert shown.show("a.py", {(1, 1): ("", ("is first",)), (15, 16): ("e", ("calls `f`",))}, 0)

    assert spans(shown.excerpts()) == [
        ("a.py", 1, 1, ""),
        ("a.py", 10, 16, "f, e"),
        ("a.py", 50, 52, "g"),
        ("b.py", 5, 6, "h"),
    ]
    assert [one.reasons for one in shown.excerpts()] == [
        ("is first",),
        ("calls `f`",),
        ("is far",),
        ("likely",),
    ]
    assert shown.left == 9_000 - sum(map(shown.room.cost, shown.excerpts()))


def test_what_would_leave_too_little_is_not_shown() -> None:
    shown = context(max_tokens=200)
    cost = shown.cost("a.py", (1, 2))

    assert not shown.show("a.py", {(1, 2): ("", ())}, 201 - cost)
    assert not shown.shows("a.py")
    assert shown.show("a.py", {(1, 2): ("", ())}, 200 - cost)
    assert shown.shows("a.py", 2)
    assert not shown.shows("a.py", 3)
    assert not shown.show_whole("a.py", 0)
    assert shown.left == 200 - cost


def test_a_file_shown_whole_stays_so() -> None:
    shown = context()
    shown.show("a.py", {(1, 2): ("", ())}, 0)

    assert shown.show_whole("a.py", 0)
    assert not shown.show("a.py", {(1, 2): ("", ())}, 0)
    assert [one.kind for one in shown.excerpts()] == ["whole"]


def test_past_the_last_file_that_may_be_shown_only_names_are() -> None:
    shown = context(max_files=1)

    assert shown.put(mention(INDEX.by_path["c.py"], ("likely",)), 0)
    assert shown.show("a.py", {(1, 2): ("", ())}, 0)
    assert not shown.show("b.py", {(1, 2): ("", ())}, 0)
    assert shown.put(mention(INDEX.by_path["b.py"], ("likely",)), 0)
    assert [(one.path, one.kind) for one in shown.excerpts()] == [
        ("a.py", "lines"),
        ("b.py", "map"),
        ("c.py", "map"),
    ]
