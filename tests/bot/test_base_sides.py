"""What was seen of a base is kept between commands, and lost without harm."""

import stat
from pathlib import Path

import pytest

from bot.base_sides import StoredSides
from validators.evidence import Side
from validators.judging.base_runs import Known

KEY, OTHER = "a" * 64, "b" * 64
SIDE = Known(
    Side("t", "failed", 1, "pytest", (("a::b", "passed"), ("a::\udcff", "failed")), ("tests",))
)


def sides(state: Path, target: str = "/repo/.git") -> StoredSides:
    return StoredSides(state, Path(target))


def test_a_side_is_found_by_the_next_command(tmp_path: Path) -> None:
    sides(tmp_path)[KEY] = SIDE

    found = sides(tmp_path)

    assert found[KEY] == SIDE
    assert (list(found), len(found)) == ([KEY], 1)
    assert stat.S_IMODE(found.folder.stat().st_mode) == 0o700


def test_one_target_finds_nothing_of_another(tmp_path: Path) -> None:
    sides(tmp_path)[KEY] = SIDE

    assert KEY not in sides(tmp_path, "/another/.git")


def test_where_nothing_was_kept_there_is_nothing(tmp_path: Path) -> None:
    assert list(sides(tmp_path)) == []
    assert sides(tmp_path).get(KEY) is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"tree": 1}', b"\xff"])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, content: bytes) -> None:
    kept = sides(tmp_path)
    kept[KEY] = SIDE
    (kept.folder / f"{KEY}.json").write_bytes(content)

    assert KEY not in kept


def test_a_side_can_be_forgotten_and_replaced(tmp_path: Path) -> None:
    kept = sides(tmp_path)
    kept[KEY] = SIDE
    kept[KEY] = Known(Side("t", "ok", 0, "exit-code"))
    kept[OTHER] = SIDE
    del kept[OTHER]

    assert kept[KEY].side.report == "exit-code"
    assert OTHER not in kept
    with pytest.raises(KeyError):
        del kept[OTHER]


def test_no_key_names_another_file(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        sides(tmp_path)["../journal"] = SIDE
