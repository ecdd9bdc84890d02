"""Why a push was not taken, in a sentence of its own for each reason that GitHub gives."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Reason:
    signs: re.Pattern[str]
    sentence: str


def _reason(signs: str, sentence: str) -> _Reason:
    return _Reason(re.compile(signs, re.IGNORECASE), sentence)


# The first that fits is told: what comes first is more exact than what comes later.
_REASONS = (
    _reason(
        r"push cannot contain secrets|GITHUB PUSH PROTECTION|secret scanning",
        "GitHub found a secret in the change and took nothing of it; take the secret out of the"
        " change, and withdraw it where it is a real one",
    ),
    _reason(
        r"without [`'\"]?workflows?[`'\"]? (scope|permission)|refusing to allow .* (create or )?"
        r"update workflow",
        "the change touches .github/workflows, for which the token lacks the permission workflows:"
        " write; a person has to make this change",
    ),
    _reason(
        r"GH001|exceeds GitHub's file size limit|larger than .*100|this exceeds .*file size",
        "the change holds a file over GitHub's limit of 100 MB; leave it out, or use Git LFS",
    ),
    _reason(
        r"GH013|repository rule violations",
        "a rule of the repository forbids this push; let the rule spare branches below"
        " changewright/, or change what it names",
    ),
    _reason(
        r"GH006|protected branch",
        "the branch is protected; let the protection spare branches below changewright/",
    ),
    _reason(
        r"stale info|fetch first|non-fast-forward|incorrect old value|cannot lock ref|"
        r"reference already exists|failed to update ref",
        "somebody moved the branch meanwhile; nothing was overwritten. Publish again",
    ),
    _reason(
        r"repository was archived|is archived",
        "the repository is archived, and so can only be read; unarchive it in its settings",
    ),
    _reason(
        r"repository not found|not found",
        "git finds no such repository with this token; check forge.repository and what the token is"
        " for",
    ),
    _reason(
        r"authentication failed|invalid username or password|could not read username|error: 401",
        "GitHub does not take the token for git; it is wrong, expired or withdrawn",
    ),
    _reason(
        r"permission to .* denied|write access .* not granted|error: 403",
        "the token may not push here: it lacks the permission contents: write",
    ),
    _reason(
        r"pre-receive hook declined|hook declined",
        "a check of the server refused the push; its words tell why",
    ),
    _reason(
        r"SSL certificate problem|certificate verification failed|SSL_ERROR",
        "the certificate of GitHub's host is not trusted here; where an authority of your own made"
        " it, name a file with that authority's certificate in SSL_CERT_FILE",
    ),
    _reason(
        r"CONNECT tunnel failed|from proxy|resolve proxy|proxy authentication",
        "the proxy did not let us through; look at HTTPS_PROXY and NO_PROXY",
    ),
    _reason(
        r"could not resolve|failed to connect|connection (refused|reset|timed out)|timed? ?out|"
        r"took longer than|RPC failed|unexpected disconnect|early EOF|hung up",
        "the connection to GitHub failed; look whether the branch has moved, then publish again",
    ),
)
_SHOWN = 300


def why_refused(complaint: str) -> str:
    """Return the reason in ``complaint``, with git's own last words."""
    said = " ".join(complaint.split())
    sentence = next((one.sentence for one in _REASONS if one.signs.search(said)), "")
    words = said if len(said) <= _SHOWN else "…" + said[-_SHOWN:]
    return f"{sentence} (git: {words})" if sentence else f"git says: {words or 'nothing'}"


def is_unauthorised(complaint: str) -> bool:
    """Whether another token might be taken."""
    return bool(re.search(r"authentication failed|invalid username", complaint, re.IGNORECASE))
