"""``changewright sandbox``: run a command behind walls, measure the walls, put up missing ones."""

from pathlib import Path

import click

from bot.commands import options
from bot.console import Console

_BACKENDS = ("bwrap", "container", "none")


@click.group()
def sandbox() -> None:
    """Run one command in the sandbox, and see what the sandbox holds here."""


@sandbox.command(context_settings={"allow_interspersed_args": False})
@click.option(
    "--backend",
    type=click.Choice(_BACKENDS),
    help="This backend and no other (default: the first of sandbox.backends that is enough).",
)
@click.option(
    "--phase",
    type=click.Choice(("lint", "build", "test")),
    default="test",
    show_default=True,
    help="Whose limits and guarantees count.",
)
@click.option(
    "--tree",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=Path(),
    show_default="the current directory",
    help="The files it works on, as a private copy.",
)
@click.option(
    "--timeout", "timeout_s", type=float, default=900.0, show_default=True, metavar="SECONDS"
)
@click.option("--keep", is_flag=True, help="Write what the command changed back into --tree.")
@options.unsafe
@options.state
@options.json()
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_context
def run(context: click.Context, /, command: tuple[str, ...], json_form: str, **_: object) -> int:
    """Run one command on a copy of a directory, without network, and drop what it changed.

    Write -- before the command. The exit code is the command's own, 128 and the signal that ended
    it, 124 at the time limit, 125 when the sandbox refused or failed, and 2 for wrong use. It reads
    no standard input; what it prints is shown once it ended. --json prints {"outcome", "code",
    "signal", "stdout": {"head", "dropped_bytes", "tail"}, "stderr", "wall_s", "cpu_s",
    "peak_memory_bytes", "backend", "guarantees", "detail", "why_copied", "changed", "refused",
    "kept"}.
    """
    from bot.sandbox_run import Order, exit_code, run_once  # noqa: PLC0415 - keeps --help fast

    console = Console(json_form)
    given = context.params
    order = Order(
        command,
        given["phase"],
        given["tree"],
        given["timeout_s"],
        backend=given["backend"],
        unsafe=given["unsafe_no_sandbox"],
        keeps=given["keep"],
    )
    done = run_once(order, options.given(state=given["state"]))
    if not console.json and (text := done.completed.stdout.text):
        console.say(text.removesuffix("\n"))
    if text := done.completed.stderr.text:
        console.note(text.removesuffix("\n"))
    for line in done.notes:
        console.note(line)
    console.document(done.document())
    return exit_code(done.completed)


@sandbox.command()
@options.state
@options.json()
def probe(state: Path | None, json_form: str) -> int:
    """Measure every backend on this machine, and print a table of what each guarantees.

    Each guarantee is tried from inside, by doing what it forbids, with the flags of every command.
    What came of it is kept for the next commands, until this machine's boot, a program, an image or
    Changewright changes.
    Exit code 0 when the backend that commands would run in holds all that sandbox.require asks
    for, 1 when none does. --json prints {"machine", "required", "chosen", "backends": [{"backend",
    "usable", "version", "held", "not_held", "kept_by", "why_not", "mend"}]}.
    """
    from bot.pages.sandbox import probe_document, probe_text  # noqa: PLC0415 - keeps --help fast
    from bot.sandbox_probe import measured  # noqa: PLC0415

    console = Console(json_form)
    report = measured(options.given(state=state))
    console.say(probe_text(report))
    console.document(probe_document(report))
    return 0 if report.chosen else 1


@sandbox.command()
@options.state
@options.json()
def setup(state: Path | None, json_form: str) -> int:
    """Make one backend usable: load AppArmor's profile for bubblewrap, else take containers.

    For machines such as GitHub's ubuntu-24.04, on which bubblewrap may make no user namespace. It
    loads the profile that Ubuntu ships for /usr/bin/bwrap, as root or by sudo without a password,
    changes no other setting, and measures again. Exit code 0 when a backend is usable, 1 when none
    is. --json prints {"chosen", "steps": [...], "why_not", "mend"}.
    """
    from bot.sandbox_run import opened_backends  # noqa: PLC0415 - keeps --help fast
    from bot.sandbox_setup import Machine, prepare  # noqa: PLC0415

    console = Console(json_form)
    with opened_backends(options.given(state=state)) as backends:
        outcome = prepare(backends.made, backends.required, Machine())
    for step in outcome.steps:
        console.say(step)
    if not outcome.chosen:
        console.say(f"NO SANDBOX: {outcome.why_not}")
        console.say(f"to mend it: {outcome.mend}")
    console.document(outcome)
    return 0 if outcome.chosen else 1
