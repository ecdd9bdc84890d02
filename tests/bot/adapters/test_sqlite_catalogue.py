"""An index over a journal that is always as new as the journal, and can be lost at any time."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bot.adapters.sqlite_catalogue.catalogue import Catalogue
from bot.adapters.sqlite_catalogue.query import matching, terms_of
from bot.adapters.sqlite_catalogue.schema import CatalogueRefusal
from bot.adapters.sqlite_journal.journal import SqliteJournal
from tests.ending import beside
from workflows.campaign import Campaign, Recipe, Target, Template
from workflows.migrate import announce
from workflows.recorder import leased
from workflows.run import Event, EventKind

AT = "2026-01-02T03:04:05Z"
Told = tuple[EventKind, dict[str, Any]]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqliteJournal]:
    journal = SqliteJournal(tmp_path / "journal.sqlite", lambda: AT, lambda: 1_000_000.0)
    yield journal
    journal.close()


@pytest.fixture
def catalogue(tmp_path: Path, journal: SqliteJournal) -> Iterator[Catalogue]:
    catalogue = Catalogue(tmp_path / "catalogue.sqlite", journal)
    yield catalogue
    catalogue.close()


def tell(journal: SqliteJournal, run: str, *events: Told) -> None:
    with leased(journal, run, "me") as pen:
        for kind, data in events:
            journal.append(pen, Event(kind, data))


def started(title: str = "Totals", **more: object) -> Told:
    task = {"title": title, "body": "", "repository": "ada/tally"}
    return "run.started", {"task": task, "task_key": "issue-7", "model": "small", **more}


def ended(state: str) -> Told:
    return "run.finished", {"state": state, "verdict": "pass", "why": ""}


def opened(number: int) -> tuple[Told, Told]:
    intended = {"key": "k", "kind": "pull-request", "request": {}}
    settled = {"key": "k", "outcome": {"number": number}}
    return ("effect.intended", intended), ("effect.settled", settled)


def names(catalogue: Catalogue, state: str = "", **more: int) -> list[str]:
    return [row.summary.id for row in catalogue.runs(state, **more)]


def test_runs_are_listed_newest_first_and_page_by_page(
    journal: SqliteJournal, catalogue: Catalogue
) -> None:
    for number in range(5):
        tell(journal, f"r{number}", started())
    assert catalogue.catch_up()
    first = catalogue.runs(limit=3)
    assert [row.summary.id for row in first] == ["r4", "r3", "r2"]
    assert names(catalogue, before=first[-1].place) == ["r1", "r0"]


def test_revisions_of_a_pull_request_are_found_newest_first(
    journal: SqliteJournal, catalogue: Catalogue
) -> None:
    for run, revises in (("r1", 0), ("r2", 3), ("r3", 4), ("r4", 3)):
        tell(journal, run, started(revises=revises))
    assert catalogue.catch_up()
    assert [row.summary.id for row in catalogue.revisions_of(3)] == ["r4", "r2"]
    assert [row.summary.id for row in catalogue.revisions_of(3, limit=1)] == ["r4"]
    assert catalogue.revisions_of(0) == ()


def test_a_run_that_goes_on_moves_to_its_new_state(
    journal: SqliteJournal, catalogue: Catalogue
) -> None:
    tell(journal, "r1", started())
    tell(journal, "r2", started())
    catalogue.catch_up()
    assert (catalogue.counts(), names(catalogue, "running")) == ({"running": 2}, ["r2", "r1"])
    tell(journal, "r1", ended("proposed"))
    catalogue.catch_up()
    assert catalogue.counts() == {"running": 1, "proposed": 1}
    assert (names(catalogue, "running"), names(catalogue, "proposed")) == (["r2"], ["r1"])
    assert names(catalogue) == ["r2", "r1"]


def test_a_run_is_found_by_its_name_and_by_its_pull_request(
    journal: SqliteJournal, catalogue: Catalogue
) -> None:
    tell(journal, "r1", started(), *opened(7))
    tell(journal, "r2", started(), *opened(7))
    tell(journal, "r3", started())
    catalogue.catch_up()
    assert [row.summary.id for row in catalogue.runs_of(7)] == ["r2", "r1"]
    assert catalogue.runs_of(0) == ()
    found = catalogue.run("r3")
    assert found is not None
    assert found.number == 0
    assert catalogue.run("r4") is None


def test_it_goes_on_where_it_was_left_by_whatever_process(
    tmp_path: Path, journal: SqliteJournal, catalogue: Catalogue
) -> None:
    tell(journal, "r1", started())
    catalogue.catch_up()
    other = Catalogue(tmp_path / "catalogue.sqlite", journal)
    assert other.position == catalogue.position == 1
    tell(journal, "r2", started())
    assert (other.catch_up(), catalogue.catch_up()) == (True, True)
    assert names(other) == names(catalogue) == ["r2", "r1"]
    other.close()


def test_a_part_of_the_journal_at_a_time_comes_to_the_same(
    tmp_path: Path, journal: SqliteJournal, catalogue: Catalogue
) -> None:
    for number in range(6):
        tell(journal, f"r{number % 3}", *([started(f"t{number}")] * (number < 3)), ended("nothing"))
    catalogue.catch_up()
    slow = Catalogue(tmp_path / "slow.sqlite", journal)
    while not slow.catch_up(2):
        pass
    assert slow.runs() == catalogue.runs()
    assert [hit for _, hit in slow.search("t1")] == [hit for _, hit in catalogue.search("t1")]
    slow.close()


def test_many_threads_take_each_event_in_once(journal: SqliteJournal, catalogue: Catalogue) -> None:
    for number in range(20):
        tell(journal, f"r{number}", started("Totals"))
    with beside(*[lambda: catalogue.catch_up(7)] * 12):
        pass
    catalogue.catch_up()
    assert len(catalogue.runs()) == 20
    assert len(catalogue.search("totals")) == 20


@pytest.mark.parametrize("damage", ["text", "empty", "other program", "other version", "cut"])
def test_a_file_that_cannot_be_used_is_made_anew(
    tmp_path: Path, journal: SqliteJournal, damage: str
) -> None:
    path = tmp_path / "catalogue.sqlite"
    tell(journal, "r1", started())
    before = Catalogue(path, journal)
    before.catch_up()
    before.close()
    if damage in {"text", "empty", "cut"}:
        whole = path.read_bytes()
        path.write_bytes({"text": b"no database" * 99, "empty": b"", "cut": whole[:5_000]}[damage])
    else:
        pragma = "application_id = 1" if damage == "other program" else "user_version = 99"
        with sqlite3.connect(path) as connection:
            connection.execute(f"PRAGMA {pragma}")
        connection.close()
    catalogue = Catalogue(path, journal)
    catalogue.catch_up()
    assert names(catalogue) == ["r1"]
    assert path.stat().st_mode & 0o777 == 0o600
    catalogue.close()


def test_a_catalogue_that_cannot_be_made_or_read_says_what_to_do(
    tmp_path: Path, journal: SqliteJournal, catalogue: Catalogue
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CatalogueRefusal, match="delete that file"):
        Catalogue(tmp_path / "file" / "catalogue.sqlite", journal)
    tell(journal, "r1", started())
    with closing(sqlite3.connect(tmp_path / "catalogue.sqlite")) as connection:
        connection.execute("DROP TABLE streams")
    with pytest.raises(CatalogueRefusal, match="no such table"):
        catalogue.catch_up()
    assert catalogue.position == 0


def test_what_was_made_from_another_journal_is_made_anew(
    tmp_path: Path, journal: SqliteJournal
) -> None:
    path = tmp_path / "catalogue.sqlite"
    other = SqliteJournal(tmp_path / "other.sqlite", lambda: AT, lambda: 1_000_000.0)
    tell(other, "theirs", started(), ended("nothing"))
    before = Catalogue(path, other)
    before.catch_up()
    before.close()
    other.close()
    tell(journal, "ours", started(), ended("nothing"))
    catalogue = Catalogue(path, journal)
    catalogue.catch_up()
    assert names(catalogue) == ["ours"]
    catalogue.close()


def test_words_are_found_newest_first_and_page_by_page(
    journal: SqliteJournal, catalogue: Catalogue
) -> None:
    for number in range(4):
        tell(journal, f"r{number}", started(f"The parser forgets a header {number}"))
    catalogue.catch_up()
    first = catalogue.search("header parser", limit=2)
    assert [hit.run for _, hit in first] == ["r3", "r2"]
    assert [hit.run for _, hit in catalogue.search("header parser", before=first[-1][0])] == [
        "r1",
        "r0",
    ]
    assert catalogue.search("parser nowhere") == ()


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("split_before", True),
        ("split", True),
        ("spl", True),
        ("src/tally.py", True),
        ("src\\tally", True),
        ("GRÖSSE", True),
        ("before_split", False),
        ("pars", False),
        ("", False),
        ("-- ** ''", False),
    ],
)
def test_a_word_with_signs_is_looked_for_as_it_stands(
    journal: SqliteJournal, catalogue: Catalogue, query: str, *, is_found: bool
) -> None:
    tell(journal, "r1", started("split_before in src/tally.py has the wrong grösse"))
    catalogue.catch_up()
    assert bool(catalogue.search(query)) is is_found


SIGNS = (
    *('"', "*", "^", "NEAR(", "OR", "AND", "NOT", "text:", "{", "}", "(", ")", "-", "+", "'", ";"),
    *("\0", "\ud800", "\u202e", "\n", "words", "a" * 250, " ", "é", "日本", "%", "_", "\\"),
)


def test_no_query_is_more_than_its_words(journal: SqliteJournal, catalogue: Catalogue) -> None:
    tell(journal, "r1", started("NEAR the words OR text AND NOT run"))
    catalogue.catch_up()
    dice = Random(4)  # noqa: S311 - the same ones each time
    for _ in range(500):
        query = "".join(dice.choices(SIGNS, k=dice.randrange(9)))
        assert len(catalogue.search(query)) <= bool(terms_of(query)), query
        assert matching(query).count('"') % 2 == 0


def test_an_odd_event_takes_no_other_run_from_the_list(
    journal: SqliteJournal, catalogue: Catalogue
) -> None:
    tell(journal, "odd", started(), ("budget.settled", {"tokens": "many"}))
    tell(journal, "odder", ("run.started", {"task": "none"}))
    tell(journal, "r1", started())
    assert catalogue.catch_up()
    assert names(catalogue) == ["r1"]


def test_a_campaign_is_told_by_its_targets_and_their_runs_alone(
    journal: SqliteJournal, catalogue: Catalogue
) -> None:
    targets = (Target("a", "repo", ("a.py",)), Target("b", "repo", ("b.py",)))
    steps = (Recipe("run", ("x",)),)
    campaign = Campaign("logging-1", "logging", steps, Template("Log it"), targets)
    announce(campaign, {}, journal)
    tell(journal, "target-a", ("target.claimed", {"campaign": "logging-1", "worker": "w"}))
    tell(journal, "target-a", ("target.started", {"run": "r1"}))
    tell(journal, "r1", started())
    tell(journal, "r1.agent-1", started())
    tell(journal, "r2", started())
    tell(journal, "target-z", ("target.started", {"run": "r2"}))
    catalogue.catch_up()
    assert [(row.key, row.name, row.title, row.targets) for row in catalogue.campaigns()] == [
        ("logging-1", "logging", "Log it", 2)
    ]
    own = {"campaign-logging-1", "target-a", "r1", "r1.agent-1"}
    assert set(catalogue.streams_of("logging-1", 0)) == own
    assert catalogue.streams_of("logging-1", catalogue.position) == ()
    tell(journal, "r1", ended("proposed"))
    tell(journal, "r2", ended("proposed"))
    before = catalogue.position
    catalogue.catch_up()
    assert catalogue.streams_of("logging-1", before) == ("r1",)
    assert catalogue.campaigns_of(["target-a", "r1"]) == {"target-a": "logging-1"}
    assert catalogue.campaigns(before=1) == ()


def test_a_campaign_whose_plan_was_pruned_is_left_out(
    journal: SqliteJournal, catalogue: Catalogue
) -> None:
    tell(journal, "campaign-x", ("campaign.started", {"campaign": "x", "plan": "0" * 64}))
    catalogue.catch_up()
    assert catalogue.campaigns() == ()


def test_figures_are_those_of_the_runs_since_a_moment(
    tmp_path: Path, journal: SqliteJournal, catalogue: Catalogue
) -> None:
    spent = {"reservation": "1", "usd": 0.5, "tokens": 10, "requests": 1}
    tell(journal, "r1", started(), ("budget.settled", spent), *opened(7), ended("published"))
    catalogue.catch_up()
    (fact,) = catalogue.facts("2026-01-01")
    assert (fact.run, fact.usd, fact.number, fact.state) == ("r1", 0.5, 7, "published")
    assert list(catalogue.facts("2026-01-03")) == []
    assert catalogue.newest_start() == AT
    assert catalogue.titles(["r1", "r9"]) == {"r1": "Totals"}
