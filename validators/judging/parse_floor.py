"""The cheapest gate: every changed file parses at least as well as it did.

Counted against the base, so that a file no grammar fully understands is not held against a patch.
"""

from scoping.grammars import Parser
from validators.checkout import Clone, raw_changes, read_file
from validators.verdict import Finding

_FILE_MODES = {"100644", "100755"}


def parse_findings(clone: Clone, base_tree: str, applied_tree: str) -> tuple[Finding, ...]:
    """Return a finding for each changed file with more syntax errors than before."""
    findings = []
    with Parser() as parser:
        for change in raw_changes(clone, base_tree, applied_tree):
            if change.new_mode not in _FILE_MODES or change.new_sha == change.old_sha:
                continue
            now = _errors(parser, clone, applied_tree, change.path)
            if not now:
                continue
            before = _errors(parser, clone, base_tree, change.old_path)
            if now > before:
                findings.append(_finding(change.path, now, before))
    return tuple(findings)


def _errors(parser: Parser, clone: Clone, tree: str, path: str) -> int:
    """Return how many syntax errors a file holds; none where that cannot be told."""
    found = read_file(clone, tree, path)
    return (parser.count_errors(path, found[1]) or 0) if found else 0


def _finding(path: str, now: int, before: int) -> Finding:
    errors = f"{now} syntax error{'s' * (now > 1)}"
    message = f"{path} does not parse: {errors}, {before or 'none'} on the base"
    fix = "Read the edited lines again: look for a missing bracket, quote, colon or indentation."
    return Finding("parse", "syntax-error", "block", message, path, fix=fix)
