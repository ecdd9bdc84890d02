"""The host that a TLS client is about to name to its server, read from its first words.

Behind one address many hosts may stand: whom a tunnel was opened to is not enough to know.
"""

MOST_HELLO_BYTES = 16 * 1024 + 5
_HANDSHAKE, _CLIENT_HELLO = 22, 1
_SERVER_NAME = 0
_RECORD_HEAD, _VERSION_AND_RANDOM = 5, 34


def hello_size(head: bytes) -> int:
    """Return how long the first record is, from its first five bytes; 0 when it is no TLS."""
    if len(head) < _RECORD_HEAD or head[0] != _HANDSHAKE or head[1] != 3:  # noqa: PLR2004 - SSL 3 and on
        return 0
    return _RECORD_HEAD + int.from_bytes(head[3:5], "big")


def server_name(record: bytes) -> str | None:
    """Return the name in a client's first record, or None where it names none in plain sight."""
    try:
        return _name(_Bytes(record[_RECORD_HEAD:]))
    except (IndexError, UnicodeDecodeError):
        return None


class _Bytes:
    """Bytes taken from the front; IndexError when there are too few."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def take(self, count: int) -> bytes:
        if count > len(self.data):
            raise IndexError(count)
        taken, self.data = self.data[:count], self.data[count:]
        return taken

    def number(self, width: int) -> int:
        return int.from_bytes(self.take(width), "big")

    def block(self, width: int) -> "_Bytes":
        """Return what stands behind its own length, which is ``width`` bytes long."""
        return _Bytes(self.take(self.number(width)))


def _name(message: _Bytes) -> str | None:
    if message.number(1) != _CLIENT_HELLO:
        return None
    hello = message.block(3)
    hello.take(_VERSION_AND_RANDOM)
    hello.block(1)  # session
    hello.block(2)  # ciphers
    hello.block(1)  # compression
    extensions = hello.block(2)
    while extensions.data:
        kind, content = extensions.number(2), extensions.block(2)
        if kind == _SERVER_NAME:
            names = content.block(2)
            is_host = names.number(1) == 0
            name = names.block(2).data.decode("ascii")
            return name if is_host and not names.data else None
    return None
