"""``changewright verify``: somebody else's evidence, made again on this machine."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.commands import options
from bot.console import Console

if TYPE_CHECKING:
    from bot.wiring import Bench
    from validators.evidence import Evidence
    from workflows.proposal import Examined
    from workflows.verify import Verification


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@options.repo
@options.unsafe
@options.state
@options.quiet
@options.verbose
@options.json()
def verify(
    bundle: Path,
    repo: Path,
    state: Path | None,
    *,
    unsafe_no_sandbox: bool,
    quiet: bool,
    json_form: str,
) -> int:
    """Run the gates of a bundle again and say what differs from its evidence.

    Commands, rules and environment come from the bundle's base commit as this repository has it,
    never from the bundle; what the bundle names otherwise is the first difference. The kind of the
    change alone is the task's, and the bundle's. A sandbox of another kind and flaky tests are
    noted, and are no difference. Exit code 0 when all is the same, 1 when something differs. --json
    prints {"same", "kind", "verdict", "claimed", "gates": [{"name", "same", "tests",
    "differences"}], "differences": [{"what", "gate", "test", "bundle", "here"}], "left_out",
    "notes", "evidence": {"bundle", "here"}}.
    """
    from bot.gate_room import judging  # noqa: PLC0415
    from bot.pages.verification import (  # noqa: PLC0415 - keeps --help fast
        verification_document,
        verification_text,
    )
    from bot.wiring import open_bench  # noqa: PLC0415

    console = Console(json_form, quiet)
    examined, evidence = _examined(bundle)
    base = examined.bundle.base_commit
    with open_bench(repo, base, options.given(state=state), unsafe=unsafe_no_sandbox) as bench:
        # What is kept here of the base may be what the bundle's own maker kept: it is run again.
        anew = replace(judging(bench, evidence.kind), base_sides={})
        done = _repeated(examined, anew, console)
    console.say(verification_text(examined.bundle, done))
    console.document(verification_document(examined.bundle, done))
    return 0 if done.comparison.same else 1


def _examined(path: Path) -> "tuple[Examined, Evidence]":
    """Return what is in the file, changed or not, and claims; BundleRefusal names the file."""
    from workflows.proposal import MAX_BUNDLE_BYTES, BundleRefusal, examine  # noqa: PLC0415
    from workflows.verify import claimed_evidence  # noqa: PLC0415

    try:
        with path.open("rb") as file:
            examined = examine(file.read(MAX_BUNDLE_BYTES + 1))
        return examined, claimed_evidence(examined.bundle)
    except OSError as error:
        raise BundleRefusal(f"{path}: cannot read the bundle: {error.strerror}") from error
    except BundleRefusal as refusal:
        raise BundleRefusal(f"{path}: {refusal}") from refusal


def _repeated(examined: "Examined", bench: "Bench", console: Console) -> "Verification":
    from bot.gate_room import judge_alone  # noqa: PLC0415 - keeps --help fast
    from workflows.verify import verify as repeat  # noqa: PLC0415

    rules = bench.settings.rules
    return repeat(examined, bench.clone, rules, lambda tree: judge_alone(bench, tree, console.note))
