"""``changewright metrics``: how well the bot does, in figures."""

from pathlib import Path

import click

from bot.commands import options
from bot.console import Console


@click.command()
@click.option(
    "--check",
    "checks",
    multiple=True,
    metavar="FIGURE>=N",
    help="Fail unless this holds, e.g. 'acceptance>=0.5'; may be given more than once.",
)
@click.option("--prometheus", is_flag=True, help="Print them in Prometheus's text format.")
@options.forge
@options.repo
@options.state
@options.json()
def metrics(
    checks: tuple[str, ...],
    forge: str | None,
    repo: Path,
    state: Path | None,
    *,
    prometheus: bool,
    json_form: str,
) -> int:
    """Print acceptance, cost, times, gate failures, reasons and more of the repository's runs.

    Counted from the journal and from what `changewright review collect` found; docs/metrics.md has
    each formula. --json prints {"metrics": {...}, "failed": [...]}. Exit code 1 when a --check
    fails, or the figure it is about cannot be counted yet.
    """
    from bot.memory import open_memory  # noqa: PLC0415 - imports here keep --help fast
    from bot.pages.metrics import metrics_text, prometheus_text  # noqa: PLC0415
    from workflows.metrics import metrics_of  # noqa: PLC0415
    from workflows.thresholds import threshold_of  # noqa: PLC0415

    if prometheus and json_form:
        raise click.UsageError(
            "--prometheus and --json are two forms of one; leave one of them out"
        )
    console = Console(json_form)
    thresholds = [threshold_of(one) for one in checks]
    with open_memory(repo, options.given(state=state, forge__kind=forge)) as memory:
        found = metrics_of(memory.facts)
    failed = [why for one in thresholds if (why := one.failure(found))]
    console.say(prometheus_text(found) if prometheus else metrics_text(found))
    for why in failed:
        (console.note if prometheus else console.say)(f"failed: {why}")
    console.document({"metrics": found, "failed": failed})
    return 1 if failed else 0
