"""``changewright mcp``: what is known of a repository's code, for other agents."""

from pathlib import Path

import click

from bot.commands import options


@click.command()
@options.repo
@options.base_or_files
@options.state
@options.verbose
def mcp(repo: Path, base: str | None, state: Path | None) -> None:
    """Serve the questions of `query` and `scope` by the Model Context Protocol.

    It speaks over standard input and output until its client hangs up, and only reads: scope,
    definition, references, callers, callees, subclasses, symbols, imports, history, search, files,
    read. Without --base the files are read as they are when a question comes.
    """
    from bot.scoping_server.answering import Answering  # noqa: PLC0415 - keeps --help fast

    Answering(repo, base, options.given(state=state)).serve()
