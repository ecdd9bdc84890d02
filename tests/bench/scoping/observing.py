"""What the signals say of each issue of a file of issues: one JSON file for each, for `learning`.

    python -m tests.bench.scoping.observing --issues ISSUES.jsonl --mirrors FOLDER --out FOLDER

Each line of the issues has ``set``, ``instance_id``, ``repo``, ``base_commit``,
``problem_statement``, ``gold_files`` and, where known, ``gold_functions``. The git directory of a
repository is ``FOLDER/owner+name/repo``. What is there already is not made again.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scoping.bodies import Body, is_function
from scoping.cache import Cache
from scoping.graph import build_graph
from scoping.index import Index, index_of
from scoping.issue import read_issue
from scoping.listing import Listing
from scoping.objects import ObjectReader, open_objects
from scoping.signals.case import Case, Column, make_case
from scoping.signals.of_functions import function_columns
from scoping.signals.table import file_columns, fused

MOST_FILES = 150
MOST_FUNCTIONS = 1_000
PAST = 2_500


def main() -> None:
    """Observe every issue, a repository at a time, so that its blobs are parsed once."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--issues", type=Path, required=True)
    asked.add_argument("--mirrors", type=Path, required=True)
    asked.add_argument("--out", type=Path, required=True)
    asked.add_argument("--repo", default="", help="only repositories whose name holds this")
    given = asked.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    by_repo = defaultdict(list)
    for line in given.issues.read_text("utf-8").splitlines():
        row = json.loads(line)
        if given.repo in row["repo"]:
            by_repo[row["repo"]].append(row)
    for repo, rows in sorted(by_repo.items(), key=lambda pair: len(pair[1])):
        git_dir = given.mirrors / repo.replace("/", "+") / "repo"
        if not git_dir.exists():
            print(f"{repo}: there is no {git_dir}; its {len(rows)} issues are left out")
            continue
        cache = Cache()
        with open_objects(git_dir) as reader:
            for row in sorted(rows, key=lambda row: str(row.get("created_at", ""))):
                out = given.out / f"{row['set']}__{row['instance_id']}.json"
                if not out.exists():
                    out.write_text(json.dumps(observed(reader, row, cache)), "utf-8")
        print(f"{repo}: {len(rows)} issues", flush=True)


def observed(reader: ObjectReader, row: Mapping[str, Any], cache: Cache) -> dict[str, object]:
    """Return the likeliest files and functions of one issue, and what each signal says of them."""
    sha = row["base_commit"]
    listing = Listing(reader, sha)
    index = index_of(listing, sha, cache)
    title, _, body = row["problem_statement"].strip().partition("\n")
    past = reader.past(sha, PAST)
    case = make_case(index, build_graph(index), read_issue(title, body), past)
    columns, bodies, bags = file_columns(case, listing.read)
    files = [path for path in fused(case, columns) if path in case.pool][:MOST_FILES]
    said_of_functions = function_columns(case, bodies, bags)
    changed = row.get("changed_lines", {})
    kept = _likeliest(case, bodies, said_of_functions, files)
    return {
        "id": row["instance_id"],
        "set": row["set"],
        "repo": row["repo"].lower(),
        "gold": row["gold_files"],
        "gold_functions": row.get("gold_functions") or _holding(index, changed),
        "files": files,
        "file_columns": _sparse(columns, files),
        "imports": _imports(case, bodies, files),
        "functions": [body.symbol.id for body in kept],
        "function_files": [body.symbol.path for body in kept],
        "function_columns": _sparse(said_of_functions, [body.key for body in kept]),
    }


def _imports(case: Case, bodies: Sequence[Body], files: Sequence[str]) -> dict[str, list[str]]:
    """Return which of ``files`` each of them imports whose functions were read."""
    sources = {body.symbol.path for body in bodies}.intersection(files)
    return {
        path: [target for target in case.graph.imports_of(path) if target in files]
        for path in sorted(sources)
    }


def _holding(index: Index, changed: Mapping[str, Sequence[Sequence[int]]]) -> list[str]:
    """Return the functions that hold any of the changed lines of a past commit."""
    return [
        symbol.id
        for path, spans in changed.items()
        if path in index.by_path
        for symbol in index.by_path[path].symbols
        if is_function(symbol)
        and any(symbol.start_line <= end and start <= symbol.end_line for start, end in spans)
    ]


def _sparse(columns: Sequence[Column], keys: Sequence[str]) -> dict[str, dict[int, float]]:
    return {
        column.name: {
            place: round(column.values[key], 5)
            for place, key in enumerate(keys)
            if column.values.get(key)
        }
        for column in columns
    }


def _likeliest(
    case: Case, bodies: Sequence[Body], columns: Sequence[Column], files: Sequence[str]
) -> list[Body]:
    """Return the functions by the sum of their shares and their file's rank, without weights."""
    ranks = {path: place for place, path in enumerate(files)}
    sums: defaultdict[str, float] = defaultdict(float)
    for column in columns:
        if not column.name.startswith(("is_", "size", "branches")):
            for key, value in column.values.items():
                sums[key] += value
    for body in bodies:
        sums[body.key] += 32 / (8 + ranks.get(body.symbol.path, len(ranks)))
    own = [body for body in bodies if body.symbol.path in case.pool]
    return sorted(own, key=lambda body: (-sums[body.key], body.key))[:MOST_FUNCTIONS]


if __name__ == "__main__":
    main()
