"""How lines written with one indentation are written with a file's own."""

from collections.abc import Callable, Sequence


def indent_of(line: str) -> str:
    """Return the whitespace ``line`` begins with."""
    return line[: len(line) - len(line.lstrip())]


def indented(line: str, indent: Callable[[str], str | None]) -> str | None:
    """Return ``line`` with its indentation as ``indent`` has it; None where that is unclear."""
    if not line.strip():
        return line
    margin = indent(indent_of(line))
    return None if margin is None else margin + line.lstrip()


def indentation(old: Sequence[str], standing: Sequence[str]) -> Callable[[str], str | None]:
    """Return how an indentation as written becomes one as the file has it, or None where unclear.

    Clear is: one text more or less in front of every line, or tabs for a fixed number of spaces.
    """
    known = {
        (indent_of(written), indent_of(line))
        for written, line in zip(old, standing, strict=True)
        if written.strip()
    }
    written, line = max(known, key=lambda pair: abs(len(pair[0]) - len(pair[1])))
    more = line.removesuffix(written) if line.endswith(written) else ""
    if all(there == more + here for here, there in known):
        return lambda margin: more + margin
    less = written.removesuffix(line) if written.endswith(line) else ""
    if less and all(here == less + there for here, there in known):
        return lambda margin: margin[len(less) :] if margin.startswith(less) else None
    for width in (2, 4, 8, 3):
        if all(here == there.replace("\t", " " * width) for here, there in known):
            return lambda margin: None if len(margin) % width else "\t" * (len(margin) // width)
        if all(here.replace("\t", " " * width) == there for here, there in known):
            return lambda margin: margin.replace("\t", " " * width)
    return lambda _: None
