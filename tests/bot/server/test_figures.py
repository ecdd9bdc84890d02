"""The figures of the journal on a page, as `changewright metrics` counts them."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.server.lookout import PERIODS, Lookout
from tests.bot.server.watching import Browser, browser, ended, journal_of, started, tell
from workflows.run_facts import RunFacts


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Browser]:
    with browser(tmp_path) as found:
        yield found


def run(page: Browser, name: str) -> None:
    spent = {"reservation": "1", "usd": 1.5, "tokens": 10, "requests": 1}
    tell(journal_of(page), name, started(), ("budget.settled", spent), ended("failed"))


def test_an_empty_journal_has_no_figures(page: Browser) -> None:
    assert "No run was begun yet" in page.get("/figures").text


def test_figures_are_shown_with_formula_plot_and_table(page: Browser) -> None:
    run(page, "r1")
    text = page.get("/figures").text
    assert "1 run, $1.50" in text
    assert "accepted / (accepted + rejected)" in text
    assert '<title id="usd-title">Cost by week: ' in text
    assert "1 run, $1.50" in text.partition('id="usd"')[2].partition("</table>")[0]


def test_a_figure_without_a_plot_says_what_is_not_there(page: Browser) -> None:
    tell(journal_of(page), "r1", started(), ended("failed"))
    text = page.get("/figures").text
    assert "The runs of these weeks cost nothing." in text
    assert "No pull request of a run that began in these weeks." in text
    assert 'class="keys"' not in text


@pytest.mark.parametrize("query", ["?weeks=7", "?weeks=%00", "?weeks=52"])
def test_an_odd_period_is_the_shortest(page: Browser, query: str) -> None:
    run(page, "r1")
    shown = 52 if "52" in query else PERIODS[0]
    assert f'href="/figures?weeks={shown}" aria-current="true"' in page.get(f"/figures{query}").text


def test_figures_are_counted_again_when_there_are_more_runs(page: Browser) -> None:
    run(page, "r1")
    assert "$1.50" in page.get("/figures").text
    run(page, "r2")
    until = time.monotonic() + 60
    while "2 runs, $3.00" not in page.get("/figures").text:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_figures_that_take_long_to_count_are_not_waited_for(
    page: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(page, "r1")
    page.room.lookout.catch_up()
    begun = page.room.lookout.catalogue.facts

    def slow(since: str) -> Iterator[RunFacts]:
        assert may_end.wait(60)
        return begun(since)

    may_end = threading.Event()
    monkeypatch.setattr(page.room.lookout.catalogue, "facts", slow)
    assert page.room.lookout.counted(12, 0.01) is None
    may_end.set()
    found = page.room.lookout.counted(12, 60.0)
    assert found is not None
    assert found.whole.runs == 1


def test_a_journal_with_much_that_is_new_is_read_beside_the_pages(tmp_path: Path) -> None:
    with browser(tmp_path) as page:
        for number in range(60):
            run(page, f"r{number:02}")
        lookout = Lookout(page.room.journal, tmp_path / "state")
        lookout.begin()
        until = time.monotonic() + 60
        while not lookout.catch_up():
            assert time.monotonic() < until
            time.sleep(0.01)
        assert len(lookout.catalogue.runs(limit=100)) == 60
        found = lookout.counted(12, 60.0)
        assert found is not None
        assert found.whole.runs == 60
        lookout.close()
        lookout.begin()
        names = {one.name for one in threading.enumerate()}
        assert "reading" not in names
