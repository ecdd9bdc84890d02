"""``changewright journal``: the one memory of all runs, carried elsewhere, looked after, mended."""

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.commands import options
from bot.console import Console, one_line

if TYPE_CHECKING:
    from bot.adapters.sqlite_journal.journal import SqliteJournal

_SHOWN = 50


@click.group()
def journal() -> None:
    """Carry runs from one machine to another; check, mend and shorten the journal."""


@journal.command("export")
@click.argument("run")
@click.option(
    "--out", metavar="FILE", help="Where to (default: RUN.jsonl here; - for standard output)."
)
@options.state
@options.json()
def export(run: str, out: str | None, state: Path | None, json_form: str) -> None:
    """Write one run, with its blobs and its bundle, to one file.

    --json prints {"run", "entries", "blobs", "missing", "bundle", "path"}.
    """
    from importlib.metadata import version  # noqa: PLC0415 - keeps --help fast

    from bot.adapters.sqlite_journal.export_run import export_run, export_to  # noqa: PLC0415
    from bot.adapters.sqlite_journal.run_file import require_run_name  # noqa: PLC0415
    from bot.commands.report_files import check_writable  # noqa: PLC0415
    from validators.encoding import builtins  # noqa: PLC0415

    if out == "-" and json_form:
        raise click.UsageError(
            "--out - and --json both want standard output; leave one of them out"
        )
    console, ours = Console(json_form), version("changewright")
    path = Path(f"{require_run_name(run)}.jsonl" if out is None else out)
    if out != "-":
        check_writable(path)
    with _opened(state) as (opened, folder):
        bundles = folder / "bundles"
        if out == "-":
            export_run(sys.stdout.buffer, opened, run, bundles, ours)
            return
        done = export_to(path, opened, run, bundles, ours)
    gone = f"; {done.missing} blobs were pruned before" if done.missing else ""
    console.say(f"{path}: run {run}, {done.entries} events, {done.blobs} blobs{gone}")
    console.document(builtins(done) | {"path": str(path)})


@journal.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--salvage", is_flag=True, help="Of a damaged file, take what stands before that.")
@options.state
@options.json()
def import_(file: Path, state: Path | None, *, salvage: bool, json_form: str) -> None:
    """Take in a run that `journal export` wrote, here or on another machine.

    Twice is the same as once; of a run that is here already only the new end is taken. --json
    prints {"run", "entries", "blobs", "bundle", "damage"}, counting what was new.
    """
    from bot.adapters.sqlite_journal.import_run import import_run  # noqa: PLC0415

    console = Console(json_form)
    with _opened(state, begin=True) as (opened, folder):
        done = import_run(file, opened, folder / "bundles", salvage=salvage)
    bundle = " and its bundle" if done.bundle else ""
    console.say(f"run {done.run}: {done.entries} new events, {done.blobs} new blobs{bundle}")
    if done.damage:
        console.say(
            one_line(f"the file is damaged: {done.damage}; nothing from there on was taken")
        )
    console.document(done)


@journal.command()
@options.state
@options.json()
def check(state: Path | None, json_form: str) -> int:
    """Read the whole journal and say what is damaged: exit code 0 when nothing is, 1 otherwise.

    --json prints {"damages": [{"run", "what", "advice"}]}.
    """
    from bot.adapters.sqlite_journal.integrity import check as damages_of  # noqa: PLC0415

    console = Console(json_form)
    with _opened(state) as (opened, folder):
        found = tuple(damages_of(opened.database))
    for damage in found[:_SHOWN]:
        console.say(one_line(f"{damage.run or 'journal'}: {damage.what}"))
        console.say(f"    {damage.advice}")
    if len(found) > _SHOWN:
        console.say(f"and {len(found) - _SHOWN} more")
    if not found:
        console.say(f"{folder / 'journal.sqlite'}: nothing is damaged")
    console.document({"damages": found})
    return 1 if found else 0


@journal.command()
@options.state
@options.json()
def recover(state: Path | None, json_form: str) -> None:
    """Save what can be read of a damaged journal; the damaged file is kept beside the new one.

    --json prints {"recovered": {"events", "lost_events", "blobs", "lost_blobs", "runs",
    "damaged"}}, or null for it when nothing was damaged.
    """
    from bot.adapters.sqlite_journal.recovery import recover as recover_file  # noqa: PLC0415
    from bot.wiring import now_iso, state_folder  # noqa: PLC0415

    console = Console(json_form)
    path = state_folder(options.given(state=state)) / "journal.sqlite"
    done = recover_file(path, now_iso())
    if done is None:
        console.say(f"{path}: nothing is damaged, and nothing was changed")
    else:
        console.say(
            f"{path}: saved {done.events} events of {done.runs} runs and {done.blobs} blobs;"
            f" lost {done.lost_events} events and {done.lost_blobs} blobs"
        )
        console.say(f"the damaged file is kept as {done.damaged}")
    console.document({"recovered": done})


@journal.command()
@click.option(
    "--days",
    type=click.IntRange(min=0),
    help="Keep blobs of runs that ended since (default: retention.days).",
)
@click.option(
    "--max-mb",
    type=click.IntRange(min=0),
    help="Most all blobs may take, in MiB (default: retention.journal_mb).",
)
@options.state
@options.json()
def prune(days: int | None, max_mb: int | None, state: Path | None, json_form: str) -> None:
    """Drop what is large and old: the blobs of runs that ended. Their events are kept.

    A run that has not ended keeps everything. --json prints {"runs", "blobs", "blob_bytes"}.
    """
    import time  # noqa: PLC0415

    from bot.adapters.sqlite_journal.retention import prune as prune_journal  # noqa: PLC0415
    from bot.settings import from_process  # noqa: PLC0415

    console = Console(json_form)
    kept = from_process(options.given(state=state)).retention
    days = kept.days if days is None else days
    max_mb = kept.journal_mb if max_mb is None else max_mb
    with _opened(state) as (opened, _):
        done = prune_journal(opened, days, max_mb * 1024**2, time.time())
    console.say(
        f"dropped {done.blobs} blobs of {done.runs} runs, {done.blob_bytes / 1024**2:.1f} MiB"
    )
    console.document(done)


@contextmanager
def _opened(state: Path | None, *, begin: bool = False) -> "Iterator[tuple[SqliteJournal, Path]]":
    """Open the journal of the state folder; one that is not there is begun only when asked."""
    import time  # noqa: PLC0415

    from bot.adapters.sqlite_journal.journal import SqliteJournal  # noqa: PLC0415
    from bot.wiring import now_iso, state_folder  # noqa: PLC0415
    from workflows.ports import JournalRefusal  # noqa: PLC0415

    folder = state_folder(options.given(state=state))
    path = folder / "journal.sqlite"
    if not begin and not path.exists():
        raise JournalRefusal(f"there is no journal {path}; look at --state")
    with closing(SqliteJournal(path, now_iso, time.time)) as opened:
        yield opened, folder
