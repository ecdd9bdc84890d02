"""What no prompt has room for is not parsed for it."""

from dataclasses import replace

from scoping.excerpts import Room
from scoping.facts import FileFacts, Structure, Symbol
from scoping.index import Index
from scoping.packing import pack
from scoping.rank import RankedFile, Ranking

# The first five are asked whether they are short enough to be shown whole.
PATHS = tuple(f"pkg/with_a_long_name_{number}.py" for number in range(8))


def parsed_with(room: Room) -> list[str]:
    asked: dict[str, None] = {}

    def structure(path: str) -> Structure:
        asked[path] = None
        return Structure((Symbol(path, "total", "function", 1, 2, "def total()"),))

    index = Index("c", tuple(FileFacts(path, lines=900, structure=structure) for path in PATHS))
    ranking = Ranking(tuple(RankedFile(path, 1.0, ("likely",)) for path in PATHS))
    pack(index, ranking, lambda _: b"\n" * 900, room)
    return list(asked)


def test_a_file_is_parsed_for_its_outline_only_where_its_name_has_room() -> None:
    room = Room(20, 1_000, len)
    least = room.least(FileFacts(PATHS[0], lines=900))

    assert parsed_with(room) == list(PATHS)
    assert parsed_with(replace(room, max_tokens=least)) == list(PATHS)
    assert parsed_with(replace(room, max_tokens=least - 1)) == list(PATHS[:5])
