"""Who defines a name, who imports whom, and who mentions a name; from the index alone."""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import PurePosixPath
from typing import TypeVar

from scoping.facts import FileFacts, Symbol
from scoping.import_paths import by_stem, path_meant
from scoping.index import Index
from scoping.languages import GRAMMARS
from scoping.words import tokens

_T = TypeVar("_T")

_PYTHON_ROOTS = ("", "src/", "lib/", "python/")
_SPELLED = frozenset(("go", "rust", "java", "kotlin", "c", "cpp", "ruby", "php"))
_SCRIPTS = tuple(suffix for suffix in GRAMMARS if not suffix.startswith(".py"))


class Graph:
    """Edges between the files of one index; paths and symbols in the index's order.

    Each is made when it is first asked for: those of ``definitions`` parse the few files that seem
    to define a name, ``imports`` and ``mentions`` all files.
    """

    def __init__(self, index: Index) -> None:
        self._index = index

    @cached_property
    def modules(self) -> Mapping[str, str]:
        """The file of a dotted Python name; a name that two files have is the first's."""
        return _modules(self._index)

    @cached_property
    def named(self) -> Mapping[str, tuple[str, ...]]:
        """The files of a file name."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for facts in self._index.files:
            found[facts.path.rpartition("/")[2]].append(facts.path)
        return _frozen(found)

    @cached_property
    def definitions(self) -> "Definitions":
        """The symbols of a plain name (``bar`` for ``Foo.bar``)."""
        return Definitions(self._index)

    @cached_property
    def imports(self) -> Mapping[str, tuple[str, ...]]:
        """The files that a file imports."""
        self._index.parse()
        return {facts.path: self.imports_of(facts.path) for facts in self._index.files}

    @cached_property
    def _stems(self) -> Mapping[str, tuple[str, ...]]:
        files = self._index.files
        return by_stem([facts.path for facts in files if facts.language in _SPELLED])

    def imports_of(self, path: str) -> tuple[str, ...]:
        """Return the files that one file imports; parses no other."""
        return resolved(self._index.by_path[path], self._index, self.modules, self._stems)

    @cached_property
    def imported_by(self) -> Mapping[str, tuple[str, ...]]:
        """The files that import a file."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for path, targets in self.imports.items():
            for target in targets:
                found[target].append(path)
        return _frozen(found)

    def referrers(self, name: str) -> tuple[str, ...]:
        """Return the files of code that write ``name``, which may be where it is defined."""
        parts = tokens(name)  # of `valid?` and `my-command`, too
        return tuple(
            facts.path
            for facts in self._index.files
            if facts.language and parts and all(map(facts.writes, parts))
        )


class Definitions(Mapping[str, tuple[Symbol, ...]]):
    """The symbols of a plain name, parsed from the files that seem to define it."""

    def __init__(self, index: Index) -> None:
        self._index = index
        # A path as often as it seems to define the name: few of them are ever asked for.
        self._definers: defaultdict[str, list[str]] = defaultdict(list)
        for facts in index.files:
            for name in facts.names:
                self._definers[name].append(facts.path)

    def __getitem__(self, name: str) -> tuple[Symbol, ...]:
        """Return the definitions of ``name``; KeyError where nothing looks like one."""
        if name not in self._definers:
            raise KeyError(name)
        self.parse((name,))
        return tuple(
            symbol
            for path in self.definers(name)
            for symbol in self._index.by_path[path].symbols
            if symbol.name == name
        )

    def __iter__(self) -> Iterator[str]:
        """Yield every name that seems to be defined."""
        return iter(self._definers)

    def __len__(self) -> int:
        """Return how many names seem to be defined."""
        return len(self._definers)

    def definers(self, name: str) -> Mapping[str, int]:
        """Return the files that seem to define ``name``, and how often each; parses nothing."""
        return Counter(self._definers.get(name, ()))

    def homonyms(self, name: str) -> int:
        """Return how often ``name`` seems to be defined; parses nothing."""
        return len(self._definers.get(name, ()))

    def parse(self, names: Iterable[str]) -> None:
        """Have the files that seem to define any of ``names`` parsed at once."""
        self._index.parse(path for name in names for path in self.definers(name))


def build_graph(index: Index) -> Graph:
    """Return the edges of ``index``. Imports of files that are not in it are left out."""
    return Graph(index)


def resolved(
    facts: FileFacts,
    index: Index,
    modules: Mapping[str, str],
    stems: Mapping[str, tuple[str, ...]],
) -> tuple[str, ...]:
    """Return the files of the index that a file imports, each once, never itself."""
    targets: dict[str, None] = {}
    for module in facts.imports:
        if facts.language == "python":
            target = _python_target(facts.path, module, modules)
        elif facts.language in _SPELLED:
            target = path_meant(facts.path, module, stems)
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
    paths = [facts.path for facts in index.files if facts.language == "python"]
    packages = {path.rpartition("/")[0] for path in paths if f"/{path}".endswith("/__init__.py")}
    for path in paths:
        folder, _, name = path.rpartition("/")
        stem = name.rpartition(".")[0]
        whole = f"{folder}/{stem}" if folder else stem
        module = (folder or ".") if stem == "__init__" else whole
        names = {_dotted(module.removeprefix(root)) for root in _PYTHON_ROOTS}
        names.add(_dotted(module.removeprefix(_prefix(_top(module, packages)))))
        for dotted in sorted(names):
            modules.setdefault(dotted, path)
    return modules


def _top(module: str, packages: Container[str]) -> str:
    """Return the folder from which a module's package is imported: the first that is none."""
    folder = module.rpartition("/")[0]
    while folder and folder in packages:
        folder = folder.rpartition("/")[0]
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
    inside = _prefix("" if folder == PurePosixPath() else folder.as_posix())
    return found[0] if found and found[0].startswith(inside) else None


def _prefix(folder: str) -> str:
    return f"{folder}/" if folder else ""


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
