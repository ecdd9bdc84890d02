"""``changewright index``: reads and parses a repository's code ahead of the questions about it."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.commands import options
from bot.commands.scope import skipped_lines
from bot.console import Console, one_line

if TYPE_CHECKING:
    from scoping.store import Kept

_MIB = 1024**2


@click.command()
@options.repo
@options.base_or_files
@click.option("--stats", is_flag=True, help="Read nothing; print what the index holds.")
@click.option("--gc", is_flag=True, help="Read nothing; forget what is long unused or outdated.")
@options.state
@options.verbose
@options.json()
def index(
    repo: Path, base: str | None, state: Path | None, *, stats: bool, gc: bool, json_form: str
) -> None:
    """Read and parse what is not known yet of a repository.

    Other commands then need not. Facts are kept by a file's content, so a later commit costs only
    what it changed. Without --base the files are read as they now are.

    --json prints {"files", "symbols", "read", "skipped", "kept": {"scans", "syntaxes",
    "size_bytes"}, "seconds"}, where "read" counts what was not known; with --stats or --gc only
    "kept", and with --gc "older": {"files", "freed_bytes", "troubles"}, the files of earlier
    versions that are removed.
    """
    import time  # noqa: PLC0415 - keeps --help fast

    from bot.code_index import read_ahead  # noqa: PLC0415 - the same

    console = Console(json_form)
    asked = options.given(state=state)
    document: dict[str, object] = {}
    if stats or gc:
        kept, trouble = _collected(asked, console, document) if gc else _kept(asked)
    else:
        start = time.monotonic()
        found, kept, trouble, target = read_ahead(repo, base, asked)
        skipped = (*found.skipped, *target.left_out)
        seconds = round(time.monotonic() - start, 3)
        console.say(f"{found.files} files, {found.symbols} definitions, in {seconds} s")
        for line in (*skipped_lines(skipped), *filter(None, (target.told(),))):
            console.note(one_line(line))
        document = {
            "files": found.files,
            "symbols": found.symbols,
            "read": found.read,
            "skipped": skipped,
            "seconds": seconds,
        }
    if trouble:
        console.note(trouble)
    console.say(
        f"the index holds {kept.scans} files, {kept.syntaxes} of them parsed,"
        f" in {kept.size_bytes / _MIB:.1f} MiB"
    )
    console.document(document | {"kept": kept})


def _kept(asked: Mapping[str, object], *, collect: bool = False) -> "tuple[Kept, str]":
    """Return what the index holds, and its trouble if any; with ``collect`` tidied before."""
    from bot.code_index import code_store  # noqa: PLC0415 - keeps --help fast
    from bot.wiring import state_folder  # noqa: PLC0415 - the same

    with code_store(state_folder(asked)) as store:
        if collect:
            store.collect()
        return store.kept(), store.trouble


def _collected(
    asked: Mapping[str, object], console: Console, document: dict[str, object]
) -> "tuple[Kept, str]":
    """Return the same after what is long unused, and what earlier versions kept, is removed."""
    from bot.code_index import forget_older  # noqa: PLC0415 - keeps --help fast
    from bot.wiring import state_folder  # noqa: PLC0415 - the same

    found = _kept(asked, collect=True)
    document["older"] = older = forget_older(state_folder(asked))
    for line in older.troubles:
        console.note(one_line(line))
    if older.files:
        freed = f"{older.freed_bytes / _MIB:.1f} MiB"
        console.say(f"removed {', '.join(older.files)} of earlier versions, {freed}")
    return found
