"""Poetry's own way to write requirements, as the installer here understands them."""

import re
from collections.abc import Iterator, Mapping

_VERSION = re.compile(r"\d+(?:\.\d+)*")
_SIMPLE = re.compile(r"(?:[<>=!~]=?|===)\d[\w.*+!-]*")
_LONGEST = 200
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def requirements_of(dependencies: Mapping[str, object]) -> tuple[str, ...]:
    """Return the requirements that a table of Poetry's declares.

    Left out are the interpreter, what is optional, and what comes from a path or a repository.
    """
    return tuple(
        requirement
        for name, wanted in dependencies.items()
        if name != "python" and _NAME.fullmatch(name)
        for requirement in _requirements(name, wanted)
    )


def specifier_of(constraint: str) -> str:
    """Return ``constraint`` as a PEP 440 specifier; empty where there is none like it."""
    if len(constraint) > _LONGEST:
        return ""
    joined = re.sub(r"([<>=!~^])\s+(?=\d)", r"\1", constraint.strip())
    clauses = [part.strip() for part in re.split(r"[,\s]+(?=[\^~<>=!\d*])", joined)]
    return ",".join(found for clause in clauses for found in _clauses(clause))


def _requirements(name: str, wanted: object) -> Iterator[str]:
    if isinstance(wanted, str):
        yield f"{name}{specifier_of(wanted)}"
    elif isinstance(wanted, Mapping):
        if wanted.get("optional") is True or {"path", "git", "url", "file"} & set(wanted):
            return
        extras = [one for one in wanted.get("extras") or () if isinstance(one, str)]
        named = f"{name}[{','.join(extras)}]" if extras else name
        version, markers = wanted.get("version"), wanted.get("markers")
        suffix = f" ; {markers}" if isinstance(markers, str) and "\n" not in markers else ""
        yield f"{named}{specifier_of(version) if isinstance(version, str) else ''}{suffix}"


def _clauses(clause: str) -> Iterator[str]:
    """Yield what one clause means; carets and tildes stand for a range."""
    if clause.startswith(("^", "~")) and not clause.startswith("~="):
        read = _VERSION.match(clause[1:])
        if read:
            numbers = [int(part[:9]) for part in read[0].split(".")]
            yield f">={read[0]}"
            yield f"<{_end(numbers, caret=clause[0] == '^')}"
    elif _SIMPLE.fullmatch(clause):
        yield clause
    elif re.fullmatch(r"\d[\w.+!-]*(?:\.\*)?", clause):
        yield f"=={clause}"


def _end(numbers: list[int], *, caret: bool) -> str:
    """Return the first version that a caret's or a tilde's range has no more."""
    at = min(1, len(numbers) - 1)
    if caret:
        at = next((n for n, number in enumerate(numbers) if number), len(numbers) - 1)
    return ".".join(map(str, [*numbers[:at], numbers[at] + 1]))
