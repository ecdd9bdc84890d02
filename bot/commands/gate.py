"""``changewright gate``: judge any change, whoever made it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.commands import options
from bot.console import Console

if TYPE_CHECKING:
    from bot.wiring import Bench


@click.command()
@options.repo
@options.base
@click.option(
    "--head", metavar="REV", help="The commit to judge (default: the working tree as it is)."
)
@click.option(
    "--patch", type=click.Path(path_type=Path), metavar="FILE", help="A unified diff to judge."
)
@options.unsafe
@options.state
@options.quiet
@options.verbose
@options.json()
def gate(
    repo: Path,
    base: str,
    head: str | None,
    patch: Path | None,
    state: Path | None,
    *,
    unsafe_no_sandbox: bool,
    quiet: bool,
    json_form: str,
) -> int:
    """Run policy, lint, build and tests on a base and on a change, and compare.

    Only what the change makes worse counts. Exit code 0 when the verdict is pass, 1 when not.
    --json prints {"verdict", "gates": [{"name", "outcome", "required", "base", "patched"}],
    "tests": {"fail_to_pass", "pass_to_fail", "missing"}, "findings": [{"gate", "code", "severity",
    "path", "line", "message", "fix"}], "sandbox": {"backend", "guarantees"}, "evidence"}.
    """
    from bot.pages.gates import gate_document, gate_text  # noqa: PLC0415 - keeps --help fast
    from bot.wiring import open_bench  # noqa: PLC0415
    from bot.workshop import judge_alone  # noqa: PLC0415
    from validators.checkout import left_out  # noqa: PLC0415

    if head is not None and patch is not None:
        raise click.UsageError("give either --head REV or --patch FILE, not both")
    console = Console(json_form, quiet)
    with open_bench(repo, base, options.given(state=state), unsafe=unsafe_no_sandbox) as bench:
        for line in left_out(bench.clone):
            console.note(f"note: {line}")
        tree = _tree(bench, head, patch)
        verdict, evidence = judge_alone(bench, tree, console.note)
    console.say(gate_text(verdict, evidence))
    console.document(gate_document(verdict, evidence))
    return 0 if verdict.passed else 1


def _tree(bench: "Bench", head: str | None, patch: Path | None) -> str:
    """Return the tree that is judged."""
    from bot.tree_files import read_bytes  # noqa: PLC0415
    from validators.checkout import (  # noqa: PLC0415
        CheckoutRefusal,
        apply_diff,
        resolve_tree,
        working_tree,
    )

    clone = bench.clone
    if head is not None:
        return resolve_tree(clone, head)
    if patch is not None:
        diff = read_bytes(patch)
        try:
            return apply_diff(clone, clone.base_tree, diff)
        except CheckoutRefusal as refusal:
            raise CheckoutRefusal(f"{patch}: {refusal}") from refusal
    if clone.is_bare:
        raise CheckoutRefusal(
            f"{clone.repository} is a bare repository and has no working tree to judge; name a"
            " commit with --head, or a diff with --patch"
        )
    return working_tree(clone, clone.repository)
