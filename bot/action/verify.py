"""The job verify: the evidence made again on a fresh machine, without any key or token."""

from collections.abc import Mapping
from dataclasses import replace

from bot.action.parcels import (
    PROPOSAL,
    VERIFICATION,
    admission_in,
    content_of,
    outcome_in,
    put,
)
from bot.action.report import Summary
from bot.action.surroundings import ActionRefusal, Surroundings
from bot.console import Console
from bot.gate_room import judge_alone, judging
from bot.pages.verification import verification_text
from bot.wiring import open_bench
from validators.encoding import encode
from workflows.handover import BundleVerification
from workflows.proposal import MAX_BUNDLE_BYTES, examine
from workflows.verify import claimed_evidence, verify

_MOST_DIFFERENCES, _LONGEST = 50, 300


def verify_job(around: Surroundings) -> Mapping[str, str]:
    """Run the bundle's gates again and leave what differs."""
    admission = admission_in(around.folder, around.handed.get("admit", {}).get("sha256", ""))
    outcome = outcome_in(around.folder, admission.run) if admission else None
    if admission is None or outcome is None or outcome.bundle != f"{admission.run}.json":
        raise ActionRefusal(f"there is no proposal in {around.folder} that could be verified")
    content = content_of(around.folder / PROPOSAL / outcome.bundle, MAX_BUNDLE_BYTES)
    examined = examine(content or b"")
    evidence = claimed_evidence(examined.bundle)
    with open_bench(around.target, admission.base_commit, {}, unsafe=False) as bench:
        # What is kept of the base may be what the bundle's own maker kept: it is run again.
        anew = replace(judging(bench, evidence.kind), base_sides={})
        console = Console()
        done = verify(
            examined,
            anew.clone,
            anew.settings.rules,
            lambda tree: judge_alone(anew, tree, console.note),
        )
    console.say(verification_text(examined.bundle, done))
    same = done.comparison.same
    differences = [
        f"{one.gate} {one.test}: {one.what}, {one.bundle} in the bundle, {one.here} here"[:_LONGEST]
        for one in done.comparison.differences[:_MOST_DIFFERENCES]
    ]
    noted = BundleVerification(admission.run, same, tuple(differences))
    put(around.folder / VERIFICATION / "verification.json", encode(noted))
    told = "the same" if same else f"{len(done.comparison.differences)} differences"
    Summary(around.summary).say(f"The evidence of run {admission.run}, made again: {told}")
    return {"state": "same" if same else "different"}
