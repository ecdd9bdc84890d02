"""What a change makes the project depend on: each requirement by name, and where it comes from.

A manifest whose requirements stay the same gives no finding, whatever else in it changed.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from validators.path_kinds import is_lock_file, is_manifest
from validators.policies.changed_file import ChangedFile
from validators.policies.findings import GATE, found
from validators.policies.manifests.locks import locked_addresses, locked_names
from validators.policies.manifests.requirement import Manifest, Requirement, UnreadableManifest
from validators.rules import PolicyWord
from validators.verdict import Finding

_MORE_MANIFESTS = ("*requirements*.txt", "*requirements*.in", "constraints*.in")
_MOST_NAMED = 8
_ELSEWHERE = "not from the registry"
_FIX = "Keep it out if the task does not need it."


@dataclass(frozen=True, slots=True)
class _Difference:
    """One thing that differs; ``is_suspect``: it is asked about whatever the policy allows."""

    code: str
    text: str
    is_suspect: bool = False


def dependency_findings(files: Iterable[ChangedFile], word: PolicyWord) -> Iterator[Finding]:
    """Yield one finding per manifest and kind of difference, and a note per changed lock file.

    Under ``allow``, what comes from elsewhere than a registry or runs at install is still asked.
    """
    explained: set[str] = set()
    locks = []
    for file in files:
        if is_lock_file(file.path):
            locks.append(file)
        elif declares_dependencies(file.path) or declares_dependencies(file.old_path):
            yield from _manifest_findings(file, word, explained)
    for file in locks:
        yield from _lock_findings(file, word, explained)


def declares_dependencies(path: str) -> bool:
    """Whether ``path`` says what is required, under any name that is read here."""
    folders, _, name = path.casefold().rpartition("/")
    if is_manifest(path) or any(fnmatchcase(name, pattern) for pattern in _MORE_MANIFESTS):
        return True
    return name.endswith(".in") and folders.rpartition("/")[2] == "requirements"


def _manifest_findings(file: ChangedFile, word: PolicyWord, names: set[str]) -> Iterator[Finding]:
    """Yield what differs in one manifest; ``names`` takes those of its new requirements."""
    if file.old is not None and file.old == file.new and file.path == file.old_path:
        return
    try:
        if file.old is None and file.new is None:
            raise UnreadableManifest("it is too large, or no plain file")  # noqa: TRY301 - as those
        old, new = _read(file.old_path, file.old), _read(file.path, file.new)
    except UnreadableManifest as problem:
        message = f"{file.path} declares dependencies, but what it requires is not known: {problem}"
        fix = "Compare it with the base by eye."
        yield from found(_asked(word), "manifest-unreadable", message, file.path, fix)
        return
    names.update(one.name.casefold() for one in new.requirements)
    by_code: dict[str, list[_Difference]] = defaultdict(list)
    for difference in _differences(old, new):
        by_code[difference.code].append(difference)
    for code, differences in by_code.items():
        yield from _finding(file.path, code, differences, word)


def _read(path: str, content: bytes | None) -> Manifest:
    if content is None or not declares_dependencies(path):
        return Manifest()
    from validators.policies.manifests.reading import (  # noqa: PLC0415 - 0.2 s for the parsers
        read_manifest,
    )

    return read_manifest(path, content)


def _asked(word: PolicyWord) -> PolicyWord:
    return "ask" if word == "allow" else word


def _finding(
    path: str, code: str, differences: Sequence[_Difference], word: PolicyWord
) -> Iterator[Finding]:
    """Yield one finding for all ``differences``, the suspect ones first, or for those alone."""
    suspect = [one for one in differences if one.is_suspect]
    plain = [one for one in differences if not one.is_suspect]
    listed = suspect if word == "allow" else [*suspect, *plain]
    if listed:
        message = f"{path} {_SAID[code]} {_named([one.text for one in listed])}"
        yield from found(_asked(word), code, message, path, _FIX)


_SAID: Mapping[str, str] = {
    "dependency-added": "adds",
    "dependency-changed": "changes",
    "dependency-removed": "no longer requires",
    "install-script": "changes what runs at install or build:",
    "package-index": "names a new place for packages:",
}


def _named(texts: Sequence[str]) -> str:
    rest = len(texts) - _MOST_NAMED
    return "; ".join(texts[:_MOST_NAMED]) + (f"; and {rest} more" if rest > 0 else "")


def _differences(old: Manifest, new: Manifest) -> Iterator[_Difference]:
    before, after = _by_place(old), _by_place(new)
    for place in dict.fromkeys((*after, *before)):
        was, now = before.get(place, []), after.get(place, [])
        if set(map(_version, was)) != set(map(_version, now)):
            yield _changed(place, was, now)
    for index in dict.fromkeys(new.indexes):
        if index not in old.indexes:
            yield _Difference("package-index", index, is_suspect=True)
    ran = dict(old.scripts)
    for name, command in new.scripts:
        if ran.get(name) != command:
            yield _Difference("install-script", f"{name} ({command})", is_suspect=True)


def _by_place(manifest: Manifest) -> dict[tuple[str, str], list[Requirement]]:
    """Return the requirements by name and group; one may stand under several conditions."""
    places: dict[tuple[str, str], list[Requirement]] = defaultdict(list)
    for one in manifest.requirements:
        places[one.name, one.group].append(one)
    return places


def _changed(
    place: tuple[str, str], was: Sequence[Requirement], now: Sequence[Requirement]
) -> _Difference:
    name, group = place
    known = {one.origin for one in was}
    is_suspect = any(one.is_from_elsewhere and one.origin not in known for one in now)
    if not now:
        return _Difference("dependency-removed", f"{name} ({group})")
    versions = _versions(now)
    if not was:
        text = " ".join(filter(None, (name, versions, f"({group})")))
        return _Difference("dependency-added", text, is_suspect)
    text = f"{name} {_versions(was) or 'any version'} -> {versions or 'any version'} ({group})"
    return _Difference("dependency-changed", text, is_suspect)


def _versions(requirements: Sequence[Requirement]) -> str:
    return " | ".join(sorted({version for one in requirements if (version := _version(one))}))


def _version(one: Requirement) -> str:
    where = f"from {one.origin}" if one.origin else ""
    mark = f", {_ELSEWHERE}" if one.is_from_elsewhere else ""
    return " ".join(filter(None, (one.specifier, where))) + mark


def _lock_findings(file: ChangedFile, word: PolicyWord, explained: set[str]) -> Iterator[Finding]:
    """Yield a note on packages that no manifest of the change names, and new addresses."""
    old, new = file.old or b"", file.new or b""
    names = locked_names(file.path, new) - locked_names(file.old_path, old)
    fresh = sorted(name for name in names if name.casefold() not in explained)
    if fresh and word != "allow":
        count = f"{len(fresh)} new packages" if len(fresh) > 1 else "1 new package"
        message = f"{file.path} holds {count} that no manifest of this change names: "
        message += _named(fresh)
        yield Finding(GATE, "packages-locked", "note", message, file.path)
    addresses = sorted(locked_addresses(new) - locked_addresses(old)) if old else []
    if addresses:
        message = f"{file.path} takes packages from a new place: {_named(addresses)}"
        yield from found(_asked(word), "package-index", message, file.path, _FIX)
