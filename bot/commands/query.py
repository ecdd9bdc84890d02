"""``changewright query``: one question about a repository's code, answered from the index."""

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.commands import options
from bot.console import Console, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scoping.questions import Codebase

_QUESTIONS: "dict[str, Callable[[Codebase, str], Any]]" = {
    "definition": lambda code, name: code.definition(name),
    "references": lambda code, name: code.references(name),
    "symbols": lambda code, pattern: code.symbols(pattern),
    "imports": lambda code, path: code.imports(path),
    "search": lambda code, text: code.search(text),
    "files": lambda code, glob: code.files(glob),
}


@click.command()
@click.argument("question", type=click.Choice(tuple(_QUESTIONS)))
@click.argument("about")
@options.repo
@options.base
@options.state
@options.verbose
@options.json()
def query(
    question: str, about: str, repo: Path, base: str, state: Path | None, json_form: str
) -> int:
    """Answer one question about the code at one commit, without a model.

    definition and references take a name, symbols a part of one, imports a path, search a line of
    text, files a glob. Exit code 0 when something was found, 1 when nothing was. --json prints what
    was found: {"symbols": [...]}, {"hits": [...]}, {"paths": [...]} or {"path", "imports",
    "imported_by"}, each with "is_cut".
    """
    from bot.code_index import opened_codebase  # noqa: PLC0415 - keeps --help fast

    console = Console(json_form)
    with opened_codebase(repo, base, options.given(state=state)) as (codebase, store):
        answer = _QUESTIONS[question](codebase, about)
        trouble = store.trouble
    lines = list(_lines(answer))
    for line in lines:
        console.say(one_line(line))
    if not lines:
        console.note(f"nothing was found for {about!r}")
    elif answer.is_cut:
        console.note("there is more; ask for less at once")
    if trouble:
        console.note(trouble)
    console.document(answer)
    return 0 if lines else 1


def _lines(answer: Any) -> "Iterator[str]":  # noqa: ANN401 - one of four answers
    for field in fields(answer):
        found = getattr(answer, field.name)
        if isinstance(found, tuple):
            head = f"{field.name}: " if len(fields(answer)) > len(("found", "is_cut")) else ""
            yield from (head + _line(one) for one in found)


def _line(found: Any) -> str:  # noqa: ANN401 - a symbol, a hit or a path
    if isinstance(found, str):
        return found
    if hasattr(found, "qualified_name"):
        return f"{found.path}:{found.start_line}: {found.kind} {found.qualified_name}"
    return f"{found.path}:{found.line}: {found.text.strip()}"
