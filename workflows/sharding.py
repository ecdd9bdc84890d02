"""How the files of a campaign are cut into targets, each one proposal that a person can read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from workflows.code_owners import owners_of

ShardBy = Literal["all", "file", "directory", "package", "owners"]

# A folder that holds one of these is a package of its own.
_MANIFESTS = frozenset(
    {
        *("pyproject.toml", "setup.py", "setup.cfg", "package.json", "go.mod", "Cargo.toml"),
        *("pom.xml", "build.gradle", "build.gradle.kts", "composer.json", "Gemfile"),
        *("mix.exs", "pubspec.yaml", "Package.swift", "CMakeLists.txt", "BUILD", "BUILD.bazel"),
    }
)


@dataclass(frozen=True, slots=True)
class Shard:
    """By what files are put together, and how many at most; None for as many as there are."""

    by: ShardBy = "all"
    files: int | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of one repository: those to be cut, all there are, and who owns which."""

    chosen: tuple[str, ...]
    everything: tuple[str, ...]
    code_owners: bytes = b""


def shards(listing: Listing, shard: Shard) -> Mapping[str, tuple[str, ...]]:
    """Return the chosen files by the name of their shard, names and files in order.

    The name of the only shard of ``all`` is empty; parts of one too large are numbered from 1.
    """
    found: dict[str, list[str]] = {}
    for name, path in _named(listing, shard.by):
        found.setdefault(name, []).append(path)
    return {
        name: part
        for whole, paths in sorted(found.items())
        for name, part in _parts(whole, sorted(paths), shard.files)
    }


def _named(listing: Listing, by: ShardBy) -> Iterator[tuple[str, str]]:
    packages = {
        PurePosixPath(path).parent
        for path in listing.everything
        if PurePosixPath(path).name in _MANIFESTS
    }
    for path in listing.chosen:
        place = PurePosixPath(path)
        if by == "all":
            yield "", path
        elif by == "file":
            yield path, path
        elif by == "directory":
            yield str(place.parent), path
        elif by == "package":
            yield str(next((one for one in place.parents if one in packages), ".")), path
        else:
            owners = owners_of(listing.code_owners, [path])
            yield " ".join(f"@{one}" for one in sorted(owners)) or "nobody", path


def _parts(
    name: str, paths: Sequence[str], most: int | None
) -> Iterator[tuple[str, tuple[str, ...]]]:
    if most is None or len(paths) <= most:
        yield name, tuple(paths)
        return
    count = -(-len(paths) // most)
    # Of equal size, and not one that is left with a single file.
    size = -(-len(paths) // count)
    for number in range(count):
        part = tuple(paths[number * size : (number + 1) * size])
        if part:
            yield f"{name} ({number + 1}/{count})".strip(), part
