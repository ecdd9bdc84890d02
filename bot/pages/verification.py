"""Whether a bundle's evidence could be made again: as text, and as the documented JSON document."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from bot.console import one_line
from validators.verification import Comparison, Difference
from workflows.proposal import Bundle
from workflows.verify import Verification

_SHOWN_OF_A_KIND = 20
_SHOWN_LENGTH = 500
_DOCUMENTED = 1_000


def verification_text(bundle: Bundle, done: Verification) -> str:
    """Return what differs, what explains most first, then a line per gate and the two words."""
    comparison, evidence = done.comparison, bundle.evidence
    kind = evidence.kind if evidence else ""
    claimed = bundle.proposal.verdict.word
    run = one_line(bundle.proposal.run)
    lines = [f"bundle of run {run} on {bundle.base_commit[:12]}; judged as {kind}, its task's kind"]
    lines += _listed(comparison.differences, "DIFFERENT")
    for gate in comparison.gates:
        word = "DIFFERENT" if gate.differences else "same"
        tests = f"  {gate.tests} tests compared" if gate.tests else ""
        tests += f", {len(gate.flaky)} flaky ones left out" if gate.flaky else ""
        lines.append(f"  {one_line(gate.name):<12} {word}{tests}")
    lines += _listed(comparison.notes, "note")
    lines.append(f"verdict: {claimed} in the bundle, {done.verdict.word} here")
    lines.append(f"evidence sha256:{done.bundle_evidence} in the bundle")
    lines.append(f"         sha256:{done.evidence} here")
    lines.append(_last(comparison))
    return "\n".join(lines)


def verification_document(bundle: Bundle, done: Verification) -> dict[str, Any]:
    """Return the document that ``verify --json`` prints; differences past 1,000 are counted."""
    comparison, evidence = done.comparison, bundle.evidence
    return {
        "same": comparison.same,
        "kind": evidence.kind if evidence else "",
        "claimed": bundle.proposal.verdict.word,
        "verdict": done.verdict.word,
        "gates": [
            {
                "name": gate.name,
                "same": not gate.differences,
                "tests": gate.tests,
                "differences": gate.differences,
            }
            for gate in comparison.gates
        ],
        "differences": comparison.differences[:_DOCUMENTED],
        "left_out": max(0, len(comparison.differences) - _DOCUMENTED),
        "notes": comparison.notes[:_DOCUMENTED],
        "evidence": {
            "bundle": f"sha256:{done.bundle_evidence}",
            "here": f"sha256:{done.evidence}",
        },
    }


def _listed(found: Iterable[Difference], word: str) -> Iterator[str]:
    """Yield a line each, and of every kind in every gate no more than a screen holds."""
    shown: Counter[tuple[str, str]] = Counter()
    found = list(found)
    for one in found:
        kind = (one.gate, one.what)
        shown[kind] += 1
        if shown[kind] <= _SHOWN_OF_A_KIND:
            yield f"{word}: {_told(one)}"
    for (gate, what), count in shown.items():
        if count > _SHOWN_OF_A_KIND:
            where = f"{gate} {what}".strip()
            yield f"{word}: {one_line(where)}: and {count - _SHOWN_OF_A_KIND} more"


def _told(one: Difference) -> str:
    where = " ".join(word for word in (one.gate, one.what, one.test) if word)
    if not one.here and one.what == "bundle":
        return _cut(one.bundle)
    theirs, ours = _cut(one.bundle) or "nothing", _cut(one.here) or "nothing"
    return f"{_cut(where)}: {theirs} in the bundle, {ours} here"


def _cut(text: str) -> str:
    flat = one_line(text)
    return flat if len(flat) <= _SHOWN_LENGTH else f"{flat[:_SHOWN_LENGTH]}…"


def _last(comparison: Comparison) -> str:
    if comparison.same:
        return "same: the gates say here what the bundle says"
    count = len(comparison.differences)
    things = "1 thing differs" if count == 1 else f"{count} things differ"
    return f"different: {things}; do not rely on this bundle's evidence"
