"""Anybody's pull request, judged by its base, with its verdict on the step's page."""

from typing import TYPE_CHECKING, Any

import pytest

from bot.action.surroundings import ActionRefusal

if TYPE_CHECKING:
    from tests.bot.action.conftest import Hall

pytestmark = pytest.mark.sandbox


@pytest.mark.parametrize(("word", "verdict"), [("bad", "fail"), ("good", "pass")])
def test_a_pull_request_is_judged_by_its_base(hall: "Hall", word: str, verdict: str) -> None:
    base = hall.git("rev-parse", "HEAD")
    hall.git("checkout", "--quiet", "-b", "theirs")
    (hall.town.origin / "data/one.txt").write_text(f"{word}\n")
    hall.git("commit", "--quiet", "--all", "--message=theirs")
    head = hall.git("rev-parse", "HEAD")
    hall.git("checkout", "--quiet", "main")
    event: dict[str, Any] = {"pull_request": {"base": {"sha": base}, "head": {"sha": head}}}

    found = hall.begin(event, "pull_request").gate()

    page = (hall.place / "gate.md").read_text()
    assert found == {"state": verdict}
    assert f"changewright gate: {verdict}" in page
    assert "words" in page


def test_an_event_without_commits_is_refused(hall: "Hall") -> None:
    event = {"pull_request": {"base": {"sha": "--help"}, "head": {"sha": "main"}}}

    with pytest.raises(ActionRefusal, match="names no commit for the base"):
        hall.begin(event, "pull_request").gate()
