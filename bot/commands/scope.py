"""``changewright scope``: what the model would be given, and why; spends nothing."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.commands import options
from bot.console import Console, one_line

if TYPE_CHECKING:
    from scoping.facts import Skipped
    from scoping.scope import Scope


@click.command()
@options.repo
@options.base
@options.issue_file
@options.task
@click.option(
    "--top",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="How many files and functions to print.",
)
@click.option("--tokens", type=int, help="The token budget of the packed context (default: 12000).")
@click.option("--explain", is_flag=True, help="Print the reasons for each.")
@options.state
@options.verbose
@options.json("lists")
def scope(
    repo: Path,
    base: str,
    issue_file: Path | None,
    task: str | None,
    top: int,
    tokens: int | None,
    state: Path | None,
    *,
    explain: bool,
    json_form: str,
) -> None:
    """Rank the files and functions that a task is about, and pack them in a token budget.

    --json prints {"files": [{"path", "score", "reasons", "kind"}], "functions": [{"id", "lines",
    "score", "reasons"}], "context": {"tokens", "excerpts"}, "skipped", "timings"}; --json=lists
    prints files and functions as plain lists.
    """
    from bot.issue_file import task_of  # noqa: PLC0415 - imports below keep --help fast
    from bot.wiring import open_bench  # noqa: PLC0415
    from bot.workshop import select_with  # noqa: PLC0415

    console = Console(json_form)
    wanted = task_of(issue_file, task, os.path.realpath(repo), base)
    asked = options.given(state=state, scope__max_tokens=tokens)
    with open_bench(repo, base, asked, unsafe=True) as bench:
        found = select_with(bench)(wanted)
    for heading, rows in (
        ("files", [(file.score, file.path, file.reasons) for file in found.files[:top]]),
        ("functions", [(f.score, f.id, f.reasons) for f in found.functions[:top]]),
    ):
        console.say(f"{heading}:")
        for score, name, reasons in rows:
            console.say(f"  {score:8.3f}  {name}")
            if explain:
                console.say("            " + "; ".join(reasons))
    console.say(f"{len(found.excerpts)} excerpts, {found.tokens} tokens")
    for line in _skipped_lines(found.skipped):
        console.note(line)
    console.document(_lists(found) if json_form == "lists" else _document(found))


def _skipped_lines(skipped: "Iterable[Skipped]") -> list[str]:
    """Return a line for each reason, with its one path or with how many there are."""
    by_reason: dict[str, list[str]] = {}
    for each in skipped:
        by_reason.setdefault(each.reason, []).append(each.path)
    lines = []
    for reason, paths in by_reason.items():
        if len(paths) == 1:
            lines.append(f"skipped {one_line(paths[0])}: {reason}")
        else:
            lines.append(f"skipped {len(paths)} files, such as {one_line(paths[0])}: {reason}")
    return lines


def _lists(found: "Scope") -> dict[str, object]:
    return {
        "files": [file.path for file in found.files],
        "functions": [function.id for function in found.functions],
    }


def _document(found: "Scope") -> dict[str, object]:
    return {
        "files": found.files,
        "functions": [
            {
                "id": function.id,
                "lines": [function.start_line, function.end_line],
                "score": function.score,
                "reasons": function.reasons,
            }
            for function in found.functions
        ],
        "context": {"tokens": found.tokens, "excerpts": found.excerpts},
        "skipped": found.skipped,
        "timings": dict(found.timings),
    }
