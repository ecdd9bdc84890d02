"""Tests of ours, planted among the target's, that must fail: a runner that lets one pass lies.

A ``conftest.py`` that turns outcomes round, a module that ends the process with 0, a setting that
collects and does not run: each leaves exit code and report in agreement. None leaves a failing test
of a name it cannot have known beforehand in that report, inside the very folder it acts on.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from validators.checkout import Clone, list_files, write_tree
from validators.projects.node_project import looks_like_node_test
from validators.sandbox import FileChange

_MAX_FOLDERS = 64
_NODE_SUFFIXES = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts")
_PYTHON = """def {name}():
    raise AssertionError("planted by the gate: this test fails by design")
"""
_NODE = """import("node:test").then(({{ test }}) => {{
  test("{name}", () => {{
    throw new Error("planted by the gate: this test fails by design");
  }});
}});
"""


@dataclass(frozen=True, slots=True)
class Planted:
    """A tree with sentinels in it: the folder of each, by its name, and their files."""

    tree: str
    folders: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()

    def named_with(self, run: Sequence[str]) -> tuple[str, ...]:
        """Return the files that a pytest command must be told of, which names files itself."""
        named = {PurePosixPath(word.partition("::")[0]) for word in run if ".py" in word}
        beside = {str(path.parent) for path in named if path.suffix == ".py"}
        return tuple(
            file for file in self.files if file.endswith(".py") and _folder(file) in beside
        )


def plant(clone: Clone, tree: str, touched: Iterable[str], nonce: Callable[[], str]) -> Planted:
    """Return ``tree`` with a failing test in each folder of tests, those of ``touched`` first.

    ``nonce`` gives a few letters that nothing in the tree can know.
    """
    first = {str(PurePosixPath(path).parent) for path in touched}
    changes: list[FileChange] = []
    folders: dict[str, str] = {}
    by_folder = _patterns(clone, tree)
    for folder in sorted(by_folder, key=lambda folder: (folder not in first, folder)):
        if len(changes) == _MAX_FOLDERS:
            break
        name = f"test_sentinel_{nonce()}"
        path, text = by_folder[folder](name)
        place = path if folder == "." else f"{folder}/{path}"
        changes.append(FileChange(place, "100644", text.format(name=name).encode()))
        folders[name] = folder
    files = tuple(change.path for change in changes)
    return Planted(write_tree(clone, tree, changes) if changes else tree, folders, files)


def takes_sentinels(clone: Clone, tree: str) -> bool:
    """Whether `plant` finds a place in ``tree``; what its runner makes of them is not known."""
    return bool(_patterns(clone, tree))


def _folder(path: str) -> str:
    return str(PurePosixPath(path).parent)


_Shape = Callable[[str], tuple[str, str]]


def _patterns(clone: Clone, tree: str) -> Mapping[str, _Shape]:
    """Return, for each folder of tests, how a test file there is named and written."""
    paths = [file.path for file in list_files(clone, tree) if file.mode in {"100644", "100755"}]
    shapes: dict[str, Counter[_Shape]] = {}
    for path in paths:
        shape = _shape(PurePosixPath(path))
        if shape is not None and path.isprintable():
            shapes.setdefault(str(PurePosixPath(path).parent), Counter())[shape] += 1
    return {folder: found.most_common(1)[0][0] for folder, found in shapes.items()}


def _shape(path: PurePosixPath) -> _Shape | None:
    if path.suffix == ".py" and path.stem.startswith("test_"):
        return _python_prefix
    if path.suffix == ".py" and path.stem.endswith("_test"):
        return _python_suffix
    if path.suffix in _NODE_SUFFIXES and looks_like_node_test(str(path)):
        return _NODE_SHAPES[path.suffix]
    return None


def _python_prefix(name: str) -> tuple[str, str]:
    return f"{name}.py", _PYTHON


def _python_suffix(name: str) -> tuple[str, str]:
    return f"{name}_test.py", _PYTHON


def _node(suffix: str) -> _Shape:
    return lambda name: (f"{name}.test{suffix}", _NODE)


_NODE_SHAPES = {suffix: _node(suffix) for suffix in _NODE_SUFFIXES}
