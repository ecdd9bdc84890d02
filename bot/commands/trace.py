"""``changewright trace``: one run as OpenTelemetry spans, in a file that viewers read."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.commands import options
from bot.console import Console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.settings import Settings
    from bot.telemetry.otlp import Encoded

_WITHIN_S = 30.0


@click.command()
@click.argument("run", type=options.WORDS)
@click.option(
    "--out",
    metavar="FILE",
    help="Where to (default: RUN.traces.jsonl here; - for standard output).",
)
@click.option("--send", is_flag=True, help="Also send it to the receiver of telemetry.endpoint.")
@options.state
@options.json()
def trace(run: str, out: str | None, state: Path | None, *, send: bool, json_form: str) -> None:
    """Write a run's spans, or a campaign's, as lines of OTLP JSON.

    They are made of the journal: run, attempts, scope, model calls, snippets, edits, gates with
    their commands, publishing; of a campaign its targets. No prompt, reply, code or output is in
    them unless telemetry.content says so. --json prints {"run", "path", "bytes", "spans", "sent"}.
    """
    from bot.commands.report_files import check_writable, write_report  # noqa: PLC0415 - fast --help
    from bot.settings import from_process  # noqa: PLC0415 - the same
    from bot.telemetry.traces import document_of, spans_of  # noqa: PLC0415 - the same
    from bot.wiring import opened_journal  # noqa: PLC0415 - the same
    from workflows.run_record import require_run  # noqa: PLC0415 - the same
    from workflows.run_story import StoryRefusal  # noqa: PLC0415 - the same

    if out == "-" and json_form:
        raise click.UsageError(
            "--out - and --json both want standard output; leave one of them out"
        )
    console, told = Console(json_form), options.given(state=state)
    place = Path(f"{require_run(run)}.traces.jsonl" if out is None else out)
    if out != "-":
        check_writable(place)
    settings = from_process(told)
    with opened_journal(told) as journal:
        spans = spans_of(run, journal, with_content=settings.telemetry.content)
    if not spans:
        raise StoryRefusal(f"the journal has no run {run!r}; `changewright runs` lists them")
    document = document_of(spans)
    if out == "-":
        click.echo(document, nl=False)
    else:
        write_report(place, None, document)
        console.say(f"{place}: the spans of run {run}")
    if send:
        console.note(f"sent {_sent(settings, spans)} spans")
    counts = {"bytes": len(document), "spans": len(spans), "sent": send}
    console.document({"run": run, "path": str(place), **counts})


def _sent(settings: "Settings", spans: "Sequence[Encoded]") -> int:
    """Send a trace now, and return how many of its spans were taken; TelemetryRefusal for none."""
    from bot.telemetry.destination import TelemetryRefusal, destination_of  # noqa: PLC0415 - as above
    from bot.telemetry.keeping import unreached_in  # noqa: PLC0415 - as above
    from bot.telemetry.posting import Post  # noqa: PLC0415 - as above
    from bot.telemetry.traces import document_of  # noqa: PLC0415 - as above

    to = destination_of(settings.telemetry, settings.installer_environment)
    if to is None:
        raise TelemetryRefusal(
            "nothing was sent: no receiver is named; set telemetry.endpoint in the operator's file,"
            " or OTEL_EXPORTER_OTLP_ENDPOINT"
        )
    post = Post(to)
    rejected = sum(post.send(line, _WITHIN_S) for line in document_of(spans).splitlines())
    unreached_in(settings.state).forget()
    return len(spans) - rejected
