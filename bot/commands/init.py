"""``changewright init``: write down once what was detected, for a person to commit."""

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.commands import options
from bot.console import Console

if TYPE_CHECKING:
    from validators.detect import Detected


@click.command()
@options.repo
@click.option("--force", is_flag=True, help="Replace a file that is already there.")
@options.state
@options.json()
def init(repo: Path, state: Path | None, *, force: bool, json_form: str) -> int:
    """Detect set-up, lint, build and test, and write a commented .github/changewright.yml.

    It is read from the last commit, so commit it to make it count. --json prints {"path", "setup",
    "gates", "notes"}.
    """
    from bot.configuration.template import commented_config  # noqa: PLC0415
    from bot.gate_room import detected  # noqa: PLC0415
    from bot.settings import TARGET_FILE  # noqa: PLC0415 - imports below keep --help fast
    from bot.tree_files import write_changes  # noqa: PLC0415
    from bot.wiring import open_bench  # noqa: PLC0415
    from validators.clones.repository import CheckoutRefusal, find  # noqa: PLC0415
    from validators.sandbox import FileChange  # noqa: PLC0415

    console = Console(json_form)
    place = find(repo)
    root = place.root
    if root == place.git_dir:
        raise CheckoutRefusal(
            f"{root} is a bare repository and has no working tree to write {TARGET_FILE} into; run"
            " this in a clone of it"
        )
    path = root / TARGET_FILE
    if os.path.lexists(path) and not force:
        console.say(f"{path} is there already; --force replaces it")
        return 1
    with open_bench(repo, "HEAD", options.given(state=state), unsafe=True) as bench:
        # What an earlier file declares is replaced, not found again.
        rules = replace(bench.settings.rules, gates=(), setup=())
        found = detected(replace(bench, settings=replace(bench.settings, rules=rules)))
    gates, setup = found.gates, found.setup.commands
    content = commented_config(gates, setup, found.notes).encode()
    # A folder of the repository may be a link to somewhere else.
    write_changes(root, [FileChange(TARGET_FILE, "100644", content)])
    _tell(console, found)
    console.say(f"wrote {path}; read it, then commit it")
    console.document({"path": str(path), "setup": setup, "gates": gates, "notes": found.notes})
    return 0


def _tell(console: Console, found: "Detected") -> None:
    """Say what was found, where, and what was seen and not used."""
    for gate in found.gates:
        console.say(f"found {gate.kind} gate {gate.name!r}: {' '.join(gate.run)} ({gate.source})")
    for note in found.notes:
        console.say(f"note: {note}")
    if not found.gates:
        console.say("found no lint, build or test command; name them in the file")
