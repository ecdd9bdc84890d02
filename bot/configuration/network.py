"""What the machine's environment says about reaching package indexes.

The set-up installs the target's dependencies. Its tools are told what the machine's own are told,
but for logins: those stay with the gateway of `bot.indexes`, which reads files as well.
"""

from collections.abc import Mapping
from types import MappingProxyType

CERTIFICATE_VARIABLES = (
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
)
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
INDEX_VARIABLES = (
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_NO_INDEX",
    "PIP_TRUSTED_HOST",
    "PIP_CERT",
    "PIP_CONFIG_FILE",
    "PIP_DEFAULT_TIMEOUT",
    "UV_INDEX_URL",
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_INDEX_STRATEGY",
    "UV_HTTP_TIMEOUT",
    "UV_CONFIG_FILE",
    "UV_NO_CONFIG",
    "NETRC",
)
# Beside the names: every login of uv's named indexes, and all of npm's settings.
_PREFIXES = ("uv_index_", "npm_config_")
PLACES = ("HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "PATH")


def installer_environment(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return the variables that say how indexes are reached here, and where files that do are.

    They may hold passwords: nobody prints their values or hands them on.
    """
    proxies = (*PROXY_VARIABLES, *map(str.lower, PROXY_VARIABLES))
    names = {*CERTIFICATE_VARIABLES, *proxies, *INDEX_VARIABLES, *PLACES}
    return MappingProxyType(
        {
            name: value
            for name, value in environment.items()
            if value and (name in names or name.lower().startswith(_PREFIXES))
        }
    )


def telemetry_environment(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return OpenTelemetry's variables about whether, where and how traces are sent.

    Those of headers hold keys: nobody prints their values.
    """
    names = {"OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER"}
    return MappingProxyType(
        {
            name: value
            for name, value in environment.items()
            if value and (name in names or name.startswith("OTEL_EXPORTER_OTLP_"))
        }
    )
