"""The summary, by boundary, backend and user: what held, what did not, what is not given.

It is printed, and written into a page between two marks. What another user's run found is kept in a
file and added, because one process is one user.
"""

import dataclasses
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.attacks.result import Result, Word

_WORDS: tuple[Word, ...] = ("held", "breached", "not given", "unclear", "not here")
BEGIN, END = "<!-- attacks -->", "<!-- /attacks -->"
_OF_OTHERS = "by others (development data)"


def table(results: Sequence[Result]) -> str:
    """Return one line for each boundary, backend and user, and one with the sum of each backend."""
    rows = [("boundary", "backend", "user", *_WORDS)]
    keys = {(r.backend, r.user, r.boundary) for r in results}
    for backend, user in sorted({key[:2] for key in keys}):
        boundaries = sorted(key[2] for key in keys if key[:2] == (backend, user))
        ours = [r for r in results if (r.backend, r.user) == (backend, user)]
        rows += [_row(name, [r for r in ours if r.boundary == name]) for name in boundaries]
        rows.append(_row("all", ours))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if number < 3 else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def control_table(results: Iterable[Result], reasons: dict[str, str]) -> str:
    """Return what the control shows: how many attacks get through, and why the others do not."""
    count = Counter(result.word for result in results)
    through = f"Uncontained, {count['breached']} of {count.total()} attacks get through."
    others = [
        f"  {result.case}: {reasons.get(result.case) or result.word}"
        for result in results
        if result.word != "breached"
    ]
    return "\n".join([through, "The others do not, because of the control itself:", *others])


def save(path: Path, results: Iterable[Result], uncontained: Iterable[Result]) -> None:
    """Keep what a run found."""
    kept = {"results": results, "uncontained": uncontained}
    lists = {name: [dataclasses.asdict(one) for one in found] for name, found in kept.items()}
    path.write_text(json.dumps(lists), "utf-8")


def saved(path: Path) -> tuple[list[Result], list[Result]]:
    """Return the results that a run kept, and those of its control."""
    lists = json.loads(path.read_text("utf-8"))
    results, uncontained = (
        [Result(**entry) for entry in lists[name]] for name in ("results", "uncontained")
    )
    return results, uncontained


def write_page(path: Path, results: Sequence[Result], uncontained: Sequence[Result]) -> None:
    """Put the summary into a page in place of what stands between the marks."""
    before, found, rest = path.read_text("utf-8").partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not (found and ended):
        raise ValueError(f"{path} has no line {BEGIN} with a line {END} below it")
    told = markdown(results, uncontained)
    path.write_text(f"{before}{BEGIN}\n{told}\n{END}{after}", "utf-8")


def markdown(results: Sequence[Result], uncontained: Sequence[Result]) -> str:
    """Return the summary for people: a column for each backend and user, and why, below it."""
    columns = sorted({(result.backend, _whose(result)) for result in results})
    boundaries = sorted({_boundary(result) for result in results})
    head = ["boundary", *(f"{backend}, {user}" for backend, user in columns), "uncontained"]
    rows = [head, ["--"] * len(head)]
    for name in [*boundaries, "all"]:
        ours = [r for r in results if name in {"all", _boundary(r)}]
        cells = [_cell([r for r in ours if (r.backend, _whose(r)) == key]) for key in columns]
        free = [r for r in uncontained if name in {"all", _boundary(r)}]
        through = sum(result.word == "breached" for result in free)
        rows.append([name, *cells, f"{through} of {len(free)} got through" if free else "not run"])
    lines = [f"| {' | '.join(row)} |" for row in rows]
    reasons = [f"- {line}" for line in _reasons(results)]
    return "\n".join(
        [*lines, *(["", "What is not held, and why:", "", *reasons] if reasons else [])]
    )


def _reasons(results: Sequence[Result]) -> list[str]:
    """Return one line for all attacks that ended alike for one reason."""
    found: dict[tuple[str, str, str, str], list[str]] = {}
    for result in results:
        if result.word != "held":
            why = " ".join(result.why.split())
            key = (result.backend, _whose(result), result.word, why)
            found.setdefault(key, []).append(f"`{result.case}`")
    return [
        f"{backend}, {user}, {word}: {', '.join(cases)}: {why}"
        for (backend, user, word, why), cases in sorted(found.items())
    ]


def _cell(results: Sequence[Result]) -> str:
    count = Counter(result.word for result in results)
    return ", ".join(f"{count[word]} {word}" for word in _WORDS if count[word]) or "none"


def _boundary(result: Result) -> str:
    """Return the boundary; what stands in the development data is one."""
    return _OF_OTHERS if result.boundary.startswith("data: ") else result.boundary


def _whose(result: Result) -> str:
    return "root" if result.user == "root" else "an ordinary user"


def _row(boundary: str, results: Sequence[Result]) -> tuple[str, ...]:
    count = Counter(result.word for result in results)
    figures = tuple(str(count[word]) for word in _WORDS)
    return (boundary, results[0].backend, results[0].user, *figures)
