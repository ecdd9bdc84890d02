"""What a manifest says a project needs, in one form for all package managers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_FOLDER = "the folder "
_LONGEST = 160
_CREDENTIALS = re.compile(r"(://)[^/@\s]{0,400}@")
_GIT = re.compile(r"git[+:@]|(?:github|gitlab|bitbucket|gist):|ssh://|[^:]{1,200}\.git(?:#|$)")
_FILE = re.compile(r"(?:file|link|portal):|\.{0,2}/|~/")
# Code that a package manager takes from GitHub when the version reads like this.
_SHORT_GITHUB = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+(?:#.*)?")


class UnreadableManifest(Exception):
    """What a manifest requires cannot be told; the message is one clause that says why."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that is needed. ``group`` says for what: ``runtime``, ``build``, ``optional: x``...

    ``origin`` says where it comes from when that is not the package manager's own registry.
    """

    name: str
    specifier: str = ""
    group: str = "runtime"
    origin: str = ""

    @property
    def is_from_elsewhere(self) -> bool:
        """Whether neither a registry nor this repository gives it."""
        return bool(self.origin) and not self.origin.startswith(_FOLDER)


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that one manifest asks for; ``scripts`` are what an installation runs, by name.

    ``indexes`` are addresses that packages may come from besides the usual registry.
    """

    requirements: tuple[Requirement, ...] = ()
    indexes: tuple[str, ...] = ()
    scripts: tuple[tuple[str, str], ...] = ()


def origin_of(source: str) -> str:
    """Return where ``source`` leads when it is an address or a path and no version; else nothing.

    Passwords in an address are left out of what is returned.
    """
    text = source.strip()
    if _FILE.match(text):
        return f"{_FOLDER}{shown(text)}"
    if _GIT.match(text):
        return f"git {shown(text)}"
    if "://" in text:
        return f"the address {shown(text)}"
    return f"git {shown(text)}" if _SHORT_GITHUB.fullmatch(text) else ""


def table_origin(table: Mapping[str, Any]) -> str:
    """Return the origin that a table of a TOML manifest names (``git``, ``url``, ``path``...)."""
    for key in ("git", "hg", "svn", "github", "gist", "bitbucket"):
        if key in table:
            mark = next((table[ref] for ref in ("rev", "ref", "tag", "branch") if ref in table), "")
            return f"git {shown(table[key])}" + (f" at {shown(mark)}" if mark else "")
    for key in ("url", "file"):
        if key in table:
            return f"the address {shown(table[key])}"
    if "path" in table:
        return f"{_FOLDER}{shown(table['path'])}"
    for key in ("index", "source", "registry", "registry-index"):
        if key in table:
            return f"the index {shown(table[key])}"
    return ""


def table(document: object, *keys: str) -> Mapping[str, Any]:
    """Return the table under ``keys``, empty where there is none."""
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    return document if isinstance(document, dict) else {}


def entries(document: object, *keys: str) -> list[Any]:
    """Return the list under ``keys``, empty where there is none."""
    found = table(document, *keys[:-1]).get(keys[-1]) if keys else document
    return found if isinstance(found, list) else []


def shown(value: object) -> str:
    """Return ``value`` short enough for a message, without a password in an address."""
    text = " ".join(_CREDENTIALS.sub(r"\1", str(value)[: 4 * _LONGEST]).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
