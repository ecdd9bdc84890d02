"""Who owns which files, as a repository's own CODEOWNERS says; the last match counts."""

import re
from collections.abc import Sequence

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
_OWNER = re.compile(r"@([A-Za-z0-9][A-Za-z0-9-]{0,38}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?)")
_LARGEST = 3 * 1024 * 1024
_MOST_LINES = 5_000
_MOST_STARS = 6


def owners_of(document: bytes, paths: Sequence[str]) -> tuple[str, ...]:
    """Return logins and ``org/team`` that own any of ``paths``, without mail addresses.

    A line that cannot be read owns nothing, as on the forge itself; a file larger than the forge
    reads is no file.
    """
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - 70 ms that only this should cost

    if len(document) > _LARGEST:
        return ()
    rules: list[tuple[GitIgnoreSpec, tuple[str, ...]]] = []
    for line in document.decode("utf-8", "replace").splitlines()[:_MOST_LINES]:
        pattern, *named = line.split("#", 1)[0].split()[:50] or [""]
        # The forge knows neither exceptions nor classes of characters here.
        if not pattern or pattern[0] == "!" or set("[]\\") & set(pattern):
            continue
        if pattern.count("*") > _MOST_STARS:
            continue
        people = (found[1] for name in named if (found := _OWNER.fullmatch(name)))
        rules.append((GitIgnoreSpec.from_lines([pattern]), tuple(people)))
    owners: list[str] = []
    for path in paths:
        matching = (people for rule, people in reversed(rules) if rule.match_file(path))
        owners += next(matching, ())
    return tuple(dict.fromkeys(owners))
