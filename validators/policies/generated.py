"""Files that a program writes: the next run of it undoes what a patch changes there.

A file is told by its name, by a marker near its top on either tree, or by lines nobody writes. What
the base's attributes say outweighs all of that. Lock files have a policy of their own.
"""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from validators.path_kinds import is_lock_file
from validators.policies.change import Change
from validators.policies.changed_file import ChangedFile, added_lines
from validators.policies.findings import found
from validators.rules import PolicyWord
from validators.verdict import Finding

MAX_LINE = 5_000
_TOP_BYTES, _TOP_LINES = 4_096, 30
_NAMES = (
    "*.min.js",
    "*.min.mjs",
    "*.min.css",
    "*-min.js",
    "*.bundle.js",
    "*.js.map",
    "*.css.map",
    "*_pb2.py",
    "*_pb2_grpc.py",
    "*_pb2.pyi",
    "*.pb.go",
    "*.pb.cc",
    "*.pb.h",
    "*.g.dart",
    "*.designer.cs",
    "zz_generated.*",
)
_FOLDERS = ("node_modules/", "__pycache__/", "bower_components/")
_COMMENT = re.compile(rb"\s*(#|//|/\*|\*|--|<!--|;|%|\.\.|\"\"\"|''')")
_MARKER = re.compile(
    rb"DO NOT (?:EDIT|MODIFY)\b"
    rb"|(?i:(?<![\w`'\"])@generated\b"
    rb"|\bdo not (?:edit|modify)\b.{0,40}\b(?:by hand|manually|directly)\b"
    rb"|\bthis (?:file|code|module|document) (?:is|was|has been)"
    rb" (?:auto(?:matically)?[ -]?)?generated\b"
    rb"|\bauto[ -]?generated (?:by|from|file|code)\b)"
)
_SCRIPTS = (".js", ".mjs", ".cjs", ".css")
# Nobody's own scripts have lines this long on average; those of a minifier do.
_MINIFIED_AVERAGE, _MINIFIED_BYTES = 200, 2_000


def generated_findings(change: Change, word: PolicyWord) -> Iterator[Finding]:
    """Yield for files that some program writes, with what tells so."""
    if word == "allow":
        return
    paths = {entry.path for entry in change.entries}
    for file in change.files:
        declared = change.generated.get(file.path)
        if file.path not in change.sizes or declared is False or _has_its_source(file.path, paths):
            continue
        why = "the base's attributes say so" if declared else _why_generated(file)
        if why:
            message = f"{file.path} is generated or minified: {why}"
            fix = "Change what it is made from instead."
            yield from found(word, "generated-file", message, file.path, fix)


def _has_its_source(path: str, paths: set[str]) -> bool:
    """Whether it is a list of pinned packages; those made from lists beside it change with them."""
    if is_lock_file(path):
        return True
    folder = path.rpartition("/")[0]
    lists = (other for other in paths if other.endswith(".in"))
    return path.endswith(".txt") and any(other.rpartition("/")[0] == folder for other in lists)


def why_generated(path: str, content: bytes) -> str:
    """Return what tells that some program writes a file as it stands; nothing when people do."""
    return _by_name_or_marker(path, content) or _minified(path, content)


def _why_generated(file: ChangedFile) -> str:
    new = file.new or b""
    told = _by_name_or_marker(file.path, file.old or b"", new)
    if told:
        return told
    is_long = any(len(line) > MAX_LINE for line in new.split(b"\n"))
    for number, line in added_lines(file) if is_long else ():
        length = len(line.decode("utf-8", "replace"))
        if length > MAX_LINE:
            return f"line {number} is {length} characters long; nobody reads over {MAX_LINE}"
    return _minified(file.path, new)


def _by_name_or_marker(path: str, *contents: bytes) -> str:
    folded = path.casefold()
    name = folded.rsplit("/", 1)[-1]
    if any(f"/{folder}" in f"/{folded}" for folder in _FOLDERS):
        return "it lies in a folder that tools fill"
    if any(fnmatchcase(name, pattern) for pattern in _NAMES):
        return "its name says so"
    for content in contents:
        marker = _marker(content)
        if marker:
            return f"it says {marker!r} near its top"
    return ""


def _minified(path: str, content: bytes) -> str:
    if path.casefold().endswith(_SCRIPTS) and len(content) > _MINIFIED_BYTES:
        average = len(content) // (content.count(b"\n") + 1)
        if average > _MINIFIED_AVERAGE:
            return f"its lines are {average} characters long on average"
    return ""


def _marker(content: bytes) -> str:
    """Return the words by which a comment near the top calls the file generated."""
    for line in content[:_TOP_BYTES].split(b"\n")[:_TOP_LINES]:
        marked = _MARKER.search(line[:500]) if _COMMENT.match(line) else None
        if marked:
            return marked[0].decode("utf-8", "replace").strip()[:80]
    return ""
