"""Telling a test runner in which files a few tests are, so that it need not read all others.

A suite of many files, or of large tables, takes longer to collect than a few of its tests to run.
"""

import re
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

from validators.checkout import Clone, list_files
from validators.projects.pytest_options import without_places

# Beside the tests, each of these would take the place of the settings at the top.
_SETTINGS = frozenset({"pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg",
                       "pytest.toml", ".pytest.toml"})  # fmt: skip
_NODE_PLAIN = re.compile(r"[\w.][\w./ -]*")


def narrowed(
    clone: Clone, tree: str, run: tuple[str, ...], files: Collection[str]
) -> tuple[str, ...]:
    """Return ``run`` with ``files`` for its places where pytest is what it plainly starts.

    ``run`` itself comes back where nothing is gained, or other settings could be found.
    """
    bare = without_places(run) if files else None
    if bare is None:
        return run
    paths = {file.path for file in list_files(clone, tree)}
    beside = {
        str(folder / name)
        for file in files
        for folder in PurePosixPath(file).parents
        if folder.name
        for name in _SETTINGS
    }
    if beside & paths or not paths.issuperset(files) or not all(map(_is_plain, files)):
        return run
    return (*bare, *sorted(files))


def narrowed_node(run: tuple[str, ...], files: Collection[str]) -> tuple[str, ...]:
    """Return ``run`` with ``files`` where it is plainly node's own runner, told of no place yet."""
    is_node = run[:1] == ("node",) and "--test" in run
    if not files or not is_node or not all(word.startswith("-") for word in run[1:]):
        return run
    # Newer releases take each for a pattern.
    return (*run, *sorted(files)) if all(map(_NODE_PLAIN.fullmatch, files)) else run


def files_of(tests: Iterable[str], paths: Collection[str]) -> frozenset[str]:
    """Return the files among ``paths`` that hold ``tests``, by the ids a pytest report gives them.

    Empty when that is not known of each.
    """
    found = {_file_of(test, paths) for test in tests}
    return frozenset() if "" in found else frozenset(found)


def _file_of(test: str, paths: Collection[str]) -> str:
    parts = PurePosixPath(test.partition("::")[0].replace(".", "/"))
    candidates = [f"{place}.py" for place in (parts, *parts.parents)]
    return next((path for path in candidates if path in paths), "")


def _is_plain(path: str) -> bool:
    return path.endswith(".py") and not path.startswith("-") and "::" not in path
