"""Which files a runner takes for tests: by their names, their folders, and the base's settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from scoping.kinds import kind_of
from scoping.languages import grammar_of

_PYTHON_FILES = ("test_*.py", "*_test.py", "test*.py")
_IGNORED = ("build", "dist", "node_modules", "venv", ".*", "*.egg", "_darcs", "CVS", "{arch}")
_TEST_STEMS = frozenset(("test", "tests", "conftest"))


@dataclass(frozen=True, slots=True)
class Collection:
    """The base's answer to which files hold tests; patterns as pytest reads them."""

    files: tuple[str, ...] = _PYTHON_FILES
    ignored: tuple[str, ...] = _IGNORED
    folders: tuple[str, ...] = ()

    def loses(self, old: str, new: str) -> bool:
        """Whether a file that was looked into at ``old`` is not looked into at ``new``."""
        if old == new:
            return False
        if not is_python(old):
            return looks_like_test(old) and not looks_like_test(new)
        return any(
            holds(old) and not holds(new)
            for holds in (self._is_named, self._is_below, self._is_seen)
        )

    def _is_named(self, path: str) -> bool:
        place = PurePosixPath(path)
        return any(fnmatchcase(place.name, pattern) for pattern in self.files)

    def _is_below(self, path: str) -> bool:
        return not self.folders or any(
            path == folder or path.startswith(f"{folder}/") for folder in self.folders
        )

    def _is_seen(self, path: str) -> bool:
        parts = PurePosixPath(path).parts[:-1]
        return not any(fnmatchcase(part, pattern) for part in parts for pattern in self.ignored)


def collection_of(settings: Mapping[str, Sequence[str]]) -> Collection:
    """Return what pytest's settings on the base (flat, by name) make of it."""
    files = tuple(settings.get("pytest.python_files", ())) or _PYTHON_FILES
    ignored = tuple(settings.get("pytest.norecursedirs", ())) or _IGNORED
    folders = tuple(folder.strip("/") for folder in settings.get("pytest.testpaths", ()))
    # Patterns over whole paths are compared by their names alone.
    names = tuple(pattern.rpartition("/")[2] for pattern in files)
    plain = tuple(folder.removeprefix("./") for folder in folders if "*" not in folder)
    return Collection(names, ignored, plain if len(plain) == len(folders) else ())


def looks_like_test(path: str) -> bool:
    """Whether a file, by its place and name, holds tests or helps those that do."""
    grammar = grammar_of(path)
    if grammar is None:
        return False
    stem = PurePosixPath(path).stem.lower()
    if stem in _TEST_STEMS or stem.startswith("test-") or stem.endswith(("-test", ".tests")):
        return True
    return kind_of(path, grammar.name) == "test"


def is_python(path: str) -> bool:
    """Whether ``path`` names a file of Python."""
    return path.lower().endswith((".py", ".pyi"))
