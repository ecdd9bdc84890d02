"""How a policy speaks: its word becomes the severity of a finding, or there is none."""

from collections.abc import Iterator
from dataclasses import replace

from validators.rules import PolicyWord
from validators.verdict import Finding

GATE = "policy"


def found(
    word: PolicyWord, code: str, message: str, path: str = "", fix: str = "", line: int = 0
) -> Iterator[Finding]:
    """Yield one finding, or nothing where ``word`` allows what was found."""
    if word != "allow":
        yield Finding(GATE, code, word, message, path, line, fix)


def printable(finding: Finding) -> Finding:
    """Return it with escapes for what does not print, or is no text: it is stored and shown."""
    return replace(finding, message=_escaped(finding.message), path=_escaped(finding.path))


def _escaped(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
