"""What the server of the bench stands on: a journal of many runs, pull requests, runs under way."""

import json
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Event as Signal

from bot.adapters.sqlite_journal.database import Database
from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.wiring import now_iso
from tests.browser.acted import Acted
from workflows.recorder import recording
from workflows.task import Task

# Of a real run's events those that lists, figures and searches are made of.
_KEPT = ("run.started", "scope.selected", "attempt.finished", "bundle.written", "run.finished")
_WORDS = ("count", "words", "text", "halves", "say", "left", "nothing", "fits", "line", "what")
_AT_ONCE = 5_000
_A_RUN_EVERY = timedelta(minutes=5)
STEP_S = 0.25
# What a run that is under way writes again and again.
_STEPS = ("prompt.sent", "budget.reserved", "model.replied", "budget.settled", "gate.finished")


def grow(acted: Acted, runs: int) -> None:
    """Add ``runs`` runs to the journal, each made of the events of a real one, in bulk."""
    path = acted.state / "journal.sqlite"
    with closing(SqliteJournal(path, now_iso, time.time)) as journal:
        model = [
            json.loads(row[0])
            for row in journal.database.rows(
                "SELECT event FROM events WHERE run = ? ORDER BY position",
                (acted.runs["proposed"],),
            )
        ]
        known = [event for event in model if event["kind"] in _KEPT]
        for first in range(0, runs, _AT_ONCE):
            _add(journal.database, known, range(first, min(runs, first + _AT_ONCE)), runs)


def _add(database: Database, events: list[dict[str, object]], numbers: range, runs: int) -> None:
    draw, newest = random.Random(numbers.start), datetime.now(UTC)  # noqa: S311 - sample words
    with database.writing() as connection:
        for number in numbers:
            at = newest - _A_RUN_EVERY * (runs - number)
            run, when = f"r{at:%Y%m%d-%H%M%S}-{number:06x}", f"{at:%Y-%m-%dT%H:%M:%SZ}"
            connection.execute(
                "INSERT INTO runs (run, number, token, owner, expires) VALUES"
                " (?, (SELECT coalesce(max(number), 0) + 1 FROM runs), 1, '', 0)",
                (run,),
            )
            title = f"{' '.join(draw.sample(_WORDS, 5))} {number}"
            connection.executemany(
                "INSERT INTO events (run, at, event) VALUES (?, ?, ?)",
                ((run, when, _retold(one, title)) for one in events),
            )


def _retold(event: dict[str, object], title: str) -> bytes:
    """Return an event as the journal keeps it, of a task with another title."""
    told = json.loads(json.dumps(event))
    if told["kind"] == "run.started":
        told["data"]["task"]["title"] = title
    return json.dumps(told, separators=(",", ":")).encode()


def offers(acted: Acted, count: int) -> list[int]:
    """Open pull requests that nobody has decided on yet; return their numbers."""
    return [
        acted.offer(f"Offer {number}", {f"data/offer-{number}.txt": f"one\n{number}\n"})
        for number in range(count)
    ]


def live_runs(acted: Acted, names: list[str], ended: Signal) -> None:
    """Write a step into each run four times a second, in this process, until ``ended`` is set.

    The steps are those of a real run, over and over.
    """
    path = acted.state / "journal.sqlite"
    with ExitStack() as stack:
        journal = stack.enter_context(closing(SqliteJournal(path, now_iso, time.time)))
        known = [one.event for one in journal.read(acted.runs["proposed"])]
        steps, pens = [one for one in known if one.kind in _STEPS], []
        for name in names:
            task = Task(f"Live {name}", "words", "repository")
            start = {"task": task, "task_key": task.key, "base_commit": "c" * 40, "model": "none"}
            pens.append(stack.enter_context(recording(journal, name, start)))
        for number in _counted(ended):
            step = steps[number % len(steps)]
            for pen in pens:
                pen.record(step.kind, **step.data)
        for pen in pens:
            pen.record("run.finished", state="nothing", verdict="fail", why="the bench is over")


def _counted(ended: Signal) -> Iterator[int]:
    number = 0
    while not ended.wait(STEP_S):
        yield number
        number += 1
