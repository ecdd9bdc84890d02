"""The page about two hundred files shows what the program does, in three ways to the same tree."""

import re
import shutil
from pathlib import Path

import pytest

from tests.e2e.two_hundred_files import on_the_page, scenes, texts

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.skipif(not shutil.which("python3"), reason="the project's gate needs python3"),
]
_ROW = re.compile(r"\| (\d+) \| ([\d,]+) \| ([\d,]+) \| [\d.]+ \| `(\w+)` \|")


def rows(figures: str) -> list[tuple[int, int, str]]:
    """The requests, tokens and tree of each way."""
    found = [[cell.replace(",", "") for cell in row] for row in _ROW.findall(figures)]
    return [(int(asked), int(sent) + int(said), tree) for asked, sent, said, tree in found]


@pytest.mark.long
def test_the_page_shows_what_happens(tmp_path: Path) -> None:
    page = on_the_page()

    now = texts(scenes(tmp_path), tmp_path)

    assert {name: now[name] for name in now if name != "figures"} == {
        name: page[name] for name in page if name != "figures"
    }
    # Tokens change with each word of our prompts; what they are about does not.
    for (asked, tokens, tree), (known, before, same) in zip(
        rows(now["figures"]), rows(page["figures"]), strict=True
    ):
        assert (asked, tree) == (known, same)
        assert tokens == pytest.approx(before, rel=0.1)


def test_by_snippets_three_turns_make_the_tree_that_calls_make_for_a_tenth_of_the_tokens() -> None:
    snippets, calls, campaign = rows(on_the_page()["figures"])

    assert snippets[0] == campaign[0] == 3
    assert snippets[2] == calls[2] == campaign[2]
    assert snippets[1] < calls[1] / 10
