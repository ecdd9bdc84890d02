"""``pyproject.toml`` as the standards and uv, Poetry, PDM and Hatch write it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any

from packaging.utils import canonicalize_name

from validators.policies.manifests.python_lines import python_requirements
from validators.policies.manifests.requirement import (
    Manifest,
    Requirement,
    entries,
    shown,
    table,
    table_origin,
)

_KNOWN_BACKENDS = frozenset(
    {
        "flit_core.buildapi",
        "hatchling.build",
        "maturin",
        "mesonpy",
        "pdm.backend",
        "poetry.core.masonry.api",
        "scikit_build_core.build",
        "setuptools.build_meta",
        "uv_build",
    }
)


def read_pyproject(document: Mapping[str, Any]) -> Manifest:
    """Read the whole file; requirements that uv is told to take from elsewhere say so."""
    found = chain(_standard(document), _uv(document), _poetry(document), _pdm(document))
    sources: dict[str, str] = {
        canonicalize_name(name): origin
        for name, value in table(document, "tool", "uv", "sources").items()
        if (origin := _uv_origin(value))
    }
    requirements = [
        replace(one, origin=one.origin or sources.get(one.name, ""))
        for one in chain(found, _hatch(document))
    ]
    named = {one.name for one in requirements}
    requirements += [
        Requirement(name, group="uv source", origin=origin)
        for name, origin in sources.items()
        if name not in named
    ]
    return Manifest(tuple(requirements), tuple(_indexes(document)), tuple(_backend(document)))


def _standard(document: Mapping[str, Any]) -> Iterator[Requirement]:
    yield from python_requirements(entries(document, "build-system", "requires"), "build")
    yield from python_requirements(entries(document, "project", "dependencies"), "runtime")
    for extra, lines in table(document, "project", "optional-dependencies").items():
        yield from python_requirements(entries(lines), f"optional: {shown(extra)}")
    yield from _groups(table(document, "dependency-groups"))


def _groups(groups: Mapping[str, Any]) -> Iterator[Requirement]:
    for name, lines in groups.items():
        group = f"development: {shown(name)}"
        yield from python_requirements(entries(lines), group)
        for line in entries(lines):
            if isinstance(line, dict):
                yield Requirement(f"group {shown(line.get('include-group', line))}", group=group)


def _uv(document: Mapping[str, Any]) -> Iterator[Requirement]:
    for key, group in (
        ("dev-dependencies", "development"),
        ("override-dependencies", "override"),
        ("constraint-dependencies", "constraint"),
        ("build-constraint-dependencies", "build constraint"),
    ):
        yield from python_requirements(entries(document, "tool", "uv", key), group)


def _uv_origin(value: object) -> str:
    """Return where uv takes a package from; a member of the same workspace is none."""
    choices = value if isinstance(value, list) else [value]
    tables = [choice for choice in choices if isinstance(choice, dict)]
    return next((origin for one in tables if (origin := table_origin(one))), "")


def _poetry(document: Mapping[str, Any]) -> Iterator[Requirement]:
    poetry = table(document, "tool", "poetry")
    yield from named_requirements(table(poetry, "dependencies"), "runtime")
    yield from named_requirements(table(poetry, "dev-dependencies"), "development")
    for name, group in table(poetry, "group").items():
        found = table(group, "dependencies")
        yield from named_requirements(found, f"development: {shown(name)}")


def named_requirements(found: Mapping[str, Any], group: str) -> Iterator[Requirement]:
    """Yield the requirements of a table whose keys are names; Python itself is none."""
    for name, value in found.items():
        choices = value if isinstance(value, list) else [value]
        for choice in choices if name.lower() != "python" else ():
            origin = table_origin(choice) if isinstance(choice, dict) else ""
            version = choice.get("version", "") if isinstance(choice, dict) else choice
            yield Requirement(canonicalize_name(name), shown(version), group, origin)


def _pdm(document: Mapping[str, Any]) -> Iterator[Requirement]:
    yield from _groups(table(document, "tool", "pdm", "dev-dependencies"))


def _hatch(document: Mapping[str, Any]) -> Iterator[Requirement]:
    hatch = table(document, "tool", "hatch")
    for name, environment in table(hatch, "envs").items():
        for key in ("dependencies", "extra-dependencies"):
            lines = entries(table(environment), key)
            yield from python_requirements(lines, f"development: {shown(name)}")
    for hook in table(hatch, "build", "hooks").values():
        yield from python_requirements(entries(table(hook), "dependencies"), "build")


def _indexes(document: Mapping[str, Any]) -> Iterator[str]:
    uv = table(document, "tool", "uv")
    for tool in (entries(uv, "index"), *(_sources(document, name) for name in ("poetry", "pdm"))):
        yield from (shown(index.get("url", index)) for index in tool if isinstance(index, dict))
    for key in ("index-url", "extra-index-url", "find-links"):
        for settings in (uv, table(uv, "pip")):
            value = settings.get(key, [])
            yield from map(shown, value if isinstance(value, list) else [value])


def _sources(document: Mapping[str, Any], tool: str) -> list[Any]:
    return entries(document, "tool", tool, "source")


def _backend(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what runs when the project is built, but for the backends that everybody uses."""
    build = table(document, "build-system")
    for key in ("build-backend", "backend-path"):
        if key in build and shown(build[key]).split(":", maxsplit=1)[0] not in _KNOWN_BACKENDS:
            yield key, shown(build[key])
    for name, hook in table(document, "tool", "hatch", "build", "hooks").items():
        yield f"build hook {shown(name)}", shown(hook)
