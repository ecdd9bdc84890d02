"""The page with the transcript shows what the program does, killed in a stream or not."""

import re
import shutil
from pathlib import Path

import pytest

from tests.e2e.in_a_stream import PLAYS, on_the_page, shown

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.skipif(not shutil.which("python3"), reason="the project's gate needs python3"),
]


@pytest.mark.long
@pytest.mark.parametrize("name", PLAYS)
def test_the_page_shows_what_happens(tmp_path: Path, name: str) -> None:
    assert shown(PLAYS[name], tmp_path) == on_the_page()[name]


def test_a_run_that_was_killed_in_a_stream_makes_the_same_trees_and_asks_once_more() -> None:
    page = on_the_page()
    trees = {name: re.findall(r"tree=(\w+)", text) for name, text in page.items()}
    asked = {name: re.findall(r"arrived: (\d)", text) for name, text in page.items()}

    assert trees["killed"] == trees["undisturbed"] != []
    assert asked == {"undisturbed": ["2"], "killed": ["3"]}
    assert page["killed"].count("lost=True") == 1
    assert "1 more reply may have been paid for" in page["killed"]
