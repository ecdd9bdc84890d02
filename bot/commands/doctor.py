"""``changewright doctor``: what works here, what does not, and the one command that mends it."""

from pathlib import Path

import click

from bot.commands import options
from bot.console import Console


@click.command()
@options.state
@click.option("--offline", is_flag=True, help="Do not ask the package indexes whether they answer.")
@options.json()
def doctor(state: Path | None, *, offline: bool, json_form: str) -> int:
    """Check git, sandbox, model key, forge token and package indexes.

    Exit code 0 when everything a run needs is there, 1 when not. --json prints {"checks":
    [{"name", "works", "required", "found", "mend"}]}.
    """
    from bot.doctor import examine  # noqa: PLC0415 - keeps --help fast

    console = Console(json_form)
    checks = examine(options.given(state=state), offline=offline)
    for check in checks:
        mark = "ok  " if check.works else ("FAIL" if check.required else "--  ")
        console.say(f"{mark}  {check.name:<14} {check.found}")
        if check.mend and not check.works:
            console.say(f"      {'':<14} to mend it: {check.mend}")
    console.document({"checks": checks})
    return 0 if all(check.works or not check.required for check in checks) else 1
