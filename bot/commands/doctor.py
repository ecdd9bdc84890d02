"""``changewright doctor``: what works here, what does not, and the one command that mends it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.commands import options
from bot.console import Console

if TYPE_CHECKING:
    from bot.doctor import Check


@click.command()
@options.state
@click.option("--offline", is_flag=True, help="Do not ask the package indexes whether they answer.")
@click.option(
    "--config",
    "shows_config",
    is_flag=True,
    help="Check nothing; print each setting of --repo at --base, and where it came from.",
)
@click.option(
    "--github",
    "asks_github",
    is_flag=True,
    help="Ask GitHub instead: which token starts CI, which right or switch is missing. Only reads.",
)
@options.repo
@options.base
@options.json()
def doctor(
    repo: Path,
    base: str,
    state: Path | None,
    *,
    offline: bool,
    shows_config: bool,
    asks_github: bool,
    json_form: str,
) -> int:
    """Check git, sandbox, model key, forge token and package indexes.

    Exit code 0 when everything a run needs is there, 1 when not. --json prints {"checks":
    [{"name", "works", "required", "found", "mend"}]}, and with --config {"settings": [{"key",
    "value", "origin"}], "warnings": [...]}.
    """
    from bot.doctor import examine  # noqa: PLC0415 - keeps --help fast

    console = Console(json_form)
    if shows_config:
        return _print_settings(console, repo, base, state)
    if asks_github:
        checks = _ask_github(repo, base, state)
    else:
        checks = examine(options.given(state=state), offline=offline)
    for check in checks:
        mark = "ok  " if check.works else ("FAIL" if check.required else "--  ")
        console.say(f"{mark}  {check.name:<14} {check.found}")
        if check.mend and not check.works:
            console.say(f"      {'':<14} to mend it: {check.mend}")
    console.document({"checks": checks})
    return 0 if all(check.works or not check.required for check in checks) else 1


def _ask_github(repo: Path, base: str, state: Path | None) -> "tuple[Check, ...]":
    from bot.doctor import settings_at  # noqa: PLC0415 - keeps --help fast
    from bot.github_doctor import examine_github  # noqa: PLC0415
    from bot.wiring import github_reader  # noqa: PLC0415

    settings, _ = settings_at(repo, base, options.given(state=state))
    return examine_github(settings, github_reader(settings))


def _print_settings(console: Console, repo: Path, base: str, state: Path | None) -> int:
    from bot.doctor import settings_at  # noqa: PLC0415 - keeps --help fast
    from bot.pages.settings import settings_document, settings_text  # noqa: PLC0415

    settings, target = settings_at(repo, base, options.given(state=state))
    console.say(settings_text(settings, target))
    console.document(settings_document(settings))
    return 0
