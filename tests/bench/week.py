"""How the state folder grows in a week of runs, without and with retention.

Twelve runs a day go through the real workflow, journal, bundles and log; only the model is a script
and the gates are a list of outcomes, of the size a project of four thousand tests reports. The
clock is handed in. The same week is kept whole, kept as shipped, and kept for three days.
"""

import hashlib
import os
import tempfile
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.adapters.scripted_model import ScriptedModel, ScriptedReply
from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.housekeeping import Bounds, tidy
from bot.logs import Log, Place
from bot.pages.pull_request import pull_request_text
from scoping.excerpts import Excerpt
from scoping.scope import Scope
from tests.e2e.repositories import made
from validators.checkout import Clone, line_counts, open_clone
from validators.evidence import Evidence, GateRecord, Side, TestOutcome
from validators.rules import Rules
from validators.verdict import Finding, Verdict, VerdictWord
from workflows.budget import Budget
from workflows.proposal import Proposal
from workflows.propose import propose
from workflows.recorder import Recorder
from workflows.task import Task
from workflows.workshop import Watch, Wishes, Workshop

DAYS, RUNS, TESTS, CONVERSATION_BYTES = 7, 12, 4_000, 40_000
BEGAN = datetime(2026, 1, 5, 8, tzinfo=UTC)
POLICIES = {"kept whole": None, "as shipped": Bounds(), "three days": Bounds(days=3)}
EDIT = "a.txt\n<<<<<<< SEARCH\n{}\n=======\n{}\n>>>>>>> REPLACE\n"


@dataclass
class Clock:
    """The time of the simulated week."""

    at: datetime = BEGAN

    def iso(self) -> str:
        return self.at.strftime("%Y-%m-%dT%H:%M:%SZ")

    def now(self) -> float:
        return self.at.timestamp()


class Week:
    """One state folder, its days, and what is removed at the end of each."""

    def __init__(self, folder: Path, clone: Clone, bounds: Bounds | None) -> None:
        self.state, self.clone, self.bounds = folder, clone, bounds
        self.clock = Clock()
        (folder / "bundles").mkdir(parents=True)

    def day(self, number: int) -> None:
        self.clock.at = BEGAN + timedelta(days=number)
        path = self.state / "journal.sqlite"
        with closing(SqliteJournal(path, self.clock.iso, self.clock.now)) as journal:
            for one in range(RUNS):
                self.run(f"r{self.clock.at:%Y%m%d-%H%M%S}-{one:06x}", journal)
                self.clock.at += timedelta(hours=1)
        if self.bounds is not None:
            tidy(self.state, self.bounds, self.clock.now())

    def run(self, run: str, journal: SqliteJournal) -> None:
        """Work on one task: the first attempt fails its gates, the second passes."""
        prose = words(f"why {run}", 1_500)
        replies = [EDIT.format("one", "FORBIDDEN"), EDIT.format("FORBIDDEN", f"two of {run}")]
        model = ScriptedModel([ScriptedReply(f"{prose}\n\n{edit}") for edit in replies])
        task = Task(f"Say two, {run}", words(run, 800), str(self.clone.repository))
        with closing(Log(Place(self.state, run), str, self.clock.iso)) as log:
            log.open(self.state / "logs" / f"{run}.jsonl")
            propose(task, run, (model,), self.workshop(journal, log), Wishes(Budget()))
        for path in (*self.state.glob("logs/*"), *self.state.glob("bundles/*")):
            if run in path.name:
                os.utime(path, (self.clock.now(), self.clock.now()))

    def workshop(self, journal: SqliteJournal, log: Log) -> Workshop:
        return Workshop(
            clone=self.clone,
            rules=Rules(),
            journal=journal,
            select=lambda task, _: scope(self.clone, task),
            prepare=prepare,
            judge=self.judge,
            gate=lambda kind, tree, recorder: self.judge(tree, recorder)[0],
            render=self.render,
            write_bundle=self.write_bundle,
            find_bundle=lambda run: str(self.state / "bundles" / f"{run}.json"),
            now=self.clock.now,
            now_iso=self.clock.iso,
            watch=Watch(log.entry),
        )

    def judge(self, tree: str, recorder: Recorder) -> tuple[Verdict, Evidence]:
        is_first = not any(entry.event.kind == "attempt.finished" for entry in recorder.entries())
        clone = self.clone
        names = [f"tests.package_{n % 40}.test_module_{n % 400}::test_{n}" for n in range(TESTS)]
        base = Side(clone.base_tree, "ok", 0, "pytest", tuple((name, "passed") for name in names))
        red = {names[7]} if is_first else set()
        ends: tuple[tuple[str, TestOutcome], ...] = tuple(
            (name, "failed" if name in red else "passed") for name in names
        )
        patched = Side(tree, "failed" if red else "ok", int(bool(red)), "pytest", ends)
        word: VerdictWord = "fail" if red else "pass"
        found = Finding("test", "newly-failing", "block", words(tree, 2_000)) if red else None
        gate = GateRecord(
            "test", "test", ("pytest",), required=True, outcome=word, base=base, patched=patched
        )
        findings = (found,) if found else ()
        head = (clone.base_commit, clone.base_tree, tree, "0" * 64, "env", "bwrap")
        recorder.record("gate.finished", gate="test", side="patched", outcome=word, seconds=1.0)
        return Verdict(word, findings), Evidence(*head, (), (gate,), findings)

    def render(self, proposal: Proposal, evidence: Evidence) -> tuple[str, str]:
        changed = line_counts(self.clone, evidence.base_tree, evidence.applied_tree)
        text = pull_request_text(proposal, evidence, changed)
        return text.title, text.body

    def write_bundle(self, name: str, document: bytes) -> str:
        path = self.state / "bundles" / name
        path.write_bytes(document)
        return str(path)

    def kib(self, *names: str) -> int:
        """Return the size of parts of the state folder, as its disk counts it."""
        paths = [p for name in names for p in (self.state, *self.state.rglob("*")) if p.match(name)]
        return sum(path.stat().st_blocks * 512 for path in paths if path.is_file()) // 1024


