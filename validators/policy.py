"""What no patch may touch or exceed, judged on the tree it made, before anything of it runs.

The text of a patch is never judged: programs disagree on what it means. Two trees leave no room
for that. The rules come from the base, so a patch cannot loosen what judges it. Each policy is a
module in `validators.policies`, and obeys its word in the rules.
"""

from collections.abc import Iterator, Mapping

from validators.checkout import Clone
from validators.policies.change import Change, change_between
from validators.policies.comments import comment_findings
from validators.policies.dependencies import dependency_findings
from validators.policies.findings import GATE, printable
from validators.policies.generated import generated_findings
from validators.policies.hidden_characters import hidden_character_findings
from validators.policies.kinds import kind_findings
from validators.policies.paths import collision_findings, lock_findings, path_findings
from validators.policies.reformatting import reformatting_findings
from validators.policies.secrets import secret_findings
from validators.policies.shapes import repository_findings, shape_findings
from validators.policies.sizes import binary_findings, size_findings, unread_findings
from validators.rules import Rules
from validators.verdict import Finding, Severity

__all__ = ["Change", "judge_change", "judge_tree"]

_MAX_FINDINGS = 200
_GRAVITY: Mapping[Severity, int] = {"block": 0, "ask": 1, "warn": 2, "note": 3}


def judge_tree(
    clone: Clone, base_tree: str, applied_tree: str, rules: Rules
) -> tuple[Finding, ...]:
    """Return what is wrong with ``applied_tree`` as a change of ``base_tree``; empty when nothing.

    Raises PolicyRefusal when a pattern of ``rules`` cannot be used.
    """
    return judge_change(change_between(clone, base_tree, applied_tree), rules)


def judge_change(change: Change, rules: Rules) -> tuple[Finding, ...]:
    """Return the findings on ``change``, the blocking ones first, at most 200 of them."""
    if not change.entries:
        return (Finding(GATE, "no-change", "block", "the patch changes nothing"),)
    judged = (*_of_the_tree(change, rules), *_of_the_contents(change, rules))
    found = [printable(finding) for finding in judged]
    found.sort(key=lambda finding: _GRAVITY[finding.severity])
    left_out = len(found) - _MAX_FINDINGS
    if left_out > 0:
        more = Finding(GATE, "more-findings", "note", f"{left_out} more findings are left out")
        found = [*found[:_MAX_FINDINGS], more]
    return tuple(found)


def _of_the_tree(change: Change, rules: Rules) -> Iterator[Finding]:
    """Yield what names, modes and figures tell."""
    yield from path_findings(change, rules)
    yield from collision_findings(change)
    yield from kind_findings(change, rules)
    yield from shape_findings(change, rules.policies)
    yield from repository_findings(change, rules.policies)
    yield from size_findings(change, rules.limits, rules.policies.sizes)
    yield from lock_findings(change, rules)


def _of_the_contents(change: Change, rules: Rules) -> Iterator[Finding]:
    """Yield what only the contents tell; what is binary is not read as text."""
    words = rules.policies
    binary = {count.path for count in change.counts if count.binary}
    texts = tuple(file for file in change.files if file.path not in binary)
    yield from binary_findings(change, words.binary)
    yield from unread_findings(change)
    yield from secret_findings(change.files, words.secrets)
    yield from dependency_findings(change.files, words.dependencies)
    yield from generated_findings(change, words.generated)
    yield from hidden_character_findings(texts, words.hidden_characters)
    yield from reformatting_findings(texts, words.reformatting)
    if rules.kind != "docs":
        yield from comment_findings(change, words.comments)
