"""Secrets that a change adds to the tree; what the base holds already is not blamed on it.

Whole files are looked at, not added lines: a key may need the lines around it to be one. A secret
that only moved is no new one, a second copy is.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from validators.policies.changed_file import ChangedFile
from validators.policies.findings import found
from validators.policies.secret_kinds import may_hold_secret
from validators.policies.secret_scan import DetectorFailure, Secret, find_secrets
from validators.rules import PolicyWord
from validators.verdict import Finding

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # the marks such files begin with
_FIX = "Take it out and let the program read it from its environment; if it is real, revoke it."


def secret_findings(files: Iterable[ChangedFile], word: PolicyWord) -> Iterator[Finding]:
    """Yield one finding per secret added: its kind and its place, never a piece of itself.

    Where the detector failed, one that says so: a change made to break it is not let through.
    """
    if word == "allow":
        return
    changed = tuple(files)
    new = [_suspect(file.new) for file in changed]
    if not any(new):
        return
    try:
        secrets = find_secrets([*new, *(_suspect(file.old) for file in changed)])
    except DetectorFailure as failure:
        message = f"whether the change adds secrets is not known: {failure}"
        fix = "Run it again; if it stays so, leave out the files that are no text."
        yield from found(word, "secrets-unchecked", message, fix=fix)
        return
    for secret in _added(secrets, len(changed)):
        path = changed[secret.text].path
        message = f"{path} holds a new {secret.kind} in line {secret.line}"
        yield from found(word, "secret-added", message, path, _FIX, secret.line)


def text_findings(texts: Mapping[str, str]) -> Iterator[Finding]:
    """Yield one blocking finding per secret in ``texts``, which are known by their names."""
    names = tuple(texts)
    contents = [_suspect(text.encode("utf-8", "backslashreplace")) for text in texts.values()]
    if not any(contents):
        return
    try:
        secrets = find_secrets(contents)
    except DetectorFailure as failure:
        message = f"whether its words hold secrets is not known: {failure}"
        yield from found("block", "secrets-unchecked", message)
        return
    for secret in secrets:
        message = f"the {names[secret.text]} holds a {secret.kind} in line {secret.line}"
        yield from found("block", "secret-outbound", message, fix=_FIX)


def _suspect(content: bytes | None) -> bytes:
    """Return ``content`` as UTF-8 where the detector has to look at it, else nothing."""
    text = content or b""
    if text.startswith(_UTF_16):
        text = text.decode("utf-16", "replace").encode("utf-8", "replace")
    return text if may_hold_secret(text) else b""


def _added(secrets: Sequence[Secret], files: int) -> list[Secret]:
    """Return what the new texts hold more than the old ones, by value."""
    old = [secret for secret in secrets if secret.text >= files]
    left = Counter(secret.value for secret in old)
    at_home = {(secret.text - files, secret.value) for secret in old}
    new = [secret for secret in secrets if secret.text < files]
    added = []
    # What stayed in its file is counted first, so that a copy is blamed and not the original.
    for secret in sorted(new, key=lambda secret: (secret.text, secret.value) not in at_home):
        if left[secret.value]:
            left[secret.value] -= 1
        else:
            added.append(secret)
    return sorted(added, key=lambda secret: (secret.text, secret.line))
