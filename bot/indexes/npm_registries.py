"""Which registries npm is configured with, and the logins it has for them."""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.indexes.address import basic

_OF_ALL_USERS = ("usr/etc/npmrc", "usr/local/etc/npmrc", "etc/npmrc")
_VARIABLE = re.compile(r"\$\{([^}?]+)\??\}")


@dataclass(frozen=True, slots=True)
class NpmRegistries:
    """``registry`` is everybody's, empty where nobody chose one.

    ``scoped`` holds the one of a scope (``@name``).

    ``logins`` are Authorization fields by the start of an address without its scheme.
    """

    registry: str = ""
    scoped: tuple[tuple[str, str], ...] = ()
    logins: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    certificates: str = ""

    @property
    def is_default(self) -> bool:
        """Whether nobody chose the registry."""
        return not self.registry

    def addresses(self) -> tuple[str, ...]:
        """Return the addresses of all registries, as they were written."""
        chosen = (self.registry, *(address for _, address in self.scoped))
        return tuple(filter(None, chosen))

    def login(self, address: str) -> str:
        """Return what is sent along to ``address``; the longest match counts, as with npm."""
        bare = address.partition(":")[2].rstrip("/") + "/"
        found = [one for one in self.logins if bare.startswith(one[0].rstrip("/") + "/")]
        return max(found, key=lambda one: len(one[0]), default=("", ""))[1]


def npm_registries(environment: Mapping[str, str], root: Path = Path("/")) -> NpmRegistries:
    """Return what npm is configured with; a file that cannot be read says nothing."""
    own = {}
    for name, value in environment.items():
        if name.lower().startswith("npm_config_") and value:
            own[name[len("npm_config_") :].lower()] = value
    files = [root / name for name in _OF_ALL_USERS]
    if own.get("globalconfig"):
        files = [Path(own["globalconfig"])]
    home = environment.get("HOME")
    user = own.get("userconfig") or (f"{home}/.npmrc" if home else "")
    files += [Path(user)] if user else []
    said: dict[str, str] = {}
    for file in files:
        said |= _npmrc(file, environment)
    said |= own
    scoped = {
        name.removesuffix(":registry"): value
        for name, value in said.items()
        if name.startswith("@") and name.endswith(":registry")
    }
    return NpmRegistries(
        said.get("registry", ""),
        tuple(sorted(scoped.items())),
        _logins(said),
        said.get("cafile", ""),
    )


def _npmrc(file: Path, environment: Mapping[str, str]) -> dict[str, str]:
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    said = {}
    for line in lines:
        name, is_set, value = line.strip().partition("=")
        if is_set and not name.startswith(("#", ";")):
            value = value.strip().strip("\"'")
            said[name.strip()] = _VARIABLE.sub(lambda at: environment.get(at[1], ""), value)
    return said


def _logins(said: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    places = {name.rpartition(":")[0] for name in said if name.startswith("//")}
    found = {}
    for place in sorted(places):
        token, auth = said.get(f"{place}:_authToken"), said.get(f"{place}:_auth")
        user, password = said.get(f"{place}:username"), said.get(f"{place}:_password")
        if token:
            found[place] = f"Bearer {token}"
        elif auth:
            found[place] = f"Basic {auth}"
        elif user and password:
            found[place] = basic(user, _decoded(password))
    return tuple(found.items())


def _decoded(password: str) -> str:
    try:
        return b64decode(password, validate=True).decode("utf-8")
    except (NotBase64, UnicodeDecodeError):
        return password
