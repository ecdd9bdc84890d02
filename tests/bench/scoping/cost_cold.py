"""What one issue costs where nothing is known yet: the command `scope`, over many repositories.

    python -m tests.bench.scoping.cost_cold --issues ISSUES.jsonl --mirrors FOLDER [--each 3]
        [--set lite,verified] [--bm25s "uv run --no-project --with bm25s python"]

Seconds of processor time, children and the start of the process included, of the whole command with
an empty state folder and of the same command once more, in the middle of ``--each`` issues of each
repository. Beside them stand a raw tree-sitter parse of the same commit and, with ``--bm25s``, an
index of its words; of both the work alone. The lines of ISSUES.jsonl are those of `observing`.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bench.scoping.cost import ran
from tests.bench.scoping.cost_steps import Bench

_HERE = Path(__file__).parent
_HEADINGS = ("cold", "worst", "warm", "raw parse", "cold / raw", "bm25s")


def main() -> None:
    """Print a row for each repository, and what holds over all issues."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--issues", type=Path, required=True)
    asked.add_argument("--mirrors", type=Path, required=True)
    asked.add_argument("--each", type=int, default=1)
    asked.add_argument("--set", default="")
    asked.add_argument("--bm25s", default="")
    given = asked.parse_args()
    # As where the program is installed, its modules are compiled once and not at each start.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    print(f"{'':32s}" + "".join(f"{name:>12s}" for name in _HEADINGS))
    cold: list[float] = []
    warm: list[float] = []
    for repo, rows in sorted(_chosen(given).items()):
        git_dir = given.mirrors / repo.replace("/", "+") / "repo"
        if not git_dir.exists():
            print(f"{repo}: there is no {git_dir}")
            continue
        pairs = [_commands(git_dir, row) for row in rows]
        raw, bm25s = _yardsticks(git_dir, rows[-1], given.bm25s)
        own = [first for first, _ in pairs]
        again = statistics.median(second for _, second in pairs)
        middle = statistics.median(own)
        told = (middle, max(own), again, raw, middle / raw, bm25s)
        print(f"{repo:32s}" + "".join(f"{figure:12.2f}" for figure in told), flush=True)
        cold += own
        warm += [second for _, second in pairs]
    if not cold:
        raise SystemExit("no issue of these sets has a git directory there")
    print(f"{len(cold)} issues, cold: median {statistics.median(cold):.2f}, worst {max(cold):.2f};")
    print(f"once more: median {statistics.median(warm):.2f}, worst {max(warm):.2f}")


def _chosen(given: argparse.Namespace) -> dict[str, list[dict[str, Any]]]:
    """Return the issues to measure, from the whole time of each repository."""
    sets = set(filter(None, given.set.split(",")))
    by_repo: defaultdict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
    for line in given.issues.read_text("utf-8").splitlines():
        row = json.loads(line)
        if not sets or row["set"] in sets:
            by_repo[row["repo"]][row["instance_id"]] = row
    chosen = {}
    for repo, own in by_repo.items():
        rows = sorted(own.values(), key=lambda row: str(row.get("created_at", "")))
        step = max(1.0, len(rows) / given.each)
        places = range(min(given.each, len(rows)))
        chosen[repo] = [rows[int((place + 0.5) * step)] for place in places]
    return chosen


def _commands(git_dir: Path, row: Mapping[str, Any]) -> tuple[float, float]:
    """Return what the command takes with an empty state folder, and what it takes once more."""
    command = str(Path(sys.executable).with_name("changewright"))
    with tempfile.TemporaryDirectory() as place:
        issue = Path(place, "issue.md")
        issue.write_text(row["problem_statement"], "utf-8")
        argv = [command, "scope", "--repo", str(git_dir), "--base", row["base_commit"]]
        argv += ["--issue-file", str(issue), "--state", f"{place}/state", "--json=lists"]
        first = ran(argv, tells=False)
        return first.all_s, ran(argv, tells=False).all_s


def _yardsticks(git_dir: Path, row: Mapping[str, Any], bm25s: str) -> tuple[float, float]:
    """Return the work of a raw parse of all code of one commit, and of a word index of it or 0."""
    with tempfile.TemporaryDirectory() as place:
        step: Sequence[str] = (sys.executable, "-m", "tests.bench.scoping.cost_steps", "raw_parse")
        about = ("--repo", str(git_dir), "--base", row["base_commit"], "--store", f"{place}/store")
        raw = ran((*step, *about)).work_s
        if not bm25s:
            return raw, 0.0
        files, issue = Path(place, "files"), Path(place, "issue.md")
        issue.write_text(row["problem_statement"], "utf-8")
        for path, content in Bench(git_dir, row["base_commit"], Path(place, "store")).contents():
            laid = files / path
            laid.parent.mkdir(parents=True, exist_ok=True)
            laid.write_bytes(content)
        peers = str(_HERE / "cost_peers.py")
        return raw, ran((*bm25s.split(), peers, "bm25s", str(files), str(issue))).work_s


if __name__ == "__main__":
    main()
