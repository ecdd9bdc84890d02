"""``changewright init``: write down once what was detected, for a person to commit."""

from pathlib import Path

import click

from bot.commands import options
from bot.console import Console

CONFIG = Path(".github/changewright.yml")


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
    from bot.settings_template import commented_config  # noqa: PLC0415 - keeps --help fast
    from bot.wiring import open_bench  # noqa: PLC0415
    from bot.workshop import detected  # noqa: PLC0415

    console = Console(json_form)
    path = repo / CONFIG
    if path.exists() and not force:
        console.say(f"{path} is there already; --force replaces it")
        return 1
    with open_bench(repo, "HEAD", options.given(state=state), unsafe=True) as bench:
        found = detected(bench)
    gates, setup = found.gates, found.setup.commands
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(commented_config(gates, setup), encoding="utf-8")
    for gate in gates:
        console.say(f"found {gate.kind} gate {gate.name!r}: {' '.join(gate.run)} ({gate.source})")
    if not gates:
        console.say("found no lint, build or test command; name them in the file")
    console.say(f"wrote {path}; read it, then commit it")
    console.document({"path": str(path), "setup": setup, "gates": gates})
    return 0
