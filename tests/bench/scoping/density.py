"""How much of what a fix changed is inside the packed context, at four budgets.

    TIKTOKEN_CACHE_DIR=FOLDER uv run --with tiktoken python -m tests.bench.scoping.density
        --issues ISSUES.jsonl --mirrors FOLDER --set lite --left-out FOLDER [--maps MAPS.jsonl]

Counted in tokens of ``o200k_base``, which the wheel of ``litellm`` carries in
``litellm/litellm_core_utils/tokenizers``, as tiktoken caches it. ``--left-out`` is what
`learning` wrote: each repository is ranked by weights that never saw it. A function is inside when
every line of it is. Beside ours stand whole files in the order of the same ranking and, from what
`aider_map` wrote, aider's repository map, which shows signatures: there a function is inside when
its first line is.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from scoping.cache import Cache
from scoping.excerpts import Excerpt, Room
from scoping.facts import Symbol
from scoping.index import Index, index_of
from scoping.issue import read_issue
from scoping.listing import Listing
from scoping.objects import ObjectReader, open_objects
from scoping.packing import pack
from scoping.rank import Ranking, rank
from scoping.syntax import lines_of
from scoping.weights import weights_of
from tests.bench.scoping.figures import interval

BUDGETS = (4_000, 8_000, 16_000, 32_000)
PAST = 6_000
MAX_FILES = 20


def main() -> None:
    """Print the share of changed functions inside, at each budget, for each way to pack."""
    asked = argparse.ArgumentParser(description=__doc__)
    for name in ("--issues", "--mirrors", "--left-out"):
        asked.add_argument(name, type=Path, required=True)
    asked.add_argument("--set", default="lite")
    asked.add_argument("--maps", type=Path)
    given = asked.parse_args()
    count = _counter()
    maps = _maps(given.maps)
    shares: defaultdict[tuple[str, int], list[float]] = defaultdict(list)
    by_repo: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in given.issues.read_text("utf-8").splitlines():
        row = json.loads(line)
        if row["set"] == given.set and row.get("gold_functions"):
            by_repo[row["repo"]].append(row)
    for repo, rows in by_repo.items():
        weights = given.left_out / f"{repo.lower().replace('/', '+')}.toml"
        cache = Cache()
        with open_objects(given.mirrors / repo.replace("/", "+") / "repo") as reader:
            for row in sorted(rows, key=lambda row: str(row["created_at"])):
                measured(reader, row, (weights, cache), count, shares)
                for budget, text in maps.get(row["instance_id"], {}).items():
                    shares["aider's map", int(budget)].append(_in_map(text, row["gold_functions"]))
        print(f"{repo}: {len(rows)} issues", flush=True)
    for way in dict.fromkeys(way for way, _ in shares):
        print(_told(way, {budget: shares[way, budget] for budget in BUDGETS}))


def measured(
    reader: ObjectReader,
    row: Mapping[str, Any],
    known: tuple[Path, Cache],
    count: Callable[[str], int],
    shares: Mapping[tuple[str, int], list[float]],
) -> None:
    """Add what each way to pack shows of one issue's changed functions."""
    weights, cache = known
    sha = row["base_commit"]
    listing = Listing(reader, sha)
    index = index_of(listing, sha, cache)
    title, _, body = row["problem_statement"].strip().partition("\n")
    past = reader.past(sha, PAST)
    table = weights_of(weights.read_text("utf-8"))
    ranking = rank(index, listing.read, read_issue(title, body), past, table)
    gold = _symbols(index, row["gold_functions"])
    for budget in BUDGETS:
        excerpts, _ = pack(index, ranking, listing.read, Room(MAX_FILES, budget, count))
        shares["bodies of functions", budget].append(_inside(excerpts, gold))
        whole = _whole_files(index, ranking, listing, Room(MAX_FILES, budget, count))
        shares["whole files", budget].append(_inside(whole, gold))
    index.close()


def _whole_files(
    index: Index, ranking: Ranking, listing: Listing, room: Room
) -> tuple[Excerpt, ...]:
    """Return the likeliest files, as many as fit whole."""
    taken: list[Excerpt] = []
    left = room.max_tokens
    for file in ranking.files[: room.max_files]:
        facts = index.by_path[file.path]
        text = "".join(lines_of(listing.read(file.path)))
        excerpt = Excerpt(file.path, 1, facts.lines, facts.blob, text, kind="whole")
        if room.cost(excerpt) <= left:
            left -= room.cost(excerpt)
            taken.append(excerpt)
    return tuple(taken)


def _symbols(index: Index, gold: Sequence[str]) -> list[list[Symbol]]:
    return [
        [symbol for symbol in index.by_path[path].symbols if symbol.id == function]
        for function in gold
        if (path := function.partition("::")[0]) in index.by_path
    ]


def _inside(excerpts: Sequence[Excerpt], gold: Sequence[Sequence[Symbol]]) -> float:
    shown: defaultdict[str, set[int]] = defaultdict(set)
    for one in excerpts:
        if one.kind in {"whole", "lines"}:
            shown[one.path].update(range(one.start_line, one.end_line + 1))
    found = [
        any(shown[s.path].issuperset(range(s.start_line, s.end_line + 1)) for s in symbols)
        for symbols in gold
    ]
    return sum(found) / max(1, len(found))


def _in_map(text: str, gold: Sequence[str]) -> float:
    """Return which share of functions a map names: aider writes a path, then its lines of code."""
    lines: defaultdict[str, list[str]] = defaultdict(list)
    path = ""
    for line in text.split("\n"):
        if line.endswith(":") and not line.startswith(("│", "⋮", " ")):
            path = line.removesuffix(":")
        lines[path].append(line)
    found = [
        any(f" {function.rpartition('.')[2].rpartition('::')[2]}(" in line for line in lines[path])
        for function in gold
        for path in (function.partition("::")[0],)
    ]
    return sum(found) / max(1, len(found))


def _counter() -> Callable[[str], int]:
    import tiktoken  # noqa: PLC0415 - only this bench needs it

    known = tiktoken.get_encoding("o200k_base")
    counts: dict[str, int] = {}

    def count(text: str) -> int:
        if text not in counts:
            counts[text] = len(known.encode_ordinary(text))
        return counts[text]

    return count


def _maps(place: Path | None) -> dict[str, dict[str, str]]:
    if place is None:
        return {}
    rows = map(json.loads, place.read_text("utf-8").splitlines())
    return {row["instance_id"]: row["maps"] for row in rows}


def _told(way: str, shares: Mapping[int, Sequence[float]]) -> str:
    cells = []
    for budget, own in shares.items():
        share = sum(own) / max(1, len(own))
        low, high = interval(share, len(own))
        cells.append(f"{budget // 1000}k {100 * share:5.1f} ({100 * low:.0f}-{100 * high:.0f})")
    return f"{way:20s} n={len(next(iter(shares.values()))):3d}  " + "  ".join(cells)


if __name__ == "__main__":
    main()
