"""``changewright query``: one question about a repository's code, answered from the index."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.commands import options
from bot.console import Console, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scoping.objects import Commit
    from scoping.questions import Codebase


@dataclass(frozen=True, slots=True)
class _History:
    commits: "tuple[Commit, ...]"
    is_cut: bool


def _history(code: "Codebase", place: str) -> _History:
    """Return the commits that changed the line of ``PATH:LINE``."""
    from scoping.questions import MAX_COMMITS  # noqa: PLC0415 - keeps --help fast

    path, colon, line = place.rpartition(":")
    if not (colon and path and line.isascii() and line.isdigit() and len(line) < len("1234567890")):
        raise click.UsageError(f"history takes a line, as in src/app.py:12, and not {place!r}")
    commits = code.history(path, int(line))
    return _History(commits, len(commits) == MAX_COMMITS)


_QUESTIONS: "dict[str, Callable[[Codebase, str], Any]]" = {
    "definition": lambda code, name: code.definition(name),
    "references": lambda code, name: code.references(name),
    "callers": lambda code, name: code.callers(name),
    "callees": lambda code, name: code.callees(name),
    "subclasses": lambda code, name: code.subclasses(name),
    "symbols": lambda code, pattern: code.symbols(pattern),
    "imports": lambda code, path: code.imports(path),
    "history": _history,
    "search": lambda code, text: code.search(text),
    "files": lambda code, glob: code.files(glob),
}


@click.command()
@click.argument("question", type=click.Choice(tuple(_QUESTIONS)), metavar="QUESTION")
@click.argument("about", type=options.WORDS)
@options.repo
@options.base_or_files
@options.state
@options.verbose
@options.json()
def query(
    question: str, about: str, repo: Path, base: str | None, state: Path | None, json_form: str
) -> int:
    """Answer one question about the code, without a model.

    QUESTION is one of definition, references, callers, callees and subclasses, ABOUT a name then;
    symbols, about a part of one; imports, about a path; history, about a line as PATH:LINE; search,
    about a line of text; files, about a glob. Without --base the files are read as they now are.
    Exit code 0 when something was found, 1 when nothing was.

    --json prints what was found: {"symbols": [...]}, {"hits": [...]}, {"paths": [...]}, {"commits":
    [...]} or {"path", "imports", "imported_by"}, each with "is_cut".
    """
    from bot.code_index import opened_codebase  # noqa: PLC0415 - keeps --help fast

    console = Console(json_form)
    with opened_codebase(repo, base, options.given(state=state)) as (codebase, store, target):
        answer = _QUESTIONS[question](codebase, about)
        uncalled = codebase.uncalled(about) if question in {"callers", "callees"} else ()
        trouble = store.trouble
    lines = list(_lines(answer))
    for line in lines:
        console.say(one_line(line))
    if not lines:
        console.note(f"nothing was found for {about!r}")
    elif answer.is_cut:
        console.note("there is more; ask for less at once")
    if uncalled:
        console.note(f"{', '.join(uncalled)}: nothing is called there; ask for references")
    for told in filter(None, (target.told(), trouble)):
        console.note(one_line(f"note: {told}"))
    console.document(answer)
    return 0 if lines else 1


def _lines(answer: Any) -> "Iterator[str]":  # noqa: ANN401 - one of five answers
    for field in fields(answer):
        found = getattr(answer, field.name)
        if isinstance(found, tuple):
            head = f"{field.name}: " if len(fields(answer)) > len(("found", "is_cut")) else ""
            yield from (head + _line(one) for one in found)


def _line(found: Any) -> str:  # noqa: ANN401 - a symbol, a hit, a commit or a path
    if isinstance(found, str):
        return found
    if hasattr(found, "qualified_name"):
        return f"{found.path}:{found.start_line}: {found.kind} {found.qualified_name}"
    if hasattr(found, "subject"):
        return f"{found.sha[:12]} {found.date} {found.subject}"
    return f"{found.path}:{found.line}: {found.text.strip()}"
