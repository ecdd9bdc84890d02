"""``changewright codemod``: make, try and run a program that changes code in many files."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.commands import options
from bot.console import Console, one_line
from bot.uncollected import uncollected

if TYPE_CHECKING:
    from collections.abc import Sequence

    from validators.codemods.outcome import Outcome

_SHOWN = 20
_PROGRAM = click.argument("program", type=click.Path(path_type=Path), metavar="PROGRAM")
_TIMEOUT = click.option(
    "--timeout",
    "timeout_s",
    type=float,
    default=10.0,
    show_default=True,
    metavar="SECONDS",
    help="How long the program may take over one file.",
)


@click.group()
def codemod() -> None:
    """Change code in many files by a program, and account for every site it was to change.

    A program is a folder with codemod.py, or codemod.yml for one pattern, and examples. It runs in
    the sandbox, on one file at a time, without input or output. See docs/codemods.md.
    """


@codemod.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="FOLDER")
@click.option("--rule", is_flag=True, help="A rule of one pattern (YAML) instead of a program.")
@options.json()
def new(folder: Path, json_form: str, *, rule: bool) -> int:
    """Write a small program that works, with examples, into a new folder, to be changed.

    --json prints {"written": [...]}.
    """
    from bot.codemod_start import write_start  # noqa: PLC0415 - keeps --help fast

    console = Console(json_form)
    written = write_start(folder, is_rule=rule)
    for path in written:
        console.say(str(path))
    console.note(f"change it, then try it: changewright codemod test {shlex.quote(str(folder))}")
    console.document({"written": [str(path) for path in written]})
    return 0


@codemod.command()
@_PROGRAM
@_TIMEOUT
@options.unsafe
@options.state
@options.json()
def test(
    program: Path, timeout_s: float, state: Path | None, json_form: str, *, unsafe_no_sandbox: bool
) -> int:
    """Run a program on the examples beside it, and say which do not come out as they must.

    examples/NAME.before.EXT must become NAME.after.EXT to the byte, NAME.keep.EXT must not change,
    NAME.leave.EXT must be left with a reason. Exit code 0 when all do, 1 when one does not. --json
    prints {"examples": [{"path", "kind", "wrong"}]}.
    """
    from bot.codemod_run import Order, judge_examples  # noqa: PLC0415 - keeps --help fast

    console = Console(json_form)
    order = Order(program, program, timeout_s=timeout_s, unsafe=unsafe_no_sandbox)
    verdicts = judge_examples(order, options.given(state=state))
    for verdict in verdicts:
        console.say(f"{'wrong' if verdict.wrong else 'right'}  {one_line(verdict.path)}")
        if verdict.wrong:
            console.say(verdict.wrong)
    console.document({"examples": verdicts})
    return 1 if any(verdict.wrong for verdict in verdicts) else 0


@codemod.command()
@_PROGRAM
@click.option(
    "--tree",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=Path(),
    show_default="the current directory",
    help="The files it is run on.",
)
@click.option(
    "--include",
    multiple=True,
    metavar="GLOB",
    help="Only these files, as in .gitignore; may be given more than once.",
)
@click.option(
    "--workers", type=int, metavar="N", help="How many sandboxes at once (default: processors)."
)
@click.option("--write", is_flag=True, help="Write the new contents into --tree, all or none.")
@click.option("--diff", is_flag=True, help="Print one unified diff.")
@click.option(
    "--format",
    "formatter",
    default="",
    metavar="CMD",
    help="The project's formatter, run in the sandbox on the changed files, e.g. 'ruff format'.",
)
@_TIMEOUT
@options.unsafe
@options.state
@options.json()
@click.pass_context
def run(context: click.Context, /, *, write: bool, diff: bool, json_form: str, **_: object) -> int:
    """Run a program on the files of a folder, and account for each expected site.

    Nothing is written without --write. A site is rewritten, or left with a reason; a file of which
    anything is wrong stays whole as it was: what the program makes of it does not parse, a second
    run would change it again, its result depends on order. Exit code 0 when the program's own work
    and the independent count agree on every site, 1 when they do not or no site was found. A file
    has --timeout seconds, a sandbox 1 GiB; after 5 files that broke the program it is given up.
    --json prints {"program", "read", "expected", "rewritten", "left": [{"path", "line", "reason",
    "open"}], "uncounted": [{"path", "line"}], "files": [{"path", "expected", "rewritten", "left",
    "changed", "error_lines"}], "notes"}.
    """
    console = Console(json_form)
    given = context.params
    with uncollected():
        from bot.codemod_run import (  # noqa: PLC0415 - keeps --help fast
            Order,
            diff_of,
            run_order,
            write_outcome,
        )

        order = Order(
            given["program"],
            given["tree"],
            given["include"],
            given["workers"],
            given["timeout_s"],
            _words(given["formatter"]),
            unsafe=given["unsafe_no_sandbox"],
        )
        outcome = run_order(order, options.given(state=given["state"]))
    if write:
        write_outcome(order.tree, outcome)
    for line in diff_of(outcome) if diff else ():
        console.say(line)
    _tell(console, outcome, is_written=write)
    console.document(outcome.document())
    return 0 if outcome.is_whole else 1


def _words(command: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(command))
    except ValueError as error:
        raise click.UsageError(f"--format: {error}") from error


def _tell(console: Console, outcome: "Outcome", *, is_written: bool) -> None:
    """Print the account for a person: figures, what is left by reason, what is odd."""
    left = outcome.all_left
    _tell_some(console, "left", [f"{one.path}:{one.line}: {one.reason}" for one in left])
    odd = [(file.path, line) for file in outcome.files for line in file.uncounted]
    unknown = [f"{path}:{line}: rewritten, unknown to SITES" for path, line in odd]
    _tell_some(console, "odd", unknown)
    for file in outcome.files:
        if file.error_lines:
            lines = ", ".join(map(str, file.error_lines[:3]))
            console.note(one_line(f"{file.path} does not parse as it was (line {lines})"))
    for note in outcome.notes:
        console.say(f"odd   {note}")
    verb = "written" if is_written else "to be written"
    changed = f"{len(outcome.changed)} of {outcome.read} files {verb}"
    console.say(
        f"{outcome.expected} sites expected, {outcome.rewritten} rewritten, {len(left)} left;"
        f" {changed}"
    )


def _tell_some(console: Console, word: str, places: "Sequence[str]") -> None:
    """Print the first places, and how many more there are."""
    for place in places[:_SHOWN]:
        console.say(one_line(f"{word:4}  {place}"))
    if len(places) > _SHOWN:
        console.say(f"{word:4}  and {len(places) - _SHOWN} more; --json has them all")
