"""``changewright apply``: a model's reply landed on a plain directory."""

from pathlib import Path

import click

from bot.commands import options
from bot.console import Console, one_line


@click.command()
@click.option(
    "--tree",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    required=True,
    metavar="DIR",
    help="The directory to change; it need not be a repository.",
)
@click.argument("reply", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--partial", is_flag=True, help="Keep what landed, though something was rejected.")
@options.json()
def apply(tree: Path, reply: Path, *, partial: bool, json_form: str) -> int:
    """Land the edits in a REPLY file ("-": standard input) on a directory, all or none.

    Reads search/replace blocks, text-editor calls, apply_patch envelopes, unified diffs, whole new
    files and operations on definitions. Nothing lands by guess. Exit code 0 when all of it landed,
    1 when not. --json prints
    {"landed": [{"path", "how"}], "rejected": [{"path", "reason", "message"}]}.
    """
    from bot.tree_files import read_text, tree_reader, write_changes  # noqa: PLC0415
    from validators.patch import SourceSyntax, land, parse  # noqa: PLC0415

    console = Console(json_form)
    patch = parse(read_text(reply))
    with SourceSyntax() as syntax:
        landing = land(patch, tree_reader(tree), syntax, partial=partial)
    write_changes(tree, landing.files)
    for landed in landing.landed:
        console.say(f"{'landed' if landing.files else 'would land'}  {landed.path} ({landed.how})")
    for rejected in landing.rejected:
        console.say(one_line(f"rejected  {rejected.path} ({rejected.reason})"))
        console.say(rejected.message)
    if not landing.landed and not landing.rejected:
        console.say("the reply holds no edit")
    console.document({"landed": landing.landed, "rejected": landing.rejected})
    return 0 if landing.landed and not landing.rejected else 1
