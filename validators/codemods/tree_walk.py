"""Which files of a folder a migration program is shown, and which are not its to change."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from scoping.globs import chosen
from scoping.languages import indexed_grammar_of
from scoping.syntax import why_unreadable
from validators.policies.generated import why_generated

_UNSEEN = frozenset((".git", ".hg", ".svn", "__pycache__"))
# What others wrote, and brings its own changes when it is next updated.
_VENDORED = frozenset(
    (
        *("vendor", "_vendor", "vendored", "_vendored", "third_party", "third-party", "thirdparty"),
        *("node_modules", "bower_components", "site-packages", ".venv", "venv", ".tox", ".nox"),
    )
)
_PARTS = (".vue", ".svelte")  # only a part of such a file is in the grammar's language
_ATTRIBUTES = ".gitattributes"
_DECLARED = ("linguist-generated", "linguist-vendored")
_SET = ("", "=true", "=set")


def walked_files(tree: Path, globs: Sequence[Sequence[str]]) -> tuple[list[str], list[str]]:
    """Return the paths of files to be read, in order, and the folders that were passed over.

    A path must be meant by each set of ``globs``; without any, files of known languages are. Links
    are not followed.
    """
    wanted = [chosen(one, ()) for one in globs if one]
    found: list[str] = []
    passed: list[str] = []
    prefixes = [""]
    while prefixes:
        prefix = prefixes.pop()
        for entry in _entries(tree / prefix):
            path = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                if entry.name in _VENDORED:
                    passed.append(path)
                elif entry.name not in _UNSEEN:
                    prefixes.append(f"{path}/")
            elif entry.is_file(follow_symlinks=False) and (
                all(means(path) for means in wanted) if wanted else language_of(path)
            ):
                found.append(path)
    return sorted(found), sorted(passed)


def language_of(path: str) -> str:
    """Return the name of the grammar that reads all of a file of this name; empty for none."""
    grammar = indexed_grammar_of(path)
    return grammar.name if grammar is not None and not path.endswith(_PARTS) else ""


def protection(tree: Path) -> Callable[[str, bytes], str]:
    """Return a function that says why a file is not to be changed; nothing when it may be."""
    declared = _declared(tree)

    def why_left(path: str, content: bytes) -> str:
        if not language_of(path):
            return "no grammar reads files of this kind"
        unreadable = why_unreadable(content)
        if unreadable:
            return f"it cannot be read: {unreadable}"
        if declared(path):
            return f"{_ATTRIBUTES} says that it is generated or vendored"
        made = why_generated(path, content)
        return f"it is generated: {made}; change what it is made from" if made else ""

    return why_left


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Yield what a folder holds; nothing where it may not be listed, as `os.walk` has it."""
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except OSError:
        return


def _is_plain(place: Path) -> bool:
    return place.is_file() and not place.is_symlink()


def _declared(tree: Path) -> Callable[[str], bool]:
    """Return whether the tree's own attributes call a path generated or vendored."""
    file = tree / _ATTRIBUTES
    if not _is_plain(file):
        return lambda _: False
    rows = [line.split() for line in file.read_text("utf-8", "replace").splitlines()]
    lines = list(_patterns([row for row in rows if len(row) > 1 and not row[0].startswith("#")]))
    return chosen(lines, ()) if lines else lambda _: False


def _patterns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield what the rows declare as lines of .gitignore, in which a later one counts."""
    for pattern, *words in rows:
        for word in _DECLARED:
            if any(f"{word}{value}" in words for value in _SET):
                yield pattern
            if f"-{word}" in words or f"{word}=false" in words:
                yield f"!{pattern}"
