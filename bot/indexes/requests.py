"""What a stranger's tool asks the gateway for, read as strictly as the standard allows.

Two readers of one request must never see two hosts in it, so whatever is not plain is refused: the
tools of package managers have no need of it.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from bot.indexes.address import HOST_NAME, Origin, is_number
from scoping.refusal import Refusal

MOST_HEAD_BYTES = 16 * 1024
_MOST_FIELDS = 100
_PLAIN = re.compile(rb"(?:[\x20-\x7e]*\r\n)+\r\n")
_REQUEST = re.compile(r"([A-Z]{1,20}) ([^ ]+) HTTP/1\.([01])")
_FIELD = re.compile(r"([A-Za-z0-9!#$%&'*+.^_`|~-]+):[ ]*(.*?)[ ]*")
_ABSOLUTE = re.compile(r"http://([^/?#]+)(/[^#]*)?")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_LITERAL = re.compile(r"\[([0-9a-f:.]+)\](?::(.*))?")
_SHOWN = 80
_LAST_PORT = 65_535
_ONCE = ("host", "content-length", "transfer-encoding")


class RequestRefusal(Refusal):
    """A request the gateway does not serve: why, the status that says so, and who was asked."""

    def __init__(self, why: str, status: int = 400, asked: str = "") -> None:
        super().__init__(why)
        self.status = status
        self.asked = asked


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a request; names of ``fields`` are in small letters."""

    method: str
    target: str
    minor_version: int
    fields: tuple[tuple[str, str], ...]

    def value(self, name: str) -> str:
        """Return the first field of a name, or nothing."""
        return next((value for known, value in self.fields if known == name), "")

    @property
    def keeps_alive(self) -> bool:
        """Whether another request may follow on the same connection."""
        words = f"{self.value('connection')} {self.value('proxy-connection')}".lower()
        return "keep-alive" in words if self.minor_version == 0 else "close" not in words


def read_head(raw: bytes) -> Head:
    """Return the head in ``raw``, which ends with its empty line."""
    if not _PLAIN.fullmatch(raw):
        raise RequestRefusal("its head holds bytes that no request needs")
    first, *lines = raw.decode("ascii").removesuffix("\r\n\r\n").split("\r\n")
    request = _REQUEST.fullmatch(first)
    if request is None:
        raise RequestRefusal("its first line is none of HTTP/1.1")
    fields = []
    for line in lines:
        field = _FIELD.fullmatch(line)
        if field is None:
            raise RequestRefusal("one of its fields cannot be read")
        fields.append((field[1].lower(), field[2]))
    head = Head(request[1], request[2], int(request[3]), tuple(fields))
    names = [name for name, _ in fields]
    if len(names) > _MOST_FIELDS or any(names.count(name) > 1 for name in _ONCE):
        raise RequestRefusal("it has too many fields, or one twice that may stand once")
    _refuse_a_body(head)
    return head


def asked_of_gateway(head: Head) -> tuple[Origin, str]:
    """Return whom a proxy's client asks and the path, which is empty for CONNECT."""
    if head.method == "CONNECT":
        origin = _origin("https", head.target, needs_port=True)
        _refuse_another_host(head, origin)
        return origin, ""
    absolute = _ABSOLUTE.fullmatch(head.target)
    if absolute is None:
        raise RequestRefusal("a proxy is asked for a whole http address, or to CONNECT")
    origin = _origin("http", absolute[1])
    _refuse_another_host(head, origin)
    return origin, checked_path(head, absolute[2] or "/")


def asked_of_origin(head: Head, origin: Origin) -> str:
    """Return the path that is asked for on a connection to ``origin``."""
    if not head.target.startswith("/"):
        raise RequestRefusal("an index is asked for a path", asked=origin.authority)
    _refuse_another_host(head, origin)
    return checked_path(head, head.target)


def checked_path(head: Head, path: str) -> str:
    """Return ``path`` if it can only be read in one way, for a method that reads."""
    if head.method not in {"GET", "HEAD"}:
        raise RequestRefusal(f"the method {head.method} is not served: indexes are only read", 405)
    decoded = unquote(unquote(path.partition("?")[0]))
    if "#" in path or "\\" in decoded or {"..", "."} & set(decoded.split("/")):
        raise RequestRefusal("its path leads back, or can be read in two ways")
    return path


def shown(text: str) -> str:
    """Return a stranger's words for a message of ours: short and printable."""
    short = text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
    return "".join(letter if " " <= letter <= "~" else "?" for letter in short)


def _origin(scheme: str, authority: str, *, needs_port: bool = False) -> Origin:
    literal = _LITERAL.fullmatch(authority)
    if literal is not None:
        host, port = literal[1], literal[2] or ""
    else:
        host, _, port = authority.rpartition("@")[2].partition(":")
        is_name = is_number(host) or HOST_NAME.fullmatch(host)
        if "@" in authority or not is_name:
            why = "it names its host in an odd way (a user, capitals, a dot at the end)"
            raise RequestRefusal(why, asked=shown(authority))
    if not port and not needs_port and not authority.endswith(":"):
        port = "80"
    if not _PORT.fullmatch(port) or int(port) > _LAST_PORT:
        raise RequestRefusal("it names no port", asked=shown(authority))
    return Origin("https" if scheme == "https" else "http", host, int(port))


def _refuse_another_host(head: Head, origin: Origin) -> None:
    """Refuse a Host field that is not the host that is asked; only HTTP/1.0 may have none."""
    said = [value for name, value in head.fields if name == "host"]
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    if (not said and head.minor_version) or any(
        one not in {origin.authority, f"{host}:{origin.port}"} for one in said
    ):
        raise RequestRefusal("its Host field names another than its address", asked=shown(host))


def _refuse_a_body(head: Head) -> None:
    if head.value("transfer-encoding") or head.value("content-length") not in {"", "0"}:
        raise RequestRefusal("it brings a body, and indexes are only read", 413)
