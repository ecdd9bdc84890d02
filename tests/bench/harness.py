"""What a harness takes around a model: Changewright, a plain loop over the vendor's library,
mini-swe-agent and aider on the same repository, with the same fix, through one shim.

No model is asked: an oracle on 127.0.0.1 answers each harness in its own words with the same
scripted fix, and counts. Of every harness the tests must be green in the end, else its row says so.
`--peers FOLDER` names where the other harnesses are, or are installed to (1.5 GB); the tokenizer is
among them.

A *step* is the time from the last byte of a reply to the last byte of the next request: what the
harness does between them, its tools included, starts of the test-suite left out. Of each step the
quickest of all runs counts, since a busy machine only adds to it, and of the steps the median.
*Import* is how much longer Python takes with what has been imported when the first request leaves,
again the quickest. What was sent is the same in every run; the rest is the median of the runs.
"""

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.bench.harness_peers import counting, rivals, scripts
from tests.bench.harness_peers.measuring import Run, importing_s, played
from tests.bench.harness_peers.rivals import Harness, Place

BASELINE = "plain SDK loop"
Figures = dict[str, float | None]
COLUMNS = {
    "requests": "{:.0f}",
    "request bytes": "{:,.0f}",
    "tokens in": "{:,.0f}",
    "tokens out": "{:,.0f}",
    "step, ms": "{:.1f}",
    "own, MB": "{:.0f}",
    "with children, MB": "{:.0f}",
    "import, s": "{:.2f}",
    "whole run, s": "{:.1f}",
}


def figures(runs: Sequence[Run], import_s: float, python: Path) -> Figures:
    """Return a row from the runs that count; ``python`` is one that has the tokenizer."""
    asked = runs[-1].exchanges
    read = ["\n".join(counting.parts(one.body).values()) for one in asked]
    written = [counting.said(one.turn) for one in asked]
    tokens = counting.counted([*read, *written], python)
    own = sum(counting.vendors_own(one.body) for one in asked)
    steps = [min(same) for same in zip(*(run.steps_s for run in runs), strict=True)]
    return {
        "requests": len(asked),
        "request bytes": sum(one.size for one in asked),
        "tokens in": sum(tokens[: len(asked)]) + own,
        "tokens out": sum(tokens[len(asked) :]),
        "step, ms": statistics.median(steps) * 1000 if steps else None,
        "own, MB": statistics.median(run.own_mb for run in runs),
        "with children, MB": statistics.median(run.tree_mb for run in runs),
        "import, s": import_s,
        "whole run, s": statistics.median(run.whole_s for run in runs),
    }


def measured(
    harness: Harness, state: Path, given: argparse.Namespace, python: Path
) -> Figures | str:
    """Return a row, or how the harness failed; its first run warms caches up and does not count."""
    runs = []
    for _ in range(given.repeats + 1):
        with tempfile.TemporaryDirectory(prefix="bench-harness-") as folder:
            run = played(harness, Path(folder), state, given.bystanders)
        if run.trouble:
            return run.trouble
        runs.append(run)
    if given.parts:
        tell_parts(harness, runs[-1], python)
    import_s = importing_s(harness, Place(state, state, state, ""))
    return figures(runs[1:], import_s, python)


def tell_parts(harness: Harness, run: Run, python: Path) -> None:
    """Print what the first request is made of."""
    body = run.exchanges[0].body
    made_of = counting.parts(body)
    tokens = counting.counted(list(made_of.values()), python)
    words = [f"{name} {count:,}" for name, count in zip(made_of, tokens, strict=True)]
    print(f"{harness.name}, first request: {', '.join(words)}", end="")
    print(f", vendor's own tools {counting.vendors_own(body):,}")


def table(rows: dict[str, Figures | str]) -> None:
    """Print each figure with its ratio to the baseline's, and what a harness failed by below."""
    base = rows[BASELINE]
    if isinstance(base, str):
        sys.exit(f"the {BASELINE} failed: {base}")
    print(f"\n| harness | {' | '.join(COLUMNS)} |\n|--|{'--|' * len(COLUMNS)}")
    for name, row in rows.items():
        if isinstance(row, str):
            print(f"| {name} | {' | '.join(['failed'] * len(COLUMNS))} |")
            print(f"{name}: {row}", file=sys.stderr)
            continue
        cells = [_cell(row[column], base[column], form) for column, form in COLUMNS.items()]
        print(f"| {name} | {' | '.join(cells)} |")
    print(f"\nin brackets: times the figure of the {BASELINE}; tokens by {counting.NAME}")


def _cell(value: float | None, base: float | None, form: str) -> str:
    if value is None:
        return "none"
    ratio = f" ({value / base:.2f})" if base else ""
    return form.format(value) + ratio


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--peers", type=Path, help="where the other harnesses are or shall be")
    words.add_argument("--repeats", type=int, default=3, help="counted runs of each (default: 3)")
    words.add_argument(
        "--bystanders", type=int, default=0, help="modules beside the task's in the repository"
    )
    words.add_argument("--parts", action="store_true", help="print what first requests consist of")
    words.add_argument("--only", default="", help="measure those whose name has this in it")
    given = words.parse_args()
    if given.peers is None:
        print("skipped: give --peers FOLDER to install the others and the tokenizer there")
        return 0
    peers = given.peers.absolute()
    harnesses = (
        rivals.sdk_loop(),
        rivals.ours("Changewright, one reply", scripts.IN_ONE_REPLY),
        rivals.ours("Changewright, by actions", scripts.BY_ACTIONS),
        rivals.mini_swe_agent(peers),
        rivals.aider(peers),
    )
    rows: dict[str, Figures | str] = {}
    with tempfile.TemporaryDirectory(prefix="bench-harness-state-") as state:
        for harness in harnesses:
            if harness.name == BASELINE or given.only in harness.name:
                python = rivals.installed(rivals.MINI, peers)
                rows[harness.name] = measured(harness, Path(state), given, python)
    table(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
