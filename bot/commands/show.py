"""``changewright show``: one run step by step, in the terminal."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.commands import options
from bot.console import Console, printable, redacted

if TYPE_CHECKING:
    from bot.pages.run_steps import Step
    from workflows.run import Entry

_SHOWN_LINES = 4
_AROUND = 2


@click.command()
@click.argument("run", type=options.WORDS)
@click.argument("step", type=click.IntRange(min=1), required=False)
@click.option("--search", metavar="WORD", help="Only steps that hold it, and the lines around it.")
@click.option("--failing", is_flag=True, help="Only what failed last: its gates, whole.")
@options.state
@options.json()
def show(
    run: str,
    step: int | None,
    search: str | None,
    state: Path | None,
    *,
    failing: bool,
    json_form: str,
) -> int:
    """Show a run step by step: what was asked, answered, landed and judged.

    With STEP, that one whole. On a terminal it is paged. Exit code 1 when --search or --failing
    finds nothing. --json prints {"run", "steps": [{"number", "at", "kind", "line", "body"}]}, all
    of them whole.
    """
    from bot.pages.run_steps import steps_of  # noqa: PLC0415 - keeps --help fast
    from bot.progress import line_of  # noqa: PLC0415 - the same
    from bot.wiring import opened_journal  # noqa: PLC0415 - the same
    from workflows.run_story import StoryRefusal  # noqa: PLC0415 - the same

    if sum((bool(step), search is not None, failing)) > 1:
        raise click.UsageError("STEP, --search and --failing each choose steps; give one of them")
    with opened_journal(options.given(state=state)) as journal:
        entries = journal.read(run)
        if not entries:
            raise StoryRefusal(f"the journal has no run {run!r}; `changewright runs` lists them")
        steps = steps_of(entries, journal.get_blob, line_of)
    if step and step > len(steps):
        raise StoryRefusal(f"run {run} has {len(steps)} steps, and {step} is none of them")
    chosen = _failing(entries, steps) if failing else _chosen(steps, step, search)
    console = Console(json_form)
    if json_form:
        console.document({"run": run, "steps": chosen})
    elif chosen:
        _print(chosen, search or "", whole=bool(step) or failing)
    else:
        console.say("no attempt failed" if failing else f"no step holds {search!r}")
    return 0 if chosen else 1


def _chosen(steps: "Sequence[Step]", step: int | None, search: str | None) -> "Sequence[Step]":
    """Return the step of a number, those that hold a word, or all."""
    if step:
        return steps[step - 1 : step]
    word = (search or "").lower()
    return [one for one in steps if word in f"{one.line}\n{one.body}".lower()]


def _failing(entries: "Sequence[Entry]", steps: "Sequence[Step]") -> "Sequence[Step]":
    from bot.pages.run_steps import failing  # noqa: PLC0415 - keeps --help fast

    return [steps[number - 1] for number in failing(entries)]


def _print(steps: "Sequence[Step]", search: str, *, whole: bool) -> None:
    """Print steps, colours and a pager only where a person reads along."""
    from rich.console import Console as Rich  # noqa: PLC0415 - 60 ms, not for --help
    from rich.text import Text  # noqa: PLC0415 - the same

    is_terminal = sys.stdout.isatty()
    rich = Rich(highlight=False, markup=False, emoji=False, soft_wrap=True)
    text = Text()
    for one in steps:
        text.append(f"{one.number:>4} ", "bold cyan").append(f"{one.at[11:19]} ", "dim")
        text.append(f"{_clean(one.line)}\n", "bold")
        for line in _shown(one.body, search, whole=whole):
            text.append(f"      {line}\n", "" if whole or search else "dim")
    if search:
        text.highlight_words([search], "reverse", case_sensitive=False)
    text.rstrip()
    if is_terminal and len(text.split()) > rich.height:
        with rich.capture() as printed:
            rich.print(text)
        click.echo_via_pager(printed.get())
    else:
        rich.print(text)


def _shown(body: str, search: str, *, whole: bool) -> list[str]:
    """Return the lines of a body that are printed: all, those around a word, or the first."""
    lines = _clean(body).splitlines()
    if whole or not lines:
        return lines
    if search:
        hits = [at for at, line in enumerate(lines) if search.lower() in line.lower()]
        near = {at + by for at in hits for by in range(-_AROUND, _AROUND + 1)}
        return [lines[at] for at in sorted(near) if 0 <= at < len(lines)]
    left = len(lines) - _SHOWN_LINES
    return [*lines[:_SHOWN_LINES], *([f"... {left} more lines"] if left > 0 else [])]


def _clean(text: str) -> str:
    """Return text that neither steers a terminal nor tells a secret."""
    return printable(redacted(text))
