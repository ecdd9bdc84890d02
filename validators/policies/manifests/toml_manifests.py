"""Manifests in TOML besides Python's own: Cargo, Pipenv, and Gradle's version catalogues."""

from collections.abc import Iterator, Mapping
from typing import Any

from validators.policies.manifests.pyproject import named_requirements
from validators.policies.manifests.requirement import (
    Manifest,
    Requirement,
    entries,
    shown,
    table,
    table_origin,
)

_CARGO = {
    "dependencies": "runtime",
    "dev-dependencies": "development",
    "dev_dependencies": "development",
    "build-dependencies": "build",
    "build_dependencies": "build",
}


def read_pipfile(document: Mapping[str, Any]) -> Manifest:
    """Read a Pipfile: each table that is none of its settings holds packages."""
    found: list[Requirement] = []
    for key, packages in document.items():
        if key not in {"source", "requires", "pipenv", "scripts"}:
            group = {"packages": "runtime", "dev-packages": "development"}.get(key, shown(key))
            found += named_requirements(table(packages), group)
    sources = (shown(source.get("url", "")) for source in _tables(entries(document, "source")))
    return Manifest(tuple(found), tuple(sources))


def read_cargo(document: Mapping[str, Any]) -> Manifest:
    """Read a Cargo.toml, those of other targets, workspaces and replaced crates included."""
    found = [*_crates(document), *_crates(table(document, "workspace"))]
    for target in table(document, "target").values():
        found += _crates(target)
    for source in table(document, "patch").values():
        found += _cargo_table(table(source), "patch")
    found += _cargo_table(table(document, "replace"), "replace")
    build = table(document, "package").get("build")
    scripts = (("build", shown(build)),) if build is not None else ()
    return Manifest(tuple(found), scripts=scripts)


def _crates(tables: object) -> Iterator[Requirement]:
    for key, group in _CARGO.items():
        yield from _cargo_table(table(tables, key), group)


def _cargo_table(crates: Mapping[str, Any], group: str) -> Iterator[Requirement]:
    for name, value in crates.items():
        settings = value if isinstance(value, dict) else {"version": value}
        real = settings.get("package", name)
        alias = f" as {shown(name)}" if real != name else ""
        specifier = f"{shown(settings.get('version', ''))}{alias}"
        yield Requirement(shown(real), specifier, group, table_origin(settings))


def read_version_catalogue(document: Mapping[str, Any]) -> Manifest:
    """Read Gradle's libs.versions.toml; versions by reference are looked up."""
    versions = table(document, "versions")
    found = []
    for key, group in (("libraries", "runtime"), ("plugins", "build")):
        for alias, value in table(document, key).items():
            found.append(_catalogued(alias, value, versions, group))
    return Manifest(tuple(found))


def _catalogued(alias: str, value: object, versions: Mapping[str, Any], group: str) -> Requirement:
    if isinstance(value, str):
        name, _, version = value.rpartition(":")
        return Requirement(shown(name), shown(version), group)
    settings = table(value)
    parts = (settings.get("group"), settings.get("name"))
    joined = ":".join(str(part) for part in parts if part)
    name = settings.get("module") or settings.get("id") or joined or alias
    version = settings.get("version", "")
    if isinstance(version, dict) and "ref" in version:
        version = versions.get(str(version["ref"]), "")
    return Requirement(shown(name), shown(version), group)


def _tables(values: list[Any]) -> Iterator[Mapping[str, Any]]:
    yield from (value for value in values if isinstance(value, dict))
