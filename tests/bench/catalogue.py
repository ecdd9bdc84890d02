"""What the pages that list, search and count cost with a long journal, beside a file of the server.

Asked in this process, so that the time is the server's own: processor time, the median of many. The
journal is filled with runs that are known, and one campaign; the first argument is how many runs.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.server.assets import asset
from tests.bot.server.watching import Browser, browser, tell
from tests.workflows.generated_history import history, stories
from validators.encoding import builtins, encode
from workflows.campaign import Campaign, Recipe, Target, TargetResult, Template
from workflows.migrate import announce
from workflows.run import Event

RUNS, TARGETS, TIMES = 100_000, 3_000, 30
WORDS = ("cache", "parser", "timeout", "retry", "header", "unicode", "thread", "socket", "quota")
KEY = "logging-0123456789ab"


def fill(journal: SqliteJournal, runs: int) -> int:
    """Write ``runs`` runs with words of their own in one transaction; return how many events."""
    begun: set[str] = set()
    events = 0
    with journal.database.writing() as connection:
        for entry in history(stories(runs)):
            events = entry.position
            data = dict(entry.event.data)
            if entry.run not in begun:
                begun.add(entry.run)
                row = (entry.run, len(begun))
                connection.execute("INSERT INTO runs VALUES (?, ?, 0, '', 0)", row)
            if entry.event.kind == "run.started":
                one, other = WORDS[len(begun) % 9], WORDS[len(begun) // 9 % 9]
                words = {"title": f"The {one} forgets its {other}", "body": " ".join(WORDS) * 3}
                data["task"] = {**data["task"], **words}
            event = encode(Event(entry.event.kind, data))
            connection.execute(
                "INSERT INTO events (run, at, event) VALUES (?, ?, ?)", (entry.run, entry.at, event)
            )
    return events


def begin_campaign(journal: SqliteJournal) -> None:
    """Announce a campaign of which a third has ended."""
    targets = tuple(
        Target(f"t{number}", "ada/tally", ("a.py",), "HEAD", f"src/{number}")
        for number in range(TARGETS)
    )
    steps = (Recipe("run", ("x",)),)
    announce(Campaign(KEY, "logging", steps, Template("Log it"), targets), {}, journal)
    for target in targets[::3]:
        result = builtins(TargetResult(target.key, "gated", files_changed=2))
        stream = f"target-{target.key}"
        tell(journal, stream, ("target.claimed", {"campaign": KEY, "worker": "w"}))
        tell(journal, stream, ("target.finished", {"result": result}))


def took_s(act: Callable[[], object]) -> float:
    started = time.process_time()
    act()
    return time.process_time() - started


def catch_up(page: Browser) -> None:
    while not page.room.lookout.catalogue.catch_up():
        pass


def measure(page: Browser, events: int, folder: Path) -> None:
    sizes = [(folder / "state" / name).stat().st_size / 1e6 for name in
             ("journal.sqlite", "catalogue.sqlite")]  # fmt: skip
    print(
        f"{events:,} events; the journal takes {sizes[0]:.0f} MB, its catalogue {sizes[1]:.0f} MB"
    )
    counting = took_s(lambda: page.room.lookout.counted(52, 600.0))
    print(f"figures of all of them are counted in {counting:.1f} s, beside the pages")
    print("\n| page | bytes | first, ms | processor, ms | x the style sheet |")
    print("|---|--:|--:|--:|--:|")
    bare = 0.0
    for path in (
        asset("style.css").path, "/runs", "/runs?state=published", f"/runs?before={events // 2}",
        "/run/r77/live", "/run/r77/step/1", "/campaigns", f"/campaign/{KEY}",
        f"/campaign/{KEY}?state=gated", "/figures?weeks=52", "/search?q=parser",
        "/search?q=cache+parser", "/search?q=forgets+its+thr", "/search?q=nowhere", "/search?q=77",
    ):  # fmt: skip
        first = took_s(lambda path=path: page.get(path))  # type: ignore[misc]
        answer = page.get(path)
        assert answer.status == 200, (path, answer.text)
        times = [took_s(lambda path=path: page.get(path)) for _ in range(TIMES)]  # type: ignore[misc]
        median = statistics.median(times)
        bare = bare or median
        name = "the style sheet" if path.startswith("/asset") else f"`{path.replace(KEY, 'KEY')}`"
        told = f"{len(answer.text.encode()):,} | {first * 1e3:.1f} | {median * 1e3:.1f}"
        print(f"| {name} | {told} | {median / bare:.1f} |")


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    with tempfile.TemporaryDirectory() as name, browser(Path(name)) as page:
        journal = page.room.journal
        assert isinstance(journal, SqliteJournal)
        events = fill(journal, runs)
        begin_campaign(journal)
        taken = took_s(lambda: catch_up(page))
        print(f"{runs:,} runs are taken in within {taken:.1f} s of processor time, once")
        measure(page, events, Path(name))


if __name__ == "__main__":
    main()
