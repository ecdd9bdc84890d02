"""Which paths a pattern means: patterns of the settings, and the simple globs of a model.

Settings are checked before they come here and read like ``.gitignore``. A model's glob is anybody's
text, so it is matched by walking, without a regular expression that could run for years.
"""

from collections.abc import Callable, Sequence

MAX_GLOB = 200


def chosen(include: Sequence[str], exclude: Sequence[str]) -> Callable[[str], bool]:
    """Return whether a path is in ``include`` (all are, when empty) and not in ``exclude``."""
    if not include and not exclude:
        return lambda _: True
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - 50 ms that only patterns should cost

    wanted = GitIgnoreSpec.from_lines(include) if include else None
    unwanted = GitIgnoreSpec.from_lines(exclude)
    return lambda path: (
        (wanted is None or wanted.match_file(path)) and not unwanted.match_file(path)
    )


def matches(glob: str, path: str) -> bool:
    """Return whether ``glob`` means ``path``: ``*`` and ``?`` within a name, ``**`` across folders.

    Without a slash it may match any one name of the path; a folder means all that is below it.
    """
    names = path.split("/")
    wanted = [part for part in glob.strip().removeprefix("./").split("/") if part]
    if not wanted:
        return True
    if "/" not in glob.strip().rstrip("/"):
        return any(_wild(wanted[0], name, _same) for name in names)
    below = [*wanted, "**"]
    return _wild(wanted, names, _named) or _wild(below, names, _named)


def _same(pattern: str, letter: str) -> bool:
    return pattern in {letter, "?"}


def _named(pattern: str, name: str) -> bool:
    return pattern != "**" and _wild(pattern, name, _same)


def _wild(pattern: Sequence[str], text: Sequence[str], same: Callable[[str, str], bool]) -> bool:
    """Match with one kind of star, which is ``*`` in a name and ``**`` in a list of names.

    Only the last star is ever tried again: what the earlier ones took cannot matter any more.
    """
    star = "*" if isinstance(pattern, str) else "**"
    at = here = 0
    last, tried = -1, 0
    while here < len(text):
        if at < len(pattern) and pattern[at] == star:
            last, tried = at, here
            at += 1
        elif at < len(pattern) and same(pattern[at], text[here]):
            at, here = at + 1, here + 1
        elif last >= 0:
            tried += 1
            at, here = last + 1, tried
        else:
            return False
    return all(part == star for part in pattern[at:])
