"""``changewright scope``: what the model would be given, and why; spends nothing by itself."""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.commands import options
from bot.console import Console, one_line
from bot.uncollected import uncollected

if TYPE_CHECKING:
    from bot.code_index import Target
    from scoping.edges import Edge
    from scoping.facts import Skipped
    from scoping.scope import Scope
    from workflows.run import Entry
    from workflows.task import Task


_IMPORTS = "` imports it"  # how a reason ends that says what an edge does
_EDGES_SHOWN = 4
_NUMBER = re.compile(r"\d+")


@click.command()
@options.repo
@options.base_or_files
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
@options.profile
@click.option("--rerank", is_flag=True, help="Ask the model for the order of the first 20 files.")
@options.model
@click.option("--explain", is_flag=True, help="Print why each is there, and what it touches.")
@options.state
@options.verbose
@options.json("lists")
def scope(repo: Path, base: str | None, **given: Any) -> None:  # noqa: ANN401 - click checked them
    """Rank the files and functions that a task is about, and pack them in a token budget.

    Nothing is spent, unless --rerank asks a model. Without --base the files are read as they now
    are.

    --json prints {"files": [{"path", "score", "reasons", "kind", "edges"}], "functions": [{"id",
    "lines", "score", "reasons", "kind", "edges"}], "context": {"tokens", "excerpts"}, "profile",
    "skipped", "timings"}, where an edge is {"kind", "other"}; --json=lists prints files and
    functions as plain lists.
    """
    console = Console(given["json_form"])
    asked = options.given(
        state=given["state"],
        model=given["model"],
        scope__max_tokens=given["tokens"],
        scope__profile=given["profile"],
    )
    with uncollected():
        from bot.code_index import opened_target  # noqa: PLC0415 - keeps --help fast
        from bot.issue_file import task_of  # noqa: PLC0415 - the same

        shown = "HEAD" if base is None else base
        wanted = task_of(given["issue_file"], given["task"], os.path.realpath(repo), shown)
        with opened_target(repo, base, asked) as target:
            found = _chosen(target, wanted, asked, console, rerank=given["rerank"])
    _tell(found, given["top"], console, explain=given["explain"])
    held = f"only files of the profile {found.profile!r} were looked at" if found.profile else ""
    for line in filter(None, (held, *skipped_lines(found.skipped), target.told())):
        console.note(one_line(line))
    console.document(_lists(found) if given["json_form"] == "lists" else _document(found))


def _chosen(
    target: "Target",
    wanted: "Task",
    asked: "Mapping[str, object]",
    console: Console,
    *,
    rerank: bool,
) -> "Scope":
    from bot.code_index import chooser  # noqa: PLC0415 - keeps --help fast

    choose = chooser(target.settings, target.clone, target.laid_over)
    if rerank:
        from bot.progress import line_of  # noqa: PLC0415 - only where a model is asked
        from bot.reranking import reranking  # noqa: PLC0415 - the same

        def tell(entry: "Entry") -> None:
            if line := line_of(entry):
                console.note(line.strip())

        with reranking(target, wanted, asked, tell) as reorder:
            found = choose(wanted, reorder)
    else:
        found = choose(wanted, None)
        if target.settings.scope.rerank == "model":
            console.note("a run asks the model to order these (scope.rerank); here --rerank does")
    return replace(found, skipped=(*found.skipped, *target.left_out))


def _tell(found: "Scope", top: int, console: Console, *, explain: bool) -> None:
    touches = _touches(found.edges)
    for heading, candidates in (
        ("files", [(one.score, one.path, one.reasons) for one in found.files[:top]]),
        ("functions", [(one.score, one.id, one.reasons) for one in found.functions[:top]]),
    ):
        console.say(f"{heading}:")
        for score, name, reasons in candidates:
            console.say(one_line(f"  {score:8.3f}  {name}"))
            if explain:
                known = {
                    f"imported by {told.split('`')[1]}" for told in reasons if _IMPORTS in told
                }
                edges = [f"{how} {other}" for how, other in touches.get(name, ())]
                edges = [one for one in edges if one not in known]  # said once is enough
                for told in (*reasons, *edges[:_EDGES_SHOWN]):
                    console.say(f"            - {one_line(told)}")
    console.say(f"{len(found.excerpts)} excerpts, {found.tokens} tokens")


def skipped_lines(skipped: "Iterable[Skipped]") -> list[str]:
    """Return a line for each kind of reason, with its one path or with how many there are."""
    by_kind: dict[str, list[Skipped]] = {}
    for each in skipped:
        by_kind.setdefault(_NUMBER.sub("", each.reason), []).append(each)
    lines = []
    for alike in by_kind.values():
        several = f"{len(alike)} files, such as " if len(alike) > 1 else ""
        lines.append(f"skipped {several}{one_line(alike[0].path)}: {alike[0].reason}")
    return lines


def _touches(edges: "Iterable[Edge]") -> dict[str, list[tuple[str, str]]]:
    """Return for each candidate what it touches and what touches it, in words."""
    from workflows.scope_map import OTHER_WAY  # noqa: PLC0415 - keeps --help fast

    touches: dict[str, list[tuple[str, str]]] = {}
    for edge in edges:
        touches.setdefault(edge.source, []).append((edge.kind, edge.target))
        touches.setdefault(edge.target, []).append((OTHER_WAY[edge.kind], edge.source))
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
        "profile": found.profile,
        "skipped": found.skipped,
        "timings": dict(found.timings),
    }
