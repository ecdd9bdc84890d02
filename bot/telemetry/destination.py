"""Where traces are sent: the operator's endpoint, or what OpenTelemetry's variables name.

The variables are those of the specification. They are usually there for other programs too, so what
is wrong with them stops nothing here: nothing is sent, and one line says why. Headers hold keys:
they come from the environment alone, and are never printed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast
from urllib.parse import unquote, urlsplit

from bot.configuration.endpoints import wrong_receiver
from bot.configuration.sections import TelemetrySettings
from scoping.refusal import Refusal

Protocol = Literal["http/protobuf", "http/json"]
_PATH = "/v1/traces"
_LOCAL = frozenset({"127.0.0.1", "::1", "localhost"})
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
# Whoever sets one of these would speak for us, or break the request.
_OURS = frozenset({"host", "content-length", "content-type", "content-encoding", "user-agent"})
_VALUE = re.compile(r"[\x20-\x7e]*")


class TelemetryRefusal(Refusal):
    """Traces cannot be sent: where to, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Destination:
    """One receiver of traces over HTTP. ``headers`` and ``proxy`` may hold keys."""

    url: str
    protocol: Protocol = "http/protobuf"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    is_compressed: bool = False
    certificate: str = ""
    client_certificate: str = ""
    client_key: str = ""
    proxy: str = field(default="", repr=False)

    @property
    def place(self) -> str:
        """The host, for messages: a path may be somebody's key."""
        return urlsplit(self.url).netloc


def destination_of(
    told: TelemetrySettings, network: Mapping[str, str] | None = None
) -> Destination | None:
    """Return where traces go, or None where nobody asked; TelemetryRefusal for what cannot be.

    ``network`` are the variables that say how this machine reaches others.
    """
    said = _Variables(told.environment)
    url, name = _url(told, said)
    if not url or said.is_off:
        return None
    _require_address(url, name)
    headers, protocol = _headers(said), said.of("PROTOCOL") or "http/protobuf"
    if protocol not in {"http/protobuf", "http/json"}:
        raise TelemetryRefusal(
            f"the protocol {protocol[:20]!r} is not spoken here; set"
            " OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/protobuf and an endpoint that takes it"
        )
    address = urlsplit(url)
    if headers and address.scheme == "http" and address.hostname not in _LOCAL:
        raise TelemetryRefusal(
            f"the headers of OTEL_EXPORTER_OTLP_HEADERS would go to {address.netloc} unencrypted;"
            " use https, or a collector on this machine"
        )
    return Destination(
        url,
        cast("Protocol", protocol),
        headers,
        is_compressed=said.of("COMPRESSION") == "gzip",
        certificate=said.of("CERTIFICATE"),
        client_certificate=said.of("CLIENT_CERTIFICATE"),
        client_key=said.of("CLIENT_KEY"),
        proxy=_proxy(url, network or {}),
    )


class _Variables:
    """What the specification's variables say; those for traces count before those for all."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def of(self, name: str) -> str:
        """Return one of them, empty where nobody set it."""
        own = self._environment.get(f"OTEL_EXPORTER_OTLP_TRACES_{name}", "").strip()
        return own or self._environment.get(f"OTEL_EXPORTER_OTLP_{name}", "").strip()

    @property
    def own_endpoint(self) -> str:
        """The endpoint of traces, which is taken as it stands."""
        return self._environment.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "").strip()

    @property
    def is_off(self) -> bool:
        """Whether traces are wanted nowhere, or somewhere else."""
        exporters = self._environment.get("OTEL_TRACES_EXPORTER", "").strip() or "otlp"
        is_disabled = self._environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
        return is_disabled or "otlp" not in {one.strip() for one in exporters.split(",")}


def _url(told: TelemetrySettings, said: _Variables) -> tuple[str, str]:
    """Return the address of traces, and what names it."""
    if told.endpoint:
        return _with_path(told.endpoint), "telemetry.endpoint"
    if said.own_endpoint:
        return said.own_endpoint, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
    base = said.of("ENDPOINT")
    return (_with_path(base) if base else ""), "OTEL_EXPORTER_OTLP_ENDPOINT"


def _with_path(base: str) -> str:
    return base if base.endswith(_PATH) else base.rstrip("/") + _PATH


def _require_address(url: str, name: str) -> None:
    if wrong := wrong_receiver(url):
        raise TelemetryRefusal(f"{name} {wrong}")


def _headers(said: _Variables) -> Mapping[str, str]:
    """Return the headers of a list ``name=value,name=value``, its values percent-encoded."""
    found: dict[str, str] = {}
    for number, pair in enumerate(filter(None, said.of("HEADERS").split(",")), 1):
        name, equals, value = (part.strip() for part in pair.partition("="))
        value = unquote(value)
        is_sound = equals and _HEADER.fullmatch(name) and _VALUE.fullmatch(value)
        if not is_sound or name.lower() in _OURS:
            raise TelemetryRefusal(
                f"entry {number} of OTEL_EXPORTER_OTLP_HEADERS is no header"
                " that can be sent; write name=value,name=value with percent-encoded values"
            )
        found[name.lower()] = value
    return found


def _proxy(url: str, network: Mapping[str, str]) -> str:
    """Return the proxy that this machine reaches ``url`` by, or ""."""
    address = urlsplit(url)

    def of(name: str) -> str:
        return network.get(name.lower(), "") or network.get(name, "")

    host, direct = address.hostname or "", [one.strip() for one in of("NO_PROXY").split(",")]
    if host in _LOCAL or any(one == "*" or _is_under(host, one) for one in direct if one):
        return ""
    return of(f"{address.scheme.upper()}_PROXY") or of("ALL_PROXY")


def _is_under(host: str, name: str) -> bool:
    """Whether an entry of NO_PROXY is about ``host``: itself, or a domain that it is in."""
    known = name.lower().lstrip(".")
    return host == known or host.endswith(f".{known}")
