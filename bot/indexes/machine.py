"""All that this machine says of package indexes, read once for one set-up.

No index is known here: where nobody chose one, each tool was asked for its own default.
"""

import netrc
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from bot.indexes.address import Index, basic, folder_at, index_at, with_files
from bot.indexes.apt_sources import apt_addresses
from bot.indexes.npm_registries import NpmRegistries, npm_registries
from bot.indexes.python_indexes import PythonIndexes, address_of, pip_indexes, uv_indexes
from bot.indexes.tool_defaults import ToolDefaults, tool_defaults
from bot.indexes.tool_variables import said_to_npm, said_to_pip, said_to_uv

# Bound read-only, these would show a stranger much more than packages.
_TOO_MUCH = frozenset(
    map(Path, ("/", "/boot", "/dev", "/etc", "/home", "/proc", "/root", "/run", "/sys", "/var"))
)
# Said to the tools inside as they are: they name no place.
_PASSED_ON = ("PIP_DEFAULT_TIMEOUT", "UV_HTTP_TIMEOUT", "UV_INDEX_STRATEGY")
_BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
_SYSTEM_BUNDLES = ("etc/ssl/certs/ca-certificates.crt", "etc/pki/tls/certs/ca-bundle.crt")


@dataclass(frozen=True, slots=True)
class MachineIndexes:
    """Where packages come from here. ``defaults`` are indexes that nobody chose.

    ``unknown`` says which tools' defaults could not be learnt, and why.

    ``hosts`` are the operator's, each with its port. ``folders`` are shown to the tools read-only,
    ``variables`` tell them all of it without any login. ``certificates`` are files of those whom
    the machine trusts, ``proxies`` its own way out as in ``HTTPS_PROXY``, by scheme and ``no``.
    """

    indexes: tuple[Index, ...] = ()
    defaults: tuple[Index, ...] = ()
    hosts: tuple[tuple[str, int], ...] = ()
    folders: tuple[Path, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    certificates: tuple[Path, ...] = ()
    proxies: Mapping[str, str] = field(default_factory=dict, repr=False)
    warnings: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    def facts(self) -> tuple[str, ...]:
        """Return what an environment depends on, without secrets."""
        reached = [index.url for index in (*self.indexes, *self.defaults)]
        named = [f"{host}:{port}" for host, port in self.hosts]
        said = [f"{name}={value}" for name, value in sorted(self.variables.items())]
        return (*sorted(set(reached)), *sorted(named), *map(str, self.folders), *said)


def machine_indexes(
    environment: Mapping[str, str],
    hosts: tuple[str, ...] = (),
    root: Path = Path("/"),
    own_python: Path | None = None,
    kept: Path | None = None,
) -> MachineIndexes:
    """Return what the machine's files, tools and ``environment`` say; ``hosts`` are the operator's.

    ``root`` is where the files of all users are looked for, the rest as in `tool_defaults`.
    """
    asked = tool_defaults(environment, own_python, kept)
    pip, uv = pip_indexes(environment, root), uv_indexes(environment, root)
    npm = npm_registries(environment, root)
    # Npm reads more files than we do: those beside itself.
    npm = replace(npm, scoped=tuple(sorted((dict(asked.npm_scoped) | dict(npm.scoped)).items())))
    follows_pip = not uv.is_configured and pip.is_configured
    uv = replace(pip, logins=uv.logins) if follows_pip else uv
    reading = _Reading(environment, npm)
    pip, uv = reading.known(pip), reading.known(uv)
    reading.note_chosen(pip, uv, npm)
    reading.note_defaults(asked, pip, uv, npm)
    for address in apt_addresses(root):
        reading.note("apt", address)
    variables = {name: environment[name] for name in _PASSED_ON if environment.get(name)}
    if follows_pip and len(uv.extra) > 0:
        variables.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")  # as pip weighs its indexes
    variables |= said_to_pip(pip) | said_to_uv(uv) | said_to_npm(npm, asked)
    return MachineIndexes(
        tuple(reading.indexes),
        tuple(reading.defaults),
        tuple(map(_host_and_port, hosts)),
        tuple(dict.fromkeys(reading.folders)),
        MappingProxyType(variables),
        tuple(_bundles(environment, (pip.certificates, npm.certificates), root)),
        MappingProxyType(dict(_proxies(environment))),
        tuple(dict.fromkeys(reading.warnings)),
        tuple(dict.fromkeys(reading.unknown)),
    )


class _Reading:
    """Collects what addresses come to: indexes, folders, and warnings for what is neither."""

    def __init__(self, environment: Mapping[str, str], npm: NpmRegistries) -> None:
        self.indexes: list[Index] = []
        self.defaults: list[Index] = []
        self.folders: list[Path] = []
        self.warnings: list[str] = []
        self.unknown: list[str] = []
        self._npm = npm
        self._home = Path(environment.get("HOME") or "/nonexistent")
        self._logins = self._of_netrc(environment)

    def known(self, python: PythonIndexes) -> PythonIndexes:
        """Return ``python`` without the places in files that are not there."""
        extra = tuple(one for one in python.extra if self._is_there(address_of(one)))
        return replace(python, extra=extra, links=tuple(filter(self._is_there, python.links)))

    def note_chosen(self, pip: PythonIndexes, uv: PythonIndexes, npm: NpmRegistries) -> None:
        """Take in what the three tools are configured with."""
        named = dict(uv.logins)
        for tool, python in (("pip", pip), ("uv", uv)):
            for index in filter(None, (python.default, *python.extra)) if not python.none else ():
                name = index.partition("=")[0] if address_of(index) != index else ""
                login = named.get(name.upper().replace("-", "_").replace(".", "_"), "")
                self.note(tool, address_of(index), login)
            for link in python.links:
                self.note(tool, link)
        for address in npm.addresses():
            self.note("npm", address, npm.login(address))

    def note_defaults(
        self, asked: ToolDefaults, pip: PythonIndexes, uv: PythonIndexes, npm: NpmRegistries
    ) -> None:
        """Take in what the tools use of themselves where nobody chose; uv's is taken for pip's."""
        used = {python.default for python in (pip, uv) if not python.none}
        if "" in used:
            self._note_default("pip", asked.python, asked)
        if asked.python and used & {"", asked.python, f"{asked.python}/"}:
            self._note_default("pip", asked.python_files, asked)
        if npm.is_default:
            self._note_default("npm", asked.npm, asked, npm.login(asked.npm))
            self._note_default("yarn", asked.yarn, asked, npm.login(asked.yarn))

    def _note_default(self, tool: str, address: str, asked: ToolDefaults, login: str = "") -> None:
        if address:
            self.note(tool, address, login, is_default=True)
        elif tool in asked.unknown:
            self.unknown.append(asked.unknown[tool])

    def note(self, tool: str, address: str, login: str = "", *, is_default: bool = False) -> None:
        """Take in one address that ``tool`` is configured with."""
        folder = folder_at(address)
        if folder is not None:
            self._note_folder(tool, folder)
            return
        try:
            index = index_at(address, login)
        except ValueError:  # which may repeat a part of a password
            self.warnings.append(
                f"{tool} is configured with an index whose address is none of http, https or file;"
                " it is not used, and not repeated here"
            )
            return
        if not index.login and index.origin.host in self._logins:
            index = replace(index, login=self._logins[index.origin.host])
        listed = self.defaults if is_default else self.indexes
        if index not in listed:
            listed.append(index)

    def _note_folder(self, tool: str, folder: Path) -> None:
        shown = with_files(folder)
        if self._is_too_much(shown):
            shown = folder
        if self._is_too_much(shown):
            self.warnings.append(
                f"{folder}, which {tool} is configured with, is not shown to set-ups: it holds more"
                " than packages; keep them in a folder of their own"
            )
        elif shown.exists():
            self.folders.append(shown)

    def _is_too_much(self, folder: Path) -> bool:
        real = folder.resolve()
        return real in _TOO_MUCH or self._home.resolve().is_relative_to(real)

    def _is_there(self, address: str) -> bool:
        folder = folder_at(address)
        if folder is None or folder.exists():
            return True
        self.warnings.append(f"{folder}, which a tool is configured with, does not exist")
        return False

    def _of_netrc(self, environment: Mapping[str, str]) -> Mapping[str, str]:
        file = Path(environment.get("NETRC") or self._home / ".netrc")
        try:
            entries = netrc.netrc(str(file)).hosts
        except FileNotFoundError:
            return {}
        except (OSError, netrc.NetrcParseError, UnicodeDecodeError):
            self.warnings.append(f"{file} cannot be read, so no login in it is used")
            return {}
        return {
            host: basic(login[0], login[2]) for host, login in entries.items() if host != "default"
        }


def _host_and_port(host: str) -> tuple[str, int]:
    name, _, port = host.partition(":")
    return name.lower(), int(port or 443)


def _bundles(environment: Mapping[str, str], named: tuple[str, ...], root: Path) -> Iterator[Path]:
    files = [Path(environment[name]) for name in _BUNDLES if environment.get(name)]
    files += [Path(name) for name in named if name]
    files += [root / name for name in _SYSTEM_BUNDLES]
    yield from dict.fromkeys(file.resolve() for file in files if file.is_file())


def _proxies(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    everything = environment.get("ALL_PROXY") or environment.get("all_proxy", "")
    for scheme in ("http", "https"):
        name = f"{scheme}_proxy"
        value = environment.get(name) or environment.get(name.upper()) or everything
        if value:
            yield scheme, value
    bypassed = environment.get("no_proxy") or environment.get("NO_PROXY")
    if bypassed:
        yield "no", bypassed
