"""``changewright trace``: one run as OpenTelemetry spans, in a file that viewers read."""

from pathlib import Path

import click

from bot.commands import options
from bot.console import Console


@click.command()
@click.argument("run", type=options.WORDS)
@click.option(
    "--out",
    metavar="FILE",
    help="Where to (default: RUN.traces.jsonl here; - for standard output).",
)
@options.state
@options.json()
def trace(run: str, out: str | None, state: Path | None, json_form: str) -> None:
    """Write a run's spans as one line of OTLP JSON.

    They are made of the journal: run, attempts, scope, model calls, edits, gates, publishing. No
    prompt, reply, code or output is in them. --json prints {"run", "path", "bytes"}.
    """
    from importlib.metadata import version  # noqa: PLC0415 - keeps --help fast

    from bot.commands.report_files import check_writable, write_report  # noqa: PLC0415 - the same
    from bot.pages.trace import trace_line  # noqa: PLC0415 - the same
    from bot.wiring import opened_journal  # noqa: PLC0415 - the same
    from workflows.run_record import require_run  # noqa: PLC0415 - the same
    from workflows.run_story import story_of  # noqa: PLC0415 - the same

    if out == "-" and json_form:
        raise click.UsageError(
            "--out - and --json both want standard output; leave one of them out"
        )
    console = Console(json_form)
    place = Path(f"{require_run(run)}.traces.jsonl" if out is None else out)
    if out != "-":
        check_writable(place)
    with opened_journal(options.given(state=state)) as journal:
        line = trace_line(story_of(run, journal), version("changewright"))
    if out == "-":
        click.echo(line, nl=False)
        return
    write_report(place, None, line)
    console.say(f"{place}: the spans of run {run}")
    console.document({"run": run, "path": str(place), "bytes": len(line)})
