"""The findings as SARIF 2.1.0, which code scanning pages and editors show beside the code."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from bot.console import printable, redacted
from bot.pages.gates import evidence_name
from validators.encoding import digest
from validators.evidence import Evidence
from validators.verdict import Finding, Severity, Verdict

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS: dict[Severity, str] = {
    "block": "error",
    "ask": "warning",
    "warn": "warning",
    "note": "note",
}
_ROOT = "SRCROOT"
_DIGITS = re.compile(r"\d+")


def sarif_document(verdict: Verdict, evidence: Evidence) -> dict[str, Any]:
    """Return one SARIF log with one run, one rule for each gate and code, one result a finding.

    ``executionSuccessful`` is false where nothing could be concluded.
    """
    rules = list(dict.fromkeys(_rule(finding) for finding in verdict.findings))
    run = {
        "tool": {
            "driver": {
                "name": "changewright",
                "version": version("changewright"),
                "rules": [
                    {"id": rule, "shortDescription": {"text": rule.replace("/", ": ", 1)}}
                    for rule in rules
                ],
            }
        },
        "automationDetails": {"id": "changewright/gate/"},
        "invocations": [{"executionSuccessful": verdict.word in {"pass", "fail", "flaky"}}],
        "originalUriBaseIds": {_ROOT: {"description": {"text": "the root of the repository"}}},
        "columnKind": "unicodeCodePoints",
        "results": list(_results(verdict.findings, rules)),
        "properties": {
            "verdict": verdict.word,
            "base": evidence.base_commit,
            "evidence": evidence_name(verdict, evidence),
        },
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _results(findings: Sequence[Finding], rules: Sequence[str]) -> Iterator[dict[str, Any]]:
    seen: Counter[str] = Counter()
    for finding in findings:
        message = _shown(finding.message.strip() or finding.code)
        same = _fingerprint(finding)
        seen[same] += 1
        result: dict[str, Any] = {
            "ruleId": _rule(finding),
            "ruleIndex": rules.index(_rule(finding)),
            "level": _LEVELS[finding.severity],
            "message": {
                "text": f"{message}\nFix: {_shown(finding.fix)}" if finding.fix else message
            },
            "partialFingerprints": {"changewright/v1": f"{same}:{seen[same]}"},
            "properties": {"severity": finding.severity},
        }
        if finding.path:
            result["locations"] = [{"physicalLocation": _place(finding)}]
        yield result


def _place(finding: Finding) -> dict[str, Any]:
    raw = redacted(finding.path).encode("utf-8", "surrogateescape")
    place: dict[str, Any] = {"artifactLocation": {"uri": quote(raw), "uriBaseId": _ROOT}}
    if finding.line > 0:
        place["region"] = {"startLine": finding.line}
    return place


def _fingerprint(finding: Finding) -> str:
    """Return what stays the same when lines move: no line and no figure takes part."""
    first = _DIGITS.sub("0", finding.message.strip().partition("\n")[0])
    words = f"{finding.gate}\0{finding.code}\0{finding.path}\0{first}"
    return digest(words.encode("utf-8", "backslashreplace"))[:32]


def _rule(finding: Finding) -> str:
    return _shown(f"{finding.gate}/{finding.code}")


def _shown(text: str) -> str:
    return printable(redacted(text))
