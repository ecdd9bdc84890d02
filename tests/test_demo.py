"""`make demo` takes nothing away from whoever still looks at the demo before."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from runpy import run_path

NEW_PLACE = run_path(str(Path(__file__).parents[1] / "docs" / "demo" / "demo.py"))["new_place"]
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def test_the_former_demo_stays_and_those_before_it_go(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "demo"
    (folder / "20261122-101010").mkdir(parents=True)  # as earlier versions named it
    (folder / "mine").mkdir()

    first, before = NEW_PLACE(folder, NOW)
    (first / "repository").mkdir()
    second, former = NEW_PLACE(folder, NOW + timedelta(seconds=1))

    assert (before, former) == (folder / "20261122-101010", first)
    assert (first / "repository").is_dir()
    assert {*folder.iterdir()} == {folder / "mine", first, second}


def test_two_demos_of_one_second_are_in_two_places(tmp_path: Path) -> None:
    places = [NEW_PLACE(tmp_path / "demo", NOW) for _ in range(2)]
    assert places[0][1] is None
    assert places[0][0] != places[1][0]
    assert places[1][1] == places[0][0]
