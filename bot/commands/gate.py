"""``changewright gate``: judge any change, whoever made it."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.commands import options
from bot.commands.outcome import tell_warnings
from bot.console import Console, one_line

if TYPE_CHECKING:
    from bot.wiring import Bench
    from validators.evidence import Evidence
    from validators.verdict import Verdict

_Make = Callable[["Verdict", "Evidence"], str]
_STANDARD_OUTPUT = Path("-")
_FILE = click.Path(path_type=Path)


@click.command()
@options.repo
@options.base
@click.option(
    "--head", metavar="REV", help="The commit to judge (default: the working tree as it is)."
)
@click.option("--patch", type=_FILE, metavar="FILE", help="A unified diff to judge.")
@click.option(
    "--kind",
    metavar="fix|feature|refactor|docs|tests|dependency",
    help="What the change is for; only a fix must turn a test green (default: fix).",
)
@click.option("--sarif", type=_FILE, metavar="FILE", help="Write the findings as SARIF 2.1.0.")
@click.option("--junit", type=_FILE, metavar="FILE", help="Write gates and tests as JUnit XML.")
@click.option(
    "--summary",
    type=_FILE,
    metavar="FILE",
    help="Write a Markdown page, - to print it; in GitHub Actions: --summary"
    ' "$GITHUB_STEP_SUMMARY".',
)
@options.unsafe
@options.state
@options.quiet
@options.verbose
@options.json()
def gate(repo: Path, base: str, **given: Any) -> int:  # noqa: ANN401 - click checked them
    """Run policy, lint, build and tests on a base and on a change, and compare.

    Only what the change makes worse counts. A repository that declares no gates is looked at, and
    what is found is said and run. Exit code 0 when the verdict is pass, 1 when not, 2 for wrong
    use. A report replaces the plain file of its name, and nothing else. --json prints {"verdict",
    "kind", "gates": [{"name", "outcome", "required", "base", "patched"}], "tests":
    {"fail_to_pass", "pass_to_fail", "missing", "flaky", "steady"}, "coverage", "newly_covered",
    "findings": [{"gate", "code", "severity", "path", "line", "message", "fix"}], "sandbox":
    {"backend", "version", "guarantees"}, "evidence"}.
    """
    from bot.commands.report_files import check_writable, write_report  # noqa: PLC0415
    from bot.gate_room import detected, judge_alone  # noqa: PLC0415
    from bot.pages.gates import detection_lines  # noqa: PLC0415 - keeps --help fast
    from bot.wiring import open_bench  # noqa: PLC0415
    from validators.checkout import left_out  # noqa: PLC0415

    _refuse_contradictions(given)
    reports = _reports(given)
    console = Console(given["json_form"], given["quiet"])
    settings = options.given(state=given["state"], kind=given["kind"])
    with open_bench(repo, base, settings, unsafe=given["unsafe_no_sandbox"]) as bench:
        root = bench.clone.repository
        for place, _ in reports:
            check_writable(place, root)
        tell_warnings(bench.settings, console)
        for line in left_out(bench.clone):
            console.note(one_line(f"note: {line}"))
        tree = _tree(bench, given["head"], given["patch"])
        for line in detection_lines(detected(bench), bench.settings.rules):
            console.note(line)
        verdict, evidence = judge_alone(bench, tree, console.note)
    _tell(console, verdict, evidence, prints_summary=given["summary"] == _STANDARD_OUTPUT)
    for place, make in reports:
        write_report(place, root, make(verdict, evidence))
    return 0 if verdict.passed else 1


def _refuse_contradictions(given: dict[str, Any]) -> None:
    if given["head"] is not None and given["patch"] is not None:
        raise click.UsageError("give either --head REV or --patch FILE, not both")
    if given["summary"] == _STANDARD_OUTPUT and given["json_form"]:
        raise click.UsageError(
            "standard output has room for one: give --summary a FILE, or no --json"
        )


def _tell(
    console: Console, verdict: "Verdict", evidence: "Evidence", *, prints_summary: bool
) -> None:
    from bot.pages.gates import gate_document, gate_text, terminal_width  # noqa: PLC0415
    from bot.pages.step_summary import summary_text  # noqa: PLC0415

    if prints_summary:
        console.say(summary_text(verdict, evidence))
        return
    shown = sys.stderr if console.json else sys.stdout
    console.say(gate_text(verdict, evidence, terminal_width(is_terminal=shown.isatty())))
    if console.json:
        console.document(gate_document(verdict, evidence))


def _reports(given: dict[str, Any]) -> "list[tuple[Path, _Make]]":
    """Return where a report goes to, and what makes it, for each that was asked for."""
    makers: dict[str, _Make] = {"sarif": _sarif, "junit": _junit}
    if given["summary"] != _STANDARD_OUTPUT:
        makers["summary"] = _summary
    return [(given[name], make) for name, make in makers.items() if given[name] is not None]


def _sarif(verdict: "Verdict", evidence: "Evidence") -> str:
    import json  # noqa: PLC0415

    from bot.pages.sarif import sarif_document  # noqa: PLC0415

    return json.dumps(sarif_document(verdict, evidence), indent=2) + "\n"


def _junit(verdict: "Verdict", evidence: "Evidence") -> str:
    from bot.pages.junit import junit_text  # noqa: PLC0415

    return junit_text(verdict, evidence)


def _summary(verdict: "Verdict", evidence: "Evidence") -> str:
    from bot.pages.step_summary import summary_text  # noqa: PLC0415

    return summary_text(verdict, evidence)


def _tree(bench: "Bench", head: str | None, patch: Path | None) -> str:
    """Return the tree that is judged."""
    from bot.tree_files import read_bytes  # noqa: PLC0415 - keeps --help fast
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
