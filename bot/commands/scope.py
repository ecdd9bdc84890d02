"""``changewright scope``: what the model would be given, and why; spends nothing."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.commands import options
from bot.console import Console, one_line

if TYPE_CHECKING:
    from scoping.edges import Edge
    from scoping.facts import Skipped
    from scoping.scope import Scope


_OTHER_WAY = {"imports": "imported by", "calls": "called by"}
_EDGES_SHOWN = 4


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
@click.option("--profile", default="", help="The area of scope.profiles that the task is about.")
@click.option("--explain", is_flag=True, help="Print why each is there, and what it touches.")
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
    profile: str,
    state: Path | None,
    *,
    explain: bool,
    json_form: str,
) -> None:
    """Rank the files and functions that a task is about, and pack them in a token budget.

    --json prints {"files": [{"path", "score", "reasons", "kind", "edges"}], "functions": [{"id",
    "lines", "score", "reasons", "kind", "edges"}], "context": {"tokens", "excerpts"}, "skipped",
    "timings"}, where an edge is {"kind", "other"}; --json=lists prints files and functions as plain
    lists.
    """
    from bot.code_index import chooser, opened_target  # noqa: PLC0415 - keeps --help fast
    from bot.issue_file import task_of  # noqa: PLC0415 - the same

    console = Console(json_form)
    wanted = task_of(issue_file, task, os.path.realpath(repo), base)
    asked = options.given(state=state, scope__max_tokens=tokens)
    with opened_target(repo, base, asked) as (settings, clone):
        found = chooser(settings, clone, profile)(wanted)
    touches = _touches(found.edges)
    for heading, candidates in (
        ("files", [(one.score, one.path, one.reasons) for one in found.files[:top]]),
        ("functions", [(one.score, one.id, one.reasons) for one in found.functions[:top]]),
    ):
        console.say(f"{heading}:")
        for score, name, reasons in candidates:
            console.say(one_line(f"  {score:8.3f}  {name}"))
            if explain:
                edges = [f"{how} {other}" for how, other in touches.get(name, ())][:_EDGES_SHOWN]
                for told in (*reasons, *edges):
                    console.say(f"            - {one_line(told)}")
    console.say(f"{len(found.excerpts)} excerpts, {found.tokens} tokens")
    for line in skipped_lines(found.skipped):
        console.note(line)
    console.document(_lists(found) if json_form == "lists" else _document(found))


def skipped_lines(skipped: "Iterable[Skipped]") -> list[str]:
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


def _touches(edges: "Iterable[Edge]") -> dict[str, list[tuple[str, str]]]:
    """Return for each candidate what it touches and what touches it, in words."""
    touches: dict[str, list[tuple[str, str]]] = {}
    for edge in edges:
        touches.setdefault(edge.source, []).append((edge.kind, edge.target))
        touches.setdefault(edge.target, []).append((_OTHER_WAY[edge.kind], edge.source))
    return touches


def _lists(found: "Scope") -> dict[str, object]:
    return {
        "files": [file.path for file in found.files],
        "functions": [function.id for function in found.functions],
    }


def _document(found: "Scope") -> dict[str, object]:
    touches = _touches(found.edges)

    def edges(name: str) -> list[dict[str, str]]:
        return [{"kind": how, "other": other} for how, other in touches.get(name, ())]

    return {
        "files": [
            {
                "path": file.path,
                "score": file.score,
                "reasons": file.reasons,
                "kind": file.kind,
                "edges": edges(file.path),
            }
            for file in found.files
        ],
        "functions": [
            {
                "id": function.id,
                "lines": [function.start_line, function.end_line],
                "score": function.score,
                "reasons": function.reasons,
                "kind": function.kind,
                "edges": edges(function.id),
            }
            for function in found.functions
        ],
        "context": {"tokens": found.tokens, "excerpts": found.excerpts},
        "skipped": found.skipped,
        "timings": dict(found.timings),
    }
