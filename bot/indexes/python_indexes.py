"""Which indexes pip and uv are configured with: files and variables, in each tool's own order."""

import configparser
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.indexes.address import basic


@dataclass(frozen=True, slots=True)
class PythonIndexes:
    """What one installer is told: ``default`` before ``extra``, and folders of wheels in ``links``.

    ``default`` is empty where nobody chose it. ``extra`` may name an index, ``name=address``;
    ``logins`` holds an Authorization field by such a name, in capitals. ``certificates`` is a file.
    """

    default: str = ""
    extra: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    none: bool = False
    logins: tuple[tuple[str, str], ...] = ()
    certificates: str = ""
    trusted: tuple[str, ...] = ()

    @property
    def is_default(self) -> bool:
        """Whether nobody chose the index."""
        return not self.default

    @property
    def is_configured(self) -> bool:
        """Whether anybody said anything about where packages come from."""
        return bool(not self.is_default or self.extra or self.links or self.none)


def address_of(index: str) -> str:
    """Return the address in ``name=address``, or what is an address already."""
    name, is_named, address = index.partition("=")
    return address if is_named and re.fullmatch(r"[\w.-]+", name) else index


def pip_indexes(environment: Mapping[str, str], root: Path = Path("/")) -> PythonIndexes:
    """Return what pip is configured with; a file that cannot be read says nothing."""
    said: dict[str, str] = {}
    for file in _pip_files(environment, root):
        said |= _pip_file(file)
    for name, value in environment.items():
        if name.startswith("PIP_") and value:
            said[name.removeprefix("PIP_").lower().replace("_", "-")] = value
    return PythonIndexes(
        default=said.get("index-url", ""),
        extra=tuple(said.get("extra-index-url", "").split()),
        links=tuple(said.get("find-links", "").split()),
        none=_is_true(said.get("no-index", "")),
        certificates=said.get("cert", ""),
        trusted=tuple(said.get("trusted-host", "").split()),
    )


def uv_indexes(environment: Mapping[str, str], root: Path = Path("/")) -> PythonIndexes:
    """Return what uv is configured with; a file that cannot be read says nothing."""
    said: dict[str, Any] = {}
    for file in _uv_files(environment, root):
        said |= _toml(file)
    pip = said.get("pip")
    said = {**(pip if isinstance(pip, dict) else {}), **said}
    listed = [one for one in said.get("index", ()) if isinstance(one, dict) and "url" in one]
    chosen = [str(one["url"]) for one in listed if one.get("default") is True]
    named = [_named(one) for one in listed if one.get("default") is not True]
    default = environment.get("UV_DEFAULT_INDEX") or environment.get("UV_INDEX_URL")
    default = default or next(iter(chosen), "") or str(said.get("index-url", ""))
    extra = [*environment.get("UV_INDEX", "").split(), *named]
    extra += environment.get("UV_EXTRA_INDEX_URL", "").split()
    extra += _words(said.get("extra-index-url"))
    links = re.split(r"[\s,]+", environment.get("UV_FIND_LINKS", ""))
    return PythonIndexes(
        default=address_of(default),
        extra=tuple(dict.fromkeys(extra)),
        links=tuple(filter(None, (*links, *_words(said.get("find-links"))))),
        none=said.get("no-index") is True,
        logins=tuple(_uv_logins(environment)),
    )


def _named(index: Mapping[str, Any]) -> str:
    name = index.get("name")
    return f"{name}={index['url']}" if isinstance(name, str) else str(index["url"])


def _uv_logins(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for variable, user in environment.items():
        named = re.fullmatch(r"UV_INDEX_(.+)_(USERNAME|PASSWORD)", variable)
        if named:
            password = environment.get(f"UV_INDEX_{named[1]}_PASSWORD", "")
            user = environment.get(f"UV_INDEX_{named[1]}_USERNAME", "")  # noqa: PLW2901 - by its name
            yield named[1], basic(user, password)


def _pip_files(environment: Mapping[str, str], root: Path) -> Sequence[Path]:
    named = environment.get("PIP_CONFIG_FILE", "")
    if named == "/dev/null":
        return ()
    shared = filter(None, environment.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":"))
    files = [*(Path(folder, "pip", "pip.conf") for folder in shared), root / "etc/pip.conf"]
    home = environment.get("HOME")
    if home:
        own = environment.get("XDG_CONFIG_HOME") or f"{home}/.config"
        files += [Path(home, ".pip", "pip.conf"), Path(own, "pip", "pip.conf")]
    return (*files, Path(named)) if named else files


def _pip_file(file: Path) -> dict[str, str]:
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, configparser.Error):
        return {}
    said: dict[str, str] = {}
    for section in ("global", "install"):
        if parser.has_section(section):
            said |= {name.replace("_", "-"): value for name, value in parser.items(section)}
    return said


def _uv_files(environment: Mapping[str, str], root: Path) -> Sequence[Path]:
    if _is_true(environment.get("UV_NO_CONFIG", "")):
        return ()
    if environment.get("UV_CONFIG_FILE"):
        return (Path(environment["UV_CONFIG_FILE"]),)
    files = [root / "etc/uv/uv.toml"]
    home = environment.get("HOME")
    if home:
        own = environment.get("XDG_CONFIG_HOME") or f"{home}/.config"
        files.append(Path(own, "uv", "uv.toml"))
    return files


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}


def _words(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _is_true(text: str) -> bool:
    return text.strip().lower() in {"1", "true", "yes", "on", "y", "t"}
