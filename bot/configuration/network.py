"""What the machine says about reaching package registries, as far as a stranger's code may know.

The set-up phase installs the target's dependencies, and the target's build back end runs there. It
needs the machine's certificates, proxies and index addresses, and must not see a password in one.
"""

from collections.abc import Mapping
from types import MappingProxyType

CERTIFICATE_VARIABLES = (
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "PIP_CERT",
    "UV_NATIVE_TLS",
    "UV_SYSTEM_CERTS",
)
ADDRESS_VARIABLES = (
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "UV_INDEX_URL",
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_NO_INDEX",
    "npm_config_registry",
    "NPM_CONFIG_REGISTRY",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)


def network_environment(environment: Mapping[str, str]) -> tuple[Mapping[str, str], list[str]]:
    """Return the variables a package installer needs, and a warning for each that is kept back."""
    passed: dict[str, str] = {}
    warnings = []
    for name in (*CERTIFICATE_VARIABLES, *ADDRESS_VARIABLES):
        value = environment.get(name, "")
        # Any "@": where a password may stand, guessing where the address ends would leak it.
        if name in ADDRESS_VARIABLES and "@" in value:
            warnings.append(
                f"{name} is not passed to the set-up of targets: its address seems to carry a user"
                " or password, which their code could read; use one without"
            )
        elif value:
            passed[name] = value
    return MappingProxyType(passed), warnings