def words(seed: str, count: int) -> str:
    """Return about ``count`` bytes of text that compresses as prose and code do."""
    digest = hashlib.shake_256(seed.encode()).hexdigest(count // 6)
    return " ".join(f"word{digest[n : n + 2]}" for n in range(0, len(digest), 2))[:count]


def scope(clone: Clone, task: Task) -> Scope:
    size = CONVERSATION_BYTES // 10
    excerpts = tuple(
        Excerpt(f"src/file_{n}.py", 1, 90, "0" * 40, words(f"{task.title[-1]}{n}", size))
        for n in range(9)
    )
    return Scope(clone.base_commit, excerpts=excerpts, tokens=CONVERSATION_BYTES // 4)


def prepare(recorder: Recorder) -> str:
    recorder.record("environment.ready", key="env", how="from cache", trouble="", seconds=0.1)
    return ""


def main() -> None:
    print(
        "| day | runs |" + "".join(f" {name}: journal, bundles, logs, KiB |" for name in POLICIES)
    )
    print("|--|--|" + "--|" * len(POLICIES))
    with tempfile.TemporaryDirectory(prefix="bench-week-") as place:
        folder = Path(place).resolve()
        clone = open_clone(made(folder), "main", folder / "clone")
        weeks = [
            Week(folder / f"week-{number}", clone, bounds)
            for number, bounds in enumerate(POLICIES.values())
        ]
        for day in range(DAYS):
            for week in weeks:
                week.day(day)
            parts = ("journal.sqlite*", "bundles/*", "logs/*")
            cells = [" + ".join(f"{week.kib(part):,}" for part in parts) for week in weeks]
            print(f"| {day + 1} | {RUNS * (day + 1)} | " + " | ".join(cells) + " |", flush=True)
        totals = [week.kib(*parts) for week in weeks]
    for name, total in zip(POLICIES, totals, strict=True):
        each = total / (DAYS * RUNS)
        print(f"{name}: {total:,} KiB, {each:.0f} a run, ratio {total / totals[0]:.2f}")


if __name__ == "__main__":
    main()
