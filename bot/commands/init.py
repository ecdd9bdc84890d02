"""``changewright init``: write down once what was detected, for a person to commit."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.commands import options
from bot.console import Console

if TYPE_CHECKING:
    from validators.detect import Detected
    from validators.sandbox import FileChange


@click.command()
@options.repo
@click.option("--force", is_flag=True, help="Replace a file that is already there.")
@click.option("--github", is_flag=True, help="Write the workflows for GitHub Actions, too.")
@click.option(
    "--action",
    metavar="OWNER/NAME@COMMIT",
    help="The action that the workflows use (default: the commit this program came from).",
)
@options.state
@options.json()
def init(
    repo: Path, state: Path | None, *, force: bool, github: bool, action: str | None, json_form: str
) -> int:
    """Detect set-up, lint, build and test, and write a commented .github/changewright.yml.

    It is read from the last commit, so commit it to make it count. With --github also the workflows
    changewright.yml, changewright-gate.yml and changewright-collect.yml; then a file that is there
    already is left alone.
    --json prints {"path", "setup", "gates", "notes", "workflows"}.
    """
    from bot.commands.workflow_files import workflow_files  # noqa: PLC0415 - keeps --help fast
    from bot.configuration.template import commented_config  # noqa: PLC0415
    from bot.settings import TARGET_FILE  # noqa: PLC0415 - imports below keep --help fast
    from validators.sandbox import FileChange  # noqa: PLC0415

    if action is not None and not github:
        raise click.UsageError("--action says what the workflows of --github use; give both")
    console = Console(json_form)
    root = _working_tree(repo, TARGET_FILE)
    path = root / TARGET_FILE
    if os.path.lexists(path) and not (force or github):
        why = f"{path} is there already; --force replaces it"
        console.say(why)
        console.document({"state": "already-there", "why": why})
        return 1
    workflows = workflow_files(action) if github else ()
    found = _detected(repo, state)
    content = commented_config(found.gates, found.setup.commands, found.notes).encode()
    _tell(console, found)
    written = _write(
        root, (FileChange(TARGET_FILE, "100644", content), *workflows), console, force=force
    )
    console.document(
        {
            "path": str(path),
            "setup": found.setup.commands,
            "gates": found.gates,
            "notes": found.notes,
            "workflows": [str(root / one.path) for one in workflows if one.path in written],
        }
    )
    return 0


def _working_tree(repo: Path, wanted: str) -> Path:
    from validators.clones.repository import CheckoutRefusal, find  # noqa: PLC0415

    place = find(repo)
    if place.root == place.git_dir:
        raise CheckoutRefusal(
            f"{place.root} is a bare repository and has no working tree to write {wanted} into; run"
            " this in a clone of it"
        )
    return place.root


def _detected(repo: Path, state: Path | None) -> "Detected":
    from bot.gate_room import detected  # noqa: PLC0415 - keeps --help fast
    from bot.wiring import open_bench  # noqa: PLC0415 - the same

    with open_bench(repo, "HEAD", options.given(state=state), unsafe=True) as bench:
        # What an earlier file declares is replaced, not found again.
        rules = replace(bench.settings.rules, gates=(), setup=())
        return detected(replace(bench, settings=replace(bench.settings, rules=rules)))


def _write(
    root: Path, files: "Sequence[FileChange]", console: Console, *, force: bool
) -> frozenset[str]:
    """Write what is not there yet, or all of it by ``force``; return the paths written."""
    from bot.tree_files import write_changes  # noqa: PLC0415 - keeps --help fast

    wanted = [one for one in files if force or not os.path.lexists(root / one.path)]
    # A folder of the repository may be a link to somewhere else.
    write_changes(root, wanted)
    for one in files:
        if one in wanted:
            console.say(f"wrote {root / one.path}; read it, then commit it")
        else:
            console.say(f"{root / one.path} is there already; --force replaces it")
    return frozenset(one.path for one in wanted)


def _tell(console: Console, found: "Detected") -> None:
    """Say what was found, where, and what was seen and not used."""
    for gate in found.gates:
        console.say(f"found {gate.kind} gate {gate.name!r}: {' '.join(gate.run)} ({gate.source})")
    for note in found.notes:
        console.say(f"note: {note}")
    if not found.gates:
        console.say("found no lint, build or test command; name them in the file")
