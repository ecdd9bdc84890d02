"""Which model is asked, and where: an address, or a cloud's service by its name and place there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

Service = Literal["anthropic", "bedrock", "vertex", "foundry"]
ENDPOINT_WORDS = "an https address, `bedrock:REGION`, `vertex:PROJECT/REGION` or `foundry:RESOURCE`"
# The environment variable that holds the key, or token, of each.
KEY_VARIABLES: Mapping[Service, str] = {
    "anthropic": "ANTHROPIC_API_KEY",
    "bedrock": "AWS_BEARER_TOKEN_BEDROCK",
    "vertex": "GOOGLE_OAUTH_ACCESS_TOKEN",
    "foundry": "ANTHROPIC_FOUNDRY_API_KEY",
}
# Who answers where nobody names a model.
DEFAULT_MODEL = "claude-sonnet-5-5"
_DEFAULT = "https://api.anthropic.com"
# Each stands in a host name or a path: no sign that means anything there.
_PART = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAMED = re.compile(
    rf"(?:(bedrock):({_PART})|(vertex):({_PART})/({_PART})|(foundry):({_PART}))", re.IGNORECASE
)
# Places of Vertex that are no single region have hosts of their own.
_VERTEX_HOSTS = {
    "global": "aiplatform.googleapis.com",
    "us": "aiplatform.us.rep.googleapis.com",
    "eu": "aiplatform.eu.rep.googleapis.com",
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One service at one address; ``region`` and ``project`` where the service has them."""

    service: Service = "anthropic"
    url: str = _DEFAULT
    region: str = ""
    project: str = ""


def endpoint_of(words: str | None) -> Endpoint:
    """Return the endpoint that ``words`` name; an address is taken as it stands, None is ours."""
    if words is None:
        return Endpoint()
    named = _NAMED.fullmatch(words)
    if named is None:
        return Endpoint(url=words)
    _, bedrock, _, project, region, _, resource = named.groups()
    if bedrock:
        return Endpoint("bedrock", f"https://bedrock-mantle.{bedrock}.api.aws/anthropic", bedrock)
    if project:
        host = _VERTEX_HOSTS.get(region, f"{region}-aiplatform.googleapis.com")
        return Endpoint("vertex", f"https://{host}/v1", region, project)
    return Endpoint("foundry", f"https://{resource}.services.ai.azure.com/anthropic")


def wrong_endpoint(words: str) -> str:
    """Return what is wrong with an endpoint as somebody wrote it, or ""."""
    if _NAMED.fullmatch(words):
        return ""
    try:
        address = urlsplit(words)
        is_local = address.hostname in {"127.0.0.1", "::1", "localhost"}
        is_sound = bool(address.hostname) and address.port != 0
    except ValueError:
        is_sound = False
    if (
        not is_sound
        or set("@?#") & set(words)
        or not (address.scheme == "https" or (address.scheme == "http" and is_local))
    ):
        return (
            "must be an https address (http on this machine alone) without a user, password or"
            " query, or bedrock:REGION, vertex:PROJECT/REGION, foundry:RESOURCE"
        )
    return ""


def fallback_of(words: str) -> tuple[str, str | None]:
    """Return the model's name and the endpoint's words, None for where the first one is."""
    name, _, endpoint = words.strip().partition(" ")
    return name, endpoint.strip() or None


def wrong_fallback(words: str) -> str:
    """Return what is wrong with a fallback as somebody wrote it, or ""."""
    name, endpoint = fallback_of(words)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:@/-]{0,99}", name):
        return "must be a model's name, and after a space where it is when that is elsewhere"
    why = wrong_endpoint(endpoint) if endpoint else ""
    return f"what follows the model's name {why}" if why else ""


def wrong_receiver(words: str) -> str:
    """Return what is wrong with the address of a receiver of traces as somebody wrote it, or ""."""
    try:
        address = urlsplit(words)
        is_sound = bool(address.hostname) and address.port != 0
    except ValueError:
        is_sound = False
    is_plain = words.isascii() and words.isprintable() and not set("@?# ") & set(words)
    if is_sound and is_plain and address.scheme in {"http", "https"}:
        return ""
    return "must be an http or https address without a user, password or query"
