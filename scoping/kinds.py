"""What a file is for, told by its place and its name alone."""

import re
from pathlib import PurePosixPath
from typing import Literal

FileKind = Literal["source", "test", "docs", "other"]

_TEST_FOLDERS = frozenset(("test", "tests", "__tests__", "spec", "specs"))
_TEST_NAME = re.compile(r"^(test_.*|.*_test|conftest|.*[.](test|spec))$")
_DOCS_FOLDERS = frozenset(("doc", "docs", "documentation", "example", "examples"))
_DOCS_SUFFIXES = frozenset((".md", ".rst", ".txt", ".adoc"))
_SETUP_NAMES = frozenset(("setup.py", "conf.py", "noxfile.py", "tasks.py", "versioneer.py"))


def kind_of(path: str, language: str) -> FileKind:
    """Return what a file is for, by its place and name alone."""
    place = PurePosixPath(path)
    folders = {part.lower() for part in place.parts[:-1]}
    if folders & _TEST_FOLDERS or _TEST_NAME.match(place.stem.lower()):
        return "test"
    if folders & _DOCS_FOLDERS or place.suffix.lower() in _DOCS_SUFFIXES:
        return "docs"
    return "other" if not language or place.name in _SETUP_NAMES else "source"
