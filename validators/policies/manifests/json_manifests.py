"""Manifests in JSON: ``package.json`` of Node's package managers, ``composer.json`` of PHP."""

from collections.abc import Iterator, Mapping
from typing import Any

from validators.policies.manifests.requirement import (
    Manifest,
    Requirement,
    origin_of,
    shown,
    table,
)

_NODE = {
    "dependencies": "runtime",
    "devDependencies": "development",
    "optionalDependencies": "optional",
    "peerDependencies": "peer",
}
# What a package manager runs when somebody installs this package, or works on it.
_AT_INSTALL = ("preinstall", "install", "postinstall", "prepare", "preprepare", "postprepare")
_COMPOSER = {"require": "runtime", "require-dev": "development"}
_COMPOSER_AT_INSTALL = ("pre-install-cmd", "post-install-cmd", "pre-update-cmd", "post-update-cmd")
_COMPOSER_ALWAYS = ("post-autoload-dump", "pre-autoload-dump", "post-root-package-install")


def read_package_json(document: Mapping[str, Any]) -> Manifest:
    """Read a package.json as npm, pnpm, Yarn and Bun do."""
    found = list(_named(document, _NODE))
    for key, forced in (
        ("overrides", table(document, "overrides")),
        ("resolutions", table(document, "resolutions")),
        ("overrides", table(document, "pnpm", "overrides")),
    ):
        found += _forced(forced, key)
    manager = document.get("packageManager")
    if isinstance(manager, str):
        name, _, version = manager.partition("@")
        found.append(
            Requirement(shown(name), shown(version), "package manager", origin_of(version))
        )
    scripts = tuple(_scripts(table(document, "scripts"), _AT_INSTALL))
    return Manifest(tuple(found), scripts=scripts)


def read_composer_json(document: Mapping[str, Any]) -> Manifest:
    """Read a composer.json; each of its repositories may serve packages."""
    repositories = document.get("repositories", [])
    listed = repositories.values() if isinstance(repositories, dict) else repositories
    listed = listed if isinstance(repositories, dict | list) else ()
    places = (shown(place.get("url", place)) for place in listed if isinstance(place, dict))
    scripts = _scripts(table(document, "scripts"), (*_COMPOSER_AT_INSTALL, *_COMPOSER_ALWAYS))
    return Manifest(tuple(_named(document, _COMPOSER)), tuple(places), tuple(scripts))


def _named(document: Mapping[str, Any], groups: Mapping[str, str]) -> Iterator[Requirement]:
    for key, group in groups.items():
        for name, version in table(document, key).items():
            text = str(version)
            yield Requirement(shown(name), shown(text), group, origin_of(text))


def _forced(versions: Mapping[str, Any], group: str) -> Iterator[Requirement]:
    """Yield versions set for packages deep below; tables within tables name whose package."""
    waiting = [("", versions)]
    while waiting:
        above, found = waiting.pop()
        for name, value in found.items():
            path = f"{above}{name}"
            if isinstance(value, dict):
                waiting.append((f"{shown(path)} > ", value))
            else:
                yield Requirement(shown(path), shown(value), group, origin_of(str(value)))


def _scripts(scripts: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    yield from ((name, shown(scripts[name])) for name in names if name in scripts)
