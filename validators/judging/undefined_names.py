"""Names that a change makes JavaScript or TypeScript use, and that nothing declares.

A name is granted where the base uses it undeclared anywhere, where its linters' configuration
speaks of it, or where a script declares it, whose names all scripts share.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from validators.checkout import Clone, list_files, read_blobs
from validators.judging.javascript_names import NameReader, Names, is_read, known_globals
from validators.judging.lint_configuration import is_lint_configuration
from validators.verdict import Finding

_MAX_BYTES = 500_000
_MAX_FILES = 4_000
_BATCH = 200
_MAX_FINDINGS = 20


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A changed file on both trees; ``old`` is None where the base has no such file."""

    path: str
    old: bytes | None
    new: bytes


def undefined_names(clone: Clone, files: Iterable[ChangedFile]) -> tuple[Finding, ...]:
    """Return a finding for each name that the changed ``files`` newly use and nothing declares."""
    changed = [file for file in files if is_read(file.path)]
    with NameReader() as reader:
        suspects: dict[str, dict[str, int]] = {}
        granted: set[str] = set()
        for file in changed:
            now = reader.names(file.path, file.new)
            if now is None:
                continue
            granted |= _shared(file.path, now)
            before = reader.names(file.path, file.old or b"")
            # Where the old file cannot be read, nobody knows what is new.
            if before is not None and not file.path.endswith(".d.ts"):
                suspects[file.path] = _new(now, before)
        names = {name for found in suspects.values() for name in found} - granted
        names -= _granted_by_base(clone, names, reader) if names else set()
    return tuple(_findings(suspects, names))[:_MAX_FINDINGS]


def _new(now: Names, before: Names) -> dict[str, int]:
    known = known_globals()
    return {n: at for n, at in now.free.items() if n not in known and n not in before.free}


def _shared(path: str, names: Names) -> set[str]:
    """Return the names that a file declares for others that do not import it."""
    shares = names.is_script or path.endswith(".d.ts")
    return set(names.declared) if shares else set()


def _granted_by_base(clone: Clone, names: set[str], reader: NameReader) -> set[str]:
    """Return which of ``names`` the base takes for granted somewhere."""
    words = re.compile(rb"\b(?:" + b"|".join(re.escape(n.encode()) for n in names) + rb")\b")
    granted: set[str] = set()
    for path, content in _contents(clone):
        found = {word.decode() for word in words.findall(content)} - granted
        if not found:
            continue
        if is_lint_configuration(path):
            granted |= found
        elif (there := reader.names(path, content)) is not None:
            granted |= found & (there.free.keys() | _shared(path, there))
        if granted == names:
            break
    return granted


def _contents(clone: Clone) -> Iterator[tuple[str, bytes]]:
    """Yield the base's files in languages read here, and its linters' configuration."""
    files = [
        file
        for file in list_files(clone, clone.base_tree)
        if file.mode in {"100644", "100755"}
        and file.size <= _MAX_BYTES
        and (is_read(file.path) or is_lint_configuration(file.path))
    ][:_MAX_FILES]
    for start in range(0, len(files), _BATCH):
        batch = files[start : start + _BATCH]
        blobs = read_blobs(clone, [file.sha for file in batch])
        yield from ((file.path, blob) for file, blob in zip(batch, blobs, strict=True))


def _findings(suspects: Mapping[str, Mapping[str, int]], names: set[str]) -> Iterator[Finding]:
    for path, found in suspects.items():
        for name, line in found.items():
            if name in names:
                message = f"{path} uses {name}, which nothing declares or imports"
                fix = "Declare or import it, or spell it as it is declared."
                yield Finding("parse", "undefined-name", "block", message, path, line, fix)
