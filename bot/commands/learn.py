"""``changewright learn``: what reviews repeat becomes suggested rules."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.commands import options
from bot.commands.outcome import tell_outcome
from bot.console import Console, one_line

if TYPE_CHECKING:
    from workflows.lessons import Lesson


@click.command()
@click.option("--list", "only_list", is_flag=True, help="Print the suggestions; propose nothing.")
@click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Propose what `learn --list --json` printed, without looking at a forge.",
)
@options.forge
@options.unsafe
@options.repo
@options.state
@options.quiet
@options.json()
def learn(
    source: Path | None,
    forge: str | None,
    repo: Path,
    state: Path | None,
    *,
    only_list: bool,
    unsafe_no_sandbox: bool,
    quiet: bool,
    json_form: str,
) -> int:
    """Propose rules that repeated reasons and corrections suggest, with the evidence for each.

    Protected paths, a lower size, gates that block, lines for CONTRIBUTING.md: a rule needs three
    pull requests behind it, and half of those that it is about. No model is asked; the bundle is
    gated and published like any other, and holds no fix. Where the forge is GitHub, whose token has
    no place beside your code, do it in two steps: --list --json, then --from. --json prints
    {"lessons": [{"kind", "rule", "why", "evidence"}]}, or what `propose --json` does.
    """
    from bot.learning import lessons_at, propose_lessons, read_lessons  # noqa: PLC0415 - fast --help

    console = Console(json_form, quiet)
    given = options.given(state=state, forge__kind=forge)
    if source is not None and only_list:
        raise click.UsageError("--list prints suggestions, --from proposes them; give one of both")
    found = read_lessons(source) if source else lessons_at(repo, given, may_be_hosted=only_list)
    if only_list or not found:
        _tell(found, console)
        return 0 if found else 1
    outcome = propose_lessons(found, repo, given, unsafe=unsafe_no_sandbox, quiet=quiet)
    tell_outcome(outcome, options.again(repo, state), console)
    return 0 if outcome.state == "proposed" else 1


def _tell(found: "tuple[Lesson, ...]", console: Console) -> None:
    for one in found:
        console.say(one_line(f"{one.kind}: {one.rule}"))
        console.say(one_line(f"  {one.why}"))
    if not found:
        console.say("nothing repeats often enough to suggest a rule")
    console.document({"lessons": found})
