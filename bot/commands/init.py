"""``changewright init``: write down once what was detected, for a person to commit."""

import os
from pathlib import Path

import click

from bot.commands import options
from bot.console import Console


@click.command()
@options.repo
@click.option("--force", is_flag=True, help="Replace a file that is already there.")
@options.state
@options.json()
def init(repo: Path, state: Path | None, *, force: bool, json_form: str) -> int:
    """Detect set-up, lint, build and test, and write a commented .github/changewright.yml.

    It is read from the last commit, so commit it to make it count. --json prints {"path", "setup",
    "gates"}.
    """
    from bot.configuration.template import commented_config  # noqa: PLC0415
    from bot.settings import TARGET_FILE  # noqa: PLC0415 - imports below keep --help fast
    from bot.tree_files import write_changes  # noqa: PLC0415
    from bot.wiring import open_bench  # noqa: PLC0415
    from bot.workshop import detected  # noqa: PLC0415
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
        found = detected(bench)
    gates, setup = found.gates, found.setup.commands
    content = commented_config(gates, setup).encode()
    # A folder of the repository may be a link to somewhere else.
    write_changes(root, [FileChange(TARGET_FILE, "100644", content)])
    for gate in gates:
        console.say(f"found {gate.kind} gate {gate.name!r}: {' '.join(gate.run)} ({gate.source})")
    if not gates:
        console.say("found no lint, build or test command; name them in the file")
    console.say(f"wrote {path}; read it, then commit it")
    console.document({"path": str(path), "setup": setup, "gates": gates})
    return 0
