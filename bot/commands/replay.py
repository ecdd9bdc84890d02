"""``changewright replay``: the same journal, no model, and the same trees, or it says which not."""

from pathlib import Path

import click

from bot.commands import options
from bot.console import Console


@click.command()
@click.argument("run", type=options.WORDS)
@click.option(
    "--until",
    type=click.IntRange(min=1),
    metavar="STEP",
    help="Stop behind this step of `show`, and leave its files in --out.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where the files go: a new folder (default with --until: RUN-STEP here).",
)
@click.option("--repo", type=click.Path(path_type=Path), help="Where its repository is now.")
@options.state
@options.json()
def replay(
    run: str,
    until: int | None,
    out: Path | None,
    repo: Path | None,
    state: Path | None,
    json_form: str,
) -> int:
    """Land every kept reply of a run again and compare the trees with the journal's.

    Of a campaign's run these are the changes that its steps made. No model is asked, no command of
    the target runs, and nothing is written down. Exit code 0 when each tree is the same, 1 when one
    is not. --json prints {"run", "same", "replies", "steps", "tree", "landings": [{"attempt",
    "then", "now"}], "out"}.
    """
    from bot.replaying import replay as again  # noqa: PLC0415 - keeps --help fast
    from workflows.replayed import ReplayRefusal  # noqa: PLC0415 - the same
    from workflows.run_record import require_run  # noqa: PLC0415 - the same

    console = Console(json_form)
    place = out or (Path(f"{require_run(run)}-{until}") if until else None)
    if place is not None and place.exists() and (not place.is_dir() or any(place.iterdir())):
        raise ReplayRefusal(f"{place} is there already; name a new folder with --out")
    done = again(run, repo, options.given(state=state), until or 0, place)
    for one in done.landings:
        words = "the same" if one.is_same else f"DIFFERENT: {one.now[:12] or 'nothing'} now"
        console.say(f"attempt {one.attempt}: tree {one.then[:12]}, {words}")
    counted = f"{done.replies} kept {'reply' if done.replies == 1 else 'replies'}"
    if done.steps:
        counted = f"{done.steps} kept {'step' if done.steps == 1 else 'steps'}"
    if not done.landings:
        console.say("nothing had landed by then")
    elif done.is_same:
        console.say(f"same: {counted} landed again, and no model was asked")
    else:
        console.say(f"different: {counted} do not make the trees that the journal names")
    if place is not None:
        console.say(f"{place}: the files as they were, tree {done.tree[:12]}")
    console.document(
        {
            "run": run,
            "same": done.is_same,
            "replies": done.replies,
            "steps": done.steps,
            "tree": done.tree,
            "landings": done.landings,
            "out": str(place or ""),
        }
    )
    return 0 if done.is_same else 1
