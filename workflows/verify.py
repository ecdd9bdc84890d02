"""A bundle's change judged once more, by whoever doubts it, and the two judgements compared.

Nothing is taken from the bundle but the change itself and what it claims: commands, rules and
environment are those of the base commit as it stands in another clone.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from validators.checkout import Clone, write_tree
from validators.evidence import Evidence
from validators.evidence_statement import statement_of
from validators.rules import Rules
from validators.verdict import Verdict
from validators.verification import Comparison, Judgement, compare
from workflows.proposal import Bundle, BundleRefusal, Examined

_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")

Judge = Callable[[str], tuple[Verdict, Evidence]]


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of it; the two hashes name the bundle's evidence and ours."""

    verdict: Verdict
    bundle_evidence: str
    evidence: str
    comparison: Comparison


def claimed_evidence(bundle: Bundle) -> Evidence:
    """Return what ``bundle`` claims; BundleRefusal when it claims nothing that can be repeated."""
    if bundle.partial:
        raise BundleRefusal(
            f"run {bundle.proposal.run} was stopped, and this is its unfinished work: no evidence"
            " belongs to it; go on with the run, then verify what it proposes"
        )
    if bundle.evidence is None:
        raise BundleRefusal("no gate judged what the bundle proposes: there is nothing to repeat")
    if not _COMMIT.fullmatch(bundle.base_commit):
        raise BundleRefusal(f"its base {bundle.base_commit[:80]!r} is not the hash of a commit")
    return bundle.evidence


def verify(examined: Examined, clone: Clone, rules: Rules, judge: Judge) -> Verification:
    """Lay the bundle's changes on the base of ``clone``, judge the tree, and compare.

    ``judge`` works under ``rules``. CheckoutRefusal where the changes may not be laid at all.
    """
    bundle = examined.bundle
    evidence = claimed_evidence(bundle)
    tree = write_tree(clone, clone.base_tree, bundle.changes)
    verdict, found = judge(tree)
    claimed = bundle.proposal.verdict.word
    comparison = compare(
        Judgement(claimed, evidence, bundle.rules),
        Judgement(verdict.word, found, rules),
        bundle.applied_tree,
        (*examined.troubles, *_base_trouble(bundle, clone)),
    )
    return Verification(
        verdict,
        statement_of(evidence, claimed).sha256,
        statement_of(found, verdict.word).sha256,
        comparison,
    )


def _base_trouble(bundle: Bundle, clone: Clone) -> tuple[str, ...]:
    if bundle.base_tree == clone.base_tree:
        return ()
    return (f"its base tree {bundle.base_tree[:80]} is not that of its base commit",)
