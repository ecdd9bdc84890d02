"""Who defines a name, who imports whom, and who mentions a name; from the index alone."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeVar

from scoping.facts import FileFacts, Symbol
from scoping.index import Index
from scoping.languages import GRAMMARS

_T = TypeVar("_T")

_PYTHON_ROOTS = ("", "src/", "lib/", "python/")
_SCRIPTS = tuple(suffix for suffix in GRAMMARS if not suffix.startswith(".py"))


@dataclass(frozen=True, slots=True)
class Graph:
    """Edges between the files of one index; paths and symbols in the index's order.

    ``modules`` gives the file of a dotted Python name, ``definitions`` the symbols of a plain name
    (``bar`` for ``Foo.bar``), ``imports`` and ``imported_by`` the files a file touches by import,
    ``mentions`` the files of code that write a defined name, ``named`` the files of a file name.
    """

    modules: Mapping[str, str]
    definitions: Mapping[str, tuple[Symbol, ...]]
    imports: Mapping[str, tuple[str, ...]]
    imported_by: Mapping[str, tuple[str, ...]]
    mentions: Mapping[str, tuple[str, ...]]
    named: Mapping[str, tuple[str, ...]]

    def referrers(self, name: str) -> tuple[str, ...]:
        """Return the files of code that write ``name``, which may be where it is defined."""
        return self.mentions.get(name, ())


def build_graph(index: Index) -> Graph:
    """Return the edges of ``index``. Imports of files that are not in it are left out."""
    modules = _modules(index)
    definitions: defaultdict[str, list[Symbol]] = defaultdict(list)
    imports: dict[str, tuple[str, ...]] = {}
    imported_by: defaultdict[str, list[str]] = defaultdict(list)
    named: defaultdict[str, list[str]] = defaultdict(list)
    for facts in index.files:
        named[facts.path.rpartition("/")[2]].append(facts.path)
        for symbol in facts.symbols:
            definitions[symbol.name].append(symbol)
        imports[facts.path] = resolved(facts, index, modules)
        for target in imports[facts.path]:
            imported_by[target].append(facts.path)
    mentions: defaultdict[str, list[str]] = defaultdict(list)
    for facts in index.files:
        if facts.language:
            for name in facts.references.keys() & definitions.keys():
                mentions[name].append(facts.path)
    return Graph(
        modules,
        _frozen(definitions),
        imports,
        _frozen(imported_by),
        _frozen(mentions),
        _frozen(named),
    )


def resolved(facts: FileFacts, index: Index, modules: Mapping[str, str]) -> tuple[str, ...]:
    """Return the files of the index that a file imports, each once, never itself."""
    targets: dict[str, None] = {}
    for module in facts.imports:
        if facts.language == "python":
            target = _python_target(facts.path, module, modules)
        else:
            target = _script_target(facts.path, module, index)
        if target and target != facts.path:
            targets[target] = None
    return tuple(targets)


def module_of(modules: Mapping[str, str], dotted: str) -> tuple[str, str] | None:
    """Return the file of the longest leading part of ``dotted`` that is a module, and the rest."""
    parts = dotted.split(".")
    for end in range(len(parts), 0, -1):
        path = modules.get(".".join(parts[:end]))
        if path is not None:
            return path, ".".join(parts[end:])
    return None


def _modules(index: Index) -> dict[str, str]:
    """Return the Python modules of the index by name; a name that two files have is the first's."""
    modules: dict[str, str] = {}
    paths = [PurePosixPath(facts.path) for facts in index.files if facts.language == "python"]
    packages = {path.parent for path in paths if path.name == "__init__.py"}
    for path in paths:
        module = path.parent if path.stem == "__init__" else path.with_suffix("")
        names = {_dotted(module.as_posix().removeprefix(root)) for root in _PYTHON_ROOTS}
        names.add(_dotted(module.relative_to(_top(module, packages)).as_posix()))
        for name in sorted(names):
            modules.setdefault(name, str(path))
    return modules


def _top(module: PurePosixPath, packages: Iterable[PurePosixPath]) -> PurePosixPath:
    """Return the folder from which a module's package is imported: the first that is none."""
    folder = module.parent
    while folder in packages and folder != folder.parent:
        folder = folder.parent
    return folder


def _frozen(lists: Mapping[str, list[_T]]) -> dict[str, tuple[_T, ...]]:
    return {name: tuple(found) for name, found in lists.items()}


def _dotted(path: str) -> str:
    return path.replace("/", ".")


def _python_target(path: str, module: str, modules: Mapping[str, str]) -> str | None:
    level = len(module) - len(module.lstrip("."))
    if not level:
        found = module_of(modules, module)
        return found[0] if found else None
    folder = PurePosixPath(path).parent
    for _ in range(level - 1):
        folder = folder.parent
    rest = module.lstrip(".")
    dotted = _dotted("" if folder == PurePosixPath() else folder.as_posix())
    found = module_of(modules, ".".join(part for part in (dotted, rest) if part))
    # A relative import that resolves above its own package resolved to somebody else's module.
    return found[0] if found and found[0].startswith(_prefix(folder)) else None


def _prefix(folder: PurePosixPath) -> str:
    return "" if folder == PurePosixPath() else f"{folder.as_posix()}/"


def _script_target(path: str, module: str, index: Index) -> str | None:
    if not module.startswith("."):
        return None
    whole = _normal(PurePosixPath(path).parent.as_posix(), module)
    return next((found for found in _script_files(whole) if found in index.by_path), None)


def _script_files(whole: str) -> Iterator[str]:
    """Yield what a script may mean by a path: itself, with an ending, its folder's index file."""
    yield whole
    # TypeScript writes the ending of what it will be compiled to.
    stem, dot, ending = whole.rpartition(".")
    if dot and f".{ending}" in _SCRIPTS:
        yield from (f"{stem}{suffix}" for suffix in _SCRIPTS)
    yield from (f"{whole}{suffix}" for suffix in _SCRIPTS)
    yield from (f"{whole}/index{suffix}" for suffix in _SCRIPTS)


def _normal(folder: str, relative: str) -> str:
    parts = [part for part in folder.split("/") if part not in {"", "."}]
    for part in relative.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in {"", "."}:
            parts.append(part)
    return "/".join(parts)
