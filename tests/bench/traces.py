"""What traces cost: a run written down with its trace beside the same run without one, the room of
both, and what dates to the millisecond add to a journal.

The same events are written to two journals in turn, run by run, so that a busy machine slows both.
Processor time of this process counts: of what is written to the disk both wait for the same.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from bot.adapters.sqlite_journal.journal import SqliteJournal
from bot.telemetry.journal import TracedJournal
from bot.telemetry.otlp import encoded, lines_of
from bot.telemetry.run_spans import run_spans
from bot.telemetry.traces import Keeping, Traces
from tests.bot.telemetry.a_run import COUNTS, gate, judged, request, started, whole_run
from validators.encoding import encode
from workflows.recorder import leased
from workflows.run import Entry

RUNS = 100
ATTEMPTS, CALLS, GATES = 3, 8, 6
TAIL = "x" * 2_000


def typical() -> list[Entry]:
    """Return a run of three attempts of eight requests and six commands each."""
    found = whole_run()[:-3]
    for number in range(2, 2 + ATTEMPTS):
        for call in range(CALLS):
            found += request(f"{number}.{call}", number, (20 + call, 21 + call), **COUNTS)
        found += [gate(40 + one, f"gate{one}", "patched", 0.5) for one in range(GATES)]
        found.append(judged(50, number, "fail", gate1="newly-failing"))
    return [started(), *found[1:]]


def written_s(journal: SqliteJournal, name: str, entries: Sequence[Entry]) -> float:
    """Write one run; return the processor time that took."""
    began = time.process_time()
    with leased(journal, name, "bench") as fence:
        for entry in entries:
            journal.append(fence, entry.event)
    return time.process_time() - began


def main() -> None:
    entries = typical()
    tails = sum(len(TAIL) for entry in entries if entry.event.kind == "gate.finished")
    events = sum(len(encode(entry.event)) for entry in entries) + tails
    stamps = [len("2026-01-02T03:04:05Z") * len(entries), len("2026-01-02T03:04:05.678Z")]
    trace = b"".join(lines_of(encoded("r1", run_spans("r1", entries)), "1.0"))
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if sys.argv[1:] else None) as folder:
        state = Path(folder)
        traces = Traces(Keeping(state / "traces"))
        plain_file, traced_file = state / "plain.sqlite", state / "traced.sqlite"
        with (
            closing(SqliteJournal(plain_file, lambda: entries[0].at, time.time)) as plain,
            closing(TracedJournal(traced_file, lambda: entries[0].at, time.time, traces)) as traced,
        ):
            pairs = [
                (written_s(plain, f"r{n}", entries), written_s(traced, f"r{n}", entries))
                for n in range(RUNS)
            ]
    without, beside = (statistics.median(one) * 1000 for one in zip(*pairs, strict=True))
    ratio = statistics.median(with_it / alone for alone, with_it in pairs)
    spans = len(run_spans("r1", entries))
    print(f"one run of {len(entries)} events, {spans} spans; medians of {RUNS}")
    print(f"{'without a trace (baseline)':<34} {without:8.1f} ms of processor time")
    print(f"{'with its trace':<34} {beside:8.1f} ms, x {ratio:.2f}")
    print(f"{'its events (baseline)':<34} {events:8,} bytes")
    print(f"{'its trace':<34} {len(trace):8,} bytes, x {len(trace) / events:.2f}")
    added = stamps[1] * len(entries) - stamps[0]
    print(f"{'dates to the millisecond add':<34} {added:8,} bytes, x {1 + added / events:.3f}")


if __name__ == "__main__":
    main()
